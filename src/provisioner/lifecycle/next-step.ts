/**
 * The lifecycle of a NodeClaim: one state, one next step.
 *
 *   unguarded --finalizer--> unlaunched --launch--> unregistered --Node joins--> uninitialized --Node ready--> initialized
 *                             |      |               |  15 min  ^                    |   ^  label or kubelet gone |
 *                             |  asked --adopt-->    |          +---- Node lost -----+---+------------------------+
 *                             |  5 min               v
 *                             +-----------------> deleted
 *
 *   on deletion, from any of them: draining -> detaching -> terminating -> terminated -> ended -> released (ending.ts)
 *
 * Reads a NodeClaim, its Node, the Pods there and (while it is being deleted) its instance. Returns one idempotent step; the
 * next look decides again from what then stands on the API server, so that a crash between any two steps costs only time, and a claim that
 * another process launched (another leader, or Karpenter) goes on from where it stands.
 * Words and waits are Karpenter's (pkg/controllers/nodeclaim/lifecycle and pkg/controllers/node/termination).
 */
import { assertNever } from "../../api/assert.ts";
import type { Reason } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import { terminationFinalizer } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Instant } from "../../api/ports.ts";
import { cameTrue, changes, claimCondition, claimStatusAfter, isTrue, type ConditionChange } from "./claim-status.ts";
import { claimNote, nodeNotes, timeOf, type LifecycleState, type LifecycleStep, type ObservedClaim } from "./claim-step.ts";
import { consistencyOf } from "./consistency.ts";
import { endingStateOf, endingStep } from "./ending.ts";
import { lacksCapacity } from "./launch.ts";
import {
  hasUnregisteredTaint,
  initializationBlocker,
  initializedPatch,
  isInitialized,
  isRegistered,
  registrationPatch,
} from "./registration.ts";

export { claimNote, type LifecycleState, type LifecycleStep, type ObservedClaim } from "./claim-step.ts";

/** A claim that has not launched in this time is given up (Karpenter's liveness). */
export const launchTimeoutMs = 5 * 60_000;
/** A launched claim without a registered Node in this time is given up. */
export const registrationTimeoutMs = 15 * 60_000;
/** The reason of the Event where no Node registered in time. */
export const registrationTimeoutReason = "RegistrationTimeout";

/** Returns where a NodeClaim stands. */
export function lifecycleStateOf(observed: ObservedClaim, now: Instant): LifecycleState {
  const { nodeClaim, names } = observed;
  const isGuarded = nodeClaim.metadata.finalizers?.includes(terminationFinalizer) === true;
  if (nodeClaim.metadata.deletionTimestamp !== undefined) return isGuarded ? endingStateOf(observed, now) : "released";
  if (!isGuarded) return "unguarded";
  if (!isTrue(nodeClaim, "Launched")) {
    return nodeClaim.metadata.annotations?.[names.launchRequestAnnotation] === undefined ? "unlaunched" : "asked";
  }
  if (!isTrue(nodeClaim, "Registered")) return "unregistered";
  return isTrue(nodeClaim, "Initialized") ? "initialized" : "uninitialized";
}

/** Returns what to do next for a NodeClaim. */
export function nextLifecycleStep(observed: ObservedClaim, now: Instant): LifecycleStep {
  const { nodeClaim, node } = observed;
  const state = lifecycleStateOf(observed, now);
  switch (state) {
    case "unguarded":
      return { kind: "add-finalizer", nodeClaim };
    case "unlaunched":
    case "asked":
      return launchStep(observed, { isAsked: state === "asked", now });
    case "unregistered":
      return registrationStep(observed, now);
    case "uninitialized":
      return isJoined(node) ? initializationStep(nodeClaim, { node, now }) : lostNodeStep(nodeClaim, now);
    case "initialized":
      return isJoined(node) ? initializedStep(nodeClaim, { node, now }) : lostNodeStep(nodeClaim, now);
    case "released":
      return { kind: "wait", nodeClaim };
    case "draining":
    case "detaching":
    case "terminating":
    case "terminated":
    case "ended":
      return endingStep(observed, state, now);
    default:
      return assertNever(state);
  }
}

/** A Node that was made anew under its name has lost what registration gave it, and the taint keeps Pods off until it is registered again. */
function isJoined(node: Node | undefined): node is Node {
  return node !== undefined && isRegistered(node);
}

function launchStep(
  { nodeClaim, lackedAt = -Infinity }: ObservedClaim,
  { isAsked, now }: { readonly isAsked: boolean; readonly now: Instant },
): LifecycleStep {
  const message = `The NodeClaim did not launch within ${launchTimeoutMs / 60_000} minutes.`;
  // A claim that waits for capacity is kept: made again, it would wait for the same. What fails after that has its own time.
  const since = Math.max(createdAt(nodeClaim, now), lackedAt);
  if (!lacksCapacity(nodeClaim) && now - since >= launchTimeoutMs) return giveUp(nodeClaim, { reason: "LaunchTimeout", message });
  return isAsked ? { kind: "adopt", nodeClaim } : { kind: "launch", nodeClaim };
}

function registrationStep({ nodeClaim, node, claimOnlyAnnotations }: ObservedClaim, now: Instant): LifecycleStep {
  if (node === undefined) {
    const transitions = (["Launched", "Registered"] as const).map((type) => claimCondition(nodeClaim, type)?.lastTransitionTime);
    const waitedMs = now - Math.max(...transitions.map((time) => timeOf(time, createdAt(nodeClaim, now))));
    if (waitedMs < registrationTimeoutMs) return { kind: "wait", nodeClaim, delayMs: registrationTimeoutMs - waitedMs };
    const message = `No Node registered within ${registrationTimeoutMs / 60_000} minutes of the launch, or of the loss of the last one.`;
    return giveUp(nodeClaim, { reason: registrationTimeoutReason, message });
  }
  if (!isRegistered(node)) {
    const patch = registrationPatch({ nodeClaim, node, claimOnlyAnnotations });
    const step = { kind: "patch-node", nodeClaim, node, patch } as const;
    return hasUnregisteredTaint(node) ? step : { ...step, events: [noTaintNote(nodeClaim)] };
  }
  const blocker = initializationBlocker(nodeClaim, node);
  const conditions = [cameTrue("Registered"), ...(blocker === undefined ? [] : [blocker])];
  const fields = { nodeName: node.metadata.name ?? "" };
  return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions, fields, now }) };
}

/** The Node went without us: its kubelet may register it anew; until then the claim is no place, and in the end it is given up. */
function lostNodeStep(nodeClaim: NodeClaim, now: Instant): LifecycleStep {
  const lost = { status: "Unknown", reason: "NodeNotFound", message: "Node not registered with cluster" } as const;
  const conditions = (["Registered", "Initialized"] as const).map((type): ConditionChange => ({ type, ...lost }));
  return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions, now }) };
}

interface Joined {
  readonly node: Node;
  readonly now: Instant;
}

function initializationStep(nodeClaim: NodeClaim, { node, now }: Joined): LifecycleStep {
  // Who restarts the node takes the label off; it is looked at again once that is over.
  if (claimCondition(nodeClaim, rebooting)?.status === "True") return { kind: "wait", nodeClaim };
  const blocker = initializationBlocker(nodeClaim, node);
  if (blocker !== undefined) {
    if (!changes(nodeClaim, blocker)) return { kind: "wait", nodeClaim };
    return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions: [blocker], now }) };
  }
  if (!isInitialized(node)) return { kind: "patch-node", nodeClaim, node, patch: initializedPatch() };
  const { condition } = consistencyOf(nodeClaim, node);
  const conditions = [cameTrue("Initialized"), ...(condition.status === "True" ? [condition] : [])];
  return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions, now }) };
}

const rebooting = "Rebooting";

function initializedStep(nodeClaim: NodeClaim, { node, now }: Joined): LifecycleStep {
  if (!isInitialized(node)) {
    const message = "the Node has lost its label karpenter.sh/initialized";
    const reopened: ConditionChange = { type: "Initialized", status: "Unknown", reason: "NodeReinitializing", message };
    return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions: [reopened], now }) };
  }
  const { condition, issues } = consistencyOf(nodeClaim, node);
  // The resync of every controller brings it back every ten minutes, which is how often Karpenter looks.
  if (!changes(nodeClaim, condition)) return { kind: "wait", nodeClaim };
  const status = claimStatusAfter(nodeClaim, { conditions: [condition], now });
  const events = issues.flatMap((message) =>
    nodeNotes({ nodeClaim, node }, { type: "Warning", reason: "FailedConsistencyCheck", message }),
  );
  return { kind: "write-status", nodeClaim, status, events };
}

function giveUp(nodeClaim: NodeClaim, reason: Reason): LifecycleStep {
  return { kind: "delete-claim", nodeClaim, reason, events: [claimNote(nodeClaim, { type: "Warning", ...reason })] };
}

function noTaintNote(nodeClaim: NodeClaim): EventNote {
  return claimNote(nodeClaim, {
    type: "Warning",
    reason: "UnregisteredTaintMissing",
    message: "Node joined without the taint karpenter.sh/unregistered: Pods may have been bound to it before it was registered.",
  });
}

function createdAt({ metadata }: NodeClaim, now: Instant): Instant {
  return timeOf(metadata.creationTimestamp, now);
}
