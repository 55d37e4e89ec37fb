/**
 * Command: one node that is replaced, from the request to its deletion.
 *
 *   asked --taint--> marked --tell why--> moving --replacements initialized--> deleted (lifecycle/ending.ts does the rest)
 *                                           |
 *                                           +--too long, and nothing forces it--> withdrawn --untaint--> settled
 *
 * Reads a NodeClaim with its request, its Node, what the pool's budgets allow and what the last plan made of its Pods. Returns one idempotent
 * step. Everything that must outlive the process stands on the NodeClaim and the Node. Replacements are no list of names: the plan buys what
 * the Pods of a tainted node need (displaced-pods.ts), and the node may go once all of them have a place on nodes that are initialized.
 */
import type { ControllerStep, Reason } from "../../api/controller.ts";
import type { DisruptionReason, DisruptionRequest, VoluntaryReason } from "../../api/disruption.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Instant } from "../../api/ports.ts";
import { isDisrupted } from "../../kube/taint.ts";
import { timeText } from "../../kube/time-text.ts";
import type { BudgetReason } from "./budget.ts";
import type { KeptRequest } from "./request.ts";

/** A request without a deadline whose replacements do not come is withdrawn after this (Karpenter's minimum). */
export const commandTimeoutMs = 10 * 60_000;
/** With a deadline, the drain starts after this share of the time at the latest, replacements or not: budgets need the rest. */
export const replaceShare = 0.5;
/** Looked at again while replacements are awaited; a plan that changes something wakes it sooner. */
const movingPollMs = 5_000;
const budgetPollMs = 10_000;

/** What the last plan made of the Pods of a leaving node. */
export interface Move {
  /** Pods that are to go to nodes which are not initialized yet. */
  readonly waiting: number;
  /** Pods without any place. */
  readonly unplaced: number;
}

export interface ObservedCommand {
  readonly nodeClaim: NodeClaim;
  readonly node: Node | undefined;
  readonly request: KeptRequest | undefined;
  /** How many nodes more its pool's budgets let go for the reason; Infinity for what nobody is asked about. */
  readonly allowed: number;
  /** Undefined until a plan has seen the node on its way out. */
  readonly move: Move | undefined;
  /** Since when the reason is told in the claim's condition; undefined while it is not. */
  readonly toldAt: Instant | undefined;
}

type StepOf<K extends string, Fields = unknown> = { readonly kind: K; readonly nodeClaim: NodeClaim } & Fields;

export type CommandStep = ControllerStep &
  (
    | StepOf<"taint", { readonly node: Node; readonly isBound: boolean }>
    | StepOf<"tell-reason", { readonly reason: DisruptionReason; readonly message: string }>
    | StepOf<"delete-claim", { readonly deadline?: Instant; readonly why: Reason }>
    | StepOf<"withdraw", { readonly why: Reason }>
    | StepOf<"untaint", { readonly node: Node }>
    | StepOf<"untell">
    | StepOf<"wait", { readonly delayMs?: number; readonly why?: Reason }>
  );

const voluntary: ReadonlySet<DisruptionReason> = new Set<VoluntaryReason>(["Underutilized", "Empty", "Drifted", "Unhealthy"]);

/** So long before a node ends by itself nobody is asked for leave any more. */
export const urgentMs = 60 * 60_000;

/**
 * Returns the reason by which budgets of the NodePool bind a request. "any": a wish of the cloud, or what is far off, for which they have no
 * name, and which comes for all nodes of a zone at once. Undefined: there is no choice.
 */
export function budgetReason({ reason, deadline }: DisruptionRequest, now: Instant): BudgetReason | undefined {
  if (isVoluntary(reason)) return reason;
  if (reason === "RebalanceRecommended") return "any";
  return reason === "ScheduledChange" && deadline !== undefined && deadline - now > urgentMs ? "any" : undefined;
}

function isVoluntary(reason: DisruptionReason): reason is VoluntaryReason {
  return voluntary.has(reason);
}

/** Returns what to do next for a node that is, or was, to be replaced. */
export function nextCommandStep(observed: ObservedCommand, now: Instant): CommandStep {
  const { nodeClaim, node, request, toldAt } = observed;
  if (nodeClaim.metadata.deletionTimestamp !== undefined) return { kind: "wait", nodeClaim };
  if (request === undefined) return settledStep(observed);
  const { reason, message } = request;
  if (node === undefined) return deleteStep(observed, request, { reason, message: `${message}; there is no Node to empty` });
  if (!isDisrupted(node)) {
    if (observed.allowed <= 0) return { kind: "wait", nodeClaim, delayMs: budgetPollMs, why: overBudget(reason) };
    return { kind: "taint", nodeClaim, node, isBound: budgetReason(request, now) !== undefined };
  }
  if (toldAt === undefined) return { kind: "tell-reason", nodeClaim, reason, message };
  return movingStep({ ...observed, toldAt }, request, now);
}

function movingStep(observed: ObservedCommand & { readonly toldAt: Instant }, request: KeptRequest, now: Instant): CommandStep {
  const { nodeClaim, move } = observed;
  const { reason, deadline, requestedAt } = request;
  if (move?.waiting === 0 && move.unplaced === 0)
    return deleteStep(observed, request, { reason, message: "its Pods have room on nodes that are initialized" });
  if (deadline !== undefined) {
    const startAt = requestedAt + Math.max(0, deadline - requestedAt) * replaceShare;
    if (now >= startAt)
      return deleteStep(observed, request, { reason, message: `the instance ends at ${timeText(deadline)}, whatever has a place by then` });
    return { kind: "wait", nodeClaim, delayMs: Math.min(movingPollMs, startAt - now), why: awaited(move) };
  }
  // Not from the request on: it may have waited for a budget for hours.
  const endsAt = observed.toldAt + commandTimeoutMs;
  if (now < endsAt) return { kind: "wait", nodeClaim, delayMs: Math.min(movingPollMs, endsAt - now), why: awaited(move) };
  const message = `${awaited(move).message} after ${commandTimeoutMs / 60_000} minutes: the node stays`;
  return { kind: "withdraw", nodeClaim, why: { reason: "DisruptionTimeout", message } };
}

function deleteStep({ nodeClaim }: ObservedCommand, { deadline, message }: KeptRequest, why: Reason): CommandStep {
  const text = { reason: why.reason, message: `${message}; ${why.message}` };
  return { kind: "delete-claim", nodeClaim, why: text, ...(deadline === undefined ? {} : { deadline }) };
}

/** What a withdrawn request left is taken back. */
function settledStep({ nodeClaim, node, toldAt }: ObservedCommand): CommandStep {
  if (node !== undefined && isDisrupted(node)) return { kind: "untaint", nodeClaim, node };
  return toldAt === undefined ? { kind: "wait", nodeClaim } : { kind: "untell", nodeClaim };
}

function awaited(move: Move | undefined): Reason {
  if (move === undefined) return { reason: "DisruptionLaunching", message: "its replacement is not planned yet" };
  const waiting = `${move.waiting} of its Pods wait for nodes that are not initialized yet`;
  const unplaced = move.unplaced === 0 ? "" : ` and ${move.unplaced} have no place anywhere`;
  return { reason: "DisruptionWaitingReadiness", message: `${waiting}${unplaced}` };
}

function overBudget(reason: DisruptionReason): Reason {
  return { reason: "DisruptionBlocked", message: `the disruption budgets of its NodePool let no more nodes go (${reason})` };
}
