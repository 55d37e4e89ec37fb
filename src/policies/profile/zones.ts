/**
 * Zones that can take a workload's Pods at this moment: what minDomains is counted from.
 *
 * Reads the zones that the contract allows, what the Pod asks of Nodes, the NodePools and the offerings. Returns zone
 * names. A zone counts where some NodePool would make a Node for the Pod there, and some offering of an allowed capacity
 * type is available; which instance types a NodePool takes is the solver's business, not asked here.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import { capacityTypeLabel, wellKnownLabels, zoneLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { NodeSelectorRequirement, PodSpec } from "../../api/pod.ts";
import { inKarpenterWords, isAutoPool } from "../../kube/auto-labels.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { has } from "../../kube/requirement.ts";
import { fromLabels, intersection, isCompatible, requirementsOf, type Requirements } from "../../kube/requirements.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import { machineRequirements } from "../pool-types.ts";

/** What is known of capacity; an empty list means that nothing is known, and then nothing is ruled out by it. */
export interface CapacityView {
  readonly nodePools: readonly NodePool[];
  readonly instanceTypes: readonly InstanceType[];
}

/** What {@link zonesThatTake} reads: the Pod's own placement with the contract's laid over it. */
export interface ZonesInput {
  /** Empty: every zone that is known. */
  readonly allowed: readonly string[];
  readonly spec: PodSpec;
  readonly nodeRequirements: readonly NodeSelectorRequirement[];
  readonly capacity: CapacityView;
}

/** Returns the zones that can take the Pod now, sorted. */
export function zonesThatTake({ allowed, spec, nodeRequirements, capacity }: ZonesInput): readonly string[] {
  const wanted = podRequirements(spec).map((alternative) => intersection(alternative, requirementsOf(nodeRequirements)));
  const known = allowed.length > 0 ? allowed : offeredZones(capacity.instanceTypes);
  return [...known].sort().filter((zone) => {
    const here = wanted.map((alternative) => intersection(alternative, fromLabels({ [zoneLabel]: zone })));
    const inPool = capacity.nodePools.length === 0 || capacity.nodePools.some((pool) => takenBy(pool, spec, here).length > 0);
    return inPool && (capacity.instanceTypes.length === 0 || wanted.some((asks) => isOffered(capacity.instanceTypes, zone, asks)));
  });
}

/** Returns the NodePools that would make a Node for the Pod in some zone, in the order given. */
export function poolsThatTake({ spec, nodeRequirements, capacity }: Omit<ZonesInput, "allowed">): readonly NodePool[] {
  const wanted = podRequirements(spec).map((alternative) => intersection(alternative, requirementsOf(nodeRequirements)));
  return capacity.nodePools.filter((pool) => takenBy(pool, spec, wanted).length > 0);
}

/** Returns the alternatives that the pool's nodes meet, each combined with the pool's own requirements; none where a taint keeps the Pod away. */
export function takenBy(nodePool: NodePool, spec: PodSpec, alternatives: readonly Requirements[]): readonly Requirements[] {
  if (!isTolerated(nodePool, spec)) return [];
  const own = machineRequirements(nodePool);
  return alternatives
    .map((asked) => (isAutoPool(nodePool) ? inKarpenterWords(asked) : asked))
    .filter((asked) => isCompatible(own, asked, wellKnownLabels))
    .map((asked) => intersection(own, asked));
}

/** Is true where the pool's taints do not keep the Pod away. */
export function isTolerated(nodePool: NodePool, spec: PodSpec): boolean {
  return untoleratedTaint(nodePool.spec.template.spec.taints, spec.tolerations) === undefined;
}

function isOffered(instanceTypes: readonly InstanceType[], zone: string, asks: Requirements): boolean {
  const capacityType = asks.get(capacityTypeLabel);
  const zones = asks.get(zoneLabel);
  if (zones !== undefined && !has(zones, zone)) return false;
  return instanceTypes.some((type) =>
    type.offerings.some(
      (offering) =>
        offering.available && offering.zone === zone && (capacityType === undefined || has(capacityType, offering.capacityType)),
    ),
  );
}

function offeredZones(instanceTypes: readonly InstanceType[]): readonly string[] {
  return [...new Set(instanceTypes.flatMap((type) => type.offerings.map((offering) => offering.zone)))];
}
