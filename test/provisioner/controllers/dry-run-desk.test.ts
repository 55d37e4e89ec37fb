/**
 * The dry-run desk: what it asks, how often, and what it does without the right to ask.
 */
import { expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { ApiStatus } from "../../../src/api/api-status.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { Clock } from "../../../src/api/ports.ts";
import type { Result } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../../src/policies/parse-policy-set.ts";
import type { ContractWorld } from "../../../src/policies/profile/workload-contract.ts";
import { dryRunDesk } from "../../../src/provisioner/controllers/dry-run-desk.ts";
import { deployment, namespaceObject } from "../../support/objects.ts";
import { yamlText } from "../../support/yaml-objects.ts";

const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });

function world(objects: readonly KubeObject[]): ContractWorld {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const snapshot = snapshotOf([namespaceObject(), ...objects]);
  return { policySet: parsed.value, snapshot, names: platformNames(), instanceTypes: [] };
}

/** An API server that answers each creation of a Pod so, and only ever as a dry run. */
function open(answer: (pod: Pod) => Result<Pod, ApiStatus>) {
  const asked: string[] = [];
  const state = { now: 0 };
  const client = {
    create: (kind: string, pod: Pod, options?: { readonly dryRun?: boolean }) => {
      if (kind !== "Pod" || options?.dryRun !== true) throw new Error("only dry runs of Pods are asked for");
      asked.push(pod.metadata.generateName ?? "");
      return Promise.resolve(answer(pod));
    },
  } as unknown as ApiClient;
  const clock: Clock = { now: () => state.now, sleep: () => Promise.resolve() };
  return { asked, state, look: dryRunDesk({ client, clock }) };
}

const web = deployment({ name: "web", replicas: 3 });
const allowed = (pod: Pod): Result<Pod, ApiStatus> => ({ ok: true, value: pod });
const refused = (code: number, message: string) => (): Result<Pod, ApiStatus> => ({ ok: false, error: { code, message } });
const kinds = async (looked: Promise<ReadonlyMap<string, { readonly kind: string }>>) =>
  [...(await looked).values()].map(({ kind }) => kind);

test("a template is asked about once, and again when it changes", async () => {
  const { asked, look, state } = open(allowed);
  expect(await kinds(look(world([web])))).toEqual(["pod"]);
  state.now = 3_600_000;
  expect(await kinds(look(world([web])))).toEqual(["pod"]);
  expect(asked).toEqual(["web-"]);
  await look(world([deployment({ name: "web", replicas: 3, requests: { cpu: "2" } })]));
  expect(asked).toEqual(["web-", "web-"]);
});

test("a workload that has all of its Pods is not asked about", async () => {
  const { asked, look } = open(allowed);
  await look(world([deployment({ name: "web", replicas: 0 })]));
  expect(asked).toEqual([]);
});

test("a refusal is asked again after a while", async () => {
  const { asked, look, state } = open(refused(403, 'pods "web-" is forbidden: violates PodSecurity'));
  expect(await kinds(look(world([web])))).toEqual(["refused"]);
  state.now = 5_000;
  expect(await kinds(look(world([web])))).toEqual(["refused"]);
  state.now = 10_000;
  await look(world([web]));
  expect(asked).toHaveLength(2);
});

test("without the right to ask nobody is asked for a while, and nothing is known", async () => {
  const { asked, look, state } = open(refused(403, 'pods is forbidden: User "plimsoll" cannot create resource "pods" in API group ""'));
  expect(await kinds(look(world([web])))).toEqual([]);
  state.now = 29_000;
  expect(await kinds(look(world([web])))).toEqual([]);
  expect(asked).toHaveLength(1);
  state.now = 30_000;
  await look(world([web]));
  expect(asked).toHaveLength(2);
});

test("few are asked about in one look", async () => {
  const { asked, look } = open(allowed);
  const many = Array.from({ length: 25 }, (_unused, index) => deployment({ name: `web-${index}` }));
  await look(world(many));
  expect(asked).toHaveLength(10);
  await look(world(many));
  await look(world(many));
  expect(asked).toHaveLength(25);
});
