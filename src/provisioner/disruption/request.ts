/**
 * Request: that a running node is to be replaced, as it stands on its NodeClaim.
 *
 * Reads and makes the annotation. It is the whole memory of the queue: whoever leads next goes on from it. A second request for the same
 * node changes nothing but a deadline that comes sooner, so that the same message of a cloud may come twice, and late.
 */
import type { DisruptionReason, DisruptionRequest } from "../../api/disruption.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Instant } from "../../api/ports.ts";
import { timeText } from "../../kube/time-text.ts";

export interface KeptRequest extends DisruptionRequest {
  readonly requestedAt: Instant;
}

type RequestNames = Pick<PlatformNames, "disruptionAnnotation">;

const reasons: readonly DisruptionReason[] = [
  ...(["Underutilized", "Empty", "Drifted", "Unhealthy"] as const),
  ...(["SpotInterrupted", "RebalanceRecommended", "ScheduledChange"] as const),
  ...(["InstanceStateChanged", "ReservationInterrupted", "InstanceStatusImpaired"] as const),
];

/** Karpenter's bound for what it tells. */
const messageMax = 1024;

/** Returns the request on a NodeClaim; undefined where there is none, and where somebody wrote what none is. */
export function requestIn(claim: NodeClaim, { disruptionAnnotation }: RequestNames): KeptRequest | undefined {
  const text = claim.metadata.annotations?.[disruptionAnnotation];
  const value = text === undefined ? undefined : parsed(text);
  if (typeof value !== "object" || value === null || !("reason" in value) || !("requestedAt" in value)) return undefined;
  const reason = reasons.find((known) => known === value.reason);
  const requestedAt = instantOf(value.requestedAt);
  if (reason === undefined || requestedAt === undefined) return undefined;
  const deadline = "deadline" in value ? instantOf(value.deadline) : undefined;
  const message = "message" in value && typeof value.message === "string" ? value.message : "";
  return { reason, message, requestedAt, ...(deadline === undefined ? {} : { deadline }) };
}

/** Returns the annotation after a request, or undefined where the one that stands already says it. */
export function requestText(
  claim: NodeClaim,
  of: { readonly request: DisruptionRequest; readonly names: RequestNames; readonly now: Instant },
): string | undefined {
  const { request, names, now } = of;
  const known = requestIn(claim, names);
  const deadline = Math.min(known?.deadline ?? Infinity, request.deadline ?? Infinity);
  // What has a deadline says more than what has none.
  const isSooner = deadline < (known?.deadline ?? Infinity);
  if (known !== undefined && !isSooner) return undefined;
  return JSON.stringify({
    reason: request.reason,
    message: request.message.slice(0, messageMax),
    // A deadline that has come sooner is shared out from now on: half of it for the replacement.
    requestedAt: timeText(now),
    ...(deadline === Infinity ? {} : { deadline: timeText(deadline) }),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function instantOf(value: unknown): Instant | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
