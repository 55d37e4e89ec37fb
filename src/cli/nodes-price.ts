/**
 * Prices of nodes that are there: what each costs an hour.
 *
 * Reads where a node stands and how it was bought, and the NodeOverlays. Returns USD an hour, undefined where nobody knows it: a Fargate
 * node, a type that no list has. The same layers as in a plan, so that a plan and the bill of what it bought agree.
 */
import { zoneLabel } from "../api/labels.ts";
import type { NodeOverlay } from "../api/node-overlay.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Node } from "../api/node.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { overlaidTypes } from "../catalog/node-overlay.ts";
import { rememberedAlike } from "../kube/remembered.ts";
import { fallbackPrices } from "../catalog/price-table.ts";
import { reservedPrice, type Prices } from "../catalog/prices.ts";
import { catalogZones } from "../catalog/zones.ts";

/** How a node is bought, in Karpenter's words, and what is no EC2 instance of one's own; "" where nobody says. */
export type CapacityType = "spot" | "on-demand" | "reserved" | "fargate" | "";

export interface NodePlace {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: CapacityType;
}

export interface NodePrices {
  /** Where the prices are from, for people; "" where none are asked for. */
  readonly asOf: string;
  priceOf(place: NodePlace & { readonly nodePool: string }): number | undefined;
}

/** What the last prices were made of: overlays of the same pools give the same ones. */
interface Known {
  readonly overlays: readonly NodeOverlay[];
  readonly pools: string;
  readonly prices: NodePrices;
}

/** Returns a function that gives the prices of a snapshot, the same object as long as nothing of them changes. */
export function nodePrices(of: {
  /** Undefined: the dated table. A function gives those of now, the same object while they are as before. */
  readonly prices: Prices | (() => Prices) | undefined;
  /** False: none is looked up. */
  readonly isAsked: boolean;
}): (snapshot: ClusterSnapshot, zones: readonly string[]) => NodePrices {
  const tableOf = rememberedAlike(
    (zones: readonly string[]) => fallbackPrices(zones),
    (a, b) => a.join() === b.join(),
  );
  const pricesNow = typeof of.prices === "function" ? of.prices : undefined;
  const fixed = typeof of.prices === "function" ? undefined : of.prices;
  let plain: { readonly base: Prices; readonly prices: NodePrices } | undefined;
  let known: Known | undefined;
  return (snapshot, zones) => {
    const base = pricesNow?.() ?? fixed ?? tableOf(zones);
    if (plain?.base !== base) [plain, known] = [{ base, prices: plainPrices(base, of.isAsked) }, undefined];
    const overlays = snapshot.list("NodeOverlay");
    if (!of.isAsked || overlays.length === 0) return plain.prices;
    const nodePools = snapshot.list("NodePool");
    const pools = JSON.stringify([zones, nodePools.map((pool) => [pool.metadata.name, labelsOf(pool)])]);
    if (known?.overlays !== overlays || known.pools !== pools) {
      known = { overlays, pools, prices: overlaidPrices(base, { overlays, nodePools, zones }) };
    }
    return known.prices;
  };
}

function plainPrices(base: Prices, isAsked: boolean): NodePrices {
  return isAsked ? { asOf: base.asOf, priceOf: (place) => basePrice(base, place) } : { asOf: "", priceOf: () => undefined };
}

function basePrice(base: Prices, { instanceType, zone, capacityType }: NodePlace): number | undefined {
  switch (capacityType) {
    case "spot":
      return base.spot(instanceType, zone);
    case "on-demand":
      return base.onDemand(instanceType, zone);
    case "reserved":
      return reservedPrice(base.onDemand(instanceType, zone));
    // Nodes of node groups do not all say how they were bought: on demand, unless they are nobody's instances.
    case "":
      return instanceType === "" ? undefined : base.onDemand(instanceType, zone);
    case "fargate":
      return undefined;
  }
}

function overlaidPrices(
  base: Prices,
  of: { readonly overlays: readonly NodeOverlay[]; readonly nodePools: readonly NodePool[]; readonly zones: readonly string[] },
): NodePrices {
  const instanceTypes = catalogInstanceTypes({ zones: of.zones, prices: base });
  const pools = of.nodePools.map((pool) => ({ name: pool.metadata.name ?? "", labels: labelsOf(pool), instanceTypes }));
  const laid = overlaidTypes({ overlays: of.overlays, pools }).instanceTypes;
  const overlaid = new Map(
    [...laid].flatMap(([pool, types]) =>
      types.flatMap(({ name, offerings }) =>
        offerings
          .filter(({ isOverlaid }) => isOverlaid === true)
          .map(({ zone, capacityType, pricePerHour }) => [[pool, name, zone, capacityType].join(" "), pricePerHour] as const),
      ),
    ),
  );
  return {
    asOf: base.asOf,
    priceOf: (place) =>
      overlaid.get([place.nodePool, place.instanceType, place.zone, place.capacityType].join(" ")) ?? basePrice(base, place),
  };
}

function labelsOf({ spec }: NodePool): Readonly<Record<string, string>> {
  return spec.template.metadata?.labels ?? {};
}

/** Returns the zones that nodes stand in, sorted; those of the catalogue while there is none. */
export function zonesOfNodes(nodes: readonly Node[]): readonly string[] {
  const zones = new Set(nodes.flatMap(({ metadata }) => metadata.labels?.[zoneLabel] ?? []));
  return zones.size === 0 ? catalogZones : [...zones].sort();
}
