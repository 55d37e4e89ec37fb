/**
 * Capacity reservations and placement groups of the stand-in.
 *
 * Reads what a test says that the account has. Returns EC2's answers about them, and counts what launches take from a
 * reservation and give back when they end.
 */
import { hashOf } from "../../src/api/hash.ts";
import { ec2Answer, errorAnswer, listed, passesFilters, type Answer, type AwsRequest, type Handlers } from "./ec2-wire.ts";
import { xml, xmlFields, xmlSet, xmlTags } from "./ec2-xml.ts";

export interface Reservation {
  readonly id: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly total: number;
  /** Default: all of them. */
  readonly available?: number;
  /** Default: open. */
  readonly match?: "open" | "targeted";
  readonly type?: "default" | "capacity-block";
  readonly state?: "active" | "expired" | "cancelled" | "pending";
  readonly endsAt?: string;
  readonly ownerID?: string;
  readonly interruptible?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface PlacementGroup {
  readonly id: string;
  readonly name: string;
  readonly strategy: "cluster" | "spread" | "partition";
  readonly partitions?: number;
}

export interface ReservationDesk {
  /** From now on the account has these, and no others. */
  readonly setReservations: (reservations: readonly Reservation[]) => void;
  readonly setPlacementGroups: (groups: readonly PlacementGroup[]) => void;
  /** How many instances more a reservation takes; 0 for one that is unknown or not active. */
  room(id: string): number;
  /** Notes that an instance stands in a reservation. */
  enter(id: string, instanceID: string): void;
  /** Notes that an instance ended. */
  leave(instanceID: string): void;
  /** The reservation in which an instance stands. */
  of(instanceID: string): string | undefined;
  readonly handlers: Handlers;
}

export const accountID = "123456789012";

/** Opens the desk; the account has nothing reserved yet. */
export function openReservations(): ReservationDesk {
  let reservations: readonly Reservation[] = [];
  let groups: readonly PlacementGroup[] = [];
  const seats = new Map<string, string>();
  const free = ({ id, total, available = total }: Reservation): number =>
    Math.max(0, available - [...seats.values()].filter((one) => one === id).length);
  return {
    setReservations: (given) => {
      reservations = given;
    },
    setPlacementGroups: (given) => {
      groups = given;
    },
    room: (id) => {
      const found = reservations.find((one) => one.id === id);
      return found === undefined || (found.state ?? "active") !== "active" ? 0 : free(found);
    },
    enter: (id, instanceID) => {
      seats.set(instanceID, id);
    },
    leave: (instanceID) => {
      seats.delete(instanceID);
    },
    of: (instanceID) => seats.get(instanceID),
    handlers: {
      "ec2:DescribeCapacityReservations": (request) => describeReservations(request, reservations, free),
      "ec2:DescribePlacementGroups": (request) => describeGroups(request, groups),
    },
  };
}

function describeReservations(
  request: AwsRequest,
  reservations: readonly Reservation[],
  free: (reservation: Reservation) => number,
): Answer {
  const ids = listed(request.params, "CapacityReservationId");
  const unknown = ids.find((id) => reservations.every((one) => one.id !== id));
  if (unknown !== undefined) {
    const message = `The capacity reservation '${unknown}' does not exist`;
    return errorAnswer(request, { status: 400, code: "InvalidCapacityReservationId.NotFound", message });
  }
  const found = reservations.filter(
    (one) => (ids.length === 0 || ids.includes(one.id)) && passesFilters(request.params, { fields: fieldsOf(one), tags: one.tags ?? {} }),
  );
  const items = found.map((one) => [...xmlFields(reservationFields(one, free(one), request.region)), xmlTags(one.tags ?? {})]);
  return ec2Answer("DescribeCapacityReservations", [xmlSet("capacityReservationSet", items)]);
}

function fieldsOf(one: Reservation): Readonly<Record<string, string>> {
  return {
    "instance-type": one.instanceType,
    "availability-zone": one.zone,
    state: one.state ?? "active",
    "owner-id": one.ownerID ?? accountID,
    "instance-match-criteria": one.match ?? "open",
  };
}

function reservationFields(
  one: Reservation,
  free: number,
  region: string,
): Readonly<Record<string, string | number | boolean | undefined>> {
  const ownerId = one.ownerID ?? accountID;
  return {
    capacityReservationId: one.id,
    ownerId,
    capacityReservationArn: `arn:aws:ec2:${region}:${ownerId}:capacity-reservation/${one.id}`,
    availabilityZone: one.zone,
    instanceType: one.instanceType,
    instancePlatform: "Linux/UNIX",
    tenancy: "default",
    totalInstanceCount: one.total,
    availableInstanceCount: free,
    ebsOptimized: true,
    ephemeralStorage: false,
    state: one.state ?? "active",
    startDate: "2026-01-01T00:00:00.000Z",
    endDate: one.endsAt,
    endDateType: one.endsAt === undefined ? "unlimited" : "limited",
    instanceMatchCriteria: one.match ?? "open",
    createDate: "2026-01-01T00:00:00.000Z",
    reservationType: one.type ?? "default",
    interruptible: one.interruptible,
  };
}

function describeGroups(request: AwsRequest, groups: readonly PlacementGroup[]): Answer {
  const ids = listed(request.params, "GroupId");
  const names = listed(request.params, "GroupName");
  const unknown = names.find((name) => groups.every((one) => one.name !== name));
  if (unknown !== undefined) {
    const message = `The Placement Group '${unknown}' is unknown.`;
    return errorAnswer(request, { status: 400, code: "InvalidPlacementGroup.Unknown", message });
  }
  const found = groups.filter(
    ({ id, name, strategy }) =>
      (ids.length === 0 || ids.includes(id)) &&
      (names.length === 0 || names.includes(name)) &&
      passesFilters(request.params, { fields: { "group-name": name, "group-id": id, strategy, state: "available" } }),
  );
  const items = found.map(({ id, name, strategy, partitions }) =>
    xmlFields({
      groupName: name,
      groupId: id,
      groupArn: `arn:aws:ec2:${request.region}:${accountID}:placement-group/${name}`,
      strategy,
      state: "available",
      partitionCount: partitions,
    }),
  );
  return ec2Answer("DescribePlacementGroups", [xmlSet("placementGroupSet", items), xml("nextToken", "")]);
}

/** Makes an id of EC2's form that is for ever the same for a name. */
export function ec2ID(prefix: string, name: string): string {
  return `${prefix}-${hashOf(name).slice(0, 17)}`;
}
