/**
 * Zone loss: zones in which nothing that a workload's Pods could run on is to be had, and since when.
 *
 * Reads a Pod as it is compiled, the NodePools and what they offer now. Returns the zones that its Pods could use and those of them that
 * lack everything; and, from what earlier looks saw, which count as lost. One refusal says little, and marks of lacking capacity end and come
 * again every few seconds; so a zone is lost once all of it has been lacking for minutes. Types that cost many times the cheapest make no
 * sense for the Pods, and do not keep a zone.
 */
import type { InstanceType, Offering } from "../api/instance-type.ts";
import { capacityTypeLabel, zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Resources } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { has } from "../kube/requirement.ts";
import type { Requirements } from "../kube/requirements.ts";
import { fitsWithin, toResources } from "../kube/resources.ts";
import { isWithin, typesOfPool } from "../policies/pool-types.ts";
import { takenBy } from "../policies/profile/zones.ts";
import { hasMarketPrice, sensiblePriceMax } from "./scheduling/sensible-price.ts";

/** How long everything must have been lacking. */
export const zoneLossMs = 120_000;
/** A moment in which something is on offer again is no return: it was not asked for yet. */
const momentMs = 30_000;
/** A zone that was lost is believed lost at once, where it lacks everything again within this time. */
const relapseMs = 30 * 60_000;

/** A type at one of its places, as far as it matters here. */
interface Offer {
  readonly type: InstanceType;
  readonly offering: Offering;
}

export interface OfferedZones {
  /** Every zone in which something is sold that the Pods could run on; sorted. */
  readonly all: readonly string[];
  /** Those of them in which nothing of it is to be had now. */
  readonly lacking: readonly string[];
}

/** What is known of one zone for one profile. */
export interface ZoneSight {
  /** When everything was first seen lacking, and when last; absent while it is not. */
  readonly since?: Instant;
  readonly last?: Instant;
  /** Until when it is believed lost at once. */
  readonly relapseUntil?: Instant;
}

export type ZoneSights = ReadonlyMap<string, ZoneSight>;

/** Says whether anything at all is lacking, by a list that stays the same while nothing changes. */
export function lacksAnything(instanceTypes: readonly InstanceType[]): boolean {
  return instanceTypes.some(({ offerings }) => offerings.some(({ available }) => !available));
}

/** Returns a function that tells the zones of Pods; what it finds for one placement is kept while it is used. */
export function offeredZonesIn(of: {
  readonly nodePools: readonly NodePool[];
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
}): (spec: PodSpec) => OfferedZones {
  const byPlacement = new Map<string, readonly Offer[]>();
  return (spec) => {
    const placement = JSON.stringify([spec.nodeSelector, spec.affinity?.nodeAffinity, spec.tolerations]);
    const offers = byPlacement.get(placement) ?? offersTo(spec, of);
    byPlacement.set(placement, offers);
    return zonesOf(offers, podRequests(spec));
  };
}

function offersTo(
  spec: PodSpec,
  {
    nodePools,
    instanceTypes,
  }: { readonly nodePools: readonly NodePool[]; readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]> },
): readonly Offer[] {
  return nodePools.flatMap((pool) => {
    const asked = takenBy(pool, spec, podRequirements(spec));
    if (asked.length === 0) return [];
    const limits = toResources(pool.spec.limits);
    return typesOfPool(pool, instanceTypes.get(pool.metadata.name ?? "") ?? [])
      .filter((type) => isUnder(limits, type))
      .flatMap((type) => {
        const matching = asked.filter((requirements) => isWithin(type, requirements));
        return type.offerings
          .filter((offering) => matching.some((requirements) => isSoldAs(offering, requirements)))
          .map((offering) => ({ type, offering }));
      });
  });
}

function isUnder(limits: Resources, { capacity }: InstanceType): boolean {
  return Object.entries(limits).every(([name, limit]) => (capacity[name] ?? 0) <= limit);
}

function isSoldAs({ zone, capacityType }: Offering, requirements: Requirements): boolean {
  const [zones, capacityTypes] = [requirements.get(zoneLabel), requirements.get(capacityTypeLabel)];
  return (zones === undefined || has(zones, zone)) && (capacityTypes === undefined || has(capacityTypes, capacityType));
}

function zonesOf(offers: readonly Offer[], wants: Resources): OfferedZones {
  const fitting = offers.flatMap(({ type, offering }) => (fitsWithin(wants, type.allocatable) ? [offering] : []));
  const cheapest = fitting.reduce((least, one) => (hasMarketPrice(one) ? Math.min(least, one.pricePerHour) : least), Infinity);
  const sensible = fitting.filter((one) => one.pricePerHour <= sensiblePriceMax * cheapest || !hasMarketPrice(one));
  const all = [...new Set(sensible.map(({ zone }) => zone))].sort();
  const open = new Set(sensible.flatMap(({ zone, available }) => (available ? [zone] : [])));
  return { all, lacking: all.filter((zone) => !open.has(zone)) };
}

/** Returns which zones count as lost now, sorted, and what to remember; `lost` is what counted so far. */
export function nextZoneLoss(
  known: ZoneSights,
  { zones: { all, lacking }, lost, now }: { readonly zones: OfferedZones; readonly lost: readonly string[]; readonly now: Instant },
): { readonly lost: readonly string[]; readonly sights: ZoneSights } {
  // Where every zone lacks everything it is no zone that was lost (a quota, say), and leaving one out would help no Pod.
  if (lacking.length === all.length) return { lost: lost.filter((zone) => all.includes(zone)), sights: known };
  const sights = new Map<string, ZoneSight>();
  const next: string[] = [];
  for (const zone of all) {
    const wasLost = lost.includes(zone);
    // Who has just begun to look takes over what was seen before.
    const before = known.get(zone) ?? (wasLost ? { since: now - zoneLossMs, last: now } : {});
    const lacksNow = lacking.includes(zone);
    const seen = lacksNow ? { ...before, since: before.since ?? now, last: now } : before;
    const { since, last, relapseUntil = 0 } = seen;
    const isStill = since !== undefined && last !== undefined && now - last <= momentMs;
    const isLost = isStill && (wasLost || (lacksNow && (now - since >= zoneLossMs || now < relapseUntil)));
    if (isLost) next.push(zone);
    if (isStill) sights.set(zone, seen);
    else if (wasLost) sights.set(zone, { relapseUntil: now + relapseMs });
    else if (now < relapseUntil) sights.set(zone, { relapseUntil });
  }
  return { lost: next, sights };
}
