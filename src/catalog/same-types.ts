/**
 * SameTypes: a list of instance types that stays the same object while nothing in it is another.
 *
 * Reads the list of before and a fresh one. Returns the one of before where both say the same, else the fresh one with every type
 * of before in it that says the same: what the solver compiles, and what is derived of a type, is found again by these objects.
 */
import type { InstanceType, Offering, Place } from "../api/instance-type.ts";
import type { Resources } from "../api/object.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";

/** Returns the fresh list, made of the objects of before as far as they say the same. */
export function sameTypes(before: readonly InstanceType[] | undefined, fresh: readonly InstanceType[]): readonly InstanceType[] {
  if (before === undefined) return fresh;
  const known = new Map(before.map((type) => [type.name, type]));
  const shared = fresh.map((type) => {
    const old = known.get(type.name);
    return old !== undefined && isSame(old, type) ? old : type;
  });
  return shared.length === before.length && shared.every((type, index) => type === before[index]) ? before : shared;
}

function isSame(a: InstanceType, b: InstanceType): boolean {
  return (
    isAlike(a.offerings, b.offerings, isSameOffering) &&
    isAlike(a.soldIn ?? [], b.soldIn ?? [], isSamePlace) &&
    isAlike(a.requirements, b.requirements, isSameRequirement) &&
    isSameAmounts(a.capacity, b.capacity) &&
    isSameAmounts(a.allocatable, b.allocatable) &&
    isSameAmounts(a.attachable ?? {}, b.attachable ?? {})
  );
}

function isAlike<T>(a: readonly T[], b: readonly T[], isEqual: (a: T, b: T) => boolean): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.every((item, index) => {
        const other = b[index];
        return other !== undefined && isEqual(item, other);
      }))
  );
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.zone === b.zone && a.capacityType === b.capacityType && a.available === b.available && a.lack === b.lack;
}

function isSameOffering(a: Offering, b: Offering): boolean {
  const [mine, other] = [a.reservation, b.reservation];
  return (
    isSamePlace(a, b) &&
    a.pricePerHour === b.pricePerHour &&
    a.isOverlaid === b.isOverlaid &&
    mine?.id === other?.id &&
    mine?.kind === other?.kind &&
    mine?.isInterruptible === other?.isInterruptible &&
    mine?.remaining === other?.remaining
  );
}

function isSameRequirement(a: NodeSelectorRequirement, b: NodeSelectorRequirement): boolean {
  return (
    a === b || (a.key === b.key && a.operator === b.operator && isAlike(a.values ?? [], b.values ?? [], (one, other) => one === other))
  );
}

function isSameAmounts(a: Resources, b: Resources): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
