/**
 * Demand: which Pods count, real and to come, and for how long.
 */
import { expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { KubeObject, OwnerReference } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { Job } from "../../src/api/workload.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import type { ContractWorld } from "../../src/policies/profile/workload-contract.ts";
import { demandPatienceMs, podDemand, workloadDemand, type DemandMemory } from "../../src/provisioner/demand.ts";
import { podClassHash } from "../../src/provisioner/scheduling/pod-class.ts";
import { autoscaler, cronJob, deployment, job, pod, profile, replicaSet, statefulSet } from "../support/objects.ts";
import { yamlText } from "../support/yaml-objects.ts";

const web = deployment({ name: "web", replicas: 3 });
const webSet = setOf({ name: "web-1", hash: "1", replicas: 3 });

const leaving = "2026-01-01T00:00:00Z";
const promisingNode: KubeObject = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };

const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });

function world(objects: readonly KubeObject[]): ContractWorld {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  return { policySet: parsed.value, snapshot: snapshotOf(objects), names: platformNames(), instanceTypes: [] };
}

function demandKeys(objects: readonly KubeObject[], at: { readonly memory?: DemandMemory; readonly now?: number } = {}): readonly string[] {
  return podDemand({ ...world(objects), memory: at.memory ?? new Map(), now: at.now ?? 0 }).pods.map(({ key }) => key);
}

/** A ReplicaSet of the Deployment "web", with the hash label that its controller adds. */
function setOf({ name, hash, replicas, image }: { name: string; hash: string; replicas: number; image?: string }) {
  const owner: OwnerReference = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: web.metadata.uid ?? "", controller: true };
  const base = replicaSet({ name, replicas, owner, labels: { "pod-template-hash": hash }, podLabels: { app: "web" } });
  const { template } = base.spec;
  const [container] = template.spec.containers;
  const containers = container === undefined || image === undefined ? template.spec.containers : [{ ...container, image }];
  const labels = { app: "web", "pod-template-hash": hash };
  return { ...base, spec: { ...base.spec, template: { metadata: { labels }, spec: { ...template.spec, containers } } } };
}

/** A Pod of a ReplicaSet (or another owner); unbound unless a node is given. */
function podOf(owner: KubeObject, name: string, more: Partial<Pod["spec"]> & { readonly phase?: "Succeeded" } = {}): Pod {
  const { phase, ...spec } = more;
  const reference = {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? "",
    uid: owner.metadata.uid ?? "",
    controller: true,
  };
  const made = pod({ name, labels: { app: "web" }, owner: reference, spec });
  return phase === undefined ? made : { ...made, status: { phase } };
}

const check = (name: string, objects: readonly KubeObject[], expected: readonly string[]): void => {
  test(name, () => {
    expect(demandKeys(objects)).toEqual(expected);
  });
};

const coming = (...numbers: readonly number[]) => numbers.map((number) => `shop/Deployment/web#${number}`);

check("a Deployment without a Pod asks for all of its replicas", [web], coming(0, 1, 2));
const named = deployment({ name: "web", replicas: 3, labels: { "platform.example.com/profile": "late" } });
check("a Deployment whose label names a profile that does not stand asks for nothing: its Pods are refused", [named], []);
check("and for all once the profile stands", [named, profile({ name: "late" })], coming(0, 1, 2));
test("a remark says what such a Deployment waits for", () => {
  const { remarks } = podDemand({ ...world([named]), memory: new Map(), now: 0 });
  expect(remarks.map(({ reason, isRefusal }) => [reason, isRefusal])).toEqual([["WaitsForProfile", false]]);
});
check("live Pods of its template are not asked for again", [web, webSet, podOf(webSet, "web-1-a", { nodeName: "n" })], coming(0, 1));
check("a pending Pod counts as itself", [web, webSet, podOf(webSet, "web-1-a")], [...coming(0, 1), "shop/web-1-a"]);
check(
  "a Pod whose ReplicaSet the watch has not brought yet is its Deployment's",
  [web, podOf(webSet, "web-1-a")],
  [...coming(0, 1), "shop/web-1-a"],
);
check(
  "a Pod that has ended leaves its place open",
  [web, webSet, podOf(webSet, "web-1-a", { nodeName: "n", phase: "Succeeded" })],
  coming(0, 1, 2),
);
check(
  "a rollout asks for no more than its surge",
  [
    web,
    setOf({ name: "web-0", hash: "0", replicas: 3, image: "old" }),
    webSet,
    ...["a", "b", "c"].map((id) =>
      podOf({ ...webSet, metadata: { ...webSet.metadata, name: "web-0", uid: "uid-shop-web-0" } }, `web-0-${id}`, { nodeName: "n" }),
    ),
  ],
  coming(0),
);
check(
  "a Deployment whose controller reports that Pods are refused asks for none",
  [{ ...web, status: { conditions: [{ type: "ReplicaFailure", status: "True" }] } } as KubeObject],
  [],
);
check(
  "a workload that is being deleted asks for none",
  [{ ...web, metadata: { ...web.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }],
  [],
);
check(
  "a StatefulSet asks for its replicas",
  [statefulSet({ name: "db", replicas: 2 })],
  ["shop/StatefulSet/db#0", "shop/StatefulSet/db#1"],
);
check("a bare ReplicaSet asks for its replicas", [replicaSet({ name: "solo", replicas: 1 })], ["shop/ReplicaSet/solo#0"]);
check("a Job asks for its parallelism", [job({ name: "run", replicas: 2 })], ["shop/Job/run#0", "shop/Job/run#1"]);
check("a suspended Job asks for none", [suspended()], []);
check("a bound Pod asks for nothing", [pod({ spec: { nodeName: "n" } })], []);
check(
  "a Pod that is promised a place that others have to leave is not bought for",
  [promisingNode, terminating(podOf(webSet, "web-1-b", { nodeName: "n" })), nominated("web-1-a")],
  [],
);
check("a Pod whose promised node is gone is bought for", [nominated("web-1-a")], ["shop/web-1-a"]);
check(
  "a Pod that was told the node that was bought for it still waits, on that node's room",
  [promisingNode, promisingClaim(nominated("web-1-a")), nominated("web-1-a")],
  ["shop/web-1-a"],
);
check("a gated Pod asks for nothing", [pod({ spec: { schedulingGates: [{ name: "wait" }] } })], []);
check(
  "a DaemonSet's Pod asks for nothing",
  [podOf({ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", uid: "u" } }, "agent-1")],
  [],
);
check("a Pod that refuses every NodePool asks for nothing of ours", [refusing()], []);

check(
  "an autoscaler's minimum is asked for at once",
  [web, autoscaler({ name: "web", minReplicas: 5, maxReplicas: 9 })],
  coming(0, 1, 2, 3, 4),
);
check(
  "no more is asked for than an autoscaler's maximum",
  [web, autoscaler({ name: "web", minReplicas: 1, maxReplicas: 2 })],
  coming(0, 1),
);
check(
  "an autoscaler leaves alone what was scaled to nothing",
  [deployment({ name: "web", replicas: 0 }), autoscaler({ name: "web", minReplicas: 2, maxReplicas: 4 })],
  [],
);

const db = statefulSet({ name: "db", replicas: 2 });
check(
  "a StatefulSet waits for the name of a Pod that is on its way out",
  [db, terminating(podOf(db, "db-0", { nodeName: "n" })), podOf(db, "db-1", { nodeName: "n" })],
  [],
);
const recreated = { ...web, spec: { ...web.spec, strategy: { type: "Recreate" } } };
const oldSet = setOf({ name: "web-0", hash: "0", replicas: 0, image: "old" });
check(
  "a Deployment that recreates asks for nothing while an old Pod is on its way out",
  [recreated, oldSet, { ...webSet, spec: { ...webSet.spec, replicas: 0 } }, terminating(podOf(oldSet, "web-0-a", { nodeName: "n" }))],
  [],
);
check(
  "a Deployment that recreates asks for its replicas once the old Pods are gone",
  [recreated, oldSet, podOf(oldSet, "web-0-a", { nodeName: "n", phase: "Succeeded" })],
  coming(0, 1, 2),
);
check(
  "a namespace that is being deleted asks for nothing, even for Pods that are there",
  [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", deletionTimestamp: leaving } }, web, pod({ name: "bare" })],
  [],
);
check("a template with a scheduling gate asks for nothing", [withTemplate({ schedulingGates: [{ name: "wait" }] })], []);
check("a template that names its node asks for nothing", [withTemplate({ nodeName: "n" })], []);
check("a Job that another controller keeps asks for none", [jobWith({ spec: { managedBy: "kueue.x-k8s.io/multikueue" } })], []);
check(
  "a Job that names Kubernetes' own controller asks for its Pods",
  [jobWith({ spec: { managedBy: "kubernetes.io/job-controller" } })],
  ["shop/Job/run#0"],
);
check(
  "a Job whose last Pod succeeded asks for none before its status says so",
  [jobWith({ spec: { completions: 1 } }), podOf(job({ name: "run" }), "run-a", { nodeName: "n", phase: "Succeeded" })],
  [],
);
check(
  "a Job counts a success that its status holds as not counted yet",
  [jobWith({ spec: { completions: 2 }, status: { succeeded: 1, uncountedTerminatedPods: { succeeded: ["uid-b"] } } })],
  [],
);
check(
  "a Job that replaces only ended Pods waits for the one on its way out",
  [jobWith({ spec: { podReplacementPolicy: "Failed" } }), terminating(podOf(job({ name: "run" }), "run-a", { nodeName: "n" }))],
  [],
);

test("demand that brings no Pod is dropped after its patience, and comes back with a change of the workload", () => {
  const first = podDemand({ ...world([web]), memory: new Map(), now: 1_000 });
  const { memory } = first;
  expect(demandKeys([web], { memory, now: 1_000 + demandPatienceMs - 1 })).toEqual(coming(0, 1, 2));
  expect(demandKeys([web], { memory, now: 1_000 + demandPatienceMs })).toEqual([]);
  const changed = { ...web, metadata: { ...web.metadata, generation: 2 } };
  expect(demandKeys([changed], { memory, now: 1_000 + demandPatienceMs })).toEqual(coming(0, 1, 2));
  const grown = [web, webSet, podOf(webSet, "web-1-a", { nodeName: "n" })];
  expect(demandKeys(grown, { memory, now: 1_000 + demandPatienceMs })).toEqual(coming(0, 1));
});

test("a real Pod counts however long it waits", () => {
  const objects = [web, webSet, podOf(webSet, "web-1-a")];
  const { memory } = podDemand({ ...world(objects), memory: new Map(), now: 0 });
  expect(demandKeys(objects, { memory, now: 10 * demandPatienceMs })).toEqual(["shop/web-1-a"]);
});

test("a Pod to come is compiled as admission will compile it, and is of the class of the Pod that comes", () => {
  const bound = profile({ name: "web", spec: { compute: { cpuRequest: "750m", memoryRequest: "1Gi" } } });
  const workload = workloadOf(web);
  if (workload === undefined) throw new Error("a Deployment is a workload");
  const [planned] = workloadDemand(world([web, bound]), [{ workload, count: 3 }]).pods;
  expect(planned?.pod.spec.containers[0]?.resources?.requests).toEqual({ cpu: "750m", memory: "1Gi" });
  const real = {
    ...planned!.pod,
    metadata: { ...planned!.pod.metadata, name: "web-1-a", labels: { ...planned!.pod.metadata.labels, "pod-template-hash": "1" } },
  };
  expect(podClassHash(real)).toBe(podClassHash(planned!.pod));
});

test("Pods to come carry the template hash of the ReplicaSet that will make them", () => {
  const { pods } = podDemand({ ...world([web, webSet]), memory: new Map(), now: 0 });
  expect(pods.map((one) => one.pod.metadata.labels?.["pod-template-hash"])).toEqual(["1", "1", "1"]);
});

function terminating(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: leaving } };
}

function withTemplate(spec: Partial<Pod["spec"]>): KubeObject {
  const { template } = web.spec;
  return { ...web, spec: { ...web.spec, template: { ...template, spec: { ...template.spec, ...spec } } } } as KubeObject;
}

function jobWith({ spec, status }: { readonly spec: Partial<Job["spec"]>; readonly status?: Job["status"] }): KubeObject {
  const made = job({ name: "run", replicas: 1 });
  return { ...made, spec: { ...made.spec, ...spec }, ...(status === undefined ? undefined : { status }) } as KubeObject;
}

function suspended(): KubeObject {
  const made = job({ name: "run" });
  return { ...made, spec: { ...made.spec, suspend: true } } as KubeObject;
}

function refusing(): Pod {
  const matchExpressions = [{ key: "karpenter.sh/nodepool", operator: "DoesNotExist" as const }];
  return pod({
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } } },
  });
}

test("Pods to come of a Rollout's ReplicaSet and of a CronJob's Job have the profile of their owner", () => {
  const rolloutName = { name: "web", namespace: "shop", uid: "uid-rollout" };
  const rollout: KubeObject & { readonly spec: object } = {
    ...{ apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", metadata: rolloutName },
    spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template: web.spec.template },
  };
  const ofRollout = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web", uid: "uid-rollout", controller: true };
  const set = replicaSet({ name: "web-7c9", replicas: 2, owner: ofRollout, podLabels: { app: "web" } });
  const nightly = cronJob({ name: "nightly" });
  const ofCronJob = { apiVersion: "batch/v1", kind: "CronJob", name: "nightly", uid: nightly.metadata.uid ?? "", controller: true };
  const night = job({ name: "nightly-29384720" });
  const objects = [profile({ name: "web" }), profile({ name: "nightly", spec: { runtimeClass: "compute" } })];
  const made: KubeObject = { ...night, metadata: { ...night.metadata, ownerReferences: [ofCronJob] } };
  const { pods } = podDemand({ ...world([...objects, rollout, set, nightly, made]), memory: new Map(), now: 0 });
  expect(pods.map(({ pod: { metadata } }) => metadata.labels?.["platform.example.com/profile"])).toEqual(["nightly", "web", "web"]);
});

test("Pods to come are kept off Spot as far as the floor asks", () => {
  const spec = { runtimeClass: "batch", cost: { spotAllowed: true, spotFloorOnDemand: "50%" } } as const;
  const { pods } = podDemand({ ...world([web, webSet, profile({ name: "web", spec })]), memory: new Map(), now: 0 });
  expect(pods.map(({ pod: { metadata } }) => metadata.labels?.["platform.example.com/on-demand-floor"])).toEqual([
    "true",
    "true",
    undefined,
  ]);
});

test("a Pod to come has the priority that the API server will give it", () => {
  const priorityClass = (name: string, value: number, globalDefault = false) =>
    ({ apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name, uid: name }, value, globalDefault }) as KubeObject;
  const classes = [priorityClass("high", 1000), priorityClass("usual", 5, true), priorityClass("other-default", 9, true)];
  const priorities = (priorityClassName: string | undefined, known: readonly KubeObject[]) => {
    const podSpec = priorityClassName === undefined ? {} : { priorityClassName };
    const { pods } = podDemand({ ...world([deployment({ replicas: 1, podSpec }), ...known]), memory: new Map(), now: 0 });
    return pods.map(({ pod: { spec } }) => spec.priority ?? 0);
  };
  expect(priorities("high", classes)).toEqual([1000]);
  expect(priorities(undefined, classes)).toEqual([5]);
  expect(priorities(undefined, [])).toEqual([0]);
  expect(priorities("system-cluster-critical", [])).toEqual([2_000_000_000]);
  expect(priorities("unknown", classes)).toEqual([]);
});

function nominated(name: string): Pod {
  return { ...podOf(webSet, name), status: { nominatedNodeName: "n" } };
}

function promisingClaim(planned: Pod): KubeObject {
  const annotations = { [platformNames().plannedPodsAnnotation]: `${podClassHash(planned)}=1` };
  const claim: NodeClaim = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "n", annotations },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
    status: { nodeName: "n" },
  };
  return claim;
}
