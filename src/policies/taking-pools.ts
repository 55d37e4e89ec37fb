/**
 * Taking pools: the NodePools that would make a node for a Pod, by labels and taints.
 *
 * Reads a Pod's spec, the NodePools, the instance types and the DaemonSets. Returns for each pool what its nodes may be and what
 * DaemonSets take of each: whether the Pod's amounts fit is the caller's question.
 */
import { wellKnownLabels } from "../api/labels.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Resources } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import type { DaemonSet } from "../api/workload.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { intersection, isCompatible, type Requirements } from "../kube/requirements.ts";
import { remembered, rememberedInBursts } from "../kube/remembered.ts";
import { addResources, subtractResources } from "../kube/resources.ts";
import { untoleratedTaint } from "../kube/taint.ts";
import type { OfferedWorld } from "./offered-labels.ts";
import { zonesThatTake, type ZonesInput } from "./profile/zones.ts";
import { isWithin, machineRequirements, typesOfPool } from "./pool-types.ts";
import { inKarpenterWords, isAutoPool } from "../kube/auto-labels.ts";

/** A pool that would take the Pod by labels and taints. */
export interface TakingPool {
  readonly nodePool: NodePool;
  /** What a node of it must meet, for each alternative of the Pod. */
  readonly alternatives: readonly Requirements[];
  /** What DaemonSets take of each of its nodes. */
  readonly overhead: Resources;
  /** What its nodes may be. */
  readonly types: readonly InstanceType[];
}

/** Returns the NodePools that would take the Pod, in the snapshot's order. */
export function takingPools(world: OfferedWorld, spec: PodSpec): readonly TakingPool[] {
  const { pools } = knownOf(world);
  return ofPlacement(pools, placementText(spec), () =>
    world.snapshot.list("NodePool").flatMap((nodePool) => takingPool(world, nodePool, spec) ?? []),
  );
}

/**
 * Returns the zones that can take the Pod, of those allowed (none: of all where something is offered), sorted. Where zones are
 * named, what can be bought there at this moment is not asked.
 */
export function takingZones(world: OfferedWorld, { spec, allowed }: Pick<ZonesInput, "spec" | "allowed">): readonly string[] {
  const { zones } = knownOf(world);
  return ofPlacement(zones, `${allowed.join()} ${placementText(spec)}`, () => {
    const instanceTypes = allowed.length === 0 ? world.instanceTypes : [];
    return zonesThatTake({ allowed, spec, nodeRequirements: [], capacity: { nodePools: world.snapshot.list("NodePool"), instanceTypes } });
  });
}

function ofPlacement<T>(known: Map<string, T>, placement: string, find: () => T): T {
  const before = known.get(placement);
  if (before !== undefined) return before;
  if (known.size >= placementsMax) known.clear();
  const found = find();
  known.set(placement, found);
  return found;
}

/** How many placements are remembered: a cluster's workloads are placed in a few ways, and a class gives all of its own the same. */
const placementsMax = 500;

/** What was found for each placement, for as long as the NodePools, the types and the DaemonSets are the same objects. */
function knownOf({ snapshot, instanceTypes }: OfferedWorld): KnownTaking {
  const daemonSets = snapshot.list("DaemonSet");
  const slot = lastKnown(snapshot.list("NodePool"));
  if (slot.known?.instanceTypes !== instanceTypes || slot.known.daemonSets !== daemonSets) {
    slot.known = { instanceTypes, daemonSets, pools: new Map(), zones: new Map() };
  }
  return slot.known;
}

const lastKnown = remembered<readonly NodePool[], { known?: KnownTaking }>(() => ({}));

interface KnownTaking {
  readonly instanceTypes: readonly InstanceType[];
  readonly daemonSets: readonly DaemonSet[];
  readonly pools: Map<string, readonly TakingPool[]>;
  readonly zones: Map<string, readonly string[]>;
}

/** All that decides which NodePools take a Pod, as one text. */
const placementText = rememberedInBursts(({ nodeSelector, affinity, tolerations }: PodSpec): string =>
  JSON.stringify([nodeSelector, affinity?.nodeAffinity, tolerations]),
);

/** What a node of a pool may be, with what DaemonSets leave of it. */
export interface Shape {
  readonly taking: TakingPool;
  readonly type: InstanceType;
  readonly left: Resources;
}

/** Returns what the pool's nodes may be for the Pod, in the order of its types. */
export const shapesOf = remembered((taking: TakingPool): readonly Shape[] =>
  taking.types
    .filter((type) => taking.alternatives.some((requirements) => isWithin(type, requirements)))
    .map((type) => ({ taking, type, left: subtractResources(type.allocatable, taking.overhead) })),
);

/** Is true where the pool's taints do not keep the Pod away. */
export function isTolerated(nodePool: NodePool, spec: PodSpec): boolean {
  return untoleratedTaint(nodePool.spec.template.spec.taints, spec.tolerations) === undefined;
}

function takingPool(world: OfferedWorld, nodePool: NodePool, spec: PodSpec): TakingPool | undefined {
  const alternatives = takenBy(nodePool, spec);
  if (alternatives.length === 0) return undefined;
  return {
    nodePool,
    alternatives,
    overhead: daemonOverhead(world, nodePool),
    types: typesOfPool(nodePool, world.instanceTypes),
  };
}

/** The Pod's alternatives that the pool's nodes meet, each combined with the pool's own requirements. */
function takenBy(nodePool: NodePool, spec: PodSpec): readonly Requirements[] {
  const own = machineRequirements(nodePool);
  if (!isTolerated(nodePool, spec)) return [];
  return podRequirements(spec)
    .map((asked) => (isAutoPool(nodePool) ? inKarpenterWords(asked) : asked))
    .filter((asked) => isCompatible(own, asked, wellKnownLabels))
    .map((asked) => intersection(own, asked));
}

function daemonOverhead({ snapshot }: OfferedWorld, nodePool: NodePool): Resources {
  const daemons = snapshot.list("DaemonSet").filter(({ spec }) => takenBy(nodePool, spec.template.spec).length > 0);
  return addResources(...daemons.map(({ spec }) => podRequests(spec.template.spec)));
}
