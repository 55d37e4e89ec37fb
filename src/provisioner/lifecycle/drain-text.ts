/**
 * Drain text: what a drain waits for, and until when, in words for people.
 *
 * Reads what is left on a node, the budgets over it and the deadline. Returns the message of the condition Drained; it changes rarely, since
 * everybody who watches the NodeClaim is woken by it.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { evictionAnswer } from "../../kube/eviction.ts";
import { leftText, protectionText } from "../../kube/pod-protection.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { timeText } from "../../kube/time-text.ts";
import type { DrainView } from "./drain.ts";

/** Pods that are waited for and named one by one. */
const namedMax = 5;

/** Returns what the drain waits for; never empty. */
export function drainText(
  { remaining, removals, held }: DrainView,
  of: { readonly now: Instant; readonly deadline: Instant | undefined; readonly budgets: readonly PodDisruptionBudget[] },
): string {
  const { now, deadline, budgets } = of;
  const blocked = removals.flatMap(({ kind, pod }) => {
    const why = kind === "evict" ? blockOf(pod, budgets) : undefined;
    return why === undefined ? [] : [`${nameOf(pod)} waits: ${why}`];
  });
  const alone = held.map(({ pod, protection }) => `${nameOf(pod)} is left alone: ${protectionText(protection)}`);
  const waits = [...blocked, ...alone].sort();
  const more = waits.length > namedMax ? [`and ${waits.length - namedMax} more`] : [];
  const end = deadline === undefined ? [] : [`the instance ends at ${timeText(deadline)}, in ${leftText(deadline - now)}`];
  const left =
    remaining.length === 0 ? "the node is empty" : `${remaining.length} ${remaining.length === 1 ? "Pod has" : "Pods have"} to leave`;
  return [left, ...waits.slice(0, namedMax), ...more, ...end].join("; ");
}

function blockOf(pod: Pod, budgets: readonly PodDisruptionBudget[]): string | undefined {
  const covering = budgets.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.metadata.namespace && spec.selector !== undefined && matchesSelector(spec.selector, pod.metadata.labels),
  );
  const answer = evictionAnswer({ pod, budgets: covering });
  return answer.kind === "refused" ? (answer.status.details?.causes?.[0]?.message ?? answer.status.message) : undefined;
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
