/**
 * A restart at any instant loses nothing but time: a provisioner dies after each of its writes in turn, its successor comes when the
 * Lease is free, and no node is bought that was bought before.
 */
import { describe, expect, test } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import type { KindName } from "../../src/api/kinds.ts";
import { defaultDomain, platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { err, ok, type Result } from "../../src/api/result.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { admittedPod } from "../../src/provisioner/prediction/coming-pod.ts";
import { runWorldControllers } from "../../src/sim/controllers/all-controllers.ts";
import { toJson, type JsonObject, type JsonValue } from "../../src/sim/json.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld, type World } from "../../src/sim/world.ts";
import { casesOf } from "../support/long-run.ts";
import { yamlObjects, yamlText } from "../support/yaml-objects.ts";
import { startLoneProvisioner } from "./lone-provisioner.ts";

const kinds: readonly KindName[] = [
  ...(["WorkloadProfile", "Namespace", "Node", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["LimitRange", "ResourceQuota", "PriorityClass", "HorizontalPodAutoscaler", "NodePool", "NodeClaim", "EC2NodeClass"] as const),
  ...(["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const),
];
const plannedClaims = 3;
/** Every write is one to die after; few are tried in CI. */
const stride = casesOf({ ci: 9, long: 1 });
const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const names = platformNames(defaultDomain);
const policySet = policiesOf(yamlText("policies.yaml"));
const podWebhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "plimsoll" },
  webhooks: [
    {
      name: names.mutatingWebhook,
      clientConfig: { url: "https://127.0.0.1:1/mutate" },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    },
  ],
};
/** The Lease's time, and a little. */
const takeOverMs = 17_000;

describe("a provisioner that dies after any of its writes", { timeout: 120_000 }, () => {
  test.each([0, 1_000])("leaves its successor all that was bought, where nodes join after %i ms", async (joinDelayMs) => {
    const alive = await lived({ joinDelayMs, writesMax: Infinity });
    expect(alive).toMatchObject({ claims: plannedClaims, bound: 6 });
    expect(alive.writes).toBeGreaterThan(20);
    for (let writesMax = 1; writesMax <= alive.writes; writesMax += stride) {
      const left = await lived({ joinDelayMs, writesMax });
      expect(left, `dead after write ${writesMax}`).toMatchObject({ claims: plannedClaims, bound: 6 });
    }
  });
});

/** Lets a workload come, the provisioner die and another take over; returns what was ever made, and how many writes it took. */
async function lived({ joinDelayMs, writesMax }: { readonly joinDelayMs: number; readonly writesMax: number }) {
  const clock = createVirtualClock();
  const world: World = startWorld({ clock, seed: 7, callWebhook: (call) => Promise.resolve(compiled(world, call.review)) });
  const stop = new AbortController();
  const controllers = runWorldControllers(world.server, stop.signal);
  for (const kind of crdKinds) await post(world, crdOf(kind));
  for (const object of [...yamlObjects("examples/lab/a0-infrastructure.yaml"), podWebhook]) await post(world, object);
  const start = (writes: number) =>
    startLoneProvisioner({ transport: world.transport(), clock, policySet, kinds, joinDelayMs, writesMax: writes });
  const first = start(writesMax);
  await clock.runFor(1_000);
  for (const object of yamlObjects("examples/lab/a1-checkout-api.yaml")) await post(world, object);
  const isSettled = (): boolean => boundPods(world).length === 6;
  await clock.runUntil(() => first.isDead() || isSettled(), 20_000);
  await clock.runFor(takeOverMs);
  const second = first.isDead() ? start(Infinity) : undefined;
  await clock.runUntil(isSettled, 60_000);
  await clock.runFor(2_000);
  const claims = stored(world, "nodeclaims.karpenter.sh").length;
  const bound = boundPods(world).length;
  const ended = Promise.all([first.stop(), second?.stop()]);
  stop.abort();
  await clock.runFor(1_000);
  await Promise.all([ended, controllers]);
  return { claims, bound, writes: first.writes() };
}

function stored(world: World, resource: string): readonly KubeObject[] {
  return world.server.store.list(resource) as unknown as readonly KubeObject[];
}

function boundPods(world: World): readonly KubeObject[] {
  return stored(world, "pods").filter((pod) => (pod as Pod).spec.nodeName);
}

/** Answers a review of a Pod as the webhook does. */
function compiled(world: World, review: JsonObject): Result<JsonValue, string> {
  const { uid, object: pod } = review.request as unknown as { readonly uid: string; readonly object: Pod };
  const [workload] = stored(world, "deployments.apps").flatMap((one) => workloadOf(one) ?? []);
  if (workload === undefined) return err("a Pod came before its Deployment");
  const objects = ["nodepools.karpenter.sh", "workloadprofiles.platform.example.com", "deployments.apps"].flatMap((name) =>
    stored(world, name),
  );
  const snapshot = snapshotOf(objects, defaultDomain);
  const { metadata, spec } = admittedPod({ workload, policySet, snapshot, names, instanceTypes, addedLabels: pod.metadata.labels ?? {} });
  const patch = [
    { op: "replace", path: "/spec", value: spec },
    { op: "replace", path: "/metadata/labels", value: metadata.labels },
    { op: "add", path: "/metadata/annotations", value: metadata.annotations ?? {} },
  ];
  const response = { uid, allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") };
  return ok(toJson({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
}

async function post(world: World, object: KubeObject): Promise<void> {
  const [version = "", group = ""] = object.apiVersion.split("/").reverse();
  const served = world.server.registry.findKind({ group, version, kind: object.kind });
  if (served === undefined) throw new Error(`no kind ${object.kind}`);
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const inNamespace = served.namespaced ? `/namespaces/${object.metadata.namespace ?? "default"}` : "";
  const answer = await world.transport().request({ method: "POST", path: `${root}${inNamespace}/${served.resource}`, body: object });
  if (!answer.ok) throw new Error(`${object.kind} ${object.metadata.name ?? ""}: ${answer.error.message ?? ""}`);
}

function policiesOf(text: string): PolicySet {
  const parsed = parsePolicySet({ text, fileName: "policies.yaml" });
  if (!parsed.ok) throw new Error("policies.yaml can't be read");
  return parsed.value;
}
