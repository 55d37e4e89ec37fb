/**
 * The lifecycle of a NodeClaim: one state, one next step.
 *
 *   unguarded --finalizer--> unlaunched --launch--> unregistered --Node joins--> uninitialized --Node ready--> initialized
 *                                |  5 min            |  15 min  ^                    |                            |
 *                                +----> deleted <----+          +----- Node lost -----+----------------------------+
 *
 *   on deletion, from any of them:
 *   draining --cordon, evict by groups--> terminating --end the instance--> terminated --Node gone--> ended --> released
 *
 * Reads a NodeClaim, its Node, the Pods there and (while it is being deleted) its instance. Returns one idempotent step; the
 * next look decides again from what then stands on the API server, so that a crash between any two steps costs only time.
 * Words and waits are Karpenter's (pkg/controllers/nodeclaim/lifecycle and pkg/controllers/node/termination).
 */
import { assertNever } from "../../api/assert.ts";
import type { ControllerStep, Reason } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import { terminationFinalizer, terminationTimestampAnnotation } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Pod } from "../../api/pod.ts";
import type { CloudInstance, Instant } from "../../api/ports.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import { cameTrue, changes, claimCondition, claimStatusAfter, isTrue, type ClaimStatus, type ConditionChange } from "./claim-status.ts";
import { cordonPatch, drainView, isCordoned, type DrainView, type PodRemoval } from "./drain.ts";
import {
  hasUnregisteredTaint,
  initializationBlocker,
  initializedPatch,
  isInitialized,
  isRegistered,
  registrationPatch,
  type NodePatch,
} from "./registration.ts";

export interface ObservedClaim {
  readonly nodeClaim: NodeClaim;
  /** The Node with its providerID. */
  readonly node?: Node;
  /** Pods bound to that Node. */
  readonly pods: readonly Pod[];
  /** Only asked for while the claim is being deleted; absent once the cloud has none, unknown where it did not answer. */
  readonly instance?: CloudInstance | "unknown";
  /** Our annotations that are of a NodeClaim alone. */
  readonly claimOnlyAnnotations: readonly string[];
}

export type LifecycleState =
  | "unguarded"
  | "unlaunched"
  | "unregistered"
  | "uninitialized"
  | "initialized"
  | "draining"
  | "terminating"
  | "terminated"
  | "ended"
  | "released";

type StepOf<K extends string, Fields = unknown> = { readonly kind: K; readonly nodeClaim: NodeClaim } & Fields;

export type LifecycleStep = ControllerStep &
  (
    | StepOf<"add-finalizer">
    | StepOf<"launch">
    | StepOf<"write-status", { readonly status: ClaimStatus }>
    | StepOf<"patch-node", { readonly node: Node; readonly patch: NodePatch }>
    | StepOf<"delete-claim", { readonly reason: Reason }>
    | StepOf<"remove-pods", { readonly removals: readonly PodRemoval[] }>
    | StepOf<"end-instance">
    | StepOf<"delete-node", { readonly node: Node }>
    | StepOf<"release-node", { readonly node: Node }>
    | StepOf<"release-claim">
    /** Nothing to do before the delay, or (without one) before something changes. */
    | StepOf<"wait", { readonly delayMs?: number }>
  );

/** A claim that has not launched in this time is given up (Karpenter's liveness). */
export const launchTimeoutMs = 5 * 60_000;
/** A launched claim without a registered Node in this time is given up. */
export const registrationTimeoutMs = 15 * 60_000;
const drainPollMs = 1_000;
const terminationPollMs = 2_000;

/** Returns where a NodeClaim stands. */
export function lifecycleStateOf(observed: ObservedClaim, now: Instant): LifecycleState {
  const { nodeClaim, node, instance } = observed;
  const isGuarded = nodeClaim.metadata.finalizers?.includes(terminationFinalizer) === true;
  if (nodeClaim.metadata.deletionTimestamp !== undefined) {
    if (!isGuarded) return "released";
    if (isGone(instance)) return node === undefined ? "ended" : "terminated";
    return node !== undefined && isDrainOpen(observed, now) ? "draining" : "terminating";
  }
  if (!isGuarded) return "unguarded";
  if (!isTrue(nodeClaim, "Launched")) return "unlaunched";
  if (!isTrue(nodeClaim, "Registered")) return "unregistered";
  return isTrue(nodeClaim, "Initialized") ? "initialized" : "uninitialized";
}

/** Returns what to do next for a NodeClaim. */
export function nextLifecycleStep(observed: ObservedClaim, now: Instant): LifecycleStep {
  const { nodeClaim } = observed;
  const state = lifecycleStateOf(observed, now);
  switch (state) {
    case "unguarded":
      return { kind: "add-finalizer", nodeClaim };
    case "unlaunched":
      return launchStep(nodeClaim, now);
    case "unregistered":
      return registrationStep(observed, now);
    case "uninitialized":
      return observed.node === undefined ? lostNodeStep(nodeClaim, now) : initializationStep(nodeClaim, { node: observed.node, now });
    case "initialized":
      return observed.node === undefined ? lostNodeStep(nodeClaim, now) : { kind: "wait", nodeClaim };
    case "released":
      return { kind: "wait", nodeClaim };
    case "draining":
      return drainStep(observed, now);
    case "terminating":
      return isEnding(observed.instance) ? { kind: "wait", nodeClaim, delayMs: terminationPollMs } : { kind: "end-instance", nodeClaim };
    case "terminated":
      return nodeEndStep(observed);
    case "ended":
      return { kind: "release-claim", nodeClaim };
    default:
      return assertNever(state);
  }
}

function isGone(instance: ObservedClaim["instance"]): boolean {
  return instance === undefined || (instance !== "unknown" && instance.state === "terminated");
}

/** Ending already, or silent: asked again after a while. */
function isEnding(instance: ObservedClaim["instance"]): boolean {
  return instance === "unknown" || instance?.state === "shutting-down";
}

function launchStep(nodeClaim: NodeClaim, now: Instant): LifecycleStep {
  const message = `The NodeClaim did not launch within ${launchTimeoutMs / 60_000} minutes.`;
  if (now - createdAt(nodeClaim, now) >= launchTimeoutMs) return giveUp(nodeClaim, { reason: "LaunchTimeout", message });
  return { kind: "launch", nodeClaim };
}

function registrationStep({ nodeClaim, node, claimOnlyAnnotations }: ObservedClaim, now: Instant): LifecycleStep {
  if (node === undefined) {
    const transitions = (["Launched", "Registered"] as const).map((type) => claimCondition(nodeClaim, type)?.lastTransitionTime);
    const waitedMs = now - Math.max(...transitions.map((time) => timeOf(time, createdAt(nodeClaim, now))));
    if (waitedMs < registrationTimeoutMs) return { kind: "wait", nodeClaim, delayMs: registrationTimeoutMs - waitedMs };
    const message = `No Node registered within ${registrationTimeoutMs / 60_000} minutes of the launch, or of the loss of the last one.`;
    return giveUp(nodeClaim, { reason: "RegistrationTimeout", message });
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

function initializationStep(nodeClaim: NodeClaim, { node, now }: { readonly node: Node; readonly now: Instant }): LifecycleStep {
  const blocker = initializationBlocker(nodeClaim, node);
  if (blocker !== undefined) {
    if (!changes(nodeClaim, blocker)) return { kind: "wait", nodeClaim };
    return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions: [blocker], now }) };
  }
  if (!isInitialized(node)) return { kind: "patch-node", nodeClaim, node, patch: initializedPatch() };
  return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, { conditions: [cameTrue("Initialized")], now }) };
}

function drainStep(observed: ObservedClaim, now: Instant): LifecycleStep {
  const { nodeClaim, node } = observed;
  if (node !== undefined && !isCordoned(node)) return { kind: "patch-node", nodeClaim, node, patch: cordonPatch(node) };
  const { removals } = drainOf(observed, now);
  return removals.length === 0 ? { kind: "wait", nodeClaim, delayMs: drainPollMs } : { kind: "remove-pods", nodeClaim, removals };
}

/** The Node goes after its instance: its deletion first, then our finalizer, which is what it then waits for. */
function nodeEndStep({ nodeClaim, node }: ObservedClaim): LifecycleStep {
  if (node === undefined) return { kind: "release-claim", nodeClaim };
  if (node.metadata.deletionTimestamp === undefined) return { kind: "delete-node", nodeClaim, node };
  return node.metadata.finalizers?.includes(terminationFinalizer) === true
    ? { kind: "release-node", nodeClaim, node }
    : { kind: "wait", nodeClaim };
}

/** A drain is open until the node is cordoned and empty, or its deadline has passed. */
function isDrainOpen(observed: ObservedClaim, now: Instant): boolean {
  const deadline = deadlineOf(observed.nodeClaim);
  if (deadline !== undefined && now >= deadline) return false;
  return (observed.node !== undefined && !isCordoned(observed.node)) || drainOf(observed, now).remaining > 0;
}

function drainOf({ nodeClaim, pods }: ObservedClaim, now: Instant): DrainView {
  return drainView({ pods, now, deadline: deadlineOf(nodeClaim) });
}

/** When the node ends, drained or not: terminationGracePeriod after the deletion, or the annotation's time if that is sooner. */
function deadlineOf({ metadata, spec }: NodeClaim): Instant | undefined {
  const grace = spec.terminationGracePeriod === undefined ? undefined : parseGoDuration(spec.terminationGracePeriod);
  const times = [
    ...(grace?.ok === true ? [Date.parse(metadata.deletionTimestamp ?? "") + grace.value] : []),
    Date.parse(metadata.annotations?.[terminationTimestampAnnotation] ?? ""),
  ].filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times);
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

/** Returns an Event on a NodeClaim. */
export function claimNote({ apiVersion, kind, metadata }: NodeClaim, note: Pick<EventNote, "type" | "reason" | "message">): EventNote {
  const uid = metadata.uid === undefined ? undefined : { uid: metadata.uid };
  return { regarding: { apiVersion, kind, namespace: "", name: metadata.name ?? "", ...uid }, ...note };
}

function createdAt({ metadata }: NodeClaim, now: Instant): Instant {
  return timeOf(metadata.creationTimestamp, now);
}

function timeOf(text: string | undefined, otherwise: Instant): Instant {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? otherwise : time;
}
