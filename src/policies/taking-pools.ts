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
import { addResources } from "../kube/resources.ts";
import { untoleratedTaint } from "../kube/taint.ts";
import type { OfferedWorld } from "./offered-labels.ts";
import { isWithin, machineRequirements, typesOfPool } from "./pool-types.ts";
import { inKarpenterWords, isAutoPool } from "../kube/auto-labels.ts";

/** A pool that would take the Pod by labels and taints. */
export interface TakingPool {
  readonly name: string;
  /** What a node of it must meet, for each alternative of the Pod. */
  readonly alternatives: readonly Requirements[];
  /** What DaemonSets take of each of its nodes. */
  readonly overhead: Resources;
  /** What its nodes may be. */
  readonly types: readonly InstanceType[];
}

/** Returns the NodePools that would take the Pod, in the snapshot's order. */
export function takingPools(world: OfferedWorld, spec: PodSpec): readonly TakingPool[] {
  const { snapshot, instanceTypes } = world;
  const nodePools = snapshot.list("NodePool");
  const daemonSets = snapshot.list("DaemonSet");
  const known = knownTaking(nodePools);
  if (known.instanceTypes !== instanceTypes || known.daemonSets !== daemonSets) {
    known.instanceTypes = instanceTypes;
    known.daemonSets = daemonSets;
    known.byPlacement.clear();
  }
  const placement = placementText(spec);
  const before = known.byPlacement.get(placement);
  if (before !== undefined) return before;
  if (known.byPlacement.size >= placementsMax) known.byPlacement.clear();
  const taking = nodePools.flatMap((nodePool) => takingPool(world, nodePool, spec) ?? []);
  known.byPlacement.set(placement, taking);
  return taking;
}

/** How many placements are remembered: a cluster's workloads are placed in a few ways, and a class gives all of its own the same. */
const placementsMax = 500;

/** What was found for each placement, for as long as the NodePools, the types and the DaemonSets are the same objects. */
const lastTaking = new WeakMap<readonly NodePool[], KnownTaking>();

function knownTaking(nodePools: readonly NodePool[]): KnownTaking {
  const known = lastTaking.get(nodePools) ?? { instanceTypes: [], daemonSets: [], byPlacement: new Map() };
  lastTaking.set(nodePools, known);
  return known;
}

interface KnownTaking {
  instanceTypes: readonly InstanceType[];
  daemonSets: readonly DaemonSet[];
  readonly byPlacement: Map<string, readonly TakingPool[]>;
}

/** All that decides which NodePools take a Pod, as one text. */
function placementText({ nodeSelector, affinity, tolerations }: PodSpec): string {
  return JSON.stringify([nodeSelector, affinity?.nodeAffinity, tolerations]);
}

/** Is true where a node of the pool may be of the type, for the Pod. */
export function mayBe(type: InstanceType, { alternatives }: Pick<TakingPool, "alternatives">): boolean {
  return alternatives.some((requirements) => isWithin(type, requirements));
}

/** Is true where the pool's taints do not keep the Pod away. */
export function isTolerated(nodePool: NodePool, spec: PodSpec): boolean {
  return untoleratedTaint(nodePool.spec.template.spec.taints, spec.tolerations) === undefined;
}

function takingPool(world: OfferedWorld, nodePool: NodePool, spec: PodSpec): TakingPool | undefined {
  const alternatives = takenBy(nodePool, spec);
  if (alternatives.length === 0) return undefined;
  return {
    name: nodePool.metadata.name ?? "",
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
