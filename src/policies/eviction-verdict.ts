/**
 * Eviction verdict: whether a Pod may be evicted now, told so that whoever drains a node knows whom to ask and how long to wait.
 *
 * Reads the request, the Pod with its budgets, owner and node, and the policies. What the API server itself would refuse for a budget is
 * refused in better words: the budget, the numbers, the Pods that are not ready, the owner and the window. Two things it does not know are
 * refused besides: a Pod whose disruption window is closed, and the only replica of a Deployment while its replacement is not ready
 * (surge.ts). Everything else passes, and the API server decides. Always 429: drains ask again. What was asked a moment ago counts for
 * nothing before it is stored: an eviction that only was proposed must not use up a true one's budget.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { terminationTimestampAnnotation } from "../api/labels.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Deployment } from "../api/workload.ts";
import { evictionAnswer } from "../kube/eviction.ts";
import { closedWindowOf, protectionText } from "../kube/pod-protection.ts";
import { isActive, isReady, isTerminal, isTerminating } from "../kube/pod-state.ts";
import { matchesSelector } from "../kube/selector.ts";
import { workloadTitle } from "../kube/workload.ts";
import type { AdmissionContext } from "./admission-context.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { budgetText } from "./budget-words.ts";
import { workloadOfPod } from "./pod-owner.ts";
import type { PolicySet } from "./policy-set.ts";
import { surgeOf, type Surge } from "./surge.ts";

export type EvictionVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "blocked"; readonly status: ApiStatus }
  /** Blocked, and the replacement of the Pod is to be started. */
  | { readonly kind: "surge"; readonly status: ApiStatus; readonly deployment: Deployment; readonly pod: Pod };

export interface EvictionInput {
  readonly request: AdmissionRequest;
  readonly policySet: Pick<PolicySet, "settings">;
  readonly context: Pick<AdmissionContext, "snapshot" | "names" | "now">;
  /** Whether a replacement may still be asked for this Pod: a few tries that came to nothing must not hold a drain for ever. */
  readonly maySurge: (pod: Pod) => boolean;
}

const passed: EvictionVerdict = { kind: "passed" };
/** The API server's own sentence, which tools look for. */
const wouldViolate = "Cannot evict pod as it would violate the pod's disruption budget.";

/** Says whether a request is to evict a Pod. */
export function isEviction({ resource, subResource, operation }: AdmissionRequest): boolean {
  return resource.group === "" && resource.resource === "pods" && subResource === "eviction" && operation === "CREATE";
}

/** Judges the eviction of one Pod. */
export function evictionVerdict({ request, policySet, context, maySurge }: EvictionInput): EvictionVerdict {
  const { evictions } = policySet.settings;
  const pod = context.snapshot.get("Pod", { namespace: request.namespace, name: request.name });
  // What is not known, and what runs no more, is the API server's matter alone.
  if (evictions === "off" || pod === undefined || !isActive(pod) || pod.status?.phase === "Pending") return passed;
  const closed = closedWindow(pod, context);
  if (closed !== undefined) return { kind: "blocked", status: refusal(pod, { cause: "DisruptionWindow", message: closed, context }) };
  const surge = evictions === "surge" ? surgeOf(pod, context) : undefined;
  if (surge !== undefined) {
    const verdict = surgeVerdict(pod, { surge, context, maySurge });
    if (verdict !== undefined) return verdict;
  }
  return budgetVerdict(pod, context);
}

function budgetVerdict(pod: Pod, context: EvictionInput["context"]): EvictionVerdict {
  const budgets = budgetsOf(pod, context);
  const answer = evictionAnswer({ pod, budgets });
  const [budget] = budgets;
  if (budget === undefined || answer.kind !== "refused" || answer.status.code !== 429) return passed;
  const numbers = answer.status.details?.causes?.[0]?.message ?? "";
  const message = `${wouldViolate} ${budgetText(budget)}: ${numbers}${unreadyText(budget, context)}${underWayText(budget, context)}`;
  return { kind: "blocked", status: refusal(pod, { cause: "DisruptionBudget", message, context }) };
}

function surgeVerdict(
  pod: Pod,
  of: { readonly surge: Surge; readonly context: EvictionInput["context"]; readonly maySurge: EvictionInput["maySurge"] },
): EvictionVerdict | undefined {
  const { surge, context, maySurge } = of;
  const { metadata } = surge.deployment;
  const only = `it is the only replica of Deployment ${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
  if (surge.kind === "under-way") {
    const message = `${only}, and its replacement is not ready yet`;
    return { kind: "blocked", status: refusal(pod, { cause: "SurgeUnderWay", message, context }) };
  }
  if (!maySurge(pod)) return undefined;
  const message = `${only}: a replacement is started first, and it may go once that is ready`;
  return { kind: "surge", status: refusal(pod, { cause: "SurgeStarted", message, context }), deployment: surge.deployment, pod };
}

function closedWindow(pod: Pod, { snapshot, names, now }: EvictionInput["context"]): string | undefined {
  const node = snapshot.get("Node", { namespace: "", name: pod.spec.nodeName ?? "" });
  const deadline = Date.parse(node?.metadata.annotations?.[terminationTimestampAnnotation] ?? "");
  const { disruptionWindowAnnotation } = names;
  const closed = closedWindowOf(pod, { now, disruptionWindowAnnotation, deadline: Number.isNaN(deadline) ? undefined : deadline });
  return closed === undefined ? undefined : `it may be moved in its disruption window only: ${protectionText(closed)}`;
}

function budgetsOf({ metadata }: Pod, { snapshot }: EvictionInput["context"]): readonly PodDisruptionBudget[] {
  return snapshot
    .list("PodDisruptionBudget", metadata.namespace ?? "")
    .filter(({ spec }) => matchesSelector(spec.selector, metadata.labels));
}

const namedPodsMax = 3;

/** Pods that the budget waits for: most blocked drains wait for one that does not start. */
function unreadyText(budget: PodDisruptionBudget, { snapshot }: EvictionInput["context"]): string {
  const unready = snapshot
    .list("Pod", budget.metadata.namespace ?? "")
    .filter((pod) => isActive(pod) && !isReady(pod) && matchesSelector(budget.spec.selector, pod.metadata.labels))
    .map(({ metadata }) => metadata.name ?? "");
  return namedPods("not ready", unready);
}

/** Pods that the API server has let go, or that leave: what the budget has paid for and nobody has replaced yet. */
function underWayText({ metadata, spec, status }: PodDisruptionBudget, { snapshot }: EvictionInput["context"]): string {
  const namespace = metadata.namespace ?? "";
  const letGo = Object.keys(status?.disruptedPods ?? {}).filter((name) => snapshot.get("Pod", { namespace, name }) !== undefined);
  const leaving = snapshot
    .list("Pod", namespace)
    .filter((pod) => isTerminating(pod) && !isTerminal(pod) && matchesSelector(spec.selector, pod.metadata.labels))
    .map((pod) => pod.metadata.name ?? "");
  return namedPods("leaving", [...new Set([...letGo, ...leaving])].toSorted());
}

function namedPods(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > namedPodsMax ? ` and ${names.length - namedPodsMax} more` : "";
  return `; ${what}: ${names.slice(0, namedPodsMax).join(", ")}${more}`;
}

function refusal(
  pod: Pod,
  of: { readonly cause: string; readonly message: string; readonly context: EvictionInput["context"] },
): ApiStatus {
  const { cause, message, context } = of;
  const { name = "" } = pod.metadata;
  const text = `Pod ${pod.metadata.namespace ?? ""}/${name}: ${message}; owner: ${ownerText(pod, context)}${windowText(pod, context)}`;
  // Without retryAfterSeconds: with it the API server's clients would wait in silence instead of telling.
  return { code: 429, reason: "TooManyRequests", message: text, details: { kind: "pods", name, causes: [{ reason: cause, message }] } };
}

function ownerText(pod: Pod, { snapshot, names }: EvictionInput["context"]): string {
  const workload = workloadOfPod({ pod, namespace: pod.metadata.namespace ?? "", snapshot });
  const costOwner = pod.metadata.labels?.[names.costOwnerLabel];
  const title = workload === undefined ? "none" : workloadTitle(workload);
  return costOwner === undefined ? title : `${title} of ${costOwner}`;
}

function windowText(pod: Pod, { names }: EvictionInput["context"]): string {
  const text = pod.metadata.annotations?.[names.disruptionWindowAnnotation];
  return text === undefined ? "" : `; disruption windows (UTC): ${text.slice(0, windowTextMax)}`;
}

const windowTextMax = 200;
