/**
 * A launch attempt: one exact request, the claims that it is for, and how it is kept on them.
 *
 * Reads a request without count and token, and its members. Returns the attempt; its client token is the hash of the request, of those who
 * asked and of the moment, and stands in a tag of all that comes of it. The first member keeps the whole attempt in an annotation and
 * the others point to it, all before anything is sent: whoever comes after sends the same again, byte for byte, and EC2 answers
 * with the same instances. They are matched to members in order. What may not be answered alike is another attempt, with another token.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { CreateFleetCommandInput, Tag } from "@aws-sdk/client-ec2";
import { hashOf } from "../api/hash.ts";
import { nodeClaimTag, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { FleetBase } from "./fleet-request.ts";
import type { CapacityType, ReservationKind } from "./launch-offers.ts";

/** A request with its token: what is kept and sent, and sent again. */
export type FleetRequest = CreateFleetCommandInput & { readonly ClientToken: string };

/** How the instances of a launch are paid for, which its request does not always say. */
export interface Bought {
  readonly capacityType: CapacityType;
  /** Absent on shared hardware. */
  readonly tenancy?: "dedicated";
  /** Capacity reservations by zone, of reserved capacity. */
  readonly reservations?: Readonly<Record<string, string>>;
  /** What those are. */
  readonly reservationKind?: ReservationKind;
}

export interface LaunchMember {
  readonly name: string;
  readonly uid: string;
}

export interface LaunchAttempt {
  readonly request: FleetRequest;
  readonly bought: Bought;
  /** In the order in which instances are given to them; the first one keeps the attempt. */
  readonly members: readonly LaunchMember[];
  readonly at: Instant;
}

/** Where a member finds its attempt, and what of it is found on EC2 where its lead is gone. */
export interface LaunchPointer {
  readonly lead: LaunchMember;
  /** The lead's resourceVersion before the attempt: it is written on no other. */
  readonly leadVersion: string;
  readonly token: string;
  readonly at: Instant;
}

/** What a claim keeps of its last attempt. */
export type LaunchRecord =
  { readonly kind: "attempt"; readonly attempt: LaunchAttempt } | { readonly kind: "member"; readonly pointer: LaunchPointer };

/** What tells an attempt apart from every other. */
interface AskedLaunch {
  readonly base: FleetBase;
  readonly bought: Bought;
  /** Everybody who asked, the lead first. */
  readonly members: readonly LaunchMember[];
  readonly at: Instant;
}

/** Returns the client token of what was asked, known before it is known who of the members is in it. */
export function launchToken({ base, bought, members, at }: AskedLaunch): string {
  return hashOf({ base, bought, members, at });
}

/** Returns a new attempt. */
export function launchAttempt(
  asked: AskedLaunch & {
    readonly names: Pick<PlatformNames, "launchTag">;
    /** Uids of those who asked and are not in it. */
    readonly without?: ReadonlySet<string>;
  },
): LaunchAttempt {
  const { base, bought, at, names, without } = asked;
  const token = launchToken(asked);
  const members = asked.members.filter(({ uid }) => without?.has(uid) !== true);
  const [lead] = members;
  const own: readonly Tag[] = [
    { Key: names.launchTag, Value: token },
    // Of several, which instance is whose is known only afterwards.
    ...(members.length === 1 && lead !== undefined ? [{ Key: nodeClaimTag, Value: lead.name }] : []),
  ];
  const request: FleetRequest = {
    ...base,
    TargetCapacitySpecification: {
      ...base.TargetCapacitySpecification,
      TotalTargetCapacity: members.length,
    },
    TagSpecifications: (base.TagSpecifications ?? []).map(({ Tags = [], ...rest }) => ({ ...rest, Tags: [...Tags, ...own] })),
    ClientToken: token,
  };
  return { request, bought, members, at };
}

/** Returns a claim as a member. */
export function memberOf({ metadata }: NodeClaim): LaunchMember {
  return { name: metadata.name ?? "", uid: metadata.uid ?? "" };
}

/** An attempt as it is kept: its request, hundreds of overrides that differ in a few characters, is packed to a tenth. */
interface KeptLaunch extends Omit<LaunchAttempt, "request"> {
  readonly token: string;
  /** The request as JSON, deflated, in base64. */
  readonly packed: string;
}

/** No request is as long. */
const requestMaxBytes = 4 * 1024 * 1024;

/** Returns the annotation's text. */
export function encodeLaunchRecord(record: LaunchRecord): string {
  if (record.kind === "member") return JSON.stringify(record.pointer);
  const { request, ...attempt } = record.attempt;
  const packed = deflateRawSync(JSON.stringify(request), { level: 9 }).toString("base64");
  const kept: KeptLaunch = { ...attempt, token: request.ClientToken, packed };
  return JSON.stringify(kept);
}

function unpacked(packed: string): FleetRequest | undefined {
  const text = inflateRawSync(Buffer.from(packed, "base64"), { maxOutputLength: requestMaxBytes }).toString("utf8");
  const request = JSON.parse(text) as Partial<FleetRequest>;
  return Array.isArray(request.LaunchTemplateConfigs) ? (request as FleetRequest) : undefined;
}

/** Returns what a claim keeps, undefined where nothing was tried for it, or why its annotation can't be read. */
export function launchRecordOf(
  claim: NodeClaim,
  names: Pick<PlatformNames, "launchRequestAnnotation">,
): Result<LaunchRecord | undefined, string> {
  const text = claim.metadata.annotations?.[names.launchRequestAnnotation];
  if (text === undefined) return ok(undefined);
  try {
    const record = recordOf(JSON.parse(text) as Partial<KeptLaunch> & Partial<LaunchPointer>);
    if (record !== undefined) return ok(record);
  } catch {
    // Told below, like everything else that is not ours.
  }
  return err(
    `NodeClaim "${claim.metadata.name ?? ""}": annotation ${names.launchRequestAnnotation} is no launch attempt (${text.slice(0, 60)}): ` +
      "delete the NodeClaim, and one that can be launched is made",
  );
}

function recordOf(kept: Partial<KeptLaunch> & Partial<LaunchPointer>): LaunchRecord | undefined {
  const { at, lead, leadVersion, token, packed, bought, members } = kept;
  if (typeof at !== "number" || typeof token !== "string") return undefined;
  if (typeof lead?.name === "string" && typeof lead.uid === "string" && typeof leadVersion === "string")
    return { kind: "member", pointer: { lead, leadVersion, token, at } };
  if (typeof packed !== "string" || bought === undefined || !Array.isArray(members)) return undefined;
  const request = unpacked(packed);
  return request?.ClientToken === token ? { kind: "attempt", attempt: { request, bought, members, at } } : undefined;
}
