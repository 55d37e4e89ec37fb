/**
 * Fault: one thing that is wrong with a plan, by the rule that it breaks.
 */
import type { Filter } from "./site.ts";

export type Rule =
  | "reservations"
  | Filter
  /** A Pod is missing or stands in the answer twice. */
  | "accounts"
  /** What the NodeClaim says of itself does not hold together. */
  | "claim"
  /** The NodePool would not make such a node. */
  | "pool"
  | "minValues"
  | "order"
  | "limits"
  | "price"
  /** The plan holds only if NodeClaims are launched in one of the places that they allow. */
  | "other launch"
  /** A Pod is left out though a node takes it as the plan leaves the cluster. */
  | "left out";

export interface Fault {
  readonly rule: Rule;
  readonly says: string;
}
