/**
 * Default spread: the constraints that kube-scheduler gives Pods which state none, with the selector that it would deduce for each.
 *
 * Reads Pods that wait, what the scheduler's configuration states, and the snapshot. Returns the Pods with their constraints beside them: the
 * Pods themselves stay as they are. The selector is that of kube-scheduler (helper.DefaultSelector): those of all Services that select the
 * Pod, and that of its ReplicaSet, StatefulSet or ReplicationController; a Pod without any is left alone.
 */
import type { KubeObject, LabelSelector, LabelSelectorRequirement } from "../api/object.ts";
import type { Pod, TopologySpreadConstraint } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { controllerOf } from "../kube/owner.ts";
import type { DefaultSpreads } from "../kube/scheduler-config.ts";
import { matchesSelector } from "../kube/selector.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";

type Spread = readonly TopologySpreadConstraint[];

const templateHashLabel = "pod-template-hash";
/** Controllers whose selectors kube-scheduler reads, with their groups. */
const readOwners: Readonly<Record<string, string>> = { ReplicationController: "v1", ReplicaSet: "apps/v1", StatefulSet: "apps/v1" };
const ownerKinds = ["ReplicationController", "ReplicaSet", "StatefulSet"] as const;

interface SpreadWorld {
  readonly snapshot: ClusterSnapshot;
  readonly defaults: DefaultSpreads | undefined;
}

/** Returns the Pods with the spread that their scheduler gives them by default. */
export function withDefaultSpread(pods: readonly PendingPod[], of: SpreadWorld): readonly PendingPod[] {
  if (of.defaults === undefined) return pods;
  const spreadOf = defaultSpreads(of);
  return pods.map((pending) => {
    const defaultSpread = spreadOf(pending);
    return defaultSpread === undefined ? pending : { ...pending, defaultSpread };
  });
}

/** Returns the spread that kube-scheduler keeps for a live Pod: its own, or the default one. */
export function spreadLookup(of: SpreadWorld): (pod: Pod) => Spread {
  const spreadOf = of.defaults === undefined ? () => undefined : defaultSpreads(of);
  return (pod) => spreadOf({ pod }) ?? pod.spec.topologySpreadConstraints ?? [];
}

function defaultSpreads({ snapshot, defaults = {} }: SpreadWorld): (pending: Omit<PendingPod, "key">) => Spread | undefined {
  const spreadOf = spreads(snapshot);
  return (pending) => {
    const { spec } = pending.pod;
    const stated = defaults[spec.schedulerName ?? "default-scheduler"] ?? defaults[""] ?? [];
    return (spec.topologySpreadConstraints ?? []).length > 0 || stated.length === 0 ? undefined : spreadOf(pending, stated);
  };
}

/**
 * Returns by what the controller of a workload's Pods to come will select them: a Deployment's ReplicaSet by the hash of the template as
 * well, which is on no Pod before there is one; undefined where kube-scheduler reads no selector.
 */
export function comingSelector(
  { kind, selector }: Pick<Workload, "kind" | "selector">,
  labels: Readonly<Record<string, string>> = {},
): LabelSelector | undefined {
  if (kind !== "Deployment") return readOwners[kind] === undefined ? undefined : selector;
  const hash = labels[templateHashLabel];
  const own: LabelSelectorRequirement =
    hash === undefined ? { key: templateHashLabel, operator: "DoesNotExist" } : { key: templateHashLabel, operator: "In", values: [hash] };
  return { ...selector, matchExpressions: [...(selector?.matchExpressions ?? []), own] };
}

/** Returns the constraints with a Pod's selector: the same list for Pods that bring the same, so that they are one class. */
function spreads(snapshot: ClusterSnapshot): (pending: Omit<PendingPod, "key">, stated: Spread) => Spread | undefined {
  const services = servicesOf(snapshot);
  const known = new Map<Spread, Map<string, Spread>>();
  return ({ pod, comingSelector: coming }, stated) => {
    const { namespace = "", labels = {} } = pod.metadata;
    const owner = coming ?? ownerSelector(pod, snapshot);
    const matchExpressions = [...services(namespace, labels), ...expressionsOf(owner)];
    if (matchExpressions.length === 0) return undefined;
    const texts = [...new Map(matchExpressions.map((one) => [JSON.stringify(one), one]))].sort(([a], [b]) => (a < b ? -1 : 1));
    const name = texts.map(([text]) => text).join();
    const ofStated = known.get(stated) ?? new Map<string, Spread>();
    known.set(stated, ofStated);
    const labelSelector = { matchExpressions: texts.map(([, one]) => one) };
    const found = ofStated.get(name) ?? stated.map((constraint) => ({ ...constraint, labelSelector }));
    ofStated.set(name, found);
    return found;
  };
}

/** Returns what the Services ask for that select Pods with these labels; of a label that several name, the last one's value. */
function servicesOf(snapshot: ClusterSnapshot): (namespace: string, labels: Readonly<Record<string, string>>) => Expressions {
  const known = new Map<string, Expressions>();
  return (namespace, labels) => {
    const name = `${namespace} ${JSON.stringify(labels)}`;
    const before = known.get(name);
    if (before !== undefined) return before;
    const merged: Record<string, string> = {};
    for (const { spec } of snapshot.list("Service", namespace)) {
      if (spec.selector !== undefined && matchesSelector({ matchLabels: spec.selector }, labels)) Object.assign(merged, spec.selector);
    }
    const expressions = expressionsOf({ matchLabels: merged });
    known.set(name, expressions);
    return expressions;
  };
}

type Expressions = readonly LabelSelectorRequirement[];

function expressionsOf(selector: LabelSelector | undefined): Expressions {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, operator: "In" as const, values: [value] }));
  return [...equal, ...(selector?.matchExpressions ?? [])];
}

function ownerSelector(pod: KubeObject, snapshot: ClusterSnapshot): LabelSelector | undefined {
  const { kind, name = "", apiVersion } = controllerOf(pod) ?? {};
  const known = ownerKinds.find((one) => one === kind && readOwners[one] === apiVersion);
  const owner = known === undefined ? undefined : snapshot.get(known, { namespace: pod.metadata.namespace ?? "", name });
  return owner === undefined ? undefined : workloadOf(owner)?.selector;
}
