/**
 * What a fleet's answer means: the instances in order, and the offerings that could not be had.
 *
 * Reads the answer with the attempt that caused it, since EC2 does not repeat everything that we asked. Returns plain data. Instances
 * come in the order of their ids, whatever the order of the answer: the same answer gives each member the same instance.
 */
import type { CreateFleetResult, FleetLaunchTemplateOverridesRequest } from "@aws-sdk/client-ec2";
import { failureKindOf, failureText, unavailableReasonOf } from "./errors.ts";
import type { LaunchAttempt } from "./launch-attempt.ts";
import type { CapacityType } from "./launch-offers.ts";
import type { OfferingName, UnavailableReason } from "./unavailable-offerings.ts";

export interface LaunchedInstance {
  readonly instanceID: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly imageID: string;
  readonly subnetID?: string;
  readonly capacityType: CapacityType;
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
  /** Says whether a permission is missing for what is missing: it may be granted any time. */
  readonly isForbidden: boolean;
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
      ...{ instanceID, ...place, imageID: asked?.ImageId ?? "", capacityType: attempt.bought.capacityType },
      ...(subnetID === undefined ? {} : { subnetID }),
      ...(reservation === undefined ? {} : { reservation }),
    }));
  });
  const errors = (result.Errors ?? []).map(({ ErrorCode = "", ErrorMessage = "", LaunchTemplateAndOverrides }) => ({
    code: ErrorCode,
    text: failureText({ kind: failureKindOf(ErrorCode), code: ErrorCode, message: ErrorMessage }),
    override: LaunchTemplateAndOverrides?.Overrides ?? {},
  }));
  const capacityErrors = errors.filter(({ code }) => failureKindOf(code) === "insufficient-capacity");
  const lacking = capacityErrors.flatMap(({ code, override }): readonly LackingOffering[] => {
    const why = unavailableReasonOf(code);
    const zone = override.AvailabilityZone ?? zoneOf(override.SubnetId);
    if (why === "addresses" || override.InstanceType === undefined || zone === "") return [];
    return [{ offering: offeringOf(attempt, { instanceType: override.InstanceType, zone }), why }];
  });
  const full = capacityErrors.filter(({ code }) => unavailableReasonOf(code) === "addresses");
  const texts = [...new Set(errors.map(({ text }) => text))].sort();
  return {
    instances: instances.toSorted((a, b) => (a.instanceID < b.instanceID ? -1 : 1)),
    lacking,
    exhausted: [...new Set(full.flatMap(({ override }) => override.SubnetId ?? []))],
    isCapacity: errors.length > 0 && capacityErrors.length === errors.length,
    isForbidden: errors.some(({ code }) => failureKindOf(code) === "unauthorized"),
    message: texts.length === 0 ? "CreateFleet made no instance and gave no reason" : texts.join("; "),
  };
}

/** Returns every offering that an attempt asks for: where EC2 names none that is lacking, it means all. */
export function askedOfferings(attempt: LaunchAttempt): readonly OfferingName[] {
  return overridesOf(attempt).map(({ InstanceType = "", AvailabilityZone = "" }) =>
    offeringOf(attempt, { instanceType: InstanceType, zone: AvailabilityZone }),
  );
}

function offeringOf({ bought }: LaunchAttempt, place: Place): OfferingName {
  const reservation = bought.reservations?.[place.zone];
  return { ...place, capacityType: bought.capacityType, ...(reservation === undefined ? {} : { reservation }) };
}

function overridesOf({ request }: LaunchAttempt): readonly Override[] {
  return (request.LaunchTemplateConfigs ?? []).flatMap(({ Overrides }) => Overrides ?? []);
}
