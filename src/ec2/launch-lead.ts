/**
 * The lead of a launch: the claim that keeps an attempt for its other members.
 *
 * Reads claims, what stands on them, and EC2. Returns the attempt that a member points to, and who still needs a claim that is to go. A lead
 * goes only when each of the others has its instance, or has none to expect: without it they would launch anew, beside what the attempt
 * made. Where it is gone all the same (somebody took its finalizer off) a member launches anew only once nothing of the attempt is left.
 */
import type { Instance } from "@aws-sdk/client-ec2";
import type { ApiClient } from "../api/api-client.ts";
import { nodeClaimTag, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import { describedInstance } from "./fleet-answer.ts";
import { launchRecordOf, memberOf, type LaunchAttempt, type LaunchPointer } from "./launch-attempt.ts";
import { hiddenMaxMs, type LiveAttempt } from "./live-attempt.ts";

export interface LeadPorts {
  readonly client: Pick<ApiClient, "get">;
  readonly ec2: Pick<Ec2Calls, "instances">;
  readonly names: PlatformNames;
  readonly clock: Pick<Clock, "now">;
}

/** Returns the attempt that a member points to; undefined where nothing can come of it any more, so that another is due. */
export async function pointedAttempt(
  ports: LeadPorts,
  claim: NodeClaim,
  pointer: LaunchPointer,
): Promise<Result<LiveAttempt | undefined, string>> {
  const { client, names, clock } = ports;
  const { name, uid } = pointer.lead;
  // The watch may show an earlier attempt of the lead's; the API server has its last one.
  const answer = await client.get("NodeClaim", { namespace: "", name });
  if (!answer.ok && answer.error.code !== 404)
    return err(
      `NodeClaim "${name}", which keeps the launch attempt, could not be read: ${answer.error.message ?? String(answer.error.code)}`,
    );
  // Names follow from contents: another claim of the lead's name may stand there by now.
  if (!answer.ok || answer.value.metadata.uid !== uid)
    return whatIsLeft(ports, claim, { ...pointer, why: `NodeClaim "${name}", which kept the launch attempt, is gone` });
  const record = launchRecordOf(answer.value, names);
  if (!record.ok) return record;
  if (record.value?.kind === "attempt" && record.value.attempt.request.ClientToken === pointer.token)
    return ok(liveOf(record.value.attempt, claim));
  // The attempt is written on this very version of the lead or never, and a write may be on its way for a while.
  if (answer.value.metadata.resourceVersion === pointer.leadVersion && clock.now() - pointer.at < hiddenMaxMs)
    return err(`the launch attempt may still be written on NodeClaim "${name}"`);
  // Its lead has another by now: nothing came of this one, since the lead has the first of its instances.
  return ok(undefined);
}

/** Returns a member that still needs a claim which is to go: to send the attempt again, or because it stands there alone. */
export function dependantOf(
  { attempt, answer }: LiveAttempt,
  leaving: NodeClaim,
  of: { readonly nodeClaims: readonly NodeClaim[]; readonly names: PlatformNames },
): string | undefined {
  const { uid } = memberOf(leaving);
  const isLead = attempt.members[0]?.uid === uid;
  const claims = new Map(of.nodeClaims.map((claim) => [memberOf(claim).uid, claim]));
  return attempt.members.find((member, index) => {
    const other = claims.get(member.uid);
    if (other === undefined || member.uid === uid || other.status?.providerID) return false;
    if (answer !== undefined && answer.instances[index] === undefined) return false;
    if (isAfter(other, { attempt, names: of.names })) return false;
    // What is answered is known by its instances; what is not may be sent again by whoever is not on its way out.
    return isLead || (answer === undefined && other.metadata.deletionTimestamp === undefined);
  })?.name;
}

/** Says whether a claim has gone on to a later attempt. */
function isAfter(claim: NodeClaim, { attempt, names }: { readonly attempt: LaunchAttempt; readonly names: PlatformNames }): boolean {
  const record = launchRecordOf(claim, names);
  if (!record.ok || record.value === undefined) return false;
  const at = record.value.kind === "attempt" ? record.value.attempt.at : record.value.pointer.at;
  return at > attempt.at;
}

function liveOf(attempt: LaunchAttempt, claim: NodeClaim): LiveAttempt | undefined {
  const { uid } = memberOf(claim);
  return attempt.members.some((member) => member.uid === uid) ? { attempt, isOwn: false, sends: 0 } : undefined;
}

/**
 * Returns what an attempt that can't be sent again has left for a claim. What has the claim's name is its; what has no name yet belongs to
 * nobody who is known, and must end first; undefined where there is neither.
 */
export async function whatIsLeft(
  { ec2, names, clock }: LeadPorts,
  claim: NodeClaim,
  of: { readonly token: string; readonly at: Instant; readonly why: string },
): Promise<Result<LiveAttempt | undefined, string>> {
  const { token, at, why } = of;
  const found = await ec2.instances({ Filters: [{ Name: `tag:${names.launchTag}`, Values: [token] }] });
  if (!found.ok) return err(`${why}, and what it left is not known: ${failureText(found.error)}`);
  const standing = found.value.filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down");
  const own = standing.find((instance) => nameOf(instance) === claim.metadata.name);
  if (own !== undefined) return ok(answeredBy(own, claim, of));
  const nameless = standing.filter((instance) => nameOf(instance) === undefined).length;
  if (nameless > 0) return err(`${why}: ${nameless} instances of it are to be ended before another launch`);
  return clock.now() - at < hiddenMaxMs ? err(`${why}, and EC2 may not show yet what came of it`) : ok(undefined);
}

/** An attempt of which no more is known than that this instance came of it for this claim. */
function answeredBy(instance: Instance, claim: NodeClaim, { token, at }: Pick<LaunchPointer, "token" | "at">): LiveAttempt {
  const { InstanceLifecycle, CapacityReservationId } = instance;
  const capacityType = InstanceLifecycle === "spot" ? "spot" : CapacityReservationId === undefined ? "on-demand" : "reserved";
  const request = { ClientToken: token, LaunchTemplateConfigs: [], TargetCapacitySpecification: { TotalTargetCapacity: 1 } };
  const attempt: LaunchAttempt = { request, bought: { capacityType }, members: [memberOf(claim)], at };
  const instances = describedInstance(instance, attempt.bought);
  return {
    attempt,
    isOwn: false,
    sends: 0,
    answer: { instances, lacking: [], exhausted: [], isCapacity: false, message: "" },
  };
}

function nameOf({ Tags = [] }: Instance): string | undefined {
  return Tags.find(({ Key }) => Key === nodeClaimTag)?.Value;
}
