/**
 * The options of serve's kwok provider: what is wrong with them is said before anything starts.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kwokCapacityOf } from "../../src/cli/kwok-capacity.ts";

function errorOf(options: Parameters<typeof kwokCapacityOf>[0]): string {
  const capacity = kwokCapacityOf(options);
  return capacity.ok ? "no error" : capacity.error;
}

test("a join delay names its zone and a duration", () => {
  expect(errorOf({ kwokJoinDelay: "test-zone-a=5s,test-zone-b=1m" })).toBe("no error");
  expect(errorOf({ kwokJoinDelay: "5s" })).toBe("--kwok-join-delay 5s: write zone=duration, as in ap-southeast-1b=5s");
});

test("a file of instance types is read at the start, and named with what is wrong in it", () => {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-types-"));
  const path = join(folder, "types.json");
  writeFileSync(path, `[{ "name": "c-1x" }]`);
  expect(errorOf({ kwokInstanceTypes: path })).toBe(
    `--kwok-instance-types ${path}: [0] (c-1x).architecture is missing; write amd64 or arm64`,
  );
  rmSync(folder, { recursive: true });
  expect(errorOf({ kwokInstanceTypes: path })).toBe(
    `--kwok-instance-types ${path}: can't be read (ENOENT); name a file of instance types in JSON`,
  );
});
