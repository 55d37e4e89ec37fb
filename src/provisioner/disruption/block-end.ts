/**
 * Block end: which nodes are replaced because the capacity block that they stand on ends.
 *
 * Reads NodeClaims with when their blocks end. Returns the requests that are due and do not stand yet. Nodes are asked away ten minutes before
 * EC2 takes their instances, which it does half an hour before the end of the block (karpenter-provider-aws
 * pkg/controllers/capacityreservation/expiration).
 */
import type { DisruptionRequest } from "../../api/disruption.ts";
import { capacityReservationLabel, capacityReservationTypeLabel, type PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Instant } from "../../api/ports.ts";
import { timeText } from "../../kube/time-text.ts";
import { requestIn } from "./request.ts";

/** A node is asked away so long before its block ends (Karpenter's). */
export const blockLeadMs = 40 * 60_000;
/** EC2 begins to end instances so long before the end of their block. */
export const blockTakenBackMs = 30 * 60_000;

export interface BlockRequest {
  readonly nodeClaim: NodeClaim;
  readonly request: DisruptionRequest;
}

/** Returns the capacity block that a claim's instance stands on; undefined where it stands on none. */
export function blockOf({ metadata, status }: NodeClaim): string | undefined {
  const { [capacityReservationLabel]: id, [capacityReservationTypeLabel]: kind } = metadata.labels ?? {};
  return kind === "capacity-block" && status?.providerID !== undefined ? id : undefined;
}

/** Returns what is to be asked now; a claim that is on its way out is asked too, since it may now have less time. */
export function blockRequests(
  { nodeClaims, ends, names }: BlockEnds,
  now: Instant,
): { readonly due: readonly BlockRequest[]; readonly nextAt: Instant | undefined } {
  const known = nodeClaims.flatMap((nodeClaim) => {
    const id = blockOf(nodeClaim);
    const endsAt = id === undefined ? undefined : ends.get(id);
    return id === undefined || endsAt === undefined ? [] : [{ nodeClaim, id, endsAt }];
  });
  const due = known.flatMap(({ nodeClaim, id, endsAt }): readonly BlockRequest[] => {
    const deadline = endsAt - blockTakenBackMs;
    if (now < endsAt - blockLeadMs || (requestIn(nodeClaim, names)?.deadline ?? Infinity) <= deadline) return [];
    const message = `Capacity block ${id} ends at ${timeText(endsAt)}; the instance ends at ${timeText(deadline)}`;
    return [{ nodeClaim, request: { reason: "ReservationInterrupted", message, deadline } }];
  });
  const later = known.map(({ endsAt }) => endsAt - blockLeadMs).filter((at) => at > now);
  return { due, nextAt: later.length === 0 ? undefined : Math.min(...later) };
}

interface BlockEnds {
  readonly nodeClaims: readonly NodeClaim[];
  /** When blocks end, by reservation. */
  readonly ends: ReadonlyMap<string, Instant>;
  readonly names: Pick<PlatformNames, "disruptionAnnotation">;
}
