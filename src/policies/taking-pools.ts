/**
 * Taking pools: the NodePools that would make a node for a Pod, by labels and taints.
 *
 * Reads a Pod's spec, the NodePools, the instance types and the DaemonSets. Returns for each pool what its nodes may be and what
 * DaemonSets take of each: whether the Pod's amounts fit is the caller's question.
 */
import type { InstanceType } from "../api/instance-type.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Resources } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import type { DaemonSet } from "../api/workload.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { isPlacedAlike, podRequirements } from "../kube/pod-requirements.ts";
import type { Requirements } from "../kube/requirements.ts";
import { remembered, rememberedAlike } from "../kube/remembered.ts";
import { addResources, fitsWithin, subtractResources } from "../kube/resources.ts";
import type { OfferedWorld } from "./offered-labels.ts";
import { takenBy, zonesThatTake, type ZonesInput } from "./profile/zones.ts";
import { isWithin, typesOfPool } from "./pool-types.ts";

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
 * Returns the zones that can take the Pod, sorted: of the allowed ones, or of every zone where something is offered if none is
 * named. Where zones are named, what can be bought there at this moment is not asked.
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
const placementText = rememberedAlike(
  ({ nodeSelector, affinity, tolerations }: PodSpec): string => JSON.stringify([nodeSelector, affinity?.nodeAffinity, tolerations]),
  (a, b) => isPlacedAlike(a, b) && a.tolerations === b.tolerations,
);

/** What a node of a pool may be by the pool's word, with what DaemonSets leave of it. */
export interface Shape {
  readonly taking: TakingPool;
  readonly type: InstanceType;
  readonly left: Resources;
}

/** Returns the shapes of a pool's nodes, in the order of its types; {@link mayBe} says which of them the Pod's labels leave. */
export function shapesOf(taking: TakingPool): readonly Shape[] {
  return taking.types.map((type) => ({ taking, type, left: subtractResources(type.allocatable, taking.overhead) }));
}

/** Is true where a node of the pool may have the shape, for the Pod: a dozen labels, so it is asked last. */
export function mayBe({ type, taking: { alternatives } }: Shape): boolean {
  return alternatives.some((requirements) => isWithin(type, requirements));
}

/** Is true where some node of the pool holds the amounts. */
export function holds(taking: TakingPool, want: Resources): boolean {
  const last = lastHolding(taking);
  if (last.left !== undefined && fitsWithin(want, last.left)) return true;
  for (const type of taking.types) {
    if (!fitsWithin(want, type.allocatable)) continue;
    const left = subtractResources(type.allocatable, taking.overhead);
    if (!fitsWithin(want, left) || !mayBe({ taking, type, left })) continue;
    last.left = left;
    return true;
  }
  return false;
}

/** What held the last Pod of the placement mostly holds the next one. */
const lastHolding = remembered<TakingPool, { left?: Resources }>(() => ({}));

function takingPool(world: OfferedWorld, nodePool: NodePool, spec: PodSpec): TakingPool | undefined {
  const alternatives = takenBy(nodePool, spec, podRequirements(spec));
  if (alternatives.length === 0) return undefined;
  return {
    nodePool,
    alternatives,
    overhead: daemonOverhead(world, nodePool),
    types: typesOfPool(nodePool, world.instanceTypes),
  };
}

function daemonOverhead({ snapshot }: OfferedWorld, nodePool: NodePool): Resources {
  return addResources(...snapshot.list("DaemonSet").map(shareOnPool(nodePool)));
}

/** What a DaemonSet takes of each node of a pool; for as long as both are the same objects. */
const shareOnPool = remembered((nodePool: NodePool) =>
  remembered(({ spec: { template } }: DaemonSet): Resources =>
    takenBy(nodePool, template.spec, podRequirements(template.spec)).length > 0 ? podRequests(template.spec) : {},
  ),
);
