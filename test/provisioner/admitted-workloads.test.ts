/**
 * Admitted workloads: planned for before the watch brings them, and no longer than it may take.
 */
import { expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Clock } from "../../src/api/ports.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { admittedMax, confirmationMaxMs, mayBeRefused, withAdmitted } from "../../src/provisioner/admitted-workloads.ts";
import { admittedDesk } from "../../src/provisioner/controllers/admitted-desk.ts";
import { missingPods } from "../../src/provisioner/missing-pods.ts";
import { deployment, namespaceObject } from "../support/objects.ts";

const names = platformNames();
const web = generation(deployment({ name: "web", replicas: 3 }), 1);

function generation<T extends KubeObject>(object: T, number: number): T {
  return { ...object, metadata: { ...object.metadata, generation: number } };
}

function desk() {
  const state = { now: 0 };
  const clock: Clock = { now: () => state.now, sleep: () => Promise.resolve() };
  return { state, desk: admittedDesk(clock) };
}

test("what was admitted has Pods to come before any watch brings it", () => {
  const { desk: one } = desk();
  one.add(web);
  const snapshot = snapshotOf([namespaceObject()]);
  const world = withAdmitted(snapshot, one.waiting(snapshot), names.domain);
  expect(missingPods(snapshot)).toEqual([]);
  expect(missingPods(world).map(({ count }) => count)).toEqual([3]);
});

test("a scale counts over the object that the watch has", () => {
  const snapshot = snapshotOf([namespaceObject(), web]);
  const { desk: one } = desk();
  one.add(generation(deployment({ name: "web", replicas: 9 }), 2));
  expect(missingPods(withAdmitted(snapshot, one.waiting(snapshot), names.domain)).map(({ count }) => count)).toEqual([9]);
});

const rows: readonly (readonly [string, readonly KubeObject[], number, number])[] = [
  ["the watch has not brought it", [], 0, 1],
  ["it is late", [], confirmationMaxMs, 0],
  ["the watch has brought it", [web], 0, 0],
  ["the watch has brought a later one", [generation(web, 2)], 0, 0],
  ["another of its name is there", [{ ...web, metadata: { ...web.metadata, uid: "another" } }], 0, 0],
];
test.each(rows)("what was admitted is waited for or forgotten where %s", (_name, objects, passedMs, waiting) => {
  const { state, desk: one } = desk();
  one.add(web);
  state.now = passedMs;
  expect(one.waiting(snapshotOf(objects))).toHaveLength(waiting);
  state.now = 0;
  expect(one.waiting(snapshotOf([]))).toHaveLength(waiting);
});

test("an addition wakes who listens, as long as it does, and too many are left to the watch", () => {
  const { desk: one } = desk();
  const woken: number[] = [];
  const stop = one.onAdd(() => void woken.push(1));
  for (let index = 0; index <= admittedMax; index += 1) one.add(deployment({ name: `web-${index}` }));
  expect(woken).toHaveLength(admittedMax);
  expect(one.waiting(snapshotOf([]))).toHaveLength(admittedMax);
  stop();
  const { desk: other } = desk();
  const end = other.onAdd(() => void woken.push(1));
  end();
  other.add(web);
  expect(woken).toHaveLength(admittedMax);
});

const webhook = (rule: object, more: object = {}): KubeObject =>
  ({
    ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration", metadata: { name: "other" } },
    webhooks: [{ name: "other.example.com", clientConfig: {}, rules: [{ operations: ["CREATE"], apiGroups: ["apps"], ...rule }], ...more }],
  }) as KubeObject;
const quota = (hard: object): KubeObject =>
  ({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "team", namespace: "shop" }, spec: { hard } }) as KubeObject;
const refusals: readonly (readonly [string, KubeObject, boolean])[] = [
  ["another's webhook of Deployments", webhook({ resources: ["deployments"] }), true],
  ["another's webhook of everything", webhook({ resources: ["*"] }), true],
  ["another's webhook of scales", webhook({ resources: ["deployments/scale"] }), true],
  ["a webhook of other kinds", webhook({ resources: ["jobs"] }), false],
  ["a webhook of other namespaces", webhook({ resources: ["*"] }, { namespaceSelector: { matchLabels: { a: "b" } } }), false],
  ["our own webhook", webhook({ resources: ["*"] }, { name: names.validatingWebhook }), false],
  ["a quota of objects", quota({ "count/deployments.apps": "1" }), true],
  ["a quota of Pods", quota({ pods: "1" }), false],
];
test.each(refusals)("%s may refuse what we have let in, or may not", (_name, object, expected) => {
  expect(mayBeRefused(web, { snapshot: snapshotOf([namespaceObject(), object]), names })).toBe(expected);
});
