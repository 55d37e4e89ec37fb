/**
 * Interruption: what a notice of the cloud asks for the nodes that it names.
 *
 * Reads a notice, the claims of its instances with their Nodes and Pods, and what the platform team said of rebalance recommendations.
 * Returns Events and which nodes are to be replaced, and why. Reasons of Events are Karpenter's. What a dead instance took with it is told
 * where its node ends (ended-instance.ts).
 */
import { assertNever } from "../../api/assert.ts";
import type { CloudNotice, CloudNoticeKind } from "../../api/cloud-notices.ts";
import type { DisruptionRequest, ForcedReason } from "../../api/disruption.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { isDaemonPod, isMirrorPod, isTerminal } from "../../kube/pod-state.ts";
import { timeText } from "../../kube/time-text.ts";
import { claimCondition } from "./claim-status.ts";

/** A claim whose instance a notice names. */
export interface InterruptedClaim {
  readonly nodeClaim: NodeClaim;
  readonly node?: Node;
  /** Bound to the Node. */
  readonly pods: readonly Pod[];
}

/** What the platform team wants done about a rebalance recommendation. */
export type RebalanceAction = "event" | "replace";

export interface Replacement {
  readonly nodeClaim: NodeClaim;
  readonly request: DisruptionRequest;
}

export interface InterruptionAnswer {
  readonly events: readonly EventNote[];
  readonly replacements: readonly Replacement[];
}

/** Pods that get an Event of their own. */
const toldPodsMax = 50;

interface Words {
  readonly type: EventNote["type"];
  /** Of the Event. */
  readonly reason: string;
  /** In Karpenter's words. */
  readonly text: string;
  /** Of the replacement. */
  readonly because: ForcedReason;
}

const wordsOf: Readonly<Record<CloudNoticeKind, Words>> = {
  "spot-interruption": {
    type: "Warning",
    reason: "SpotInterrupted",
    text: "Spot interruption warning was triggered",
    because: "SpotInterrupted",
  },
  "reservation-interruption": {
    type: "Warning",
    reason: "CapacityReservationInstanceInterrupted",
    text: "Capacity reservation interruption warning was triggered",
    because: "ReservationInterrupted",
  },
  "rebalance-recommendation": {
    type: "Normal",
    reason: "SpotRebalanceRecommendation",
    text: "Spot rebalance recommendation was triggered",
    because: "RebalanceRecommended",
  },
  "scheduled-change": {
    type: "Warning",
    reason: "InstanceUnhealthy",
    text: "An unhealthy warning was triggered for the instance: maintenance is scheduled",
    because: "ScheduledChange",
  },
  "instance-stopping": { type: "Warning", reason: "InstanceStopping", text: "Instance is stopping", because: "InstanceStateChanged" },
  "instance-ending": { type: "Warning", reason: "InstanceTerminating", text: "Instance is terminating", because: "InstanceStateChanged" },
};

/** Returns the claims of instances, each with its Node and Pods; an instance that is not ours has none. */
export function interruptedClaims(
  instances: readonly string[],
  { snapshot, nodeClaims }: { readonly snapshot: ClusterSnapshot; readonly nodeClaims: readonly NodeClaim[] },
): readonly InterruptedClaim[] {
  const wanted = new Set(instances);
  const found = nodeClaims.filter(({ status }) => Boolean(status?.providerID) && wanted.has(instanceOf(status?.providerID)));
  if (found.length === 0) return [];
  const nodes = new Map(snapshot.list("Node").map((node) => [node.spec?.providerID ?? "", node]));
  return found.map((nodeClaim) => {
    const node = nodes.get(nodeClaim.status?.providerID ?? "");
    return node === undefined ? { nodeClaim, pods: [] } : { nodeClaim, node, pods: snapshot.by("Pod", "node", node.metadata.name ?? "") };
  });
}

/** Returns what a notice asks for; a claim that is on its way out is asked all the same, since it may now have less time. */
export function interruptionAnswer(
  notice: CloudNotice,
  {
    interrupted,
    rebalance,
    now,
  }: { readonly interrupted: readonly InterruptedClaim[]; readonly rebalance: RebalanceAction; readonly now: Instant },
): InterruptionAnswer {
  const deadline = deadlineOf(notice, now);
  const words = wordsOf[notice.kind];
  const text = deadline === undefined || isOver(notice.kind) ? words.text : `${words.text}; the instance ends at ${timeText(deadline)}`;
  // What we have ended ourselves is no news, and its Pods were seen to.
  const concerned = isOver(notice.kind)
    ? interrupted.filter(({ nodeClaim }) => claimCondition(nodeClaim, "InstanceTerminating")?.status !== "True")
    : interrupted;
  const replaces = notice.kind !== "rebalance-recommendation" || rebalance === "replace";
  return {
    events: concerned.flatMap((one) => [
      ...notesOn(one, { type: words.type, reason: words.reason, message: text }),
      ...(notice.kind === "spot-interruption" ? warnedPods(one, words.reason) : []),
    ]),
    replacements: replaces
      ? concerned.map(({ nodeClaim }) => ({
          nodeClaim,
          request: { reason: words.because, message: text, ...(deadline === undefined ? {} : { deadline }) },
        }))
      : [],
  };
}

/** Returns an instance's name, the last part of its providerID; empty where there is none. */
export function instanceOf(providerID: string | undefined): string {
  return providerID === undefined ? "" : providerID.slice(providerID.lastIndexOf("/") + 1);
}

/** When the instance ends. One that is ending has no time left; a recommendation leaves all the time there is. */
function deadlineOf({ kind, endsAt }: CloudNotice, now: Instant): Instant | undefined {
  switch (kind) {
    case "instance-stopping":
    case "instance-ending":
      return now;
    case "rebalance-recommendation":
      return undefined;
    case "spot-interruption":
    case "reservation-interruption":
    case "scheduled-change":
      return endsAt;
    default:
      return assertNever(kind);
  }
}

/** Says whether the notice tells of an end, not of one to come. */
function isOver(kind: CloudNoticeKind): boolean {
  return kind === "instance-stopping" || kind === "instance-ending";
}

type Note = Pick<EventNote, "type" | "reason" | "message">;

function notesOn({ nodeClaim, node }: InterruptedClaim, note: Note): readonly EventNote[] {
  const { apiVersion, kind, metadata } = nodeClaim;
  const uid = metadata.uid === undefined ? {} : { uid: metadata.uid };
  const ofClaim = { regarding: { apiVersion, kind, namespace: "", name: metadata.name ?? "", ...uid }, ...note };
  if (node === undefined) return [ofClaim];
  // Events on Nodes are found by the name in place of the uid, as kubelets write them.
  const name = node.metadata.name ?? "";
  return [ofClaim, { regarding: { apiVersion: "v1", kind: "Node", namespace: "", name, uid: name }, ...note }];
}

function warnedPods({ pods }: InterruptedClaim, reason: string): readonly EventNote[] {
  const message = "Pod will be evicted from the node due to a spot interruption warning";
  return podNotes(pods.filter(isOfApplication), { type: "Warning", reason, message });
}

/** A Pod of a DaemonSet, a static one and one that has ended are of their node. */
function isOfApplication(pod: Pod): boolean {
  return !isTerminal(pod) && !isMirrorPod(pod) && !isDaemonPod(pod);
}

function podNotes(pods: readonly Pod[], note: Note): readonly EventNote[] {
  return pods.slice(0, toldPodsMax).map(({ metadata }) => {
    const uid = metadata.uid === undefined ? {} : { uid: metadata.uid };
    return {
      regarding: { apiVersion: "v1", kind: "Pod", namespace: metadata.namespace ?? "", name: metadata.name ?? "", ...uid },
      ...note,
    };
  });
}
