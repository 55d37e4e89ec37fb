/**
 * Places of an instance type: where a Node of it could stand, for those who judge and do not buy.
 *
 * Reads an InstanceType. Returns its offerings, and for a type without a price the places in which it is sold: that we
 * don't know what something costs is no reason to tell a team that it does not exist.
 */
import type { InstanceType, Place } from "../api/instance-type.ts";

/** Returns where and how a type is to be had; none where it is not offered in any zone that was asked for. */
export function placesOf({ offerings, soldIn = [] }: Pick<InstanceType, "offerings" | "soldIn">): readonly Place[] {
  return offerings.length > 0 ? offerings : soldIn;
}
