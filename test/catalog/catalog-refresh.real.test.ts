/** The recorded instance types are what the refresh command makes of a server that speaks EC2's protocol. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recording } from "../../src/catalog/generated/instance-types.ts";
import { knownInstanceSource } from "../../src/catalog/known-instances.ts";
import { runCatalogRefresh } from "../../src/cli/catalog-refresh.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";

const started = await startMoto();
const server: Moto | undefined = "missing" in started ? undefined : started;
if ("missing" in started) console.log(started.missing);

beforeAll(() => {
  // The SDK signs every request, whoever it goes to.
  process.env["AWS_ACCESS_KEY_ID"] ??= "test";
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "test";
});
afterAll(() => server?.close());

describe.skipIf(server === undefined)("plimsoll catalog refresh", () => {
  const refresh = async (out: string, endpoint = server?.url ?? "") => {
    const told: string[] = [];
    const stream = { write: (text: string) => told.push(text) };
    const { source, date } = knownInstanceSource();
    const request = { endpoint, region: "ap-southeast-1", out, source, now: Date.parse(date), stdout: stream, stderr: stream };
    return { code: await runCatalogRefresh(request), told: told.join("") };
  };
  const out = join(mkdtempSync(join(tmpdir(), "plimsoll-catalog-")), "types.txt");

  it("writes the table that this program carries", async () => {
    const { code, told } = await refresh(out);
    expect([code, told]).toEqual([0, expect.stringMatching(/^\d+ instance types, \d+ of them offered in ap-southeast-1, written to/)]);
    expect(readFileSync(out, "utf8")).toBe(recording.text);
  });

  it("says what EC2 answered where it does not answer, and exits 2", async () => {
    const { code, told } = await refresh(out, "http://127.0.0.1:1");
    expect([code, told]).toEqual([2, expect.stringContaining("EC2 did not tell its instance types: DescribeInstanceTypes: ECONNREFUSED")]);
  });
});
