/**
 * One look of the provisioner: bursts, names, and never a second claim for the same Pods.
 */
import { expect, test } from "vitest";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { platformNames, zoneLabel } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { launchCandidates, launchResult } from "../../src/provisioner/lifecycle/launch.ts";
import { demandPatienceMs } from "../../src/provisioner/demand.ts";
import { leavesSoonMs, overdueMs } from "../../src/provisioner/leaving-pods.ts";
import {
  burstIdleMs,
  burstMaxMs,
  freshMemory,
  nextProvisioningStep,
  planPauseMinMs,
  replanMs,
  restingAfter,
  type ObservedDemand,
  type ProvisioningMemory,
  type ProvisioningStep,
} from "../../src/provisioner/provisioning.ts";
import { nextPoolPauses, noPoolPauses, pauseLeftMs, poolPauseBaseMs } from "../../src/provisioner/pool-pause.ts";
import { deployment, namespaceObject, nodePool, pod, replicaSet } from "../support/objects.ts";
import { yamlText } from "../support/yaml-objects.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
const pool = nodePool({ requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] });
const limited = nodePool({ limits: { cpu: "2" } });
const web = deployment({ name: "web", replicas: 3, requests: { cpu: "1", memory: "1Gi" } });

function observed(
  objects: readonly KubeObject[],
  more: {
    readonly memory?: ProvisioningMemory;
    readonly claims?: readonly NodeClaim[];
    readonly nodePools?: ObservedDemand["nodePools"];
    readonly types?: readonly InstanceType[];
  } = {},
): ObservedDemand {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const nodePools = more.nodePools ?? [pool];
  const claims = more.claims ?? [];
  return {
    world: {
      policySet: parsed.value,
      snapshot: snapshotOf([namespaceObject(), ...nodePools, ...claims, ...objects]),
      names: platformNames(),
      instanceTypes,
    },
    nodeClaims: claims,
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", more.types ?? instanceTypes])),
    memory: more.memory ?? freshMemory,
  };
}

/** The step once the burst is over. */
function planned(
  objects: readonly KubeObject[],
  more: Parameters<typeof observed>[1] = {},
  now = 0,
): ProvisioningStep & { readonly kind: "plan" } {
  const first = nextProvisioningStep(observed(objects, more), now);
  const step =
    first.kind === "collect" ? nextProvisioningStep(observed(objects, { ...more, memory: first.memory }), now + first.delayMs) : first;
  if (step.kind !== "plan") throw new Error(`expected a plan, got ${step.kind}`);
  return step;
}

/** What the API server makes of a claim. */
function created({ nodeClaims }: ProvisioningStep & { readonly kind: "plan" }): readonly NodeClaim[] {
  return nodeClaims.map((claim) => ({ ...claim, metadata: { ...claim.metadata, uid: `uid-${claim.metadata.name ?? ""}` } }));
}

function launchedOf(claim: NodeClaim): NodeClaim {
  const [type] = launchCandidates(claim, instanceTypes);
  if (type === undefined) throw new Error("the claim has a candidate");
  const { capacity, allocatable, offerings } = type;
  const labels = { "node.kubernetes.io/instance-type": type.name, "topology.kubernetes.io/zone": offerings[0]?.zone ?? "" };
  const outcome = {
    kind: "launched",
    providerID: `kwok://${claim.metadata.name ?? ""}`,
    imageID: "kwok",
    labels,
    capacity,
    allocatable,
  } as const;
  const result = launchResult({ nodeClaim: claim, outcome, now: 0 });
  if (result.kind !== "launched") throw new Error("launched");
  return { ...claim, metadata: { ...claim.metadata, labels: { ...claim.metadata.labels, ...result.labels } }, status: result.status };
}

test("a plan that is cut short is acted on as far as it came, told, and followed by another at once", () => {
  const pods = ["a", "b"].map((name) => pod({ name, requests: { cpu: "500m", memory: "1Gi" } }));
  const first = nextProvisioningStep(observed(pods), 0);
  const of = observed(pods, { memory: first.memory });
  const questions = (limit: number) => {
    let asked = 0;
    const step = nextProvisioningStep(of, burstIdleMs, { isAborted: () => asked++ >= limit });
    return { step: step.kind === "plan" ? step : undefined, asked };
  };
  const cut = questions(0).step;
  expect(cut).toMatchObject({ nodeClaims: [], againMs: planPauseMinMs, decision: { chosen: { truncated: true } } });
  const message = "Failed to schedule pod, the plan was cut short before this Pod was looked at";
  expect(cut?.events?.map((event) => event.message)).toEqual([message, message]);
  const whole = questions(Infinity);
  expect(whole.step).toMatchObject({ againMs: replanMs, nodeClaims: [{}] });
  const late = questions(whole.asked - 1).step;
  expect(late?.nodeClaims).toHaveLength(1);
  expect(late?.againMs).toBe(planPauseMinMs);
});

test("the decision says which Pods must bind before which, where the plan needs an order", () => {
  const seeking = { topologyKey: zoneLabel, labelSelector: { matchLabels: { app: "web" } } };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [seeking] } };
  const inZone = (name: string, zone: string, spec: object) =>
    pod({ name, labels: { app: "web" }, requests: { cpu: "500m", memory: "1Gi" }, spec: { nodeSelector: { [zoneLabel]: zone }, ...spec } });
  const web = inZone("web", "ap-southeast-1a", { affinity });
  const { decision } = planned([web, inZone("pin", "ap-southeast-1b", {})]);
  const bindingOrder = [{ constraint: "affinity", key: zoneLabel, domain: "ap-southeast-1a", first: ["shop/web"], then: ["shop/pin"] }];
  expect(decision).toMatchObject({ chosen: { bindingOrder } });
  expect(planned([web]).decision).not.toHaveProperty("chosen.bindingOrder");
});

test("without demand there is nothing to do", () => {
  expect(nextProvisioningStep(observed([]), 0).kind).toBe("idle");
});

test("a burst of Pods that nobody announced is collected until none has come for a while", () => {
  const early = pod({ name: "early" });
  const first = nextProvisioningStep(observed([early]), 0);
  expect(first).toMatchObject({ kind: "collect", delayMs: burstIdleMs });
  const still = nextProvisioningStep(observed([early], { memory: first.memory }), burstIdleMs - 1);
  expect(still).toMatchObject({ kind: "collect", delayMs: 1 });
  const grown = nextProvisioningStep(observed([early, pod({ name: "late" })], { memory: first.memory }), burstIdleMs - 1);
  expect(grown).toMatchObject({ kind: "collect", delayMs: burstIdleMs });
  expect(nextProvisioningStep(observed([early], { memory: first.memory }), burstIdleMs).kind).toBe("plan");
});

test("a workload's demand is known whole and planned at once, and so are its Pods when they come", () => {
  const step = nextProvisioningStep(observed([web]), 0);
  expect(step.kind).toBe("plan");
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: web.metadata.uid ?? "", controller: true };
  const set = replicaSet({ name: "web-1", replicas: 3, owner, podLabels: { app: "web" } });
  const ofSet = { ...owner, kind: "ReplicaSet", name: "web-1", uid: set.metadata.uid ?? "" };
  const came = pod({ name: "web-1-a", owner: ofSet, labels: { app: "web" } });
  expect(nextProvisioningStep(observed([web, set, came], { memory: step.memory }), 1).kind).toBe("plan");
  const stray = nextProvisioningStep(observed([came], { memory: step.memory }), 1);
  expect(stray).toMatchObject({ kind: "collect", delayMs: burstIdleMs });
});

test("why a workload's Pods are not planned for is told on the workload once, and again when it changes", () => {
  const quotaOf = (pods: string): KubeObject =>
    ({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "team", namespace: "shop" }, spec: { hard: { pods } } }) as KubeObject;
  const first = nextProvisioningStep(observed([web, quotaOf("0")]), 0);
  const told = { type: "Warning", reason: "QuotaRefuses", regarding: { kind: "Deployment", name: "web", uid: web.metadata.uid } };
  expect(first).toMatchObject({ kind: "idle", events: [{ ...told, message: 'ResourceQuota "team" leaves pods for 0 of 3 more Pods' }] });
  const again = nextProvisioningStep(observed([web, quotaOf("0")], { memory: first.memory }), 1_000);
  expect(again.events).toBeUndefined();
  const more = nextProvisioningStep(observed([web, quotaOf("2")], { memory: again.memory }), 2_000);
  expect(more).toMatchObject({ kind: "plan", events: [told] });
  const dropped = nextProvisioningStep(observed([web, quotaOf("2")], { memory: more.memory }), demandPatienceMs);
  expect(dropped).toMatchObject({ kind: "idle", events: [{ ...told, reason: "DemandDropped" }] });
});

test("a Pod on its way out leaves its room to the one that comes, unless it has long to go or should be gone", () => {
  const large = { cpu: "3", memory: "4Gi" };
  const old = pod({ name: "old", requests: large, spec: { nodeName: "n1" } });
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  const standing = { apiVersion: "v1", kind: "Node", metadata: { name: "n1", uid: "n1" }, status: { allocatable, capacity: allocatable } };
  const claimsWith = (leavesAt: number | undefined, now: number): number => {
    const ends = leavesAt === undefined ? {} : { deletionTimestamp: new Date(leavesAt).toISOString() };
    const leaving = { ...old, metadata: { ...old.metadata, ...ends } };
    return planned([standing, leaving, pod({ name: "next", requests: large })], {}, now).nodeClaims.length;
  };
  const now = 1_000_000;
  expect(claimsWith(undefined, now)).toBe(1);
  expect(claimsWith(now + leavesSoonMs, now)).toBe(0);
  expect(claimsWith(now + leavesSoonMs + 10_000, now)).toBe(1);
  expect(claimsWith(now - overdueMs - 1_000, now)).toBe(1);
});

test("a burst that never ends is planned all the same", () => {
  let memory = freshMemory;
  const kinds = new Set<string>();
  for (let now = 0, count = 1; now <= burstMaxMs; now += 100, count += 1) {
    const pods = Array.from({ length: count }, (_unused, index) => pod({ name: `p${index}` }));
    const step = nextProvisioningStep(observed(pods, { memory }), now);
    memory = step.memory;
    kinds.add(step.kind);
    expect(step.kind).toBe(now < burstMaxMs ? "collect" : "plan");
  }
  expect(kinds.size).toBe(2);
});

test("a Deployment without a Pod gets its NodeClaims, and the same look again makes the same names", () => {
  const first = planned([web]);
  expect(first.nodeClaims.length).toBeGreaterThan(0);
  expect(first.nodeClaims.map(({ metadata }) => metadata.name)).toEqual(
    planned([web], {}, 5_000).nodeClaims.map(({ metadata }) => metadata.name),
  );
  for (const { metadata } of first.nodeClaims) {
    expect(metadata.name).toMatch(/^general-flex-[0-9a-f]{8}$/);
    expect(metadata.annotations?.["platform.example.com/planned-pods"]).toMatch(/^[0-9a-f]+=\d+$/);
  }
});

test("claims on their way are capacity: solving again makes no other, unlaunched, launched or after a crash between two creates", () => {
  const claims = created(planned([web]));
  expect(planned([web], { claims }).nodeClaims).toEqual([]);
  expect(planned([web], { claims: claims.map(launchedOf) }).nodeClaims).toEqual([]);
  const many = Array.from({ length: 40 }, (_unused, index) => pod({ name: `p${index}`, requests: { cpu: "3", memory: "4Gi" } }));
  const all = created(planned(many));
  expect(all.length).toBeGreaterThan(1);
  const half = all.slice(0, Math.ceil(all.length / 2));
  expect(planned(many, { claims: half }).nodeClaims.length).toBeLessThanOrEqual(all.length - half.length);
});

test("the Pods that come are the Pods that the claims were made for", () => {
  const claims = created(planned([web]));
  const { template } = web.spec;
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-set", controller: true };
  const pods = ["a", "b", "c"].map((id): KubeObject => {
    const labels = { ...template.metadata?.labels, "pod-template-hash": "1" };
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `web-1-${id}`, namespace: "shop", uid: `uid-${id}`, labels, ownerReferences: [owner] },
      spec: template.spec,
    } as KubeObject;
  });
  const step = planned([web, ...pods], { claims });
  expect(step.nodeClaims).toEqual([]);
  expect(step.events?.map(({ reason, regarding }) => `${reason} ${regarding.name}`)).toEqual([
    "Nominated web-1-a",
    "Nominated web-1-b",
    "Nominated web-1-c",
  ]);
});

test("a claim that is being deleted is no capacity, and its Pods get another under another name", () => {
  const claims = created(planned([web]));
  const leaving = claims.map((claim) => ({ ...claim, metadata: { ...claim.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }));
  const names = planned([web], { claims: leaving }).nodeClaims.map(({ metadata }) => metadata.name);
  expect(names.length).toBe(claims.length);
  for (const { metadata } of claims) expect(names).not.toContain(metadata.name);
});

test("a claim that was given up before it launched is not made again at once, and each time later", () => {
  const waits = pod({ name: "waits", requests: { cpu: "1", memory: "1Gi" } });
  let memory = freshMemory;
  let now = 0;
  const gaps: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const made = planned([waits], { memory }, now);
    expect(made.nodeClaims.length).toBeGreaterThan(0);
    const waiting = planned([waits], { memory: made.memory, claims: created(made) }, now);
    const givenUpAt = now;
    let step = planned([waits], { memory: waiting.memory }, now);
    while (step.nodeClaims.length === 0) {
      now += step.againMs;
      memory = step.memory;
      step = planned([waits], { memory }, now);
    }
    gaps.push(now - givenUpAt);
  }
  expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000]);
});

test("a launch ends its pool's pauses, and a claim that launched and then goes starts none", () => {
  const claims = created(planned([web]));
  const launched = claims.map(launchedOf);
  const unlaunched = nextPoolPauses(noPoolPauses, { nodeClaims: claims, now: 0 });
  const givenUp = nextPoolPauses(unlaunched, { nodeClaims: [], now: 0 });
  const nodePool = "general-flex";
  expect(pauseLeftMs(givenUp, { nodePool, now: 0 })).toBe(poolPauseBaseMs);
  const again = nextPoolPauses(givenUp, { nodeClaims: claims, now: 5_000 });
  const settled = nextPoolPauses(again, { nodeClaims: launched, now: 6_000 });
  expect(settled.pauses.size).toBe(0);
  expect(nextPoolPauses(settled, { nodeClaims: [], now: 7_000 }).pauses.size).toBe(0);
});

test("after a plan nothing is planned for as long as it took, and never at once", () => {
  const { memory } = planned([web]);
  const slow = restingAfter(memory, { endedAt: 1_000, tookMs: 800 });
  expect(nextProvisioningStep(observed([web], { memory: slow }), 1_000)).toMatchObject({ kind: "collect", delayMs: 800 });
  expect(nextProvisioningStep(observed([web], { memory: slow }), 1_800).kind).toBe("plan");
  const fast = restingAfter(memory, { endedAt: 1_000, tookMs: 0 });
  expect(nextProvisioningStep(observed([web], { memory: fast }), 1_000)).toMatchObject({ kind: "collect", delayMs: planPauseMinMs });
});

test("a claim that lost its Node is no place for Pods", () => {
  const claims = created(planned([web])).map(launchedOf);
  const lost = claims.map((claim) => ({ ...claim, status: { ...claim.status, nodeName: claim.metadata.name ?? "" } }));
  expect(planned([web], { claims: lost }).nodeClaims.length).toBe(claims.length);
});

test("a Pod waits in words for a claim that is not there, and nothing is bought for it", () => {
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  const { events } = planned([pod({ name: "db", spec: { volumes } }), pod({ name: "plain" })]);
  const said = new Map(events?.map(({ regarding, message }) => [regarding.name, message]));
  expect(said.get("db")).toBe("Failed to schedule pod, PersistentVolumeClaim shop/data, which it mounts, does not exist; create it");
  expect(said.get("plain")).toMatch(/^Pod should schedule on: nodeclaim\/\S+$/);
});

test("a NodePool's limits hold over the claims that are there", () => {
  const big = Array.from({ length: 4 }, (_unused, index) => pod({ name: `p${index}`, requests: { cpu: "1", memory: "1Gi" } }));
  const step = planned(big, { nodePools: [limited] });
  const cpu = (claim: NodeClaim) => (launchCandidates(claim, instanceTypes)[0]?.capacity["cpu"] ?? 0) / 1000;
  expect(step.nodeClaims.reduce((sum, claim) => sum + cpu(claim), 0)).toBeLessThanOrEqual(2);
  expect(step.events?.some(({ reason }) => reason === "FailedScheduling")).toBe(true);
  const again = planned(big, { nodePools: [limited], claims: created(step) });
  expect(again.nodeClaims).toEqual([]);
});

test("what has been said on a Pod is not said again until it changes", () => {
  const lonely = pod({ name: "lonely", spec: { nodeSelector: { disk: "tape" } } });
  const first = planned([lonely]);
  expect(first.events).toMatchObject([{ type: "Warning", reason: "FailedScheduling", regarding: { name: "lonely" } }]);
  expect(first.decision?.rejected.some(({ subject }) => subject === "shop/lonely")).toBe(true);
  const second = nextProvisioningStep(observed([lonely], { memory: first.memory }), 60_000);
  expect(second).toMatchObject({ kind: "plan", events: [] });
  expect(second.decision).toBeUndefined();
});

test("a pool whose NodeClass is not ready makes nothing", () => {
  const input = { ...observed([web]), instanceTypes: new Map() };
  const first = nextProvisioningStep(input, 0);
  expect(nextProvisioningStep({ ...input, memory: first.memory }, burstIdleMs)).toMatchObject({ kind: "plan", nodeClaims: [] });
});
