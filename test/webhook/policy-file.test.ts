import { mkdtemp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/api/ports.ts";
import { watchPolicyFile, type PolicyFileOptions } from "../../src/webhook/policy-file.ts";

const shipped = resolve(import.meta.dirname, "../../policies.yaml");
/** The file is looked at as often as the machine allows. */
const eagerClock: Clock = { now: () => Date.now(), sleep: () => new Promise((resolve) => setTimeout(resolve, 5)) };

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

describe("the policy file", () => {
  it("puts an edit into force and tells who listens", async () => {
    const { path, file, swaps } = await open();
    const before = file.current().bundle;
    await writeFile(path, (await readFile(path, "utf8")).replace("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }"));
    await expect.poll(() => file.current().bundle).not.toBe(before);
    expect([swaps.length, file.errors()]).toEqual([1, []]);
  });

  it("keeps the last good set through a broken edit, tells no one, and says what is wrong until it is mended", async () => {
    const { path, file, swaps } = await open();
    const good = await readFile(path, "utf8");
    const before = file.current();
    await writeFile(path, good.replace("  DRAIN-002:", "  DRAIN-02:"));
    await expect.poll(() => file.errors()).toMatchObject([{ message: expect.stringContaining("nearest DRAIN-002") as string }]);
    expect([file.current(), swaps.length]).toEqual([before, 0]);
    await writeFile(path, good);
    await expect.poll(() => file.errors()).toEqual([]);
    expect(file.current().bundle).toBe(before.bundle);
  });

  it("follows a mounted ConfigMap, which changes by a symlink", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plimsoll-policy-file-"));
    const text = await readFile(shipped, "utf8");
    await writeFile(join(folder, "one"), text);
    await writeFile(join(folder, "two"), text.replace("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }"));
    await symlink("one", join(folder, "policies.yaml"));
    const { file } = await open(join(folder, "policies.yaml"));
    const before = file.current().bundle;
    await symlink("two", join(folder, "next"));
    await rename(join(folder, "next"), join(folder, "policies.yaml"));
    await expect.poll(() => file.current().bundle).not.toBe(before);
  });

  it("puts the files of a folder together, and notices a new one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plimsoll-policy-file-"));
    await writeFile(join(folder, "10-base.yaml"), await readFile(shipped, "utf8"));
    const { file } = await open(folder);
    const before = file.current().bundle;
    await writeFile(join(folder, "20-more.yaml"), 'custom: [{id: X-B-1, expression: "true"}]\n');
    await expect.poll(() => file.current().customRules.map(({ id }) => id)).toContain("X-B-1");
    expect(file.current().bundle).not.toBe(before);
    await writeFile(join(folder, "20-more.yaml"), "rules: {DRAIN-002: {action: warn}}\n");
    await expect
      .poll(() => file.errors().map(({ fileName, message }) => `${fileName} ${message}`))
      .toEqual([expect.stringMatching(/20-more\.yaml duplicate key "rules\.DRAIN-002" \(first at .*10-base\.yaml:\d+:3\)$/) as string]);
  });

  it("keeps the last good set where a review refuses the next", async () => {
    const refusals: string[] = [];
    const review: PolicyFileOptions["review"] = ({ before, after }) => {
      refusals.push(`${before.bundle} ${after.bundle}`);
      return Promise.resolve({ kind: "refused", because: "12 objects would newly be denied" });
    };
    const { path, file, swaps } = await open(undefined, { review });
    const before = file.current();
    await writeFile(path, (await readFile(path, "utf8")).replace("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }"));
    await expect.poll(() => file.errors()).toMatchObject([{ message: "12 objects would newly be denied" }]);
    expect([file.current(), swaps.length, refusals.length]).toEqual([before, 0, 1]);
  });

  it("does not start without a good file, and says why", async () => {
    const missing = await watchPolicyFile({
      path: "/nowhere/policies.yaml",
      clock: eagerClock,
      signal: new AbortController().signal,
      onChange: () => undefined,
    });
    expect(missing).toMatchObject({ ok: false, error: expect.stringContaining("no such policies file") as string });
  });
});

async function open(at?: string, more: Pick<PolicyFileOptions, "review"> = {}) {
  const path = at ?? join(await mkdtemp(join(tmpdir(), "plimsoll-policy-file-")), "policies.yaml");
  if (at === undefined) await writeFile(path, await readFile(shipped, "utf8"));
  const stop = new AbortController();
  stops.push(stop);
  const file = await watchPolicyFile({ path, clock: eagerClock, signal: stop.signal, onChange: () => undefined, ...more });
  if (!file.ok) throw new Error(file.error);
  const swaps: string[] = [];
  file.value.onSwap(() => swaps.push(file.value.current().bundle));
  return { path, file: file.value, swaps };
}
