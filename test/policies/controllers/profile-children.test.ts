import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject, OwnerReference } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { actOnProfile, type ProfileClient } from "../../../src/policies/controllers/profile-act.ts";
import { decideProfile } from "../../../src/policies/controllers/profile-controller.ts";
import type { ProfileStep } from "../../../src/policies/controllers/profile-step.ts";
import { policySet, policiesText } from "../../support/admission.ts";
import { autoscaler, deployment, job, namespaceObject, nodePool, pod, profile, replicaSet } from "../../support/objects.ts";

const names = platformNames();
const now = Date.UTC(2026, 11, 1);
const owned = (kind: string, name: string, apiVersion = "apps/v1"): OwnerReference => ({
  ...{ apiVersion, kind, name },
  uid: `uid-shop-${name}`,
  controller: true,
});

interface World {
  readonly objects: readonly KubeObject[];
  readonly instanceTypes?: readonly InstanceType[];
  readonly policies?: string;
}

function decide({ objects, instanceTypes = [], policies }: World): Extract<ProfileStep, { kind: "write" }> {
  const snapshot = snapshotOf([namespaceObject("shop", { "platform.example.com/cost-owner": "billing" }), ...objects]);
  const [found] = snapshot.list("WorkloadProfile");
  if (found === undefined) throw new Error("no profile among the objects");
  const step = decideProfile({ profile: found, snapshot, policySet: policySet(policies), names, instanceTypes }, now);
  if (step.kind !== "write") throw new Error(step.kind);
  return step;
}

const web = (spec: WorkloadProfileSpec = {}) =>
  profile({ spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 }, ...spec } });
const rs = replicaSet({ name: "rs", podLabels: { app: "web" }, owner: owned("Deployment", "web") });
const ofRs = (name: string, over: Partial<Parameters<typeof pod>[0]> = {}): Pod =>
  pod({ name, owner: owned("ReplicaSet", "rs"), limits: { memory: "256Mi" }, ...over });

function condition(step: ReturnType<typeof decide>, type: string): string | undefined {
  const found = step.status?.conditions?.find((one) => one.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}: ${found.message}`;
}

describe("autoscalers", () => {
  const managed = web({ scaling: { maxReplicas: 9, manage: "hpa" } });
  it("are made, told in the status, and left alone once they stand", () => {
    const step = decide({ objects: [managed, deployment({ replicas: 3 })] });
    expect(step.autoscalers.create.map(({ metadata }) => metadata.name)).toEqual(["web"]);
    expect(step.status?.compiled?.hpa).toBe("web: 3..9, cpu 70%");
    const again = decide({ objects: [managed, deployment({ replicas: 3 }), ...step.autoscalers.create] });
    expect([again.autoscalers.create, again.autoscalers.replace]).toEqual([[], []]);
  });
  it("are refused beside somebody's, in every place that people look at", () => {
    const step = decide({
      objects: [managed, deployment({ replicas: 3 }), autoscaler({ name: "theirs", target: { kind: "Deployment", name: "web" } })],
    });
    expect(step.autoscalers.create).toEqual([]);
    const text = '[CONF-003] HorizontalPodAutoscaler "theirs" already scales Deployment web; delete it, or set scaling.manage: none';
    expect(condition(step, "Compiled")).toBe(`False ForeignAutoscaler: ${text}`);
    expect(condition(step, "Stalled")).toBe(`True ForeignAutoscaler: ${text}`);
    expect(step.events?.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([`ForeignAutoscaler: ${text}`]);
  });
});

describe("a template roll", () => {
  const stale = ofRs("a", { labels: { app: "web" } });
  const rollOf = (objects: readonly KubeObject[]) =>
    decide({ objects }).rolls.map(({ kind, name, annotations }) => [kind, name, annotations]);
  const hash = () => decide({ objects: [web(), deployment({ replicas: 3 })] }).status?.compiled?.hash ?? "";
  it("is asked for only where the profile says onChange and Pods are stale", () => {
    const rolling = web({ rollout: "onChange" });
    expect(rollOf([web(), deployment({ replicas: 3 }), rs, stale])).toEqual([]);
    expect(rollOf([rolling, deployment({ replicas: 3 }), rs])).toEqual([]);
    expect(rollOf([rolling, deployment({ replicas: 3 }), rs, stale])).toEqual([
      ["Deployment", "web", { [names.rolledContractAnnotation]: hash() }],
    ]);
  });
  it("is not asked for again while the template names the contract", () => {
    const rolled = deployment({ replicas: 3, podAnnotations: { [names.rolledContractAnnotation]: hash() } });
    expect(rollOf([web({ rollout: "onChange" }), rolled, rs, stale])).toEqual([]);
  });
  it("is written last, as one annotation of that very object", async () => {
    const step = decide({ objects: [web({ rollout: "onChange" }), deployment({ replicas: 3 }), rs, stale] });
    const calls: string[] = [];
    const note = async <T>(call: string, value: T) => {
      calls.push(call);
      return await Promise.resolve({ ok: true as const, value });
    };
    const client: ProfileClient = {
      create: (kind, object) => note(`create ${kind}`, object),
      replace: (kind, object) => note(`replace ${kind}`, object),
      delete: (kind) => note(`delete ${kind}`, "deleted" as const),
      applyStatus: (kind) => note(`status ${kind}`, undefined as never),
      patch: (kind, key, { body }) => note(`patch ${kind} ${key.name} ${JSON.stringify(body)}`, undefined as never),
    };
    await actOnProfile(step, client);
    const annotations = { [names.rolledContractAnnotation]: hash() };
    const body = { kind: "merge", patch: { metadata: { uid: "uid-shop-web" }, spec: { template: { metadata: { annotations } } } } };
    expect(calls).toEqual(["create PodDisruptionBudget", "status WorkloadProfile", `patch Deployment web ${JSON.stringify(body)}`]);
  });
});

describe("the Pods of a target", () => {
  const hash = () => decide({ objects: [web(), deployment({ replicas: 3 })] }).status?.compiled?.hash ?? "";
  it("are stale once they are resized in place, and told so", () => {
    const labels = { app: "web", [names.profileHashLabel]: hash() };
    const resized = ofRs("b", { labels, limits: {} });
    const { status } = decide({ objects: [web(), deployment({ replicas: 3 }), rs, ofRs("a", { labels }), resized] });
    expect(status?.targets).toMatchObject([{ podsCompiled: 1, podsStale: 1, podsResized: 1 }]);
  });
  it("in one zone are no spread", () => {
    const node = (name: string, zone: string): KubeObject => ({
      ...{ apiVersion: "v1", kind: "Node" },
      metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
    });
    const on = (name: string, nodeName: string) => ofRs(name, { labels: { app: "web" }, spec: { nodeName } });
    const nodes = [node("n1", "ap-southeast-1a"), node("n2", "ap-southeast-1b")];
    const judge = (pods: readonly Pod[]) =>
      condition(decide({ objects: [web(), deployment({ replicas: 3 }), rs, ...nodes, ...pods] }), "ZoneSpread");
    expect(judge([on("a", "n1"), on("b", "n1")])).toBe(
      "False OneZone: all Pods of Deployment/web are in one zone: 2 in ap-southeast-1a; delete some of them",
    );
    expect(judge([on("a", "n1"), on("b", "n2")])).toBe("True Required: 3 zones; one zone lost leaves 2 of 3 (67%)");
  });
});

describe("capacity", () => {
  const limited = (used: string): KubeObject => ({ ...nodePool({ limits: { cpu: "2" } }), ...{ status: { resources: { cpu: used } } } });
  const burst = (used: string) =>
    condition(decide({ objects: [web(), deployment({ replicas: 3, requests: { cpu: "250m" } }), limited(used)] }), "BurstFeasible");
  it("is judged for the largest burst, under the limits of the NodePools", () => {
    expect(burst("0")).toBe("True RoomUnderLimits: the NodePools' limits leave room for 6 more Pods");
    expect(burst("1")).toBe(
      "False LimitReached: [POOL-004] burst of 6 pods needs 1500m CPU; NodePool general-flex has 1 CPU left under its limit; ask owner to raise limits.cpu",
    );
  });
  const type = (name: string, cpu: number, pricePerHour: number): InstanceType => ({
    name,
    requirements: [],
    capacity: {},
    allocatable: { cpu, memory: 32 * 2 ** 30, pods: 100 },
    offerings: [{ zone: "ap-southeast-1a", capacityType: "on-demand", pricePerHour, available: true }],
  });
  it("is named and priced for one replica, and compared with maxHourly", () => {
    const instanceTypes = [type("big", 4000, 0.4), type("cheap", 4000, 0.2), type("tiny", 100, 0.01)];
    const objects = [web({ cost: { maxHourly: 0.02 } }), deployment({ replicas: 3, requests: { cpu: "1" } }), nodePool()];
    expect(decide({ objects, instanceTypes }).status?.plan).toEqual({
      pool: "general-flex",
      candidateTypes: ["cheap", "big"],
      perReplicaHourly: "0.0500",
      note: "3 replicas cost about $0.15 an hour, above cost.maxHourly 0.02",
    });
  });
});

describe("S125: whether Spot may be used", () => {
  const spot = (spec: WorkloadProfileSpec) => decide({ objects: [web(spec), deployment({ replicas: 3 })] }).status?.spot;
  const batch: WorkloadProfileSpec = {
    runtimeClass: "batch",
    disruption: { idempotent: true },
    scaling: { maxReplicas: 9, lagMetric: "lag" },
  };
  it("is answered by the class, by the rules, and before anybody asks for it", () => {
    expect(spot({})).toEqual({ allowed: false, reason: 'class "general" does not allow Spot' });
    expect(spot(batch)).toEqual({ allowed: true, reason: 'class "batch" allows it; set cost.spotAllowed: true' });
    expect(spot({ ...batch, cost: { spotAllowed: true, spotFloorOnDemand: "50%" } })).toEqual({
      allowed: true,
      reason: "in use; 50% of the replicas stay on on-demand capacity",
    });
  });
});

describe("an exemption in use", () => {
  it("is a condition, with its owner and its end", () => {
    const entry = [
      "exemptions:",
      "  - id: EX-1",
      "    rules: [DRAIN-001]",
      "    match: { namespace: shop, kind: Deployment, name: web }",
      "    owner: dba@example.com",
      "    reason: single writer",
      '    expires: "2027-03-01"',
    ].join("\n");
    const policies = /^exemptions:/m.test(policiesText) ? policiesText.replace(/^exemptions:.*$/m, entry) : `${policiesText}\n${entry}\n`;
    const step = decide({ objects: [profile({ spec: { availability: { minReplicas: 1 } } }), deployment({ replicas: 1 })], policies });
    expect(condition(step, "Exempted")).toBe("True ExemptionInUse: EX-1 (DRAIN-001) of dba@example.com until 2027-03-01");
    expect(step.status?.exemptUntil).toBe("2027-03-01");
  });
});

describe("workloads of other kinds", () => {
  it("that nobody here knows get a budget that counts Pods, by our own label", () => {
    const pods = ["a", "b", "c"].map((name) => pod({ name, owner: owned("Farm", "web", "example.com/v1") }));
    const step = decide({ objects: [web({ bind: { targetRef: { kind: "Farm", name: "web" } } }), ...pods] });
    expect(step.status?.targets).toMatchObject([{ kind: "Farm", name: "web", replicas: 3, matchedBy: "targetRef" }]);
    expect(step.budgets.create.map(({ metadata, spec }) => [metadata.name, spec.minAvailable, spec.selector])).toEqual([
      ["web", 2, { matchLabels: { [names.profileLabel]: "web" } }],
    ]);
  });
  it("that run to an end get no budget, as Jobs get none", () => {
    const made = job({ name: "scaled-x" });
    const ofScaledJob = { ...made, metadata: { ...made.metadata, ownerReferences: [owned("ScaledJob", "web", "keda.sh/v1alpha1")] } };
    const one = pod({ name: "a", owner: owned("Job", "scaled-x", "batch/v1"), spec: { restartPolicy: "Never" } });
    const step = decide({ objects: [web(), ofScaledJob, one] });
    expect(step.status?.targets).toMatchObject([{ kind: "ScaledJob", name: "web", matchedBy: "name" }]);
    expect(step.budgets.create).toEqual([]);
  });
  it("are found through the operator's object that made them", () => {
    const made = {
      ...deployment({ replicas: 3 }),
      metadata: { ...deployment().metadata, ownerReferences: [owned("Kafka", "k", "example.com/v1")] },
    };
    const step = decide({ objects: [web({ bind: { targetRef: { kind: "Kafka", name: "k" } } }), made] });
    expect(step.status?.targets).toMatchObject([{ kind: "Deployment", name: "web", matchedBy: "targetRef" }]);
  });
});

describe("what is not written", () => {
  it("is told: a podPatch that policies.yaml does not allow, and sizes that the workload forbids", () => {
    const compiledOf = (spec: WorkloadProfileSpec, limits?: Readonly<Record<string, string>>) =>
      condition(decide({ objects: [web(spec), deployment({ replicas: 3, ...(limits === undefined ? {} : { limits }) })] }), "Compiled");
    expect(compiledOf({ podPatch: { schedulerName: "mine" } })).toBe(
      "False PodPatchRefused: policies.yaml does not allow in spec.podPatch: schedulerName",
    );
    expect(compiledOf({ compute: { memoryRequest: "1Gi" } }, { memory: "256Mi" })).toBe(
      'False SizesNotWritten: Deployment/web: container "app" has a memory limit of 256Mi, below the request of 1Gi; raise the limit',
    );
  });
});
