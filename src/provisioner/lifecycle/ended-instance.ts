/**
 * Ended instance: what the Pods and volumes of a node need once the cloud has said that its instance is terminated.
 *
 * Reads a NodeClaim that is being deleted, its Node, Pods, volumes and instance. Returns the next step before the Node may go, if any.
 * Nothing runs there and nothing is mounted any more, but Kubernetes can't know that: left to itself it forgets the Pods of a Node that is
 * gone after a minute, and lets go of their volumes after six. So what was lost is told, the Pods are removed without grace (others come
 * for them at once), and while volumes are attached the Node is tainted as out of service, on which they are detached. A cloud that knows
 * no instance any more has not said that it ended: then Kubernetes' own waits hold.
 */
import { outOfServiceTaintKey } from "../../api/labels.ts";
import type { Node } from "../../api/node.ts";
import type { Pod, Taint } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { isDaemonPod, isMirrorPod, isTerminal } from "../../kube/pod-state.ts";
import { isDisrupted } from "../../kube/taint.ts";
import { cameTrue, claimCondition, claimStatusAfter, isTrue, type ConditionChange } from "./claim-status.ts";
import { nodeNotes, podNames, timeOf, type LifecycleStep, type ObservedClaim } from "./claim-step.ts";
import { cordonPatch } from "./drain.ts";
import { instanceOf } from "./interruption.ts";
import type { NodePatch } from "./registration.ts";

/** Volumes that are attached for longer after the end of the instance are left to Kubernetes. */
export const detachMaxMs = 60_000;
const detachPollMs = 1_000;
/** Pods that the Event names, and volumes that the condition does. */
const namedPodsMax = 20;
const namedVolumesMax = 5;

const outOfServiceTaint: Taint = { key: outOfServiceTaintKey, value: "nodeshutdown", effect: "NoExecute" };

/** Returns what has still to be done before the Node of an ended instance may go; undefined where that is nothing. */
export function endedInstanceStep(observed: ObservedClaim & { readonly node: Node }, now: Instant): LifecycleStep | undefined {
  const { nodeClaim, node, pods, awaitedVolumes = [] } = observed;
  if (!hasEnded(observed)) return undefined;
  if (!isTrue(nodeClaim, "InstanceTerminating")) return tell(observed, now);
  const left = pods.filter(isLeft);
  // Nobody may have drained it: Pods that come for those removed would be bound to it again.
  if (left.length > 0 && !isDisrupted(node)) return { kind: "patch-node", nodeClaim, node, patch: cordonPatch(node, undefined) };
  if (left.length > 0) return { kind: "remove-pods", nodeClaim, node, removals: left.map((pod) => ({ kind: "forget", pod })) };
  const toldAt = timeOf(claimCondition(nodeClaim, "InstanceTerminating")?.lastTransitionTime, now);
  if (awaitedVolumes.length === 0 || now - toldAt >= detachMaxMs) return undefined;
  if (isOutOfService(node)) return { kind: "wait", nodeClaim, delayMs: detachPollMs };
  return { kind: "patch-node", nodeClaim, node, patch: outOfServicePatch(node) };
}

/** Only of the claim's own instance, and only in the cloud's own words. */
function hasEnded({ nodeClaim, instance }: ObservedClaim): boolean {
  if (instance === undefined || instance === "unknown" || instance.state !== "terminated") return false;
  return instanceOf(instance.providerID) === instanceOf(nodeClaim.status?.providerID);
}

/** It ended by itself: had we ended it, that would have been told before. */
function tell(observed: ObservedClaim, now: Instant): LifecycleStep {
  const { nodeClaim, pods, awaitedVolumes = [] } = observed;
  const lost = pods.filter((pod) => isLeft(pod));
  const message = `the instance ended with ${lost.length} Pods on it: ${podNames(lost, namedPodsMax)}`;
  const drained: ConditionChange =
    lost.length === 0 ? cameTrue("Drained") : { type: "Drained", status: "False", reason: "InstanceEnded", message };
  const volumes = `still attached: ${awaitedVolumes.slice(0, namedVolumesMax).join(", ")}`;
  const detached: ConditionChange =
    awaitedVolumes.length === 0
      ? cameTrue("VolumesDetached")
      : { type: "VolumesDetached", status: "Unknown", reason: "AwaitingVolumeDetachment", message: volumes };
  const status = claimStatusAfter(nodeClaim, { conditions: [drained, detached, cameTrue("InstanceTerminating")], now });
  const events = lost.length === 0 ? [] : nodeNotes(observed, { type: "Warning", reason: "PodsLost", message });
  return { kind: "write-status", nodeClaim, status, events };
}

/** DaemonSets and static Pods are of their node and go with it; what a finalizer still holds has been removed as far as it can be. */
function isLeft(pod: Pod): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const isForgotten = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
  return !isForgotten && !isTerminal(pod) && !isMirrorPod(pod) && !isDaemonPod(pod);
}

function isOutOfService({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(({ key, effect }) => key === outOfServiceTaint.key && effect === outOfServiceTaint.effect);
}

function outOfServicePatch({ metadata, spec }: Node): NodePatch {
  const others = (spec?.taints ?? []).filter(({ key }) => key !== outOfServiceTaint.key);
  return { metadata: { resourceVersion: metadata.resourceVersion }, spec: { taints: [...others, outOfServiceTaint] } };
}
