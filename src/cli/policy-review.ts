/**
 * Policy review: what an edit of policies.yaml means for the live objects, before it comes into force.
 *
 * Reads both policy sets and the cluster as this process knows it. Logs which objects change verdict, and refuses an edit that would
 * newly deny more of them than settings.maxNewDenials allows. Objects are judged a few at a time, so that reviews of admission never
 * wait for it.
 */
import { setImmediate } from "node:timers/promises";
import { formatPolicyError, type PolicyError } from "../policies/policy-error.ts";
import {
  changeOf,
  formatChange,
  isNewDenial,
  judgedObjects,
  sortedChanges,
  type PolicyChange,
  type PolicyEdit,
} from "../policies/policy-change.ts";
import type { EditReview } from "../webhook/policy-file.ts";
import { eventRecorder } from "../cluster/event-recorder.ts";
import type { ProcessParts } from "./process-parts.ts";

/** Objects judged between two looks at what else waits. */
const batchSize = 5;
/** Changes told one by one. */
const toldMax = 50;

/** Says whether an edit may come into force; one that is bounded waits until the cluster has been seen. */
export async function reviewPolicyEdit(sets: Pick<PolicyEdit, "before" | "after">, parts: ProcessParts | undefined): Promise<EditReview> {
  const { maxNewDenials } = sets.after.settings;
  if (parts?.cluster.hasSynced(parts.kinds) !== true) return { kind: maxNewDenials === undefined ? "passed" : "unknown" };
  const { cluster, names, clock, log, instanceTypes } = parts;
  const context = { snapshot: cluster.snapshot(), instanceTypes: instanceTypes(), names, now: clock.now() };
  const changes: PolicyChange[] = [];
  for (const [index, object] of judgedObjects(context).entries()) {
    if (index % batchSize === 0) await setImmediate();
    const change = changeOf(object, { ...sets, context });
    if (change !== undefined) changes.push(change);
  }
  const sorted = sortedChanges(changes);
  const denied = sorted.filter(isNewDenial);
  if (sorted.length > 0) {
    const told = [...denied, ...sorted.filter((change) => !isNewDenial(change))].slice(0, toldMax).map(tell);
    log.warn({ changes: sorted.length, newlyDenied: denied.length, told }, "an edit of policies.yaml changes the verdict on live objects");
  }
  if (maxNewDenials === undefined || denied.length <= maxNewDenials) return { kind: "passed" };
  const because = `${denied.length} live objects would newly be denied, more than settings.maxNewDenials ${maxNewDenials} (first: ${denied.slice(0, 3).map(formatChange).join("; ")})`;
  return { kind: "refused", because };
}

function tell(change: PolicyChange): string {
  return `${change.owner === "" ? "" : `${change.owner}: `}${formatChange(change)}`;
}

/** Tells a refused file on this process's Pod, for the people who look there and not into a log. */
export function recordPolicyRefusal(errors: readonly PolicyError[], { client, clock, identity, namespace, signal }: ProcessParts): void {
  const [first, ...more] = errors;
  if (first === undefined) return;
  const recorder = eventRecorder({ client, clock, instance: identity, signal });
  const message = `policies refused, the last good bundle stays: ${formatPolicyError(first)}${more.length === 0 ? "" : ` (+${more.length} more)`}`;
  recorder.record(
    {
      regarding: { apiVersion: "v1", kind: "Pod", namespace, name: podNameOf(identity) },
      type: "Warning",
      reason: "PolicyLoadFailed",
      message,
    },
    "plimsoll",
  );
}

/** A process is named by its Pod's name and some digits of its own (serve.ts). */
function podNameOf(identity: string): string {
  return identity.split("_")[0] ?? identity;
}
