/**
 * Sensible price: how much more than the cheapest a node may cost before it makes no sense for its Pods.
 *
 * Where the usual types lack capacity, a bare metal machine may be all that is left for a Pod of one CPU. Buying it would use up the pool's
 * limit for everybody; the Pod waits instead, and its Event says why.
 */
import type { InstanceType, Offering } from "../../api/instance-type.ts";
import { instanceTypeLabel } from "../../api/labels.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { intersection, intersects, requirementsOf } from "../../kube/requirements.ts";
import { fitsWithin } from "../../kube/resources.ts";
import type { PlannedNode } from "./planned-node.ts";
import { isAllowed } from "./pool-template.ts";
import type { SchedulingResults } from "./solve.ts";

/** A node at more than so many times the price of the cheapest that would hold the same is not bought. */
export const sensiblePriceMax = 10;

/** Says whether an offering has a market's price: what is reserved is as good as free, and a NodeOverlay says whatever it likes. */
export function hasMarketPrice({ capacityType, isOverlaid }: Offering): boolean {
  return capacityType !== "reserved" && isOverlaid !== true;
}

/** Returns the plan without the nodes whose price makes no sense: their Pods have no place, and that is why. */
export function withSensibleNodes(
  results: SchedulingResults,
  instanceTypes: ReadonlyMap<string, readonly InstanceType[]>,
): SchedulingResults {
  const newNodes: PlannedNode[] = [];
  const homeless: SchedulingResults["unschedulable"][number][] = [];
  for (const node of results.newNodes) {
    const cheap = muchCheaper(node, instanceTypes.get(node.nodePool.metadata.name ?? "") ?? []);
    if (cheap === undefined) newNodes.push(node);
    else homeless.push(...node.pods.map((pod) => ({ pod, reasons: [senselessText(node, cheap)], obstacles: [], alternativesLeft: 0 })));
  }
  if (homeless.length === 0) return results;
  const pricePerHour = newNodes.reduce((sum, node) => sum + node.pricePerHour, 0);
  return { ...results, newNodes, pricePerHour, unschedulable: [...results.unschedulable, ...homeless] };
}

function senselessText({ nodePool, instanceType, zone, pricePerHour }: PlannedNode, { type, offering }: Missed): string {
  return (
    `NodePool ${nodePool.metadata.name ?? ""}: all that is to be had in ${zone} is ${instanceType} or dearer, at $${pricePerHour.toFixed(2)} ` +
    `an hour; ${type.name} at $${offering.pricePerHour.toFixed(2)} would do, and lacks capacity`
  );
}

interface Missed {
  readonly type: InstanceType;
  readonly offering: Offering;
}

/** A type that would hold the same at a fraction of the price, were it to be had; undefined where the node's price makes sense. */
function muchCheaper(node: PlannedNode, instanceTypes: readonly InstanceType[]): Missed | undefined {
  const dearest = node.pricePerHour / sensiblePriceMax;
  const cheap = instanceTypes.flatMap((type) => {
    return type.offerings.some((offering) => isMissed(offering, dearest)) ? [type] : [];
  });
  // Most plans end here: prices are compared before anything that costs time.
  if (cheap.length === 0) return undefined;
  const own = requirementsOf(node.requirements.filter(({ key }) => key !== instanceTypeLabel));
  const wanted = intersection(poolRequirements(node.nodePool), own);
  for (const type of cheap) {
    if (!fitsWithin(node.requests, type.allocatable) || intersects(wanted, requirementsOf(type.requirements)) !== undefined) continue;
    const offering = type.offerings.find((one) => isMissed(one, dearest) && isAllowed(one, wanted));
    if (offering !== undefined) return { type, offering };
  }
  return undefined;
}

function isMissed(offering: Offering, dearest: number): boolean {
  return !offering.available && offering.pricePerHour < dearest && hasMarketPrice(offering);
}
