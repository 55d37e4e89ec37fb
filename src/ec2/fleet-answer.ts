/**
 * What a fleet's answer means: the instances in order, and the offerings that could not be had.
 *
 * Reads the answer with the attempt that caused it, since EC2 does not repeat everything that we asked. Returns plain data. Instances
 * come in the order of their ids, whatever the order of the answer: the same answer gives each member the same instance.
 */
import type { CreateFleetResult, FleetLaunchTemplateOverridesRequest, Instance } from "@aws-sdk/client-ec2";
import { failureKindOf, failureText, isOfWayToBuy, unavailableReasonOf } from "./errors.ts";
import type { Bought, LaunchAttempt } from "./launch-attempt.ts";
import { everywhere, type OfferingName, type UnavailableReason } from "./unavailable-offerings.ts";

export interface LaunchedInstance extends Omit<Bought, "reservations"> {
  readonly instanceID: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly imageID: string;
  readonly subnetID?: string;
  readonly reservation?: string;
}

/** An offering that EC2 said it can't fill now. */
export interface LackingOffering {
  readonly offering: OfferingName;
  readonly why: UnavailableReason;
}

export interface FleetAnswer {
  readonly instances: readonly LaunchedInstance[];
  readonly lacking: readonly LackingOffering[];
  /** Subnets without an address left. */
  readonly exhausted: readonly string[];
  /** Says whether another offering, or another time, may do for what is missing. */
  readonly isCapacity: boolean;
  /** Why instances are missing, for people. */
  readonly message: string;
}

type Override = FleetLaunchTemplateOverridesRequest;
type Place = Pick<OfferingName, "instanceType" | "zone">;

/** Reads a fleet's answer. */
export function fleetAnswer(attempt: LaunchAttempt, result: CreateFleetResult): FleetAnswer {
  const overrides = overridesOf(attempt);
  const zoneOf = (subnet: string | undefined) => overrides.find(({ SubnetId }) => SubnetId === subnet)?.AvailabilityZone ?? "";
  const instances = (result.Instances ?? []).flatMap(({ InstanceIds = [], InstanceType: type, LaunchTemplateAndOverrides }) => {
    const chosen = LaunchTemplateAndOverrides?.Overrides;
    const place: Place = { instanceType: type ?? chosen?.InstanceType ?? "", zone: chosen?.AvailabilityZone ?? zoneOf(chosen?.SubnetId) };
    const asked = overrides.find((one) => one.InstanceType === place.instanceType && one.AvailabilityZone === place.zone);
    const subnetID = chosen?.SubnetId ?? asked?.SubnetId;
    const { reservation } = offeringOf(attempt, place);
    return InstanceIds.map((instanceID): LaunchedInstance => ({
      ...{ instanceID, ...place, imageID: asked?.ImageId ?? "", ...wayOf(attempt.bought) },
      ...(subnetID === undefined ? {} : { subnetID }),
      ...(reservation === undefined ? {} : { reservation }),
    }));
  });
  const errors = (result.Errors ?? []).map(({ ErrorCode = "", ErrorMessage = "", LaunchTemplateAndOverrides }) => ({
    code: ErrorCode,
    text: failureText({ kind: failureKindOf(ErrorCode), code: ErrorCode, message: ErrorMessage }),
    override: LaunchTemplateAndOverrides?.Overrides ?? {},
  }));
  const capacityErrors = errors.filter(({ code }) => isOfCapacity(code));
  const lacking = capacityErrors.flatMap(({ code, override }): readonly LackingOffering[] => {
    const why = unavailableReasonOf(code);
    if (why === "addresses") return [];
    if (isOfWayToBuy(code)) return [wholeWay(attempt, why)];
    const zone = override.AvailabilityZone ?? zoneOf(override.SubnetId);
    if (override.InstanceType === undefined || zone === "") return [];
    return [{ offering: offeringOf(attempt, { instanceType: override.InstanceType, zone }), why }];
  });
  const full = capacityErrors.filter(({ code }) => unavailableReasonOf(code) === "addresses");
  const texts = [...new Set(errors.map(({ text }) => text))].sort();
  return {
    instances: instances.toSorted((a, b) => (a.instanceID < b.instanceID ? -1 : 1)),
    lacking,
    exhausted: [...new Set(full.flatMap(({ override }) => override.SubnetId ?? []))],
    isCapacity: errors.length > 0 && capacityErrors.length === errors.length,
    message: texts.length === 0 ? "CreateFleet made no instance and gave no reason" : texts.join("; "),
  };
}

/** Returns what a call comes to that was refused whole for want of capacity, by the code that it was refused with. */
export function refusedAnswer(attempt: LaunchAttempt, { code, message }: { readonly code: string; readonly message: string }): FleetAnswer {
  const why = unavailableReasonOf(code);
  const base = { instances: [], isCapacity: true, message };
  if (why === "addresses")
    return { ...base, lacking: [], exhausted: [...new Set(overridesOf(attempt).flatMap(({ SubnetId }) => SubnetId ?? []))] };
  const lacking = isOfWayToBuy(code) ? [wholeWay(attempt, why)] : askedOfferings(attempt).map((offering) => ({ offering, why }));
  return { ...base, lacking, exhausted: [] };
}

/** Returns every offering that an attempt asks for: where EC2 names none that is lacking, it means all. */
export function askedOfferings(attempt: LaunchAttempt): readonly OfferingName[] {
  return overridesOf(attempt).map(({ InstanceType = "", AvailabilityZone = "" }) =>
    offeringOf(attempt, { instanceType: InstanceType, zone: AvailabilityZone }),
  );
}

/** Returns an instance that EC2 describes as one that was launched so; none where it has no id. */
export function describedInstance(instance: Instance, bought: Bought): readonly LaunchedInstance[] {
  const { InstanceId, InstanceType = "", Placement, ImageId = "", SubnetId, CapacityReservationId } = instance;
  if (InstanceId === undefined) return [];
  return [
    {
      instanceID: InstanceId,
      instanceType: InstanceType,
      zone: Placement?.AvailabilityZone ?? "",
      imageID: ImageId,
      ...wayOf(bought),
      ...(Placement?.Tenancy === "dedicated" ? { tenancy: "dedicated" as const } : {}),
      ...(SubnetId === undefined ? {} : { subnetID: SubnetId }),
      ...(CapacityReservationId === undefined ? {} : { reservation: CapacityReservationId }),
    },
  ];
}

/** Says whether something else may be had: other capacity, or all but one way to buy. */
function isOfCapacity(code: string): boolean {
  return failureKindOf(code) === "insufficient-capacity" || isOfWayToBuy(code);
}

function offeringOf({ bought }: LaunchAttempt, place: Place): OfferingName {
  const reservation = bought.reservations?.[place.zone];
  const { capacityType, tenancy } = bought;
  return {
    ...{ ...place, capacityType },
    ...(tenancy === undefined ? {} : { tenancy }),
    ...(reservation === undefined ? {} : { reservation }),
  };
}

/** Every type in every zone, bought as the attempt buys. */
function wholeWay({ bought }: LaunchAttempt, why: UnavailableReason): LackingOffering {
  return { offering: { instanceType: everywhere, zone: everywhere, capacityType: bought.capacityType }, why };
}

function wayOf({ capacityType, tenancy, reservationKind }: Bought): Omit<Bought, "reservations"> {
  return {
    capacityType,
    ...(tenancy === undefined ? {} : { tenancy }),
    ...(reservationKind === undefined ? {} : { reservationKind }),
  };
}

function overridesOf({ request }: LaunchAttempt): readonly Override[] {
  return (request.LaunchTemplateConfigs ?? []).flatMap(({ Overrides }) => Overrides ?? []);
}
