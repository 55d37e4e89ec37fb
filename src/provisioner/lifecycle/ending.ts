/**
 * Ending: how the node of a deleted NodeClaim goes.
 *
 *   draining --cordon, evict by tiers--> detaching --volumes gone--> terminating --end the instance--> terminated --Node gone--> ended
 *
 * Reads a NodeClaim that is being deleted, with its Node, Pods, volumes and instance. Returns where it stands and its next step. Each stage
 * is told in a condition of Karpenter's (Drained, VolumesDetached, InstanceTerminating), whose message names what is waited for and when that
 * ends: the deadline (terminationGracePeriod after the deletion, or sooner by annotation) ends every stage, and what it cost is named.
 */
import { assertNever } from "../../api/assert.ts";
import { registeredLabel, terminationFinalizer, terminationTimestampAnnotation } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Instant } from "../../api/ports.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import { timeText } from "../../kube/time-text.ts";
import { cameTrue, changes, claimCondition, claimStatusAfter, isTrue, type ConditionChange } from "./claim-status.ts";
import { nodeNotes, podNames, timeOf, type LifecycleState, type LifecycleStep, type ObservedClaim } from "./claim-step.ts";
import { cordonPatch, drainView, isCordoned, type DrainView } from "./drain.ts";
import { drainText } from "./drain-text.ts";
import { endedInstanceStep } from "./ended-instance.ts";

const drainPollMs = 1_000;
const terminationPollMs = 2_000;
/** A scheduler may still bind a Pod by what it knew before the cordon (Karpenter's minimum, too). */
export const drainMinMs = 5_000;

export type EndingState = Extract<LifecycleState, "draining" | "detaching" | "terminating" | "terminated" | "ended">;

/** Returns how far the end of a deleted NodeClaim has come. */
export function endingStateOf(observed: ObservedClaim, now: Instant): EndingState {
  const { node, instance, awaitedVolumes = [] } = observed;
  if (node === undefined) return isGone(instance) ? "ended" : "terminating";
  const isOpen = isDrainOpen({ ...observed, node }, now);
  // A cloud that has forgotten an instance while its kubelet reports is not believed before the Pods have left.
  if (isGone(instance) && !(isOpen && instance === undefined && isReady(node))) return "terminated";
  if (isOpen) return "draining";
  return awaitedVolumes.length > 0 && !isPast(deadlineOf(observed.nodeClaim), now) ? "detaching" : "terminating";
}

/** Returns the next step of the end. */
export function endingStep(observed: ObservedClaim, state: EndingState, now: Instant): LifecycleStep {
  const { nodeClaim, node } = observed;
  const deadline = deadlineOf(nodeClaim);
  if (deadline !== undefined && nodeClaim.metadata.annotations?.[terminationTimestampAnnotation] !== timeText(deadline)) {
    // What people and tools read; kept, so that a change of the pool's grace changes nothing for a claim on its way out.
    const annotations = { [terminationTimestampAnnotation]: timeText(deadline) };
    return { kind: "patch-claim", nodeClaim, patch: { metadata: { annotations } } };
  }
  switch (state) {
    case "draining":
      return node === undefined ? { kind: "end-instance", nodeClaim } : drainStep({ ...observed, node }, now);
    case "detaching":
      return detachStep(observed, now);
    case "terminating":
      return terminateStep(observed, now);
    case "terminated":
      return (node === undefined ? undefined : endedInstanceStep({ ...observed, node }, now)) ?? nodeEndStep(observed);
    case "ended":
      return { kind: "release-claim", nodeClaim };
    default:
      return assertNever(state);
  }
}

/** Returns when the node ends, drained or not: terminationGracePeriod after the deletion, or the annotation's time if that is sooner. */
export function deadlineOf(nodeClaim: NodeClaim): Instant | undefined {
  const annotated = Date.parse(nodeClaim.metadata.annotations?.[terminationTimestampAnnotation] ?? "");
  const times = [graceEndOf(nodeClaim), annotated].filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The end that people have set; NaN where they have set none. */
function graceEndOf({ metadata, spec }: NodeClaim): Instant {
  const grace = spec.terminationGracePeriod === undefined ? undefined : parseGoDuration(spec.terminationGracePeriod);
  return grace?.ok === true ? Date.parse(metadata.deletionTimestamp ?? "") + grace.value : Number.NaN;
}

/**
 * Where a cloud ends the instance, nobody has weighed the time against the grace of the Pods: no Pod's grace takes more than half of it, so
 * that a long one does not do away with budgets as soon as the drain begins.
 */
function graceMaxMsOf(nodeClaim: NodeClaim, deadline: Instant): number {
  if (deadline === graceEndOf(nodeClaim)) return Infinity;
  return (deadline - Date.parse(nodeClaim.metadata.deletionTimestamp ?? "")) * cloudGraceShare;
}

/** The rest is for evictions. */
const cloudGraceShare = 0.5;

type WithNode = ObservedClaim & { readonly node: Node };

function drainStep(observed: WithNode, now: Instant): LifecycleStep {
  const { nodeClaim, node } = observed;
  const deadline = deadlineOf(nodeClaim);
  if (!isCordoned(node, deadline)) return { kind: "patch-node", nodeClaim, node, patch: cordonPatch(node, deadline) };
  const view = drainOf(observed, now);
  const message = drainText(view, { now, deadline, budgets: observed.budgets ?? [] });
  const draining: ConditionChange = { type: "Drained", status: "Unknown", reason: "Draining", message };
  if (changes(nodeClaim, draining)) {
    const step = tell(observed, { conditions: [draining], now });
    return deadline === undefined || claimCondition(nodeClaim, "Drained") !== undefined
      ? step
      : { ...step, events: expiringNotes(observed, deadline) };
  }
  return view.removals.length === 0
    ? { kind: "wait", nodeClaim, delayMs: drainPollMs }
    : { kind: "remove-pods", nodeClaim, node, removals: view.removals };
}

function detachStep(observed: ObservedClaim, now: Instant): LifecycleStep {
  const { nodeClaim, awaitedVolumes = [] } = observed;
  const message = `waiting for ${awaitedVolumes.length} volumes to be detached: ${awaitedVolumes.slice(0, volumesMax).join(", ")}`;
  const reason = "AwaitingVolumeDetachment";
  const waiting: ConditionChange = { type: "VolumesDetached", status: "Unknown", reason, message };
  const conditions = [cameTrue("Drained"), waiting];
  if (!conditions.some((one) => changes(nodeClaim, one))) return { kind: "wait", nodeClaim, delayMs: drainPollMs };
  return { ...tell(observed, { conditions, now }), events: nodeNotes(observed, { type: "Normal", reason, message }) };
}

const volumesMax = 5;

/** Told before it is done: once the instance ends there may be nobody left to tell it. */
function terminateStep(observed: ObservedClaim, now: Instant): LifecycleStep {
  const { nodeClaim, node } = observed;
  // A silent cloud is asked again after a while.
  if (observed.instance === "unknown") return { kind: "wait", nodeClaim, delayMs: terminationPollMs };
  const ended = isTrue(nodeClaim, "InstanceTerminating") ? [] : endConditions(observed, now);
  if (ended.length > 0) {
    const left = node === undefined ? [] : drainOf(observed, now).remaining;
    const step = tell(observed, { conditions: ended, now });
    return left.length === 0
      ? step
      : { ...step, events: nodeNotes(observed, { type: "Warning", reason: "PodsLost", message: lostText(observed, now) }) };
  }
  return observed.instance?.state === "shutting-down"
    ? { kind: "wait", nodeClaim, delayMs: terminationPollMs }
    : { kind: "end-instance", nodeClaim };
}

function endConditions(observed: ObservedClaim, now: Instant): readonly ConditionChange[] {
  const { node, awaitedVolumes = [] } = observed;
  const terminating = cameTrue("InstanceTerminating");
  if (node === undefined) return [terminating];
  const elapsed = { status: "False", reason: "TerminationGracePeriodElapsed" } as const;
  const isEmpty = drainOf(observed, now).remaining.length === 0;
  const drained: ConditionChange = isEmpty ? cameTrue("Drained") : { type: "Drained", ...elapsed, message: lostText(observed, now) };
  const detached: ConditionChange =
    awaitedVolumes.length === 0
      ? cameTrue("VolumesDetached")
      : { type: "VolumesDetached", ...elapsed, message: `still attached: ${awaitedVolumes.slice(0, volumesMax).join(", ")}` };
  return [drained, detached, terminating];
}

function lostText(observed: ObservedClaim, now: Instant): string {
  const { remaining } = drainOf(observed, now);
  return `the instance ended at its deadline with ${remaining.length} Pods on it: ${podNames(remaining)}`;
}

function expiringNotes(observed: ObservedClaim, deadline: Instant) {
  const message = `All Pods will be deleted by ${timeText(deadline)}, each early enough for its own grace; then the instance ends.`;
  return nodeNotes(observed, { type: "Warning", reason: "TerminationGracePeriodExpiring", message });
}

function tell({ nodeClaim }: ObservedClaim, of: { readonly conditions: readonly ConditionChange[]; readonly now: Instant }): LifecycleStep {
  return { kind: "write-status", nodeClaim, status: claimStatusAfter(nodeClaim, of) };
}

/** The Node goes after its instance: its deletion first, then our finalizer, which is what it then waits for. */
function nodeEndStep({ nodeClaim, node }: ObservedClaim): LifecycleStep {
  if (node === undefined) return { kind: "release-claim", nodeClaim };
  if (node.metadata.deletionTimestamp === undefined) return { kind: "delete-node", nodeClaim, node };
  return node.metadata.finalizers?.includes(terminationFinalizer) === true
    ? { kind: "release-node", nodeClaim, node }
    : { kind: "wait", nodeClaim };
}

/** A drain is open until the node is cordoned, empty and has been so for a moment, or its deadline has passed. */
function isDrainOpen(observed: WithNode, now: Instant): boolean {
  const { nodeClaim, node } = observed;
  const deadline = deadlineOf(nodeClaim);
  if (isPast(deadline, now)) return false;
  if (!isCordoned(node, deadline) || drainOf(observed, now).remaining.length > 0) return true;
  // Nothing is bound to a Node that never opened.
  if (isTrue(nodeClaim, "Drained") || node.metadata.labels?.[registeredLabel] !== "true") return false;
  const drained = claimCondition(nodeClaim, "Drained");
  return drained === undefined || (drained.status === "Unknown" && now < timeOf(drained.lastTransitionTime, now) + drainMinMs);
}

function drainOf({ nodeClaim, pods, names }: ObservedClaim, now: Instant): DrainView {
  const deadline = deadlineOf(nodeClaim);
  const bounded = deadline === undefined ? {} : { graceMaxMs: graceMaxMsOf(nodeClaim, deadline) };
  return drainView({ pods, now, deadline, ...bounded, disruptionWindowAnnotation: names.disruptionWindowAnnotation });
}

function isPast(deadline: Instant | undefined, now: Instant): boolean {
  return deadline !== undefined && now >= deadline;
}

function isGone(instance: ObservedClaim["instance"]): boolean {
  return instance === undefined || (instance !== "unknown" && instance.state === "terminated");
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}
