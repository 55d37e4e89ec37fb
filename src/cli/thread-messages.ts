/**
 * What the thread of the webhooks and the provisioner's thread say to each other. Plain data, copied from one to the other.
 */
import type { KindName } from "../api/kinds.ts";
import type { DecisionEntry } from "../cluster/decision-log.ts";
import type { AdviceAnswer, AdviceRequest } from "../provisioner/advice.ts";
import type { PoliciesInForce } from "../webhook/policy-source.ts";
import type { ExposedMetric } from "./merged-metrics.ts";
import type { ThreadOptions } from "./thread-options.ts";

/** What a thread is started with. */
export interface ThreadStart {
  readonly options: ThreadOptions;
  /** Unique to this process, as in the Lease. */
  readonly identity: string;
  /** The kinds that the cluster serves. */
  readonly kinds: readonly KindName[];
  readonly policies: PoliciesInForce;
  /** Of leading-token.ts. */
  readonly token: SharedArrayBuffer;
}

export type ThreadQuestion =
  { readonly kind: "metrics" } | { readonly kind: "decisions" } | { readonly kind: "advice"; readonly request: AdviceRequest };

/** The answer to a question of the same kind. */
export type ThreadAnswer =
  | { readonly kind: "metrics"; readonly metrics: readonly ExposedMetric[] }
  | { readonly kind: "decisions"; readonly entries: readonly DecisionEntry[] }
  | { readonly kind: "advice"; readonly answer: AdviceAnswer }
  | { readonly kind: "failed"; readonly message: string };

export type ToThread =
  | { readonly kind: "lead" }
  | { readonly kind: "stand-down" }
  | { readonly kind: "policies"; readonly policies: PoliciesInForce }
  /** Nobody waits for the answer after `until`, in milliseconds since the epoch. */
  | { readonly kind: "ask"; readonly id: number; readonly until: number; readonly question: ThreadQuestion };

export type FromThread =
  /** The thread's copy of the cluster is complete. */
  | { readonly kind: "synced" }
  | { readonly kind: "stood-down" }
  /** One line of the log, as JSON. */
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: ThreadAnswer };
