/**
 * Pod removal: the evictions and deletions of one look at a node that is drained.
 *
 * Reads what the drain wants gone. Writes through the eviction API, which keeps budgets, and deletes only what a deadline leaves no more time.
 * Returns when to look again, and the Events: on each Pod what became of it, on the node what still holds it.
 */
import type { Requeue } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Pod } from "../../api/pod.ts";
import { unreadableDoNotDisrupt } from "../../kube/pod-protection.ts";
import { nodeNotes, podNote } from "../lifecycle/claim-step.ts";
import type { PodRemoval } from "../lifecycle/drain.ts";
import type { ProvisionerShell } from "./shell.ts";

/** Pods that one look asks to leave; the next look goes on. */
const removalsMax = 50;
const blockedPollMs = 2_000;
const leavingPollMs = 1_000;
/** Blocked Pods that an Event names, and how much of each reason. */
const namedMax = 5;
const reasonMax = 300;

/** Removes Pods, the first few; those that are blocked are asked again soon. */
export async function removePods(
  shell: Pick<ProvisionerShell, "client">,
  of: { readonly nodeClaim: NodeClaim; readonly node: Node; readonly removals: readonly PodRemoval[] },
): Promise<Requeue> {
  const events: EventNote[] = [];
  const blocked: string[] = [];
  for (const removal of of.removals.slice(0, removalsMax)) {
    const unreadable = unreadableDoNotDisrupt(removal.pod);
    if (unreadable !== undefined)
      events.push(podNote(removal.pod, { type: "Warning", reason: "InvalidDoNotDisruptAnnotation", message: unreadable }));
    const { problem, event } = await remove(shell, removal);
    if (problem !== undefined) blocked.push(`${nameOf(removal.pod)}: ${firstLine(problem)}`);
    if (event !== undefined) events.push(event);
  }
  if (blocked.length === 0) return { kind: "after", delayMs: leavingPollMs, events };
  const message = `Failed to drain node, ${blocked.length} pods are waiting to be evicted: ${blocked.sort().slice(0, namedMax).join("; ")}`;
  const told = nodeNotes(of, { type: "Warning", reason: "FailedDraining", message });
  return { kind: "after", delayMs: blockedPollMs, events: [...events, ...told] };
}

interface Removed {
  readonly problem?: string;
  readonly event?: EventNote;
}

async function remove({ client }: Pick<ProvisionerShell, "client">, removal: PodRemoval): Promise<Removed> {
  const { metadata } = removal.pod;
  const pod = { namespace: metadata.namespace ?? "", name: metadata.name ?? "", uid: metadata.uid ?? "" };
  if (removal.kind !== "evict") {
    const gracePeriodSeconds = removal.kind === "forget" ? 0 : removal.gracePeriodSeconds;
    const deleted = await client.delete("Pod", pod, { uid: pod.uid, gracePeriodSeconds });
    if (!deleted.ok) return { problem: deleted.error.message ?? `status ${deleted.error.code}` };
    const words = deletedWords(removal, gracePeriodSeconds);
    return deleted.value === "gone" ? {} : { event: podNote(removal.pod, { type: "Warning", ...words }) };
  }
  const outcome = await client.evict(pod);
  if (outcome.kind === "gone") return {};
  if (outcome.kind === "evicted")
    return { event: podNote(removal.pod, { type: "Normal", reason: "Evicted", message: "Evicted pod: its node is drained" }) };
  const { details, message, reason } = outcome.status;
  // The API server's own words for a budget stand among the causes; those of a webhook are the message.
  const cause = details?.causes?.find((one) => one.reason === "DisruptionBudget")?.message;
  return { problem: message?.startsWith("admission webhook") === true ? message : (cause ?? message ?? reason ?? "") };
}

function deletedWords({ kind, pod }: PodRemoval, graceSeconds: number): { readonly reason: string; readonly message: string } {
  if (kind === "forget") return { reason: "PodsLost", message: "the instance of its node ended before the Pod had left" };
  if (kind === "shorten") {
    const given = `it was deleted with ${pod.metadata.deletionGracePeriodSeconds ?? 0} s`;
    return { reason: "GraceShortened", message: `Given its own grace of ${graceSeconds} s: its node is drained, and ${given}` };
  }
  const past = `Deleted with ${graceSeconds} s of grace, past budgets and do-not-disrupt`;
  return { reason: "Disrupted", message: `${past}: the instance of its node ends at its deadline` };
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").slice(0, reasonMax);
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
