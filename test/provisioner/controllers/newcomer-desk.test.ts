/**
 * Before a workload is planned for the first time, the API server tells what the watches have not brought yet.
 */
import { expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import { defaultDomain } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { withAdmitted } from "../../../src/provisioner/admitted-workloads.ts";
import { admittedDesk } from "../../../src/provisioner/controllers/admitted-desk.ts";
import { newcomerDesk } from "../../../src/provisioner/controllers/newcomer-desk.ts";
import { deployment, namespaceObject, pod } from "../../support/objects.ts";

const at = (generation: number): KubeObject => {
  const made = deployment({ name: "web", replicas: 3 });
  return { ...made, metadata: { ...made.metadata, generation } };
};
const profile = (generation: number): KubeObject => ({
  apiVersion: `${defaultDomain}/v1`,
  kind: "WorkloadProfile",
  metadata: { name: "web", namespace: "shop", uid: "p", generation },
});

/** A desk before an API server that holds these objects, which may fall silent. */
function deskBefore(...stored: readonly KubeObject[]) {
  const state = { stored, isSilent: false, asked: [] as string[] };
  const list = (kind: string): unknown => {
    state.asked.push(kind);
    if (state.isSilent) return Promise.resolve(err({ code: 0, reason: "Timeout" }));
    return Promise.resolve(ok(state.stored.filter((object) => object.kind === kind)));
  };
  const admitted = admittedDesk({ now: () => 0, sleep: () => Promise.resolve() });
  const ask = newcomerDesk({ client: { list } as Pick<ApiClient, "list">, admitted });
  const laid = (snapshot: ReturnType<typeof snapshotOf>): readonly string[] =>
    withAdmitted(snapshot, admitted.waiting(snapshot), defaultDomain)
      .list("WorkloadProfile", "shop")
      .map(({ metadata }) => `${metadata.name ?? ""}/${metadata.generation ?? 0}`);
  return { state, ask, laid };
}

test("a profile that was applied before its Deployment counts, though its watch is later", async () => {
  const { ask, laid } = deskBefore(namespaceObject(), profile(1), at(1));
  const seen = snapshotOf([namespaceObject(), at(1)]);
  await ask(seen);
  expect(laid(seen)).toEqual(["web/1"]);
  expect(laid(snapshotOf([namespaceObject(), at(1), profile(2)]))).toEqual(["web/2"]);
});

test("a profile that was changed before its Deployment counts as it was changed", async () => {
  const { ask, laid } = deskBefore(namespaceObject(), profile(2), at(1));
  const seen = snapshotOf([namespaceObject(), at(1), profile(1)]);
  await ask(seen);
  expect(laid(seen)).toEqual(["web/2"]);
});

test("a workload is asked for once a generation, and only while Pods of it are to come", async () => {
  const { state, ask } = deskBefore(namespaceObject());
  const questions = async (...objects: readonly KubeObject[]): Promise<number> => {
    state.asked = [];
    await ask(snapshotOf([namespaceObject(), ...objects]));
    return state.asked.length;
  };
  expect(await questions()).toBe(0);
  expect(await questions(at(1))).toBe(4);
  expect(await questions(at(1), pod())).toBe(0);
  expect(await questions(at(2))).toBe(4);
  const asleep = deployment({ name: "asleep", replicas: 0 });
  expect(await questions(at(2), asleep)).toBe(0);
});

test("where the API server is silent the next look asks again", async () => {
  const { state, ask, laid } = deskBefore(namespaceObject(), profile(1), at(1));
  const seen = snapshotOf([namespaceObject(), at(1)]);
  state.isSilent = true;
  await ask(seen);
  expect(laid(seen)).toEqual([]);
  state.isSilent = false;
  await ask(seen);
  expect(laid(seen)).toEqual(["web/1"]);
});
