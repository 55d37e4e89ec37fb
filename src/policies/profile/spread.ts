/**
 * Topology spread of one workload: over zones and over hosts.
 *
 * Reads the resolved wishes and the zones that can take a Pod now. Returns the constraints in a fixed order, zone first.
 * minDomains is what makes the scheduler wait for a second and third zone: without it, the skew is counted over zones
 * that already have nodes, and one node in one zone satisfies everything.
 */
import { hostnameLabel, zoneLabel } from "../../api/labels.ts";
import type { LabelSelector } from "../../api/object.ts";
import type { TopologySpreadConstraint } from "../../api/pod.ts";

export type SpreadWish = "required" | "preferred" | "none";

/** Fewer zones than two would be no spread; the API counts an absent minDomains as one. */
const minDomainsMin = 2;

/** What {@link compileSpread} reads. */
export interface SpreadInput {
  readonly zoneSpread: SpreadWish;
  readonly hostSpread: SpreadWish;
  readonly selector: LabelSelector;
  /** How many zones can take this workload's Pods at this moment. */
  readonly zonesNow: number;
  /** Whether another zone is lost: then one zone is enough. */
  readonly isZoneLost?: boolean;
  /** The label that tells revisions apart: each one's Pods are then spread among themselves, not against those that they replace. */
  readonly templateHashLabel?: string;
}

/** Returns the spread constraints that every Pod of the workload gets. */
export function compileSpread(input: SpreadInput): readonly TopologySpreadConstraint[] {
  const { zoneSpread, hostSpread } = input;
  return [
    ...(zoneSpread === "required" ? [strict(input, zoneLabel, { minDomains: domainsOf(input) })] : []),
    ...(zoneSpread === "preferred" ? [loose(input, zoneLabel)] : []),
    ...(hostSpread === "required" ? [strict(input, hostnameLabel, {})] : []),
    ...(hostSpread === "preferred" ? [loose(input, hostnameLabel)] : []),
  ];
}

function domainsOf({ zonesNow, isZoneLost = false }: SpreadInput): number {
  return Math.max(isZoneLost ? 1 : minDomainsMin, zonesNow);
}

function strict(input: SpreadInput, topologyKey: string, domains: { readonly minDomains?: number }): TopologySpreadConstraint {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: input.selector,
    ...domains,
    nodeTaintsPolicy: "Honor",
    ...(input.templateHashLabel === undefined ? {} : { matchLabelKeys: [input.templateHashLabel] }),
  };
}

function loose({ selector }: SpreadInput, topologyKey: string): TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway", labelSelector: selector };
}
