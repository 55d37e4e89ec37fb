/**
 * Provisioning: from what the cluster holds to the NodeClaims that should be made now.
 *
 * Reads the snapshot, the claims that were just created (the watch may not have brought them yet), the types that each
 * NodePool may launch and the memory of the last look. Returns one step: wait until a burst of Pods is over, do nothing, or
 * make these NodeClaims. A claim on its way counts as capacity in its zone, so solving again buys nothing twice.
 */
import type { ControllerStep, Decision } from "../api/controller.ts";
import type { EventNote } from "../api/event-note.ts";
import { canonicalJson, hashOf } from "../api/hash.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import { nextPoolPauses, noPoolPauses, withoutClaims, type PoolPauses } from "./pool-pause.ts";
import { passedNodes } from "./pool-gate.ts";
import { lackingClaims, stuckClaims, unusedClaims, yieldedClaims } from "./capacity-yield.ts";
import { placesOfBuffers, type PlacesOfBuffers } from "./buffer-status.ts";
import { clusterInput, type ObservedCluster } from "./cluster-input.ts";
import { movesOf, type Moves } from "./displaced-pods.ts";
import { podDemand, workloadKey, type DemandMemory, type DemandRemark, type PodDemand } from "./demand.ts";
import type { DryRuns } from "./prediction/dry-run.ts";
import { nodePoolHash, nodePoolHashVersion } from "./lifecycle/node-pool-status.ts";
import { bufferOf } from "./scheduling/buffer-pod.ts";
import { toNodeClaim } from "./scheduling/node-claim.ts";
import type { IsAborted } from "./scheduling/plan-cut.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";
import { withSensibleNodes } from "./scheduling/sensible-price.ts";
import { solve, type SchedulingResults } from "./scheduling/solve.ts";

/** A burst is over when no new Pod has come for this long. */
export const burstIdleMs = 150;
/** A burst is not waited for longer than this. */
export const burstMaxMs = 1_000;
/** While Pods wait for a place, capacity is asked for again at least this often. */
export const replanMs = 10_000;

/** While nothing but the room of CapacityBuffers is asked for, it is looked for at least this often. */
export const bufferLookMs = 30_000;

/** A plan that takes longer than this is cut short, acted on as far as it came, and followed by another (as Karpenter's, after a minute). */
export const planMaxMs = 60_000;

/** From the end of one plan to the start of the next, at least: the process also answers reviews and renews the Lease. */
export const planPauseMinMs = 100;

/** What one look tells the next; a new process starts with {@link freshMemory} and loses nothing but time. */
export interface ProvisioningMemory {
  readonly demand: DemandMemory;
  /** Keys of the Pods seen so far: a new one starts or prolongs a burst. */
  readonly seen: ReadonlySet<string>;
  readonly burst?: { readonly since: Instant; readonly lastNew: Instant };
  /** What was last said on each Pod, by key. */
  readonly said: ReadonlyMap<string, string>;
  readonly pools: PoolPauses;
  /** Nothing is planned before; see {@link restingAfter}. */
  readonly notBefore?: Instant;
}

export interface ObservedDemand extends ObservedCluster {
  readonly memory: ProvisioningMemory;
  /** What the API server said that it would make of Pods to come; absent where it is not asked. */
  readonly dryRuns?: DryRuns;
}

export type ProvisioningStep = ControllerStep & { readonly memory: ProvisioningMemory } & (
    | { readonly kind: "idle"; readonly moves: Moves; readonly yields: readonly NodeClaim[] }
    | { readonly kind: "collect"; readonly delayMs: number }
    | {
        readonly kind: "plan";
        readonly nodeClaims: readonly NodeClaim[];
        /** Of the NodeClaims together. */
        readonly pricePerHour: number;
        /** Where each of the claims would be launched first: "m7i.large on-demand in ap-southeast-1a". */
        readonly offerings: readonly string[];
        /** Claims that wait for capacity in vain, to be deleted once the others are made. */
        readonly yields: readonly NodeClaim[];
        readonly againMs: number;
        readonly buffers: PlacesOfBuffers;
        readonly moves: Moves;
      }
  );

export const freshMemory: ProvisioningMemory = { demand: new Map(), seen: new Set(), said: new Map(), pools: noPoolPauses };

/** Returns what to do about the Pods that wait; a plan ends where it is once it is told that it took too long. */
export function nextProvisioningStep(
  observed: ObservedDemand,
  now: Instant,
  { isAborted }: { readonly isAborted?: IsAborted } = {},
): ProvisioningStep {
  const { memory, world, nodeClaims } = observed;
  const { notBefore = 0 } = memory;
  if (now < notBefore) return { kind: "collect", delayMs: notBefore - now, memory };
  const pools = nextPoolPauses(memory.pools, { nodeClaims, now });
  const { dryRuns } = observed;
  const demand = podDemand({ ...world, memory: memory.demand, now, ...(dryRuns === undefined ? {} : { dryRuns }) });
  if (demand.pods.length === 0) return idleStep(observed, demand, { ...memory, pools });
  const seen = new Set(demand.pods.map(({ key }) => key));
  // What a workload stands for is known whole at its first sight; only Pods that nobody announced come in bursts.
  const grew = [...demand.loose].some((key) => !memory.seen.has(key));
  const burst = grew ? { since: memory.burst?.since ?? now, lastNew: now } : memory.burst;
  const delayMs = burst === undefined ? 0 : Math.min(burst.lastNew + burstIdleMs, burst.since + burstMaxMs) - now;
  const next = { demand: demand.memory, seen, said: memory.said, pools };
  if (burst !== undefined && delayMs > 0) return { kind: "collect", delayMs, memory: { ...next, burst } };
  return planStep(observed, { demand, memory: next, now, isAborted });
}

/** Returns the memory after a plan that took this long: as long as it held the process, so long others go first. */
export function restingAfter(memory: ProvisioningMemory, of: { readonly endedAt: Instant; readonly tookMs: number }): ProvisioningMemory {
  return { ...memory, notBefore: of.endedAt + Math.max(planPauseMinMs, of.tookMs) };
}

/** Nothing waits; why Pods that are wanted do not come is told all the same. */
function idleStep({ nodeClaims, world }: ObservedDemand, demand: PodDemand, { said, pools }: ProvisioningMemory): ProvisioningStep {
  const { events, said: next } = remarkNews(demand.remarks, said);
  const yields = yieldedClaims(lackingClaims(nodeClaims), { unplaced: [], names: world.names });
  const memory = { ...freshMemory, demand: demand.memory, pools: withoutClaims(pools, yields), said: next };
  const moves = movesOf(demand.displaced);
  return events.length === 0
    ? { kind: "idle", memory, moves, yields }
    : { kind: "idle", memory, moves, yields, events, decision: { rejected: demand.remarks.map(rejectedRemark) } };
}

function planStep(
  observed: ObservedDemand,
  of: { readonly demand: PodDemand; readonly memory: ProvisioningMemory; readonly now: Instant; readonly isAborted: IsAborted | undefined },
): ProvisioningStep {
  const { demand, memory, now, isAborted } = of;
  const { world, nodeClaims } = observed;
  const stuck = stuckClaims(nodeClaims, observed.instanceTypes);
  const places = stuck.length === 0 ? observed : { ...observed, nodeClaims: nodeClaims.filter((claim) => !stuck.includes(claim)) };
  const input = clusterInput(places, { pods: demand.pods, now, moved: demand.displaced.standing });
  const solved = withSensibleNodes(solve(input, isAborted === undefined ? {} : { isAborted }), observed.instanceTypes);
  const passed = passedNodes(solved.newNodes, { pauses: memory.pools, nodeClaims, names: world.names, now });
  const results = { ...solved, newNodes: passed.newNodes };
  const unplaced = [...solved.unschedulable.map(({ pod }) => pod), ...passed.held.flatMap(({ pods }) => pods)];
  const unused = solved.truncated ? [] : unusedClaims(nodeClaims, { stuck, existing: solved.existing });
  const unwanted = yieldedClaims(unused, { unplaced: demand.pods, names: world.names });
  const yields = solved.truncated ? [] : [...yieldedClaims(stuck, { unplaced, names: world.names }), ...unwanted];
  const lookMs = demand.pods.every((pod) => bufferOf(pod) !== undefined) ? bufferLookMs : replanMs;
  // What was placed is on its way by then, and costs the next plan little.
  const usualMs = solved.truncated ? planPauseMinMs : lookMs;
  const againMs = Math.min(usualMs, passed.againMs);
  const planned = plannedClaims(results, { known: nodeClaims, names: world.names });
  const ofPods = news(results, { planned, said: memory.said });
  const ofWorkloads = remarkNews(demand.remarks, memory.said);
  const events = [...ofPods.events, ...ofWorkloads.events];
  const said = new Map([...ofPods.said, ...ofWorkloads.said]);
  const isNews = planned.length + passed.rejected.length > 0 || solved.truncated || events.some(({ type }) => type === "Warning");
  return {
    kind: "plan",
    nodeClaims: planned,
    pricePerHour: results.newNodes.reduce((sum, node) => sum + node.pricePerHour, 0),
    offerings: results.newNodes.map(({ instanceType, capacityType, zone }) => `${instanceType} ${capacityType} in ${zone}`),
    yields,
    againMs,
    buffers: placesOfBuffers(demand.buffers, solved),
    moves: movesOf(demand.displaced, solved),
    memory: { ...memory, said, pools: withoutClaims(memory.pools, yields) },
    events,
    ...(isNews ? { decision: planDecision(results, { planned, remarks: demand.remarks, held: passed.rejected }) } : undefined),
  };
}

/**
 * Names follow from what was planned and from the claims that were known then: the same look made twice (a lost answer, a
 * watch that lags) makes the same names, and a claim that is planned again after a failed one gets another.
 */
function plannedClaims(
  { newNodes }: SchedulingResults,
  { known, names }: { readonly known: readonly NodeClaim[]; readonly names: PlatformNames },
): readonly NodeClaim[] {
  const before = known.map(({ metadata }) => metadata.uid ?? metadata.name ?? "").sort();
  return newNodes.map((planned) => {
    const { nodePool, requirements, pods } = planned;
    const pool = nodePool.metadata.name ?? "";
    const digest = hashOf({ before, pool, requirements: canonicalJson(requirements), pods: pods.map(({ key }) => key) });
    return toNodeClaim(planned, {
      name: `${pool}-${digest.slice(0, 8)}`,
      nodePoolHash: nodePoolHash(nodePool),
      nodePoolHashVersion,
      plannedPodsAnnotation: names.plannedPodsAnnotation,
    });
  });
}

function planDecision(
  results: SchedulingResults,
  of: {
    readonly planned: readonly NodeClaim[];
    readonly remarks: readonly DemandRemark[];
    readonly held: Decision<unknown>["rejected"];
  },
): Decision<unknown> {
  const { planned, remarks, held } = of;
  const names = planned.map(({ metadata }) => metadata.name ?? "");
  const unplaced = results.unschedulable.map(({ pod, reasons }) => ({
    subject: pod.key,
    reason: { reason: "FailedScheduling", message: reasons.join("; ") },
  }));
  const { bindingOrder, truncated } = results;
  return {
    chosen: {
      plan: results.decision.chosen,
      nodeClaims: names,
      ...(bindingOrder.length > 0 ? { bindingOrder } : undefined),
      ...(truncated ? { truncated } : undefined),
    },
    rejected: [...results.decision.rejected, ...held, ...unplaced, ...remarks.map(rejectedRemark)],
  };
}

/** Events on real Pods, each once until what it says changes. */
function news(
  results: SchedulingResults,
  { planned, said }: { readonly planned: readonly NodeClaim[]; readonly said: ReadonlyMap<string, string> },
): { readonly events: readonly EventNote[]; readonly said: ReadonlyMap<string, string> } {
  const notes = new Map<string, { readonly pending: PendingPod; readonly note: Pick<EventNote, "type" | "reason" | "message"> }>();
  const nominate = (pods: readonly PendingPod[], target: string): void => {
    for (const pending of pods) {
      const message = `Pod should schedule on: ${target}`;
      notes.set(pending.key, { pending, note: { type: "Normal", reason: "Nominated", message } });
    }
  };
  for (const [index, { pods }] of results.newNodes.entries()) nominate(pods, `nodeclaim/${planned[index]?.metadata.name ?? ""}`);
  for (const { node, pods } of results.existing) {
    const claim = node.nodeClaim === undefined ? [] : [`nodeclaim/${node.nodeClaim}`];
    const standing = node.name === node.nodeClaim && !node.initialized ? [] : [`node/${node.name}`];
    nominate(pods, [...claim, ...standing].join(", "));
  }
  for (const { pod, reasons } of results.unschedulable) {
    const note = { type: "Warning", reason: "FailedScheduling", message: `Failed to schedule pod, ${reasons.join("; ")}` } as const;
    notes.set(pod.key, { pending: pod, note });
  }
  const fresh = [...notes].filter(([key, { note }]) => said.get(key) !== note.message);
  return {
    events: fresh.flatMap(([, { pending, note }]) => noteOn(pending, note)),
    said: new Map([...notes].map(([key, { note }]) => [key, note.message])),
  };
}

/** Refusals of Pods to come are told on their workload, each once until what it says changes. */
function remarkNews(
  remarks: readonly DemandRemark[],
  said: ReadonlyMap<string, string>,
): { readonly events: readonly EventNote[]; readonly said: ReadonlyMap<string, string> } {
  const refusals = remarks.filter(({ isRefusal }) => isRefusal);
  const fresh = refusals.filter((remark) => said.get(remarkKey(remark)) !== remark.message);
  return {
    events: fresh.map(({ workload: { apiVersion, kind, namespace, name, object }, reason, message }) => {
      const { uid } = object.metadata;
      return { regarding: { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) }, type: "Warning", reason, message };
    }),
    said: new Map(refusals.map((remark) => [remarkKey(remark), remark.message])),
  };
}

/** No Pod has a key of three parts with a kind in it but a coming one, on which nothing is said. */
function remarkKey({ workload }: DemandRemark): string {
  return workloadKey(workload);
}

function rejectedRemark(remark: DemandRemark): Decision<unknown>["rejected"][number] {
  return { subject: remarkKey(remark), reason: { reason: remark.reason, message: remark.message } };
}

/** A Pod to come has no object to say anything on. */
function noteOn({ pod }: PendingPod, note: Pick<EventNote, "type" | "reason" | "message">): readonly EventNote[] {
  const { uid, name, namespace } = pod.metadata;
  if (uid === undefined) return [];
  return [{ regarding: { apiVersion: "v1", kind: "Pod", uid, namespace: namespace ?? "", name: name ?? "" }, ...note }];
}
