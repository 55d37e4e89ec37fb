/**
 * Before a workload is planned for the first time, the API server tells what the watches have not brought yet.
 */
import { expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import { defaultDomain } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Clock } from "../../../src/api/ports.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { directReadsMax, withDirectReads } from "../../../src/provisioner/direct-reads.ts";
import { newcomerDesk } from "../../../src/provisioner/controllers/newcomer-desk.ts";
import { deployment, namespaceObject, pod } from "../../support/objects.ts";

const at = (generation: number): KubeObject => {
  const made = deployment({ name: "web", replicas: 3 });
  return { ...made, metadata: { ...made.metadata, generation } };
};
const stored = (kind: string, version: number, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "web", namespace: "shop", uid: kind, resourceVersion: String(version) },
  ...more,
});
const profile = (version: number): KubeObject => ({ ...stored("WorkloadProfile", version), apiVersion: `${defaultDomain}/v1` });

/** A desk before an API server that holds these objects; it may be silent, or fail to answer of some kinds. */
function deskBefore(...objects: readonly KubeObject[]) {
  const state = { now: 0, objects, silent: new Map<string, number>(), asked: [] as string[] };
  const list = (kind: string): unknown => {
    state.asked.push(kind);
    const code = state.silent.get(kind);
    if (code === Infinity) return new Promise(() => undefined);
    return Promise.resolve(code === undefined ? ok(state.objects.filter((object) => object.kind === kind)) : err({ code, reason: "No" }));
  };
  const clock: Clock = { now: () => state.now, sleep: (_durationMs, signal) => (signal === undefined ? Promise.resolve() : soon()) };
  const desk = newcomerDesk({ client: { list } as Pick<ApiClient, "list">, clock });
  const questions = async (...seen: readonly KubeObject[]): Promise<number> => {
    state.asked = [];
    await desk.ask(snapshotOf([namespaceObject(), ...seen]));
    return state.asked.length;
  };
  /** The versions of a kind in the world that is planned over. */
  const planned = (kind: "WorkloadProfile" | "ResourceQuota", ...seen: readonly KubeObject[]): readonly (string | undefined)[] => {
    const snapshot = snapshotOf([namespaceObject(), at(1), ...seen]);
    return withDirectReads(snapshot, desk.heard(snapshot), defaultDomain)
      .list(kind, "shop")
      .map(({ metadata }) => metadata.resourceVersion);
  };
  return { state, desk, questions, planned };
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

const rows: readonly (readonly [string, readonly KubeObject[], readonly string[]])[] = [
  ["that no watch has brought", [], ["7"]],
  ["that was changed since", [profile(5)], ["7"]],
  ["that a watch has brought", [profile(7)], ["7"]],
  ["that was changed once more", [profile(12)], ["12"]],
];
test.each(rows)("a profile counts as the API server has it: one %s", async (_what, seen, planned) => {
  const desk = deskBefore(namespaceObject(), profile(7));
  await desk.questions(at(1), ...seen);
  expect(desk.planned("WorkloadProfile", ...seen)).toEqual(planned);
});

test("a quota that was lowered counts as it is now, though it has no generation", async () => {
  const quota = (version: number, pods: string) => stored("ResourceQuota", version, { spec: { hard: { pods } } });
  const desk = deskBefore(namespaceObject(), quota(9, "20"));
  await desk.questions(at(1), quota(3, "100"));
  expect(desk.planned("ResourceQuota", quota(3, "100"))).toEqual(["9"]);
  expect(desk.planned("ResourceQuota", quota(10, "30"))).toEqual(["10"]);
});

test("a workload is asked for once a generation, and only while Pods of it are to come", async () => {
  const { questions } = deskBefore(namespaceObject());
  expect(await questions()).toBe(0);
  expect(await questions(at(1))).toBe(5);
  expect(await questions(at(1), pod())).toBe(0);
  expect(await questions(at(2))).toBe(5);
  expect(await questions(at(2), deployment({ name: "asleep", replicas: 0 }))).toBe(0);
});

test("of what fails the rest counts, and it is asked again after a while; a kind that is not served has no say", async () => {
  const desk = deskBefore(namespaceObject(), profile(7));
  desk.state.silent.set("ResourceQuota", 500).set("LimitRange", 404);
  expect(await desk.questions(at(1))).toBe(5);
  expect(desk.planned("WorkloadProfile")).toEqual(["7"]);
  expect(await desk.questions(at(1))).toBe(0);
  desk.state.now = 2_000;
  expect(await desk.questions(at(1))).toBe(5);
  desk.state.silent.delete("ResourceQuota");
  desk.state.now = 4_000;
  expect(await desk.questions(at(1))).toBe(5);
  expect(await desk.questions(at(1))).toBe(0);
});

test("an answer that does not come holds no plan up", async () => {
  const desk = deskBefore(namespaceObject(), profile(7));
  desk.state.silent.set("LimitRange", Infinity);
  expect(await desk.questions(at(1))).toBe(5);
});

test("an answer that the snapshot lacks wakes who listens, as long as it does", async () => {
  const { desk, questions, state } = deskBefore(namespaceObject(), profile(7));
  const woken: number[] = [];
  const stop = desk.onHeard(() => void woken.push(state.objects.length));
  await questions(at(1));
  const heard = woken.length;
  expect(heard).toBeGreaterThan(0);
  await questions(at(2), profile(7));
  expect(woken).toHaveLength(heard);
  stop();
  state.objects = [namespaceObject(), profile(9)];
  await questions(at(3), profile(7));
  expect(woken).toHaveLength(heard);
});

test("what is beyond one look, or finds no room on the desk, is asked for by the next", async () => {
  const many = Array.from({ length: 30 }, (_unused, index) => deployment({ name: "web", namespace: `team-${index}`, replicas: 1 }));
  const desk = deskBefore();
  expect(await desk.questions(...many)).toBe(25 * 5);
  expect(await desk.questions(...many)).toBe(5 * 5);
  const quotas = Array.from({ length: directReadsMax }, (_unused, index) => ({
    ...stored("ResourceQuota", index + 1),
    metadata: { ...stored("ResourceQuota", index + 1).metadata, name: `quota-${index}` },
  }));
  const full = deskBefore(profile(7), namespaceObject(), ...quotas);
  full.state.objects = quotas;
  expect(await full.questions(at(1))).toBe(5);
  full.state.objects = [namespaceObject(), profile(7)];
  expect(await full.questions(at(2))).toBe(5);
  expect(full.planned("WorkloadProfile")).toEqual([]);
  full.state.now = 10_000;
  expect(await full.questions(at(1))).toBe(5);
  expect(full.planned("WorkloadProfile")).toEqual(["7"]);
});
