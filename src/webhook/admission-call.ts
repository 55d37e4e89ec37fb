/**
 * One call of a review: which phase, which tier, what is asked. Shapes only.
 */
import type { AdmissionRequest } from "../policies/admission-request.ts";
import type { AdmissionAnswer } from "./admission-review.ts";

export type AdmissionPhase = "mutate" | "validate";

/** What the registered path says of a review: closed refuses while we have no view of the cluster, open lets pass. */
export type FailureTier = "closed" | "open";

/** Judges one review; synchronous, so that no review waits for another. */
export type AdmissionHandler = (call: {
  readonly phase: AdmissionPhase;
  readonly tier: FailureTier;
  readonly request: AdmissionRequest;
  /** It came without the word that the API server shows, while others come with it: it is answered, and has no other effect. */
  readonly isStranger?: boolean;
  /** What an {@link OwnerInquirer} answered; absent: it was not asked, and nobody speaks for an owner by rights. */
  readonly speaksForOwner?: boolean;
}) => AdmissionAnswer;

/**
 * Asks whether who sends a request may speak for the owner that its object names. Undefined where the answer would change nothing, so
 * that the request is judged at once. It never rejects, and resolves within `withinMs`.
 */
export type OwnerInquirer = (call: Parameters<AdmissionHandler>[0], limits: InquiryLimits) => Promise<boolean> | undefined;

/** How long an inquiry may take, and what it holds up. */
export interface InquiryLimits {
  readonly withinMs: number;
  /** Of the request's body, which waits. */
  readonly bytes: number;
  /** Whether its caller uses much. */
  readonly isHeavy: boolean;
}

/**
 * Asks what else an allowed request should be told, where that takes a moment: texts for the Warning header. Undefined where there is
 * nothing to ask, so that the answer leaves at once. It never rejects, and resolves within `withinMs`.
 */
export type AdmissionAdvisor = (
  call: Parameters<AdmissionHandler>[0],
  limits: { readonly withinMs: number },
) => Promise<readonly string[]> | undefined;
