/**
 * Node health: what kubelets, monitoring agents and the cloud say of a node, as conditions of its NodeClaim.
 *
 * Reads NodeClaims, their Nodes and what the cloud sees wrong with instances. Returns the conditions that change: NodeHealthy (the Node's
 * own conditions, those that Karpenter repairs by) and InstanceHealthy (the cloud's status checks and events to come). A claim with which
 * nothing was ever wrong has neither. Nothing is ended by them; an event to come asks for a replacement, as a notice of it does.
 */
import type { InstanceTrouble } from "../../api/cloud-notices.ts";
import type { Reason } from "../../api/controller.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Condition } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { transitionTime } from "../../kube/condition.ts";
import { claimCondition, isTrue, type ClaimCondition, type ClaimStatus } from "./claim-status.ts";
import { instanceOf, type Replacement } from "./interruption.ts";

export type HealthConditionType = "NodeHealthy" | "InstanceHealthy";

/** A condition that a claim should have. */
export interface HealthCondition extends Reason {
  readonly type: HealthConditionType;
  readonly status: "True" | "False";
}

export interface ClaimHealth {
  readonly nodeClaim: NodeClaim;
  /** Those that change; never empty. */
  readonly conditions: readonly HealthCondition[];
}

/** What is a sign of trouble, by condition of a Node: the statuses that Karpenter's AWS provider repairs (karpenter-provider-aws, 1.15). */
const unhealthyStatuses: Readonly<Record<string, readonly Condition["status"][]>> = {
  Ready: ["False", "Unknown"],
  StorageReady: ["False"],
  NetworkingReady: ["False"],
  KernelReady: ["False"],
  ContainerRuntimeReady: ["False"],
  AcceleratedHardwareReady: ["False"],
};
const messageMax = 1_024;

/** Returns which claims' health has changed; `troubles` is undefined while the cloud does not say, and then its condition stays. */
export function healthChanges(of: {
  readonly nodeClaims: readonly NodeClaim[];
  readonly nodes: readonly Node[];
  readonly troubles: readonly InstanceTrouble[] | undefined;
}): readonly ClaimHealth[] {
  const nodes = new Map(of.nodes.map((node) => [node.spec?.providerID ?? "", node]));
  const troubles = new Map<string, InstanceTrouble[]>();
  for (const trouble of of.troubles ?? []) troubles.set(trouble.instance, [...(troubles.get(trouble.instance) ?? []), trouble]);
  return of.nodeClaims.flatMap((nodeClaim) => {
    const { providerID } = nodeClaim.status ?? {};
    if (providerID === undefined || nodeClaim.metadata.deletionTimestamp !== undefined) return [];
    const node = nodes.get(providerID);
    const conditions = [
      // Before it is initialized a node is not expected to be well.
      ...(node === undefined || !isTrue(nodeClaim, "Initialized") ? [] : [nodeHealth(node)]),
      ...(of.troubles === undefined ? [] : [instanceHealth(troubles.get(instanceOf(providerID)) ?? [])]),
    ].filter((condition) => isNews(nodeClaim, condition));
    return conditions.length === 0 ? [] : [{ nodeClaim, conditions }];
  });
}

/** Returns a claim's status with conditions of its health; the time of one moves only with its status. */
export function statusWithHealth({ nodeClaim, conditions }: ClaimHealth, now: Instant): ClaimStatus {
  const known = nodeClaim.status?.conditions ?? [];
  const written = conditions.map((condition): ClaimCondition => ({
    ...condition,
    lastTransitionTime: transitionTime(condition, { known, now }),
    observedGeneration: nodeClaim.metadata.generation ?? 0,
  }));
  return { ...nodeClaim.status, conditions: [...known.filter(({ type }) => !written.some((one) => one.type === type)), ...written] };
}

/** Returns the nodes that the cloud will stop, reboot or end, and that have not been told so. */
export function scheduledReplacements(changes: readonly ClaimHealth[], troubles: readonly InstanceTrouble[]): readonly Replacement[] {
  const events = new Map(troubles.filter(({ kind }) => kind === "ScheduledEvent").map((trouble) => [trouble.instance, trouble]));
  return changes.flatMap(({ nodeClaim, conditions }) => {
    const event = events.get(instanceOf(nodeClaim.status?.providerID));
    if (event === undefined || !conditions.some(({ type }) => type === "InstanceHealthy")) return [];
    const { message, endsAt } = event;
    return [{ nodeClaim, request: { reason: "ScheduledChange", message, ...(endsAt === undefined ? {} : { deadline: endsAt }) } }];
  });
}

function nodeHealth({ status }: Node): HealthCondition {
  const unhealthy = (status?.conditions ?? []).filter((condition) => unhealthyStatuses[condition.type]?.includes(condition.status));
  const [first] = unhealthy;
  if (first === undefined) return { type: "NodeHealthy", status: "True", reason: "NodeHealthy", message: "" };
  return {
    type: "NodeHealthy",
    status: "False",
    reason: `${first.type}${first.status}`,
    message: unhealthy.map(conditionText).join("; ").slice(0, messageMax),
  };
}

/** Without the heartbeat, which is another every few seconds. */
function conditionText({ type, status, reason = "", message = "", lastTransitionTime }: Condition): string {
  const since = lastTransitionTime === undefined ? "" : ` since ${lastTransitionTime}`;
  const why = [reason, message].filter((text) => text !== "").join(": ");
  return `${type}=${status}${since}${why === "" ? "" : ` (${why})`}`;
}

/** What fails now is named before what is only to come. */
const kindsInOrder: readonly InstanceTrouble["kind"][] = ["SystemImpaired", "InstanceImpaired", "VolumeImpaired", "ScheduledEvent"];

function instanceHealth(troubles: readonly InstanceTrouble[]): HealthCondition {
  const sorted = [...troubles].sort((a, b) => kindsInOrder.indexOf(a.kind) - kindsInOrder.indexOf(b.kind));
  const [first] = sorted;
  if (first === undefined) return { type: "InstanceHealthy", status: "True", reason: "InstanceHealthy", message: "" };
  const message = sorted.map((trouble) => trouble.message).join("; ");
  return { type: "InstanceHealthy", status: "False", reason: first.kind, message: message.slice(0, messageMax) };
}

/** Well, and never otherwise, is no news. */
function isNews(nodeClaim: NodeClaim, { type, status, reason, message }: HealthCondition): boolean {
  const known = claimCondition(nodeClaim, type);
  if (known === undefined) return status === "False";
  return known.status !== status || (known.reason ?? "") !== reason || (known.message ?? "") !== message;
}
