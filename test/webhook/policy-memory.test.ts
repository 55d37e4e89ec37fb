/**
 * The policies in force outlive a process: on the embedded world's API, which keeps resourceVersions as a real one does.
 */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { ApiTransport, Clock } from "../../src/api/ports.ts";
import { startWorld } from "../../src/sim/world.ts";
import { policyMemory, policyMemoryName } from "../../src/webhook/policy-memory.ts";
import { type EditReview, type PolicyFile, watchPolicyFile, type PolicyFileOptions } from "../../src/webhook/policy-file.ts";
import { namespaceObject } from "../support/objects.ts";

const shipped = resolve(import.meta.dirname, "../../policies.yaml");
/** The file and the memory are looked at as often as the machine allows. */
const eagerClock: Clock = { now: () => Date.now(), sleep: () => new Promise((wake) => setTimeout(wake, 5)) };
const { acceptPoliciesAnnotation } = platformNames();
const path = `/api/v1/namespaces/plimsoll-system/configmaps/${policyMemoryName}`;
const waits = { timeout: 20_000, interval: 20 };

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

describe("a restart", () => {
  it("finds the last good set where the file is broken, and says what is wrong with it", async () => {
    const at = await ground();
    const { bundle } = (await at.replica()).current();
    // The first would see the edit too, and tell of it.
    at.stop();
    await at.edit("  DRAIN-002:", "  DRAIN-02:");
    at.told.length = 0;
    const after = await at.replica();
    expect(after.current().bundle).toBe(bundle);
    expect(after.errors()).toMatchObject([{ message: expect.stringContaining("nearest DRAIN-002") as string }]);
    expect(at.told).toHaveLength(1);
  });

  it("finds the last good set where the file is gone", async () => {
    const at = await ground();
    const { bundle } = (await at.replica()).current();
    const after = await at.replica({ path: "/nowhere/policies.yaml" });
    expect([after.current().bundle, after.errors()[0]?.message]).toEqual([bundle, "no such policies file"]);
  });

  it("takes an edit that was made meanwhile, where no edit is bounded", async () => {
    const at = await ground();
    const { bundle } = (await at.replica()).current();
    await at.edit("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }");
    const after = await at.replica();
    expect(after.current().bundle).not.toBe(bundle);
    await at.edit("  DRAIN-002:", "  DRAIN-02:");
    expect((await at.replica()).current().bundle).toBe(after.current().bundle);
  });

  it("keeps a refused edit refused without asking anew, and names the way to accept it", async () => {
    const at = await ground({ bounded: true });
    const first = await at.replica();
    const { bundle } = first.current();
    at.verdict = { kind: "refused", because: "12 live objects would newly be denied" };
    await at.edit("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }");
    await expect.poll(() => first.errors(), waits).toHaveLength(1);
    at.verdict = { kind: "passed" };
    const after = await at.replica();
    await expect
      .poll(() => after.errors().map(({ message }) => message), waits)
      .toEqual([
        expect.stringMatching(
          /^12 live objects would newly be denied; to put it in force all the same: kubectl annotate configmap /,
        ) as string,
      ]);
    expect(after.current().bundle).toBe(bundle);
  });

  it("judges an edit that was made meanwhile once that can be told, and not before", async () => {
    const at = await ground({ bounded: true });
    const { bundle } = (await at.replica()).current();
    at.stop();
    at.verdict = { kind: "unknown" };
    await at.edit("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }");
    const after = await at.replica();
    await at.asked(2);
    expect(after.current().bundle).toBe(bundle);
    at.verdict = { kind: "passed" };
    await expect.poll(() => after.current().bundle, waits).not.toBe(bundle);
  });
});

describe("two replicas", () => {
  it("have the same set in force, whatever each would have decided", async () => {
    const at = await ground({ bounded: true });
    const one = await at.replica({ review: () => Promise.resolve({ kind: "refused", because: "one says no" }) });
    const other = await at.replica({ review: () => Promise.resolve({ kind: "passed" }) });
    await at.edit("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }");
    await expect.poll(() => one.errors().length + Number(one.current().bundle !== at.first), waits).toBe(1);
    await expect.poll(() => other.errors().length + Number(other.current().bundle !== at.first), waits).toBe(1);
    expect(other.current().bundle).toBe(one.current().bundle);
  });

  it("follow what the other has put in force before their own file shows it", async () => {
    const at = await ground();
    const late = await at.replica();
    const path = join(await mkdtemp(join(tmpdir(), "plimsoll-memory-")), "policies.yaml");
    await writeFile(path, (await readFile(shipped, "utf8")).replace("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }"));
    const early = await at.replica({ path });
    await expect.poll(() => late.current().bundle, waits).toBe(early.current().bundle);
  });

  it("both take a refused edit that a person accepts, which uses the word up", async () => {
    const at = await ground({ bounded: true });
    const replicas = [await at.replica(), await at.replica()];
    at.verdict = { kind: "refused", because: "too many" };
    await at.edit("DRAIN-002: { action: deny }", "DRAIN-002: { action: warn }");
    for (const replica of replicas) await expect.poll(() => replica.errors().length, waits).toBe(1);
    const word = /=([0-9a-f]+)$/.exec(replicas[0]?.errors()[0]?.message ?? "")?.[1] ?? "";
    await at.annotate({ [acceptPoliciesAnnotation]: word });
    for (const replica of replicas) await expect.poll(() => [replica.current().bundle, replica.errors()], waits).toEqual([word, []]);
    expect(await at.annotations()).toEqual({});
  });
});

describe("the memory", () => {
  it("is no condition: without it the file rules, and that is told", async () => {
    const at = await ground();
    const refusing: ApiTransport = {
      ...at.transport,
      request: () => Promise.resolve({ ok: false, status: 403, error: { code: 403, message: "configmaps are forbidden" } }),
    };
    const troubles: string[] = [];
    const memory = policyMemory({ transport: refusing, namespace: "plimsoll-system", acceptAnnotation: acceptPoliciesAnnotation });
    const file = await at.replica({ memory, onTrouble: (problem) => troubles.push(problem) });
    expect(file.errors()).toEqual([]);
    expect(troubles[0]).toContain("configmaps are forbidden");
  });

  it.each(["", "bm90IGd6aXA="])("that holds %j instead of policies is written over by a good file", async (content) => {
    const at = await ground();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: policyMemoryName }, binaryData: { "policies.json.gz": content } };
    await at.transport.request({ method: "POST", path: path.slice(0, path.lastIndexOf("/")), body });
    const { bundle } = (await at.replica()).current();
    await at.edit("  DRAIN-002:", "  DRAIN-02:");
    expect((await at.replica()).current().bundle).toBe(bundle);
  });
});

/** A world, a file of policies, and replicas that read both. */
async function ground({ bounded = false }: { readonly bounded?: boolean } = {}) {
  const world = startWorld({ clock: eagerClock, seed: "memory" });
  const transport = world.transport();
  await transport.request({ method: "POST", path: "/api/v1/namespaces", body: namespaceObject("plimsoll-system") });
  const file = join(await mkdtemp(join(tmpdir(), "plimsoll-memory-")), "policies.yaml");
  const text = await readFile(shipped, "utf8");
  await writeFile(file, bounded ? text.replace("settings:\n", "settings:\n  maxNewDenials: 10\n") : text);
  const memory = policyMemory({ transport, namespace: "plimsoll-system", acceptAnnotation: acceptPoliciesAnnotation });
  let reviews = 0;
  const at = {
    transport,
    told: [] as unknown[],
    first: "",
    verdict: { kind: "passed" } as EditReview,
    replica: async (more: Partial<PolicyFileOptions> = {}): Promise<PolicyFile> => {
      const stop = new AbortController();
      stops.push(stop);
      const review = () => {
        reviews += 1;
        return Promise.resolve(at.verdict);
      };
      const onChange: PolicyFileOptions["onChange"] = ({ errors }) => at.told.push(errors);
      const opened = await watchPolicyFile({ path: file, clock: eagerClock, signal: stop.signal, onChange, review, memory, ...more });
      if (!opened.ok) throw new Error(opened.error);
      at.first ||= opened.value.current().bundle;
      return opened.value;
    },
    stop: () => {
      for (const stop of stops.splice(0)) stop.abort();
    },
    /** Edits the file when every replica that is to see the old one has been stopped. */
    edit: async (from: string, to: string) => writeFile(file, (await readFile(file, "utf8")).replace(from, to)),
    /** Resolves once so many more reviews were asked for. */
    asked: async (count: number) => {
      const from = reviews;
      await expect.poll(() => reviews - from, waits).toBeGreaterThanOrEqual(count);
    },
    annotate: async (annotations: Readonly<Record<string, string>>) => {
      const body = { metadata: { annotations } };
      await transport.request({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
    },
    annotations: async () => {
      const answer = await transport.request({ method: "GET", path });
      return (answer.ok ? (answer.body as { metadata: { annotations?: object } }).metadata.annotations : undefined) ?? {};
    },
  };
  return at;
}
