/**
 * The provisioner as the rest of the process sees it, wherever it runs: in a thread of its own, or on this one.
 *
 * Shapes only.
 */
import type { Result } from "../api/result.ts";
import type { DecisionEntry } from "../cluster/decision-log.ts";
import type { AdviceAnswer, AdviceRequest } from "../provisioner/advice.ts";
import type { ExposedMetric } from "./merged-metrics.ts";

/** A term of leadership, as the provisioner is told of it. */
export interface ProvisionerTerm {
  /** Aborts when the term ends. */
  readonly signal: AbortSignal;
  /** False as soon as the Lease may be another's, also where a stalled process has yet to notice. */
  readonly holds: () => boolean;
  /** Asked when the signal has aborted: whether the Lease is ours until this term's work has ended. */
  readonly isStillOurs: () => boolean;
}

/** Why there is no answer: "late" after the deadline, "busy" with too many questions, "down" where nobody could answer. */
export interface NoAnswer {
  readonly kind: "late" | "busy" | "down";
  /** A sentence for the log. */
  readonly message: string;
}

export interface Provisioner {
  /** Runs the controllers until the term's signal aborts; resolves when nothing more of this term will be written. */
  lead(term: ProvisionerTerm): Promise<void>;
  /** Asks for advice; leading or not, an answer comes from this replica's own view of the cluster. Never rejects. */
  advise(request: AdviceRequest, limits: { readonly deadlineMs: number }): Promise<Result<AdviceAnswer, NoAnswer>>;
  /** The metrics of another thread, to be told beside this one's; the last known ones where it does not answer in time. */
  metrics(): Promise<readonly ExposedMetric[]>;
  /** The last decisions of the provisioner's controllers; none where they can't be had in time. */
  decisions(): Promise<readonly DecisionEntry[]>;
  /** Ends what runs. */
  close(): Promise<void>;
}
