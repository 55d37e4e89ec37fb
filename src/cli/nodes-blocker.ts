/**
 * Drain blockers: what would hold up a drain of a node now.
 *
 * Reads the Pods of a node and the budgets of their namespaces. Returns each budget that allows no eviction, and each Pod that is not to be
 * moved, with whom to ask. Answers are those of the eviction API and of our own drain, by the same functions.
 */
import { disruptedTaintKey, type PlatformNames } from "../api/labels.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { evictionAnswer } from "../kube/eviction.ts";
import { closedWindowOf, doNotDisruptOf, protectionText } from "../kube/pod-protection.ts";
import { isMirrorPod, isTerminal, isTerminating } from "../kube/pod-state.ts";
import { tolerates } from "../kube/taint.ts";
import type { OwnerOf } from "./nodes-use.ts";

export interface DrainBlocker {
  readonly kind: "budget" | "do-not-disrupt" | "window";
  /** What blocks, as namespace/name: the budget (or two), else the Pod. */
  readonly by: string;
  /** One sentence. */
  readonly text: string;
  /** The Pods that are held, as namespace/name. */
  readonly pods: readonly string[];
  /** Who pays for the first of them, "" where nobody says. */
  readonly owner: string;
  /** When it ends by itself. */
  readonly until?: Instant;
}

export interface BlockerWorld {
  /** All budgets that select the Pod. */
  readonly budgetsOver: (pod: Pod) => readonly PodDisruptionBudget[];
  readonly names: Pick<PlatformNames, "disruptionWindowAnnotation">;
  readonly ownerOf: OwnerOf;
  readonly now: Instant;
  /** When the node ends anyway. */
  readonly deadline: Instant | undefined;
}

const disruptedTaint = { key: disruptedTaintKey, effect: "NoSchedule" } as const;

/** Returns the Pods that a drain has to move: not what has ended, what nobody can evict, and what stays by its toleration. */
export function movablePods(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((pod) => !isTerminal(pod) && !isMirrorPod(pod) && !tolerates(pod.spec.tolerations, disruptedTaint));
}

/** Returns what blocks, the most Pods first; a Pod that is already on its way out holds nothing up. */
export function drainBlockers(pods: readonly Pod[], world: BlockerWorld): readonly DrainBlocker[] {
  const found = new Map<string, DrainBlocker>();
  for (const pod of movablePods(pods)) {
    const blocker = isTerminating(pod) ? undefined : blockerOf(pod, world);
    if (blocker === undefined) continue;
    const key = `${blocker.kind} ${blocker.by}`;
    const known = found.get(key);
    found.set(key, known === undefined ? blocker : { ...known, pods: [...known.pods, ...blocker.pods] });
  }
  return [...found.values()].sort((a, b) => b.pods.length - a.pods.length || (a.by < b.by ? -1 : 1));
}

function blockerOf(pod: Pod, world: BlockerWorld): DrainBlocker | undefined {
  const name = nameOf(pod);
  const held = { pods: [name], owner: world.ownerOf(pod) };
  const marked = doNotDisruptOf(pod, world.now);
  if (marked !== undefined) {
    return {
      kind: "do-not-disrupt",
      by: name,
      text: protectionText(marked),
      ...held,
      ...(marked.until === undefined ? {} : { until: marked.until }),
    };
  }
  const { disruptionWindowAnnotation } = world.names;
  const closed = closedWindowOf(pod, { now: world.now, deadline: world.deadline, disruptionWindowAnnotation });
  if (closed !== undefined) {
    return { kind: "window", by: name, text: protectionText(closed), ...held, until: closed.opensAt };
  }
  const budgets = world.budgetsOver(pod);
  const answer = evictionAnswer({ pod, budgets });
  if (answer.kind !== "refused") return undefined;
  const text = answer.status.details?.causes?.[0]?.message ?? answer.status.message ?? "refused";
  return { kind: "budget", by: budgets.map(nameOf).join(" and "), text, ...held };
}

function nameOf({ metadata }: Pick<Pod, "metadata">): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
