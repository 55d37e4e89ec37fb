import { mkdtemp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/api/ports.ts";
import { watchPolicyFile } from "../../src/webhook/policy-file.ts";

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

  it("does not start without a good file, and says why", async () => {
    const missing = await watchPolicyFile({
      path: "/nowhere/policies.yaml",
      clock: eagerClock,
      signal: new AbortController().signal,
      onChange: () => undefined,
    });
    expect(missing).toMatchObject({ ok: false, error: expect.stringContaining("can't be read") as string });
  });
});

async function open(at?: string) {
  const path = at ?? join(await mkdtemp(join(tmpdir(), "plimsoll-policy-file-")), "policies.yaml");
  if (at === undefined) await writeFile(path, await readFile(shipped, "utf8"));
  const stop = new AbortController();
  stops.push(stop);
  const file = await watchPolicyFile({ path, clock: eagerClock, signal: stop.signal, onChange: () => undefined });
  if (!file.ok) throw new Error(file.error);
  const swaps: string[] = [];
  file.value.onSwap(() => swaps.push(file.value.current().bundle));
  return { path, file: file.value, swaps };
}
