/**
 * ClassTypeLists: what each EC2NodeClass can be launched as now, as lists that stay the same objects while nothing has changed.
 *
 * Reads a class with what it selects, and what is known of prices, quotas, addresses and a want of capacity. Returns its types. The
 * solver finds what it has compiled by the identity of such a list, so it is made anew only where one of its parts is another, and kept even
 * then where it says the same.
 */
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { Result } from "../api/result.ts";
import { classInstanceTypes } from "../catalog/class-types.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import type { Prices } from "../catalog/prices.ts";
import { sameTypes } from "../catalog/same-types.ts";
import { placedTypes } from "./launch-placement.ts";
import type { NodeClassResources } from "./node-class-resources.ts";
import { imageStatus, reservationStatus } from "./node-class-status.ts";
import type { LivePrices } from "./prices.ts";
import type { LiveQuotas } from "./quotas.ts";
import type { UnavailableOfferings } from "./unavailable-offerings.ts";

export interface TypeSources {
  readonly unavailable: UnavailableOfferings;
  /** Default: the dated table. */
  readonly prices?: Prices;
  /** Count before `prices`. */
  readonly livePrices?: Pick<LivePrices, "current">;
  /** Default: no quota is known, and every subnet has addresses. */
  readonly quotas?: LiveQuotas;
  /** Default: every type of the recording. */
  readonly facts?: readonly Ec2InstanceFacts[];
}

export interface ReadyClass {
  readonly nodeClass: EC2NodeClass;
  readonly resources: NodeClassResources;
}

type Types = Result<readonly InstanceType[], string>;

interface Kept {
  readonly parts: readonly unknown[];
  readonly types: Types;
}

/** A cluster has a few; the one that was asked for longest ago goes first. */
const classesMax = 200;

/** Returns a function that tells a class's types. */
export function classTypeLists(sources: TypeSources): (ready: ReadyClass) => Promise<Types> {
  const kept = new Map<string, Kept>();
  return async (ready) => {
    const live = await sources.livePrices?.current();
    const prices = live?.prices ?? sources.prices;
    const lacks = sources.quotas?.current();
    const parts = [ready.nodeClass, ready.resources, prices, lacks, sources.unavailable.sequence()];
    const name = ready.nodeClass.metadata.name ?? "";
    const known = kept.get(name);
    const isSame = known !== undefined && known.parts.every((part, index) => part === parts[index]);
    const types = isSame ? known.types : shared(known?.types, typesOf(sources, { ready, prices, lacks }));
    kept.delete(name);
    kept.set(name, { parts, types });
    const [oldest] = kept.keys();
    if (kept.size > classesMax && oldest !== undefined) kept.delete(oldest);
    return types;
  };
}

function shared(before: Types | undefined, fresh: Types): Types {
  return fresh.ok && before?.ok === true ? { ok: true, value: sameTypes(before.value, fresh.value) } : fresh;
}

/** A type that no image is for can't be launched: planned, it would be given up and planned again, for ever. */
function typesOf(
  { unavailable, facts }: TypeSources,
  of: { readonly ready: ReadyClass; readonly prices: Prices | undefined; readonly lacks: ReturnType<LiveQuotas["current"]> | undefined },
): Types {
  const { nodeClass, resources } = of.ready;
  const { lacks } = of;
  const subnetsIn = (zone: string): readonly string[] => resources.subnetList.flatMap((subnet) => (subnet.zone === zone ? subnet.id : []));
  const subnets = new Map(Object.keys(resources.subnets).map((zone) => [zone, subnetsIn(zone)]));
  const types = classInstanceTypes({
    nodeClass: { ...nodeClass, status: { ...nodeClass.status, ...selectedNow(resources) } },
    zones: [],
    subnetZones: Object.keys(resources.subnets),
    isAvailable: (offering) => !unavailable.has(offering),
    reservationCounts: new Map(resources.reservations.map(({ id, remaining }) => [id, remaining])),
    ...(facts === undefined ? {} : { facts }),
    ...(of.prices === undefined ? {} : { prices: of.prices }),
    ...(lacks === undefined ? {} : { lackOf: (place) => lacks.lackOf({ ...place, subnets: subnets.get(place.zone) ?? [] })?.kind }),
  });
  return types.ok ? { ok: true, value: placedTypes(types.value, resources.placementGroup) } : types;
}

/** The status as it would be written now: images and reservations decide what can be launched. */
function selectedNow({
  amis,
  reservations,
}: NodeClassResources): Pick<NonNullable<EC2NodeClass["status"]>, "amis" | "capacityReservations"> {
  return { amis: amis.map(imageStatus), capacityReservations: reservations.map(reservationStatus) };
}
