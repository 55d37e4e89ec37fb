/**
 * The phase of a node: how far its life has come, since when, and what it waits for.
 *
 * Reads a Node, a NodeClaim or both, and whether Pods still have to leave. Returns one word and the words of the condition that tells why it
 * is no further: of a node that never joins this is the cause, as far as anybody has found it.
 */
import { disruptedTaintKey, terminationTimestampAnnotation } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Node } from "../api/node.ts";
import type { Condition } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { parseGoDuration } from "../kube/schedule.ts";
import { lacksCapacity } from "../provisioner/lifecycle/launch.ts";
import { launchTimeoutMs, registrationTimeoutMs } from "../provisioner/lifecycle/next-step.ts";

/** In the order of a life. */
export const phaseWords = [
  "launching",
  "joining",
  "starting",
  "ready",
  "cordoned",
  "not ready",
  "replacing",
  "draining",
  "ending",
] as const;
export type PhaseWord = (typeof phaseWords)[number];

export interface NodePhase {
  readonly word: PhaseWord;
  readonly since: Instant;
  /** The reason of the condition that is not as it should be. */
  readonly reason?: string;
  readonly message?: string;
  /** When the node ends, drained or not; only of one that is on its way out. */
  readonly deadline?: Instant;
  /** When its NodeClaim is given up if it is no further by then; only of one that is to become a node. */
  readonly givenUpAt?: Instant;
}

export interface PhaseInput {
  readonly node: Node | undefined;
  readonly claim: NodeClaim | undefined;
  /** Pods that a drain has to move. */
  readonly podsToMove: number;
  readonly createdAt: Instant;
}

/** Reasons that say no more than that a condition is not there yet. */
const plainReasons: ReadonlySet<string> = new Set(["AwaitingReconciliation", "NodeNotFound", "NodeNotReady"]);

/** Returns the phase of a node, or of a claim that has none yet. */
export function nodePhase(input: PhaseInput): NodePhase {
  return endingPhase(input) ?? startingPhase(input) ?? standingPhase(input);
}

function endingPhase({ node, claim, podsToMove, createdAt }: PhaseInput): NodePhase | undefined {
  const deletedAt = claim?.metadata.deletionTimestamp ?? node?.metadata.deletionTimestamp;
  if (deletedAt === undefined) return undefined;
  const deadline = deadlineOf(claim, node);
  const isDraining = node !== undefined && podsToMove > 0;
  const told = (isDraining ? ["Drained"] : ["InstanceTerminating", "VolumesDetached"]).map((type) => conditionOf(claim, type));
  return {
    word: isDraining ? "draining" : "ending",
    since: instantOf(deletedAt, createdAt),
    ...wordsOf(told.find((condition) => condition !== undefined && condition.status !== "True")),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

/** Launched, registered, initialized: the first that is not true yet. */
function startingPhase({ node, claim, createdAt }: PhaseInput): NodePhase | undefined {
  if (claim === undefined) return undefined;
  const [launched, registered, initialized] = ["Launched", "Registered", "Initialized"].map((type) => conditionOf(claim, type));
  if (launched?.status !== "True") {
    // What waits for capacity is kept for as long as it takes.
    const end = lacksCapacity(claim) ? {} : { givenUpAt: createdAt + launchTimeoutMs };
    return { word: "launching", since: createdAt, ...wordsOf(launched), ...end };
  }
  const launchedAt = instantOf(launched.lastTransitionTime, createdAt);
  if (registered?.status !== "True" || node === undefined) {
    // A node that was there and is lost waits from its loss on.
    const lostAt = instantOf(registered?.lastTransitionTime, launchedAt);
    const since = Math.max(launchedAt, lostAt);
    return { word: "joining", since, ...wordsOf(registered), givenUpAt: since + registrationTimeoutMs };
  }
  if (initialized?.status === "True") return undefined;
  return { word: "starting", since: instantOf(registered.lastTransitionTime, launchedAt), ...wordsOf(initialized) };
}

function standingPhase({ node, claim, createdAt }: PhaseInput): NodePhase {
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  const since = instantOf(ready?.lastTransitionTime, createdAt);
  const disrupted = conditionOf(claim, "DisruptionReason");
  if (ready?.status !== "True") return { word: "not ready", since, ...wordsOf(ready) };
  if (disrupted?.status === "True") {
    const { reason, message } = disrupted;
    const words = { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
    return { word: "replacing", since: instantOf(disrupted.lastTransitionTime, since), ...words };
  }
  const taint = (node?.spec?.taints ?? []).find(({ key }) => key === disruptedTaintKey);
  if (node?.spec?.unschedulable === true || taint !== undefined) return { word: "cordoned", since: instantOf(taint?.timeAdded, since) };
  return { word: "ready", since };
}

/** Returns when a node that is on its way out ends, whatever is still there; undefined where it waits for as long as it takes. */
export function deadlineOf(claim: NodeClaim | undefined, node: Node | undefined): Instant | undefined {
  const grace = claim?.spec.terminationGracePeriod === undefined ? undefined : parseGoDuration(claim.spec.terminationGracePeriod);
  const times = [
    ...(grace?.ok === true ? [Date.parse(claim?.metadata.deletionTimestamp ?? "") + grace.value] : []),
    ...[claim, node].map((object) => Date.parse(object?.metadata.annotations?.[terminationTimestampAnnotation] ?? "")),
  ].filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Returns a time of the wire as an instant, or the other one where it is absent or unreadable. */
export function instantOf(text: string | undefined, otherwise: Instant): Instant {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? otherwise : time;
}

/** Returns a condition of a NodeClaim; a claim that is not there has none. */
export function conditionOf(claim: NodeClaim | undefined, type: string): Condition | undefined {
  return claim?.status?.conditions?.find((condition) => condition.type === type);
}

/** The words of a condition, where they say more than that it is not true yet. */
function wordsOf(condition: Condition | undefined): Pick<NodePhase, "reason" | "message"> {
  const { reason = "", message = "" } = condition ?? {};
  if (reason === "" || plainReasons.has(reason)) return {};
  return message === "" ? { reason } : { reason, message };
}
