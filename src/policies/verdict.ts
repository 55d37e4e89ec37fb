/**
 * Verdict: what admission answers, before it is put into words for one protocol.
 *
 * A Finding is one problem under one rule, with the action that policies.yaml gives the rule at this moment. The denial's
 * text is made in denial.ts; `plimsoll check -o json` prints the findings as they are.
 */
import type { JsonPatchOperation } from "../kube/json-patch.ts";

/** What a finding does: deny refuses, warn lets in with a Warning, audit only records. */
export type FindingAction = "deny" | "warn" | "audit";

/** One problem. `path` is a JSON Pointer into the judged object ("" for the whole), `fix` the smallest change that helps. */
export interface Finding {
  readonly rule: string;
  readonly action: FindingAction;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  /** Why it only warns, where it would refuse. */
  readonly lifted?: Lifted;
  /** The fix as RFC 6902 operations on the judged object, where there is one that needs no human choice. */
  readonly patch?: readonly JsonPatchOperation[];
}

/**
 * What turned a refusal into a warning: an exemption in force, one that ended (of Pods made again), an old workload, or one whose Pods
 * are held until what it waits for stands.
 */
export type Lifted =
  | { readonly kind: "exemption"; readonly id: string; readonly owner: string; readonly daysLeft: number }
  | { readonly kind: "waiting"; readonly for: "profile" | "autoscaler" }
  | { readonly kind: "expired"; readonly id: string; readonly owner: string }
  /** The day as written. */
  | { readonly kind: "grandfather"; readonly until: string };

/** The answer to one request. `findings` are sorted by rule id, then path; `patch` is empty unless a Pod is being mutated. */
export interface Verdict {
  readonly allowed: boolean;
  readonly findings: readonly Finding[];
  /** Complete texts for the Warning header, free of control characters. */
  readonly warnings: readonly string[];
  readonly patch: readonly JsonPatchOperation[];
  /** Counted steps, where workloads were looked at (review-steps.ts). */
  readonly steps?: number;
}

/** The verdict on a request that nothing concerns. */
export const allowedVerdict: Verdict = { allowed: true, findings: [], warnings: [], patch: [] };
