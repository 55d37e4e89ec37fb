/**
 * EC2's error codes, and those of SSM, IAM and EKS, sorted by what they ask of us: the only place that compares them.
 *
 * Reads what the SDK threw, or a code of a fleet's answer. Returns a plain failure. Codes that mean "not here, not now" are
 * Karpenter's list of unfulfillable capacity (karpenter-provider-aws pkg/errors, 1.15).
 */
import { refusalText } from "./refusal.ts";
import { shortageOf } from "./shortage.ts";
import type { UnavailableReason } from "./unavailable-offerings.ts";

export type Ec2FailureKind =
  /** Another type, zone or way to buy may do. */
  | "insufficient-capacity"
  /** The client token was used with another request: a bug of ours, never to be hidden. */
  | "token-mismatch"
  | "not-found"
  | "already-exists"
  | "launch-template-not-found"
  /** The credentials may not do this. */
  | "unauthorized"
  /** A dry run's way of saying that the call would have been done. */
  | "dry-run-passed"
  /** The request itself is wrong: nothing came of it, and nothing ever will. */
  | "invalid"
  | "other";

export interface Ec2Failure {
  readonly kind: Ec2FailureKind;
  readonly code: string;
  readonly message: string;
  /** How often the SDK sent the call; absent where it never was, or nobody counted. */
  readonly attempts?: number;
}

const unfulfillable: ReadonlySet<string> = new Set([
  "InsufficientInstanceCapacity",
  "InsufficientCapacity",
  "MaxSpotInstanceCountExceeded",
  "VcpuLimitExceeded",
  "UnfulfillableCapacity",
  "Unsupported",
  "InsufficientFreeAddressesInSubnet",
  "MaxFleetCountExceeded",
  "ReservationCapacityExceeded",
  "SpotMaxPriceTooLow",
  "InvalidCapacityReservationState.Unavailable",
]);

/** Refusals of a whole way to buy: the account lacks the role that EC2 needs for Spot, whatever the type and zone. */
const ofWayToBuy: ReadonlySet<string> = new Set(["AuthFailure.ServiceLinkedRoleCreationNotPermitted"]);

const reasons: Readonly<Record<string, UnavailableReason>> = {
  ReservationCapacityExceeded: "reservation-full",
  Unsupported: "unsupported",
  "AuthFailure.ServiceLinkedRoleCreationNotPermitted": "unsupported",
};

/** Codes of parameters that name what is not there, or say it wrongly. */
const invalidPattern = /^(Invalid|Missing|Malformed|Unknown)[A-Z.]/;

const kinds: Readonly<Record<string, Ec2FailureKind>> = {
  IdempotentParameterMismatch: "token-mismatch",
  "InvalidInstanceID.NotFound": "not-found",
  ParameterNotFound: "not-found",
  ResourceNotFoundException: "not-found",
  NoSuchEntity: "not-found",
  NoSuchEntityException: "not-found",
  "InvalidCapacityReservationId.NotFound": "not-found",
  "InvalidPlacementGroup.Unknown": "not-found",
  "InvalidPlacementGroupId.NotFound": "not-found",
  EntityAlreadyExists: "already-exists",
  EntityAlreadyExistsException: "already-exists",
  UnauthorizedOperation: "unauthorized",
  AccessDenied: "unauthorized",
  AccessDeniedException: "unauthorized",
  "AuthFailure.ServiceLinkedRoleCreationNotPermitted": "unauthorized",
  DryRunOperation: "dry-run-passed",
  "InvalidLaunchTemplateName.NotFoundException": "launch-template-not-found",
  "InvalidLaunchTemplateId.NotFound": "launch-template-not-found",
  "InvalidLaunchTemplateName.AlreadyExistsException": "already-exists",
};

/** Returns what a code asks of us. */
export function failureKindOf(code: string): Ec2FailureKind {
  if (unfulfillable.has(code)) return "insufficient-capacity";
  return kinds[code] ?? (invalidPattern.test(code) ? "invalid" : "other");
}

/** Returns why an offering could not be had, by a code of unfulfillable capacity; "addresses" is a matter of the subnet alone. */
export function unavailableReasonOf(code: string): UnavailableReason | "addresses" {
  const shortage = shortageOf(code);
  if (shortage === "addresses") return shortage;
  return shortage === "capacity" ? (reasons[code] ?? "capacity") : "quota";
}

/** Says whether a code refuses every type and zone that is bought so, and nothing that is bought otherwise. */
export function isOfWayToBuy(code: string): boolean {
  return ofWayToBuy.has(code);
}

/** Returns what the SDK threw as a value; a broken network has the code of its socket's error. */
export function ec2Failure(thrown: unknown): Ec2Failure {
  const { name, Code, code, message, $metadata } = thrown as { readonly [P in "name" | "Code" | "code" | "message"]?: unknown } & {
    readonly $metadata?: { readonly attempts?: unknown };
  };
  const told = [Code, name, code].find((one) => typeof one === "string" && one !== "" && one !== "Error");
  const text = typeof told === "string" ? told : "Unknown";
  const attempts = typeof $metadata?.attempts === "number" ? $metadata.attempts : undefined;
  return {
    ...{ kind: failureKindOf(text), code: text, message: typeof message === "string" ? message : String(thrown) },
    ...(attempts === undefined ? {} : { attempts }),
  };
}

/** Returns one sentence for the operator; of a permission that is missing it says which, and the fix. */
export function failureText({ kind, code, message }: Ec2Failure): string {
  if (kind === "unauthorized") return refusalText({ code, message });
  return message === "" || message === code ? code : `${code}: ${message}`;
}
