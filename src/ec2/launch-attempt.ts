/**
 * A launch attempt: one exact request, the claims that it is for, and how it is kept on them.
 *
 * Reads a request without count and token, and its members. Returns the attempt; its client token is the hash of the request, of its
 * members and of the moment, and stands in a tag of all that comes of it. The first member keeps the whole attempt in an annotation and
 * the others keep who that is, all before anything is sent: whoever comes after sends the same again, byte for byte, and EC2 answers
 * with the same instances. They are matched to members in order. What may not be answered alike is another attempt, with another token.
 */
import type { CreateFleetCommandInput, Tag } from "@aws-sdk/client-ec2";
import { hashOf } from "../api/hash.ts";
import { nodeClaimTag, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { FleetBase } from "./fleet-request.ts";
import type { CapacityType } from "./launch-offers.ts";

/** A request with its token: what is kept and sent, and sent again. */
export type FleetRequest = CreateFleetCommandInput & { readonly ClientToken: string };

/** How the instances of a launch are paid for, which its request does not always say. */
export interface Bought {
  readonly capacityType: CapacityType;
  /** Capacity reservations by zone, of reserved capacity. */
  readonly reservations?: Readonly<Record<string, string>>;
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

/** What a claim keeps of its last attempt. */
export type LaunchRecord =
  { readonly kind: "attempt"; readonly attempt: LaunchAttempt } | { readonly kind: "member"; readonly lead: string };

/** Returns a new attempt. */
export function launchAttempt(of: {
  readonly base: FleetBase;
  readonly bought: Bought;
  readonly members: readonly LaunchMember[];
  readonly at: Instant;
  readonly names: Pick<PlatformNames, "launchTag">;
}): LaunchAttempt {
  const { base, bought, members, at, names } = of;
  const token = hashOf({ base, bought, members, at });
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

/** Returns the annotation's text. */
export function encodeLaunchRecord(record: LaunchRecord): string {
  return JSON.stringify(record.kind === "attempt" ? record.attempt : { lead: record.lead });
}

/** Returns what a claim keeps, undefined where nothing was tried for it, or why its annotation can't be read. */
export function launchRecordOf(
  claim: NodeClaim,
  names: Pick<PlatformNames, "launchRequestAnnotation">,
): Result<LaunchRecord | undefined, string> {
  const text = claim.metadata.annotations?.[names.launchRequestAnnotation];
  if (text === undefined) return ok(undefined);
  try {
    const kept = JSON.parse(text) as Partial<LaunchAttempt> & { readonly lead?: unknown };
    if (typeof kept.lead === "string") return ok({ kind: "member", lead: kept.lead });
    const { request, bought, members, at } = kept;
    if (typeof request?.ClientToken === "string" && bought !== undefined && Array.isArray(members) && typeof at === "number")
      return ok({ kind: "attempt", attempt: { request, bought, members, at } });
  } catch {
    // Told below, like everything else that is not ours.
  }
  return err(
    `NodeClaim "${claim.metadata.name ?? ""}": annotation ${names.launchRequestAnnotation} is no launch attempt (${text.slice(0, 60)}): ` +
      "delete the NodeClaim, and one that can be launched is made",
  );
}
