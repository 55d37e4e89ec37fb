/**
 * Drain preview: what happens to a workload when a node under it is drained, step by step.
 *
 * Reads a workload's view and the snapshot. Returns the nodes of its Pods (or the most that one node may hold, where no Pod is
 * known), the budget's arithmetic, a timeline of evictions and waits, and the verdict. What nobody knows (a start that was
 * never measured) is said to be unknown, and so is every time after it.
 */
import { hostnameLabel, zoneLabel } from "../api/labels.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { blockText, type EvictionBlock, evictionProof, evictionsAtScale, type EvictionsAtScale } from "../kube/eviction-proof.ts";
import { ownAntiAffinity, ownSpread } from "../kube/pods-apart.ts";
import { isReady, isTerminal, isTerminating } from "../kube/pod-state.ts";
import { matchesSelector } from "../kube/selector.ts";
import { budgetText } from "./budget-words.ts";
import { countText } from "./count-words.ts";
import { covererOf, covering, guardsOf, scaleAnswer } from "./drain-cover.ts";
import { drainFixes, fixText } from "./drain-fix.ts";
import { drainTimeline, type DrainStep } from "./drain-timeline.ts";
import { workloadOfPod } from "./pod-owner.ts";
import type { WorkloadView } from "./workload-view.ts";

/** A node under the workload; the name is absent where no Pod is known, and the count is the most that one node may hold. */
export interface DrainedNode {
  readonly node?: string;
  readonly pods: number;
  /** Why one node can't hold more, or that nothing says so. */
  readonly because?: string;
  readonly steps: readonly DrainStep[];
}

export type DrainVerdict =
  | { readonly kind: "drains"; readonly text: string }
  /** The Pods stay or are left alone: kubectl drain does not touch a DaemonSet. */
  | { readonly kind: "nothing-to-do"; readonly text: string }
  | { readonly kind: "stuck"; readonly text: string; readonly fix: string };

export interface DrainPreview {
  readonly workload: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly replicas: number;
  /** Pods that are not ready; only known of a live cluster. */
  readonly unhealthy: number;
  readonly profile?: string;
  readonly className?: string;
  /** The budgets over its Pods, each in words. */
  readonly budgets: readonly string[];
  /** Evictions that are allowed at once, now and over the range of replicas. */
  readonly evictions: { readonly now: number; readonly blockedReplicas?: { readonly from: number; readonly to: number } };
  /** Kubectl drain stops at the Pods without these options. */
  readonly needsOptions: readonly string[];
  readonly nodes: readonly DrainedNode[];
  readonly verdict: DrainVerdict;
}

/** Returns the preview of one workload. */
export function drainPreview(view: WorkloadView, snapshot: ClusterSnapshot): DrainPreview {
  const { workload, binding, className } = view;
  const live = livePods(view, snapshot);
  const question = questionOf(view, snapshot);
  const replicas = workload.replicas;
  const unhealthy = Math.min(replicas, live.unready);
  const now = evictionsAtScale({ ...question, replicas, unhealthy });
  const { blocked } =
    view.scale.range.to < view.scale.range.from ? { blocked: undefined } : evictionProof({ ...question, range: view.scale.range });
  const nodes = live.nodes.length > 0 ? live.nodes : [assumedNode(view)];
  const verdict = verdictOf(view, { now, nodes, blocked, unhealthy, snapshot });
  const timed =
    verdict.kind === "drains"
      ? nodes.map((node) => ({
          ...node,
          steps: drainTimeline(view, { allowed: now.allowed, ready: replicas - unhealthy, pods: node.pods }),
        }))
      : [];
  return {
    workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name },
    replicas,
    unhealthy,
    ...(binding.kind === "bound" ? { profile: binding.profile.metadata.name ?? "" } : {}),
    ...(className === undefined ? {} : { className }),
    budgets: guardsOf(view).map(budgetText),
    evictions: { now: now.allowed, ...(blocked === undefined ? {} : { blockedReplicas: blocked }) },
    needsOptions: optionsFor(view),
    nodes: timed,
    verdict,
  };
}

function questionOf(view: WorkloadView, snapshot: ClusterSnapshot) {
  const { workload } = view;
  const answer = scaleAnswer(workload);
  const keeper = answer.kind === "unknown" ? ("no-scale" as const) : answer.kind;
  const budgets = guardsOf(view).map((budget) => covering(budget, { workload, snapshot }));
  return { budgets, keeper, ...("controller" in answer ? { controller: answer.controller } : {}) };
}

/** The Pods that are known of a live cluster, or of files that hold them. */
function livePods(
  { workload }: WorkloadView,
  snapshot: ClusterSnapshot,
): { readonly nodes: readonly Omit<DrainedNode, "steps">[]; readonly unready: number } {
  const { namespace } = workload;
  const selector = workload.selector ?? { matchLabels: workload.template.metadata?.labels ?? {} };
  const pods = snapshot.list("Pod", namespace).filter((pod) => {
    if (!("spec" in pod) || isTerminal(pod) || isTerminating(pod) || !matchesSelector(selector, pod.metadata.labels)) return false;
    const owner = workloadOfPod({ pod, namespace, snapshot });
    return owner?.kind === workload.kind && owner.name === workload.name;
  });
  const counts = new Map<string, number>();
  for (const { spec } of pods) if (spec.nodeName) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  const nodes = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([node, count]) => ({ node, pods: count }));
  return { nodes, unready: pods.filter((pod) => pod.status !== undefined && !isReady(pod)).length };
}

/** Where no Pod is known: the most that one node may hold, by what keeps the Pods apart. */
function assumedNode({ pod, workload }: WorkloadView): Omit<DrainedNode, "steps"> {
  const { replicas } = workload;
  const own = { ...pod, workload };
  if (ownAntiAffinity(own).required.some(({ topologyKey }) => topologyKey === hostnameLabel))
    return { pods: Math.min(1, replicas), because: "podAntiAffinity keeps them apart" };
  const required = ownSpread(own).find(
    ({ topologyKey, whenUnsatisfiable, minDomains }) =>
      topologyKey === zoneLabel && whenUnsatisfiable === "DoNotSchedule" && (minDomains ?? 1) > 1,
  );
  if (required?.minDomains === undefined) return { pods: replicas, because: "nothing keeps them apart for sure" };
  const zones = required.minDomains;
  return { pods: Math.min(replicas, Math.ceil(replicas / zones) + required.maxSkew - 1), because: `they are spread over ${zones} zones` };
}

function verdictOf(
  view: WorkloadView,
  of: {
    readonly now: EvictionsAtScale;
    readonly nodes: readonly Omit<DrainedNode, "steps">[];
    readonly blocked: { readonly from: number; readonly to: number } | undefined;
    readonly unhealthy: number;
    readonly snapshot: ClusterSnapshot;
  },
): DrainVerdict {
  const { now, nodes, blocked } = of;
  if (view.workload.kind === "DaemonSet") return { kind: "nothing-to-do", text: "a drain leaves the pods of DaemonSets alone" };
  if (view.workload.replicas === 0) return { kind: "nothing-to-do", text: "it has no pod to evict" };
  if (now.block !== undefined) return { kind: "stuck", text: `${outcomeOf(now.block)}: ${blockText(now.block)}`, fix: fixOf(view, of) };
  const most = Math.max(...nodes.map(({ pods }) => pods));
  const rounds = Math.ceil(most / Math.max(1, now.allowed));
  const later =
    blocked === undefined
      ? ""
      : `; at ${blocked.from === blocked.to ? blocked.from : `${blocked.from} to ${blocked.to}`} replicas it would not`;
  const outage = now.allowed >= now.replicas ? ", and no replica may be left meanwhile" : "";
  return {
    kind: "drains",
    text: `drains in ${rounds} round${rounds === 1 ? "" : "s"}, ${Math.min(most, now.allowed)} at a time${outage}${later}`,
  };
}

/** Kubectl drain asks again after 429, and gives the Pod up after 500. */
function outcomeOf(block: EvictionBlock): string {
  return block.kind === "two-budgets" ? "the drain fails" : "the drain never ends";
}

/** Pods that are not ready may be all that stands in the way; beside another block they have to come back, too. */
function fixOf(
  view: WorkloadView,
  of: { readonly now: EvictionsAtScale; readonly unhealthy: number; readonly snapshot: ClusterSnapshot },
): string {
  const { now, unhealthy, snapshot } = of;
  const { range } = view.scale;
  const widest = { from: Math.min(now.replicas, range.from), to: Math.max(now.replicas, range.to) };
  const back = `bring its ${countText(unhealthy, "unready pod")} back`;
  const question = { ...questionOf(view, snapshot), replicas: now.replicas };
  if (unhealthy > 0 && evictionsAtScale(question).block === undefined) return back;
  const fixes = fixText(drainFixes({ view, cover: covererOf(snapshot), range: widest }));
  return unhealthy > 0 ? `${back}, and ${fixes}` : fixes;
}

function optionsFor({ workload, pod }: WorkloadView): readonly string[] {
  const options = [
    ...(workload.kind === "DaemonSet" ? ["--ignore-daemonsets"] : []),
    ...((pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir !== undefined) ? ["--delete-emptydir-data"] : []),
    ...(scaleAnswer(workload).kind === "unmanaged" ? ["--force"] : []),
  ];
  return options;
}
