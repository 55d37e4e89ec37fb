/**
 * The capacity reservations and the placement group that an EC2NodeClass selects.
 *
 * Reads selector terms. Returns what EC2 has of them now. A reservation that has ended, or whose kind nobody knows, is none.
 */
import type { CapacityReservation, DescribeCapacityReservationsCommandInput, Filter, PlacementGroup } from "@aws-sdk/client-ec2";
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { failureText } from "./errors.ts";
import type { NodeClassCalls } from "./node-class-calls.ts";
import { tagFilters } from "./selector-filter.ts";

export interface NodeReservation {
  readonly id: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly ownerID: string;
  readonly instanceMatchCriteria: "open" | "targeted";
  readonly kind: "default" | "capacity-block";
  /** True where its owner may take it back. */
  readonly isInterruptible: boolean;
  /** True where it ends so soon that nothing more is put on it. */
  readonly isExpiring: boolean;
  /** Instances that it still has room for. */
  readonly remaining: number;
  readonly endsAt?: Instant;
}

export interface NodePlacementGroup {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly partitions: number;
}

/**
 * EC2 takes back a capacity block 30 minutes before its end, and ten more are for the drain (Karpenter's). What is told of it is up to two
 * minutes old: Pods of the nodes that are then replaced must not be planned onto the same block again.
 */
const expiringMs = 42 * 60_000;

type ReservationTerms = NonNullable<EC2NodeClassSpec["capacityReservationSelectorTerms"]>;

/** Asks for the reservations of some terms; sorted by id. */
export async function nodeReservations(
  calls: Pick<NodeClassCalls, "capacityReservations">,
  terms: ReservationTerms,
  now: Instant,
): Promise<Result<readonly NodeReservation[], string>> {
  const byId = new Map<string, NodeReservation>();
  for (const term of terms) {
    const found = await calls.capacityReservations(reservationInput(term));
    if (!found.ok) return err(failureText(found.error));
    for (const reservation of found.value.flatMap((one) => reservationOf(one, now))) byId.set(reservation.id, reservation);
  }
  return ok([...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
}

/** Asks for the placement group of a selector; undefined where there is none. */
export async function nodePlacementGroup(
  calls: Pick<NodeClassCalls, "placementGroups">,
  { id, name }: NonNullable<EC2NodeClassSpec["placementGroupSelector"]>,
): Promise<Result<NodePlacementGroup | undefined, string>> {
  const of = id === undefined ? { GroupNames: name === undefined ? [] : [name] } : { GroupIds: [id] };
  const found = await calls.placementGroups(of);
  if (!found.ok) return err(failureText(found.error));
  const available = found.value.find(({ State }) => State === "available");
  return ok(available === undefined ? undefined : placementGroupOf(available));
}

function reservationInput({
  id,
  ownerID,
  tags,
  instanceMatchCriteria,
}: ReservationTerms[number]): DescribeCapacityReservationsCommandInput {
  const active: Filter = { Name: "state", Values: ["active"] };
  if (id !== undefined) return { CapacityReservationIds: [id], Filters: [active] };
  const Filters = [
    active,
    ...(ownerID === undefined ? [] : [{ Name: "owner-id", Values: [ownerID] }]),
    ...tagFilters(tags),
    ...(instanceMatchCriteria === undefined ? [] : [{ Name: "instance-match-criteria", Values: [instanceMatchCriteria] }]),
  ];
  return { Filters };
}

function reservationOf(reservation: CapacityReservation, now: Instant): readonly NodeReservation[] {
  const { CapacityReservationId: id, InstanceType: instanceType, AvailabilityZone: zone, OwnerId, EndDate } = reservation;
  const criteria = reservation.InstanceMatchCriteria;
  const kind: string = reservation.ReservationType ?? "default";
  if (id === undefined || instanceType === undefined || zone === undefined) return [];
  if ((criteria !== "open" && criteria !== "targeted") || (kind !== "default" && kind !== "capacity-block")) return [];
  const endsAt = EndDate?.getTime();
  if (endsAt !== undefined && endsAt <= now) return [];
  return [
    {
      id,
      instanceType,
      zone,
      ownerID: OwnerId ?? "",
      instanceMatchCriteria: criteria,
      kind,
      isInterruptible: reservation.Interruptible ?? false,
      isExpiring: kind === "capacity-block" && endsAt !== undefined && now >= endsAt - expiringMs,
      remaining: reservation.AvailableInstanceCount ?? 0,
      ...(endsAt === undefined ? {} : { endsAt }),
    },
  ];
}

function placementGroupOf({ GroupId, GroupName, Strategy, PartitionCount }: PlacementGroup): NodePlacementGroup {
  return { id: GroupId ?? "", name: GroupName ?? "", strategy: Strategy ?? "", partitions: PartitionCount ?? 0 };
}
