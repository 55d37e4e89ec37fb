/**
 * solve: which nodes Pods should get.
 *
 * Reads everything that scheduling depends on, as plain data. Returns the nodes to buy, the Pods that nodes already there
 * (or on their way) will take, and the Pods without a place with the reasons. Pure and deterministic: the order of the
 * input never matters. Each of a few strategies packs everything; the one that leaves the fewest Pods without a place wins
 * (those of the highest priority first), then the cheapest, then the one with fewest nodes.
 *
 * Preferences are scored, and never cost anything or leave a Pod without a place; by the policy of the input they are ignored, or
 * respected in Karpenter's way (preference.ts). Topology keys other than the hostname work for any label that NodePools or types give a list of values.
 */
import type { Decision } from "../../api/controller.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { once } from "../../kube/remembered.ts";
import type { Attempt } from "./attempt.ts";
import { placeLeft } from "./attempt.ts";
import { attachmentsOf, type Attachments, type VolumesOf } from "./attachments.ts";
import { orderNeeds, type OrderNeed } from "./binding-order.ts";
import { compiledMemory } from "./compiled-pools.ts";
import { daemonDemand, type DaemonSetPods } from "./daemon-overhead.ts";
import { existingNodes } from "./existing-node.ts";
import type { MinValuesPolicy } from "./min-values.ts";
import type { NodeState } from "./node-state.ts";
import { filledBins, priceOf, type Problem } from "./packing.ts";
import { portSlots, slotsOf } from "./host-ports.ts";
import { improve } from "./improve.ts";
import { plannedNodes, type PlannedNode } from "./planned-node.ts";
import { leftOut, type LeftOut } from "./obstacle.ts";
import { leftOutByCut, planCut, stepsUntil, type IsAborted, type PlanCut } from "./plan-cut.ts";
import { podClasses, relaxationClasses, type PendingPod } from "./pod-class.ts";
import { volumePlaces, type VolumeWorld } from "./pod-volumes.ts";
import type { PreferencePolicy } from "./preference.ts";
import { ifWorth, prefersAnything, softTaintsAmong, unlessDearer } from "./preference-cost.ts";
import { planDecision, type PlanChoice } from "./plan-decision.ts";
import { leftOutOf } from "./reasons.ts";
import { kindAt, resourceSpace, toVector, type ResourceSpace, type Vector } from "./resource-space.ts";
import { attemptAll } from "./strategies.ts";
import { topologyOf } from "./topology.ts";
import type { NamespaceLabels } from "./topology-group.ts";
import { unsupportedDemand } from "./unsupported.ts";

export interface SolveInput {
  readonly pods: readonly PendingPod[];
  readonly nodePools: readonly NodePool[];
  /** The types that each NodePool's provider offers, by pool name; a pool without an entry makes nothing. */
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly daemonSets: readonly DaemonSetPods[];
  /** Nodes and NodeClaims with the Pods bound to them: see nodeStates. Their capacity counts against limits. */
  readonly nodes: readonly NodeState[];
  readonly namespaces: NamespaceLabels;
  /** The cluster's volumes; where they are not given, Pods are planned as if they had none. */
  readonly volumes?: VolumeWorld;
  /** What preferences are worth; default Score. */
  readonly preferencePolicy?: PreferencePolicy;
  /** How much dearer a plan may be that meets them, as a share of its price, under Score; default 0. */
  readonly preferenceWorth?: number;
  /** What gives way where a NodePool's minValues can't be met; default Strict. */
  readonly minValuesPolicy?: MinValuesPolicy;
}

export interface SchedulingResults {
  readonly newNodes: readonly PlannedNode[];
  /** Pods that existing nodes and NodeClaims take, by node, in the order in which nodes are filled. */
  readonly existing: readonly { readonly node: NodeState; readonly pods: readonly PendingPod[] }[];
  /** By key. The reasons are worked out when they are read, once for Pods that are alike. */
  readonly unschedulable: readonly (LeftOut & { readonly pod: PendingPod })[];
  /** Which Pods must bind before which others; empty where the plan holds in any order. */
  readonly bindingOrder: readonly OrderNeed[];
  /** Whether the plan was cut short: what it has holds, and more work would have placed more Pods or made it cheaper. */
  readonly truncated: boolean;
  /** Sum of the new nodes' prices, USD an hour. */
  readonly pricePerHour: number;
  /** What was chosen and which strategies were rejected. */
  readonly decision: Decision<PlanChoice>;
}

/** How much work the search for a cheaper plan may be, in counted steps: the answer is the same on every machine. */
const stepsDefault = 100_000_000;

export interface SolveBounds {
  /** Bounds what is done beyond a first plan: with 0 the plan is dearer, and as complete. */
  readonly stepsMax?: number;
  /** Asked every now and then; once it is true the plan ends where it is. Absent: never. */
  readonly isAborted?: IsAborted;
}

/** Returns the nodes that the Pods should get. */
export function solve(input: SolveInput, { stepsMax = stepsDefault, isAborted }: SolveBounds = {}): SchedulingResults {
  const { preferencePolicy = "Score", preferenceWorth = 0 } = input;
  const cut = planCut(isAborted);
  const by = (policy: PreferencePolicy): SchedulingResults => solveBy(input, { policy, stepsMax, cut });
  if (preferencePolicy !== "Score") return by(preferencePolicy);
  const ignoring = by("Ignore");
  if (ignoring.truncated || !prefersAnything(input)) return ignoring;
  const heeding = by("Score");
  if (heeding.truncated) return { ...ignoring, truncated: true };
  const free = unlessDearer(heeding, ignoring);
  if (preferenceWorth <= 0) return free;
  const respecting = by("Respect");
  return respecting.truncated ? { ...free, truncated: true } : ifWorth(respecting, free, preferenceWorth);
}

function solveBy(
  input: SolveInput,
  { policy, stepsMax, cut }: { readonly policy: PreferencePolicy; readonly stepsMax: number; readonly cut: PlanCut },
): SchedulingResults {
  const volumesOf = input.volumes === undefined ? () => undefined : volumePlaces(input.volumes);
  const refused = refusedPods(input.pods, volumesOf);
  const isRefused = new Set(refused.map(({ pod }) => pod));
  const pods = refused.length === 0 ? input.pods : input.pods.filter((pod) => !isRefused.has(pod));
  const attachments = attachmentsOf({ ...input, pods: pods.map(({ pod }) => pod) });
  const ofPod: VolumesOf = (pod) => {
    const places = volumesOf(pod);
    return places?.ok === true ? { places: places.value, ...attachments.of(pod) } : undefined;
  };
  const problem = problemOf({ ...input, pods }, { policy, volumesOf: ofPod, attachments });
  const [best, ...others] = attemptAll(problem, { steps: stepsUntil(cut, stepsMax), cut });
  best.end.restore();
  const wasCut = cut.isMade();
  if (!wasCut) improve(best.packing, cut);
  // Smaller nodes may have given limits back.
  const unplaced = wasCut ? best.unplaced : placeLeft(best.packing, { waiting: best.unplaced, strategy: best.strategy, cut });
  // Where a whole strategy stands as it was when it looked at these Pods last, what it found against them is true.
  const isUnfinished = best.isCut || (wasCut ? best.isImproved : cut.isMade());
  return {
    newNodes: plannedNodes(best.packing, filledBins(best.packing)),
    existing: placements(best),
    unschedulable: [...unschedulable({ packing: best.packing, unplaced, isUnfinished }), ...refused].sort(byKey),
    bindingOrder: orderNeeds(best.packing),
    truncated: cut.isMade(),
    pricePerHour: priceOf(best.packing),
    decision: planDecision(best, others),
  };
}

/** What follows from NodePools and types alone is the same in the next run, most of the time. */
const compiled = compiledMemory();

function problemOf(
  input: SolveInput,
  of: { readonly policy: PreferencePolicy; readonly volumesOf: VolumesOf; readonly attachments: Attachments },
): Problem {
  const { policy, volumesOf, attachments } = of;
  const run = compiled();
  const { placementIdOf } = run;
  const hasSoftTaints = softTaintsAmong(input);
  const members = podClasses(input.pods, { placementIdOf, volumesOf, preferences: policy === "Score" ? "scored" : "ignored" });
  const relaxations = policy === "Respect" ? relaxationClasses(members, { placementIdOf, volumesOf, hasSoftTaints }) : [];
  const classes = [...members, ...relaxations.flat()];
  const daemonSets = daemonDemand(input.daemonSets);
  const slots = portSlots(classes.map(({ ports }) => ports));
  const space = resourceSpace(
    [...classes, ...daemonSets].map(({ requests }) => requests),
    { slots, drivers: attachments.drivers },
  );
  const { templates, states } = run.pools({ ...input, space });
  const existing = existingNodes(input.nodes, { daemonSets, space, heldBy: attachments.heldBy });
  const vectors = classes.map(({ requests, ports, attached }) =>
    toVector(space, { ...requests, ...attached, ...(ports.length === 0 ? undefined : slotsOf(slots, ports)) }),
  );
  const topology = topologyOf({ classes, existing, templates, states, namespaces: input.namespaces });
  const asked = classes.map(({ pods }) => pods.length);
  const weights = weightsOf(space, { vectors, counts: asked });
  return { space, classes, vectors, templates, existing, states, topology, relaxations, hasSoftTaints, weights };
}

/** The inverse of all that is asked for, by resource; 0 where nothing is, and for pods, volumes and ports, which are never what room is for. */
function weightsOf(
  space: ResourceSpace,
  { vectors, counts }: { readonly vectors: readonly Vector[]; readonly counts: readonly number[] },
): Vector {
  return space.names.map((name, resource) => {
    const total = vectors.reduce((sum, vector, index) => sum + (vector[resource] ?? 0) * (counts[index] ?? 0), 0);
    return total === 0 || name === "pods" || kindAt(space, resource) !== "resource" ? 0 : 1 / total;
  });
}

function placements({ packing }: Attempt): SchedulingResults["existing"] {
  const byNode = new Map<number, PendingPod[]>();
  for (const { node, member } of packing.onExisting) {
    const pods = byNode.get(node.id);
    if (pods === undefined) byNode.set(node.id, [member.pending]);
    else pods.push(member.pending);
  }
  return packing.problem.existing.flatMap(({ id, state }) => {
    const pods = byNode.get(id);
    return pods === undefined ? [] : [{ node: state, pods }];
  });
}

/** Pods without a place; nothing may place any more Pods with this attempt's topology. */
function unschedulable({
  packing,
  unplaced,
  isUnfinished,
}: Attempt & { readonly isUnfinished: boolean }): SchedulingResults["unschedulable"] {
  return unplaced.flatMap(({ podClass, pods, isLookedAt = false }) => {
    const found = once(() => (isUnfinished ? leftOutByCut({ isLookedAt }) : leftOutOf(packing, podClass)));
    return pods.map((pod) => ({
      pod,
      get reasons() {
        return found().reasons;
      },
      get obstacles() {
        return found().obstacles;
      },
      get alternativesLeft() {
        return found().alternativesLeft;
      },
    }));
  });
}

/** Pods that ask for what can't be planned yet, and those that their volumes keep from every node; they take part in nothing. */
function refusedPods(pods: readonly PendingPod[], volumesOf: ReturnType<typeof volumePlaces>): SchedulingResults["unschedulable"] {
  const refused: SchedulingResults["unschedulable"][number][] = [];
  for (const pod of pods) {
    const reason = unsupportedDemand(pod.pod);
    const places = reason === undefined ? volumesOf(pod.pod) : undefined;
    if (reason !== undefined) refused.push({ pod, ...leftOut([{ constraint: "unsupported", asked: reason }]) });
    else if (places?.ok === false) refused.push({ pod, ...leftOut([{ constraint: "volumes", asked: places.error }]) });
  }
  return refused;
}

function byKey(a: { readonly pod: PendingPod }, b: { readonly pod: PendingPod }): number {
  return a.pod.key < b.pod.key ? -1 : 1;
}
