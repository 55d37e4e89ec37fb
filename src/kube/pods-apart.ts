/**
 * Pods apart: which words of a Pod keep it from others of its own workload.
 *
 * Reads anti-affinity terms and spread constraints with the Pod that has them. Returns those that count its own Pods: one whose selector
 * matches others alone (an old name, the database that it stays away from) leaves all replicas free to stand on one node.
 */
import type { ObjectMeta } from "../api/object.ts";
import type { PodAffinityTerm, PodSpec, TopologySpreadConstraint } from "../api/pod.ts";
import { asksForAdded, podSelection } from "./controller-labels.ts";
import { matchesSelector } from "./selector.ts";
import type { Workload } from "./workload.ts";

/** A Pod as it is made; `workload` tells which labels its controller adds, and without it every such label is taken to match. */
export interface ApartPod {
  readonly metadata: Pick<ObjectMeta, "labels" | "namespace">;
  readonly spec: PodSpec;
  readonly workload?: Workload;
}

/** Returns the spread constraints of a Pod that count its own Pods. */
export function ownSpread(pod: ApartPod): readonly TopologySpreadConstraint[] {
  return (pod.spec.topologySpreadConstraints ?? []).filter(({ labelSelector }) => selectsOwn(labelSelector, pod));
}

/** Returns the anti-affinity terms of a Pod that keep it from its own Pods: those that must hold, and those that are wished for. */
export function ownAntiAffinity(pod: ApartPod): {
  readonly required: readonly PodAffinityTerm[];
  readonly wished: readonly PodAffinityTerm[];
} {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: wished } =
    pod.spec.affinity?.podAntiAffinity ?? {};
  const isOwn = (term: PodAffinityTerm): boolean => keepsFromOwn(term, pod);
  return {
    required: (required ?? []).filter(isOwn),
    wished: (wished ?? []).map(({ podAffinityTerm }) => podAffinityTerm).filter(isOwn),
  };
}

function keepsFromOwn({ labelSelector, namespaces, namespaceSelector, mismatchLabelKeys }: PodAffinityTerm, pod: ApartPod): boolean {
  const { labels = {}, namespace = "" } = pod.metadata;
  const isNamed = (namespaces ?? []).length > 0;
  const isHere = namespaceSelector === undefined ? !isNamed || namespaces?.includes(namespace) : mayMatch(namespaceSelector, namespace);
  const isElsewhere = isHere !== true && namespaces?.includes(namespace) !== true;
  // Pods with another value of the label: its own have the same.
  const isOther = (mismatchLabelKeys ?? []).some((key) => Object.hasOwn(labels, key) || key === "pod-template-hash");
  return !isElsewhere && !isOther && selectsOwn(labelSelector, pod);
}

/** Of a namespace only its name is known here: a selector over other labels may match it. */
function mayMatch(selector: NonNullable<PodAffinityTerm["namespaceSelector"]>, namespace: string): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const keys = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
  return keys.some((key) => key !== namespaceNameLabel) || matchesSelector(selector, { [namespaceNameLabel]: namespace });
}

const namespaceNameLabel = "kubernetes.io/metadata.name";

function selectsOwn(selector: PodAffinityTerm["labelSelector"], { metadata: { labels }, workload }: ApartPod): boolean {
  if (selector === undefined) return false;
  if (workload !== undefined) return podSelection(selector, { workload, labels }).kind === "all";
  return asksForAdded(selector) || matchesSelector(selector, labels);
}
