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
}) => AdmissionAnswer;

/**
 * Asks what else an allowed request should be told, where that takes a moment: texts for the Warning header. Undefined where there is
 * nothing to ask, so that the answer leaves at once. It never rejects, and resolves within `withinMs`.
 */
export type AdmissionAdvisor = (
  call: Parameters<AdmissionHandler>[0],
  limits: { readonly withinMs: number },
) => Promise<readonly string[]> | undefined;
