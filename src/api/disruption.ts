/**
 * Disruption: what is asked of the provisioner when a running node is to be replaced, and by whom it may be asked.
 *
 * Shapes only. The request is kept on the NodeClaim (an annotation), so it outlives the process that wrote it; provisioner/disruption
 * carries it out: taint, replace, await the replacements, delete.
 */
import type { NodeClaim } from "./node-claim.ts";
import type { Instant } from "./ports.ts";
import type { Result } from "./result.ts";

/** Reasons that budgets of the NodePool bound, in Karpenter's words. */
export type VoluntaryReason = "Underutilized" | "Empty" | "Drifted" | "Unhealthy";

/** What comes from the cloud: nobody is asked for leave, but for what it recommends, or says long before. */
export type ForcedReason =
  | "SpotInterrupted"
  | "RebalanceRecommended"
  | "ScheduledChange"
  | "InstanceStateChanged"
  | "ReservationInterrupted"
  | "InstanceStatusImpaired";

export type DisruptionReason = VoluntaryReason | ForcedReason;

export interface DisruptionRequest {
  readonly reason: DisruptionReason;
  /** One sentence for people. */
  readonly message: string;
  /** When the instance ends by itself, drained or not; absent: it stands until its replacements are there. */
  readonly deadline?: Instant;
}

/**
 * Asks for a node to be replaced; safe to repeat. "asked" when the request stands on the NodeClaim (a second one can only bring its deadline
 * forward), "gone" when the claim no longer exists or is on its way out already; then its deadline is written, where that is sooner.
 */
export type ReplaceNode = (nodeClaim: NodeClaim, request: DisruptionRequest) => Promise<Result<"asked" | "gone", string>>;
