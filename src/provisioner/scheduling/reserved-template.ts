/**
 * Reserved templates: what a NodePool may buy from capacity reservations, one reservation at a time.
 *
 * Reads a pool's template. Returns it without its reserved offerings, and before it a template for each reservation: one type, in one
 * zone, for as many nodes as the reservation has room for. What is paid for already is so tried before anything else of its pool; what
 * goes over falls back to the pool's other offerings in the same plan; and a claim says which reservation it is for, as with Karpenter
 * (karpenter.md 3.4). A pool whose minValues ask for more types than one makes no node from a reservation.
 */
import type { Offering, Reservation } from "../../api/instance-type.ts";
import { capacityReservationLabel, capacityTypeLabel, instanceTypeLabel, zoneLabel } from "../../api/labels.ts";
import { reservationLabels } from "../../catalog/reservation-labels.ts";
import { values } from "../../kube/requirement.ts";
import { fromLabels, intersection, requirementsOf, type Requirements } from "../../kube/requirements.ts";
import { compare } from "./label-state.ts";
import type { NodeState } from "./node-state.ts";
import { poolLedgers, type PoolLedger } from "./pool-limits.ts";
import { isAllowed, type PoolTemplate, type TemplateType } from "./pool-template.ts";

interface Reserved {
  readonly type: TemplateType;
  readonly offering: Offering & { readonly reservation: Reservation };
}

/** Returns the templates of a pool in the order in which they are tried; the pool's own alone where it has no reservation. */
export function reservedTemplates(template: PoolTemplate): readonly PoolTemplate[] {
  const reserved = template.types.flatMap((type) => reservedOf(type, template.requirements));
  if (reserved.length === 0) return [template];
  const byPrice = reserved.sort((a, b) => a.offering.pricePerHour - b.offering.pricePerHour || compare(idOf(a), idOf(b)));
  return [...byPrice.map((one) => reservedTemplate(template, one)), withoutReserved(template)];
}

function reservedOf(type: TemplateType, requirements: Requirements): readonly Reserved[] {
  return type.instanceType.offerings.flatMap((offering) => {
    const { reservation, available } = offering;
    return reservation === undefined || !available || !isAllowed(offering, requirements)
      ? []
      : [{ type, offering: { ...offering, reservation } }];
  });
}

function idOf({ offering }: Reserved): string {
  return offering.reservation.id;
}

function reservedTemplate(template: PoolTemplate, { type, offering }: Reserved): PoolTemplate {
  const { reservation, zone, capacityType } = offering;
  const bought = fromLabels({ [capacityTypeLabel]: capacityType, [zoneLabel]: zone, ...reservationLabels(reservation) });
  const own: TemplateType = {
    ...type,
    instanceType: { ...type.instanceType, offerings: [offering] },
    requirements: new Map([...type.requirements, ...bought]),
  };
  return { ...template, requirements: intersection(template.requirements, bought), types: [own], reservation };
}

function withoutReserved(template: PoolTemplate): PoolTemplate {
  const types = template.types.flatMap((type): readonly TemplateType[] => {
    const offerings = type.instanceType.offerings.filter(({ reservation }) => reservation === undefined);
    const isOffered = offerings.some((offering) => offering.available && isAllowed(offering, template.requirements));
    return isOffered ? [{ ...type, instanceType: { ...type.instanceType, offerings } }] : [];
  });
  return { ...template, types };
}

/** Opens fresh ledgers for one packing, by template index: limits of pools, and the room of reservations where templates buy from them. */
export function templateLedgers({
  templates,
  existing,
}: {
  readonly templates: readonly PoolTemplate[];
  readonly existing: readonly { readonly state: NodeState }[];
}): readonly (PoolLedger | undefined)[] {
  const states = existing.map(({ state }) => state);
  const ledgers = poolLedgers(templates, states);
  const room = reservationRoom(templates, states);
  return templates.map(({ reservation }, index) =>
    reservation === undefined ? ledgers[index] : reservedLedger(ledgers[index], { id: reservation.id, room }),
  );
}

/** How many nodes each reservation has room for: what the cloud says, less the claims that were not launched yet. */
function reservationRoom(templates: readonly PoolTemplate[], nodes: readonly NodeState[]): Map<string, number> {
  const room = new Map<string, number>();
  for (const { reservation } of templates) if (reservation?.remaining !== undefined) room.set(reservation.id, reservation.remaining);
  if (room.size === 0) return room;
  for (const { labels, requirements = [] } of nodes) {
    if (labels[instanceTypeLabel] !== undefined) continue;
    const asked = requirementsOf(requirements).get(capacityReservationLabel);
    const [id, ...others] = (asked === undefined ? undefined : values(asked)) ?? [];
    if (id !== undefined && others.length === 0 && room.has(id)) room.set(id, (room.get(id) ?? 0) - 1);
  }
  return room;
}

/** A pool's ledger that also counts the nodes of one reservation; pools that buy from it share the room. */
function reservedLedger(
  pool: PoolLedger | undefined,
  { id, room }: { readonly id: string; readonly room: Map<string, number> },
): PoolLedger {
  return {
    allows: (change) => (change.from !== undefined || (room.get(id) ?? 1) > 0) && pool?.allows(change) !== false,
    charge: (change) => {
      const nodes = Number(change.to !== undefined) - Number(change.from !== undefined);
      const left = room.get(id);
      if (left !== undefined) room.set(id, left - nodes);
      pool?.charge(change);
    },
    remaining: () => pool?.remaining() ?? {},
  };
}
