/**
 * PodClass: Pods that nothing in scheduling can tell apart.
 *
 * Reads the Pods that wait for capacity (pending ones, and demand that has no Pod yet). Returns classes in an order that
 * does not depend on the order of the Pods: everything about constraints is worked out once a class instead of once a
 * Pod, which is where the solver's speed comes from.
 */
import { hashOf } from "../../api/hash.ts";
import { hostnameLabel, regionLabel, zoneLabel } from "../../api/labels.ts";
import type { LabelSelector, Resources } from "../../api/object.ts";
import type { Pod, PodAffinityTerm, PodSpec, Toleration, TopologySpreadConstraint } from "../../api/pod.ts";
import { nodeNameField, podRequirements } from "../../kube/pod-requirements.ts";
import { priorityOf } from "../../kube/pod-priority.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { toRequirementList, type Requirements } from "../../kube/requirements.ts";
import { noVolumes, placesText, volumesText, type AttachedVolume, type VolumesOf } from "./attachments.ts";
import { hostPorts, type HostPort } from "./host-ports.ts";
import { combinedPlaces } from "./pod-volumes.ts";
import { preferredNodes, type PreferenceUse } from "./preference.ts";
import { relaxationRungs } from "./relaxation.ts";
import { preferredText, priorityText, requiredAffinity, specTexts } from "./spec-text.ts";

/** A Pod that needs a node. The key names it in the answer and must be unique: "ns/name", or "ns/Deployment/name#0". */
export interface PendingPod {
  readonly key: string;
  readonly pod: Pod;
  /** The spread that its scheduler gives it, as it states none. */
  readonly defaultSpread?: readonly TopologySpreadConstraint[];
  /** Of a Pod to come: by what its controller will select it, where kube-scheduler reads that. */
  readonly comingSelector?: LabelSelector;
}

/** What decides which nodes let Pods run, by labels and taints. */
export interface Placement {
  readonly spec: PodSpec;
  /** Alternatives of node selector and required node affinity, in the order of the terms. */
  readonly alternatives: readonly Requirements[];
  /** Placements with the same requirements and tolerations share this number, and so their answers. */
  readonly placementId: number;
  readonly preferences: PreferenceUse;
}

export interface PodClass extends Placement {
  /** Position in the list of classes. */
  readonly id: number;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The spec of one member; the others differ in nothing that matters here. */
  readonly spec: PodSpec;
  readonly requests: Resources;
  readonly ports: readonly HostPort[];
  /** Volumes that one member has attached, by the names of their amounts. */
  readonly attached: Resources;
  /** Those of them that other Pods mount too. */
  readonly shared: readonly AttachedVolume[];
  /** The alternatives without volumes: what spread reads. */
  readonly ownAlternatives: readonly Requirements[];
  /** Preferred node affinity that is scored, heaviest first. */
  readonly preferredNodes: readonly { readonly weight: number; readonly placement: Placement }[];
  /** Classes with the same text are under the same topology: namespace, labels, and all that spread and affinity say. */
  readonly constraints: string;
  /** True where a requirement names one Node, so that Nodes with equal labels still differ. */
  readonly namesNodes: boolean;
  /** Of all members; classes of higher priority are placed first. */
  readonly priority: number;
  /** What its members are without any preference, where this class has some of them as rules: spread counts nodes by that. */
  readonly strict?: PodClass;
  /** The members, by key. */
  readonly pods: readonly PendingPod[];
}

/** Labels that controllers add to each Pod or generation of Pods: a plan made from the template cannot know them. */
const controllerLabels: ReadonlySet<string> = new Set([
  "pod-template-hash",
  "controller-revision-hash",
  "pod-template-generation",
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  // Since Kubernetes 1.33 a binding copies these of its Node.
  zoneLabel,
  regionLabel,
  "controller-uid",
  "job-name",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
  "batch.kubernetes.io/job-completion-index",
]);
/** Tolerations that the API server's admission adds to every Pod. */
const defaultTolerationKeys: ReadonlySet<string> = new Set(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
const noLabels: Readonly<Record<string, string>> = {};

/** Returns the number of a placement (node selector, node affinity and tolerations as text), the same for equal texts. */
export type PlacementIds = (placement: string) => number;

/** So few Pods are each a class of its own: any of them may go first, or elsewhere than its like, and trying that costs next to nothing. */
export const fewPodsMax = 12;

/** Groups Pods into classes, ordered by what they are; members are ordered by key. */
export function podClasses(
  pods: readonly PendingPod[],
  {
    placementIdOf,
    volumesOf,
    preferences = "ignored",
  }: { readonly placementIdOf: PlacementIds; readonly volumesOf: VolumesOf; readonly preferences?: PreferenceUse },
): readonly PodClass[] {
  const groups = new Map<string, { readonly signature: string; readonly members: PendingPod[] }>();
  const textOf = specTexts(preferences);
  const specOf = specsWithSpread();
  for (const pending of pods) {
    const { metadata } = pending.pod;
    const spec = specOf(pending);
    const own = volumesOf(pending.pod);
    const { text, number } = textOf(spec);
    const labels = JSON.stringify(metadata.labels ?? noLabels);
    const volumes = own === undefined ? "" : ` ${volumesText(own)}`;
    // The number stands for the text of the spec, which is long and shared by many.
    const name = `${number} ${metadata.namespace ?? ""} ${labels}${volumes}`;
    const group = groups.get(name);
    if (group !== undefined) group.members.push(pending);
    else
      groups.set(name, { signature: `${metadata.namespace ?? ""} ${text} ${labels}${priorityText(spec)}${volumes}`, members: [pending] });
  }
  return [...groups.values()]
    .sort((a, b) => (a.signature < b.signature ? -1 : 1))
    .map(({ members }) => members.sort((a, b) => (a.key < b.key ? -1 : 1)))
    .flatMap((members) => (pods.length <= fewPodsMax ? members.map((one) => [one]) : [members]))
    .map((members, id) => {
      const [first] = members;
      if (first === undefined) throw new Error("invariant broken: a class has a member");
      return classOf({ id, pod: { ...first.pod, spec: specOf(first) }, members, placementIdOf, volumesOf, preferences });
    });
}

/** Returns Pods' specs with the spread that they have by default: the same object for the same spec and spread. */
function specsWithSpread(): (pending: PendingPod) => PodSpec {
  const made = new Map<PodSpec, Map<unknown, PodSpec>>();
  return ({ pod: { spec }, defaultSpread }) => {
    if (defaultSpread === undefined) return spec;
    const ofSpec = made.get(spec) ?? new Map<unknown, PodSpec>();
    made.set(spec, ofSpec);
    const known = ofSpec.get(defaultSpread) ?? { ...spec, topologySpreadConstraints: defaultSpread };
    ofSpec.set(defaultSpread, known);
    return known;
  };
}

/**
 * Returns for each class the classes that its Pods are tried as before they are tried as it: with all preferences as rules, then
 * with fewer and fewer. They have no members of their own, and their numbers go on from those of the classes.
 */
export function relaxationClasses(
  classes: readonly PodClass[],
  {
    placementIdOf,
    volumesOf,
    hasSoftTaints,
  }: { readonly placementIdOf: PlacementIds; readonly volumesOf: VolumesOf; readonly hasSoftTaints: boolean },
): readonly (readonly PodClass[])[] {
  const next = { id: classes.length };
  const known = new Map<PodSpec, readonly PodSpec[]>();
  return classes.map((strict) => {
    const {
      spec,
      pods: [first],
    } = strict;
    const rungs = known.get(spec) ?? relaxationRungs(spec, { hasSoftTaints });
    known.set(spec, rungs);
    return rungs.flatMap((rung): readonly PodClass[] => {
      if (first === undefined) return [];
      const pod = { ...first.pod, spec: rung };
      const volumes = volumesOf(first.pod);
      return [
        { ...classOf({ id: next.id++, pod, members: [], placementIdOf, volumesOf: () => volumes, preferences: "required" }), strict },
      ];
    });
  });
}

/**
 * Returns 12 hex digits that name the Pod's class across processes: equal for a Deployment's Pod to come and for the Pod
 * that came. What controllers, admission and the API server add to each Pod (template hashes, default tolerations, the values of label
 * keys in selectors) is left out.
 */
export function podClassHash({ metadata, spec }: Pod): string {
  const labels = Object.fromEntries(Object.entries(metadata.labels ?? noLabels).filter(([key]) => !controllerLabels.has(key)));
  const tolerations = (spec.tolerations ?? []).filter((toleration) => !isDefaultToleration(toleration));
  return hashOf({
    namespace: metadata.namespace ?? "",
    labels,
    requests: podRequests(spec),
    ...portsOf(spec),
    nodeSelector: spec.nodeSelector ?? {},
    affinity: requiredAffinity(spec, asWritten),
    tolerations,
    spread: (spec.topologySpreadConstraints ?? []).map(asWritten),
  }).slice(0, 12);
}

/**
 * Returns a term or constraint as its author wrote it: the API server (since Kubernetes 1.33 and 1.34) adds what matchLabelKeys and
 * mismatchLabelKeys stand for to the selector of each Pod, and takes no selector that had such a key before.
 */
function asWritten<T extends Pick<PodAffinityTerm, "labelSelector" | "matchLabelKeys" | "mismatchLabelKeys">>(term: T): T {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const keys = [...matchLabelKeys, ...mismatchLabelKeys];
  if (labelSelector?.matchExpressions === undefined || keys.length === 0) return term;
  const { matchExpressions, ...rest } = labelSelector;
  const own = matchExpressions.filter(({ key }) => !keys.includes(key));
  return { ...term, labelSelector: own.length === 0 ? rest : { ...rest, matchExpressions: own } };
}

function classOf(input: {
  readonly id: number;
  readonly pod: Pod;
  readonly members: readonly PendingPod[];
  readonly placementIdOf: PlacementIds;
  readonly volumesOf: VolumesOf;
  readonly preferences: PreferenceUse;
}): PodClass {
  const { id, pod, members, placementIdOf, preferences } = input;
  const { metadata, spec } = pod;
  const ownAlternatives = podRequirements(spec);
  const { places, counts: attached, shared } = input.volumesOf(pod) ?? noVolumes;
  const alternatives = places === undefined ? ownAlternatives : combinedPlaces(ownAlternatives, places);
  const meant = preferences === "required" ? ["as required"] : [];
  const placement = JSON.stringify([spec.nodeSelector, spec.affinity?.nodeAffinity, spec.tolerations, ...meant]);
  const { affinity, topologySpreadConstraints } = spec;
  const pods = [affinity?.podAffinity, affinity?.podAntiAffinity].map((one) => one?.requiredDuringSchedulingIgnoredDuringExecution);
  const spread = topologySpreadConstraints === undefined ? undefined : [topologySpreadConstraints, placement];
  return {
    id,
    namespace: metadata.namespace ?? "",
    labels: metadata.labels ?? noLabels,
    spec,
    requests: podRequests(spec),
    ports: hostPorts(spec),
    attached,
    shared,
    alternatives,
    ownAlternatives,
    placementId: placementIdOf(placement + placesText(places)),
    preferences,
    preferredNodes: preferences === "scored" ? preferredPlacements(spec, placementIdOf) : [],
    constraints: JSON.stringify([metadata.namespace, metadata.labels, pods, spread, ...meant, ...preferredText(spec, preferences)]),
    namesNodes: alternatives.some((requirements) => requirements.has(hostnameLabel) || requirements.has(nodeNameField)),
    priority: priorityOf(spec),
    pods: members,
  };
}

/** Each term as a placement of its own: what a node must be to meet it. */
function preferredPlacements(spec: PodSpec, placementIdOf: PlacementIds): PodClass["preferredNodes"] {
  return preferredNodes(spec).map(({ weight, requirements }) => {
    const placementId = placementIdOf(JSON.stringify(["term", toRequirementList(requirements), spec.tolerations]));
    return { weight, placement: { spec, alternatives: [requirements], placementId, preferences: "ignored" } };
  });
}

/** Stands in a hash only where there are any, so that most Pods keep the hash that NodeClaims were made with before. */
function portsOf(spec: PodSpec): { readonly ports?: readonly HostPort[] } {
  const ports = hostPorts(spec);
  return ports.length === 0 ? {} : { ports };
}

function isDefaultToleration({ key, operator, effect }: Toleration): boolean {
  return key !== undefined && defaultTolerationKeys.has(key) && operator === "Exists" && effect === "NoExecute";
}
