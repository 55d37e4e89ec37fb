/**
 * PoolTemplate: what a NodePool would make, before any Pod narrows it.
 *
 * Reads NodePools with the instance types that their providers offer, and the DaemonSets. Returns templates in the order
 * in which pools are tried: weight, highest first, then name, last in the alphabet first (as Karpenter does). Types
 * that the pool's requirements exclude, that nothing offers now, or that DaemonSets fill alone are left out.
 */
import type { InstanceType, Reservation } from "../../api/instance-type.ts";
import { capacityTypeLabel, wellKnownLabels, zoneLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import type { Taint } from "../../api/pod.ts";
import { reservationFacts } from "../../catalog/reservation-labels.ts";
import { autoWellKnownLabels, inAutoWords, isAutoPool } from "../../kube/auto-labels.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { has, operatorOf } from "../../kube/requirement.ts";
import { intersection, intersects, requirementsOf, type Requirements } from "../../kube/requirements.ts";
import { subtractResources } from "../../kube/resources.ts";
import { attachable } from "./attachments.ts";
import { daemonOverhead, daemonPorts, type DaemonDemand } from "./daemon-overhead.ts";
import { freeSlots } from "./host-ports.ts";
import { toVector, type ResourceSpace, type Vector } from "./resource-space.ts";

export interface TemplateType {
  readonly instanceType: InstanceType;
  readonly requirements: Requirements;
  /** Allocatable less DaemonSet overhead, the volumes it can attach, and the host ports that DaemonSets leave. */
  readonly usable: Vector;
  readonly overhead: Resources;
}

export interface PoolTemplate {
  readonly index: number;
  readonly nodePool: NodePool;
  readonly name: string;
  readonly requirements: Requirements;
  readonly taints: readonly Taint[];
  /** Labels that a Pod may ask of the pool though it does not mention them. */
  readonly allowUndefined: ReadonlySet<string>;
  /** Labels that its nodes may have at all: those that it, its types or Kubernetes' well-known ones name. */
  readonly declared: ReadonlySet<string>;
  /** Labels of which at least so many values must stay possible, whatever is packed. */
  readonly minValues: readonly { readonly key: string; readonly count: number }[];
  readonly types: readonly TemplateType[];
  /** All that its provider has, offered now or not. */
  readonly known: readonly InstanceType[];
  /** True for what a pool makes where its minValues can't be met, by the policy BestEffort; it has none of its own. */
  readonly isRelaxed?: true;
  /** The one capacity reservation that its nodes are bought from: see reserved-template.ts. */
  readonly reservation?: Reservation;
}

/** Returns the templates of all pools that take Pods: static pools and pools on their way out take none. */
export function poolTemplates(input: {
  readonly nodePools: readonly NodePool[];
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly daemonSets: DaemonDemand;
  readonly space: ResourceSpace;
}): readonly PoolTemplate[] {
  return input.nodePools
    .filter(({ metadata, spec }) => spec.replicas === undefined && metadata.deletionTimestamp === undefined)
    .sort((a, b) => (b.spec.weight ?? 0) - (a.spec.weight ?? 0) || (nameOf(a) < nameOf(b) ? 1 : -1))
    .map((nodePool, index) => templateOf({ ...input, nodePool, index }));
}

function templateOf(input: {
  readonly nodePool: NodePool;
  readonly index: number;
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly daemonSets: DaemonDemand;
  readonly space: ResourceSpace;
}): PoolTemplate {
  const { nodePool, index, space } = input;
  const requirements = poolRequirements(nodePool);
  const isAuto = isAutoPool(nodePool);
  const taints = nodePool.spec.template.spec.taints ?? [];
  const known = input.instanceTypes.get(nameOf(nodePool)) ?? [];
  const types = known.flatMap((instanceType): readonly TemplateType[] => {
    // Asked first, since most types that are known have no price and so no offering.
    if (!isOffered(instanceType, requirements)) return [];
    const own = isAuto ? inAutoWords(requirementsOf(instanceType.requirements)) : requirementsOf(instanceType.requirements);
    if (intersects(requirements, own) !== undefined) return [];
    const node = { requirements: intersection(requirements, own), taints };
    const overhead = daemonOverhead(input.daemonSets, node);
    const slots = space.slots.length === 0 ? undefined : freeSlots(space.slots, daemonPorts(input.daemonSets, node));
    const volumes = space.drivers.length === 0 ? undefined : attachable(space.drivers, { limits: instanceType.attachable });
    const usable = toVector(space, { ...subtractResources(instanceType.allocatable, overhead), ...volumes, ...slots });
    return usable.some((amount) => amount < 0) ? [] : [{ instanceType, requirements: own, usable, overhead }];
  });
  const minValues = [...requirements.values()].flatMap(({ key, minValues: count }) => (count === undefined ? [] : [{ key, count }]));
  const allowUndefined = isAuto ? autoWellKnownLabels : wellKnownLabels;
  const declared = new Set([...allowUndefined, ...requirements.keys(), ...types.flatMap((type) => [...type.requirements.keys()])]);
  return { index, nodePool, name: nameOf(nodePool), requirements, taints, allowUndefined, declared, minValues, types, known };
}

/** Says whether the requirements leave an offering that is available. */
export function isOffered(instanceType: InstanceType, requirements: Requirements): boolean {
  return instanceType.offerings.some((offering) => offering.available && isAllowed(offering, requirements));
}

/** Says whether requirements allow an offering's zone, capacity type and reservation. */
export function isAllowed(
  offering: { readonly zone: string; readonly capacityType: string; readonly reservation?: Reservation },
  requirements: Requirements,
): boolean {
  const zone = requirements.get(zoneLabel);
  const capacityType = requirements.get(capacityTypeLabel);
  return (
    (zone === undefined || has(zone, offering.zone)) &&
    (capacityType === undefined || has(capacityType, offering.capacityType)) &&
    isReservation(offering.reservation, requirements)
  );
}

/** What comes from no reservation lacks the labels. */
function isReservation(reservation: Reservation | undefined, requirements: Requirements): boolean {
  return reservationFacts.every(([key, valueOf]) => {
    const requirement = requirements.get(key);
    if (requirement === undefined) return true;
    return reservation === undefined ? lackingOperators.has(operatorOf(requirement)) : has(requirement, valueOf(reservation));
  });
}

const lackingOperators: ReadonlySet<string> = new Set(["NotIn", "DoesNotExist"]);

function nameOf(nodePool: NodePool): string {
  return nodePool.metadata.name ?? "";
}
