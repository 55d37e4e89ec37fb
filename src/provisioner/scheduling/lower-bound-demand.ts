/**
 * What a lower bound is asked about: Pods as shapes, and the few questions that decide where a shape may stand.
 *
 * Reads the Pods of a SolveInput. Returns shapes (equal requests, placement and apartness), each with its count, and the
 * amounts as vectors over named dimensions: the resources that anybody asks for, then one slot a host for each set of Pods
 * that may not share one. Spread, Pod affinity, volumes and host ports are left out, so that the bound stays below any plan.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { LabelSelector, Resources } from "../../api/object.ts";
import type { Pod, PodAffinityTerm, PodSpec, Toleration } from "../../api/pod.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import type { Requirements } from "../../kube/requirements.ts";
import { matchesSelector, type Labels } from "../../kube/selector.ts";

/** Requirements and tolerations that several shapes share. */
export interface Placement {
  readonly id: number;
  readonly alternatives: readonly Requirements[];
  readonly tolerations: readonly Toleration[] | undefined;
}

/** Pods of one namespace that own an anti-affinity over the hostname and are matched by it: no two of them share a node. */
export interface ApartSet {
  readonly namespace: string;
  readonly selector: LabelSelector | undefined;
}

export interface Shape {
  readonly placement: Placement;
  /** What one Pod asks for, in the order of the dimensions. */
  readonly asks: readonly number[];
  readonly count: number;
}

export interface BoundDemand {
  readonly shapes: readonly Shape[];
  readonly placements: readonly Placement[];
  readonly apart: readonly ApartSet[];
  /** Returns amounts over the dimensions; `slot` says what a node has for each apart set. */
  readonly vectorOf: (resources: Resources, slot: (set: ApartSet) => number) => readonly number[];
}

/** Sets of Pods that may not share a host, beyond which the smaller ones are not counted: each makes the program larger. */
const apartSetsMax = 16;

interface Counted {
  readonly spec: PodSpec;
  readonly placement: string;
  readonly requests: Resources;
  readonly apart: readonly string[];
  count: number;
}

/** Returns the shapes of Pods, in an order that does not depend on the order of the Pods. */
export function boundDemand(pods: readonly { readonly pod: Pod }[], namespaces: ReadonlyMap<string, Labels>): BoundDemand {
  const apart = new Map<string, { readonly set: ApartSet; pods: number }>();
  const counted = new Map<string, Counted>();
  const texts = new Map<PodSpec, { readonly placement: string; readonly requests: Resources; readonly amounts: string }>();
  for (const { pod } of pods) {
    let text = texts.get(pod.spec);
    if (text === undefined) {
      const requests = podRequests(pod.spec);
      texts.set(pod.spec, (text = { placement: placementText(pod.spec), requests, amounts: amountsText(requests) }));
    }
    const own = apartSets(pod, namespaces);
    const name = `${text.placement} ${text.amounts} ${own.map((one) => one.name).join(" ")}`;
    for (const { name: setName, set } of own) {
      const known = apart.get(setName);
      if (known === undefined) apart.set(setName, { set, pods: 1 });
      else known.pods += 1;
    }
    const known = counted.get(name);
    if (known !== undefined) known.count += 1;
    else counted.set(name, { spec: pod.spec, ...text, apart: own.map((one) => one.name), count: 1 });
  }
  const kept = [...apart].sort(([a, one], [b, other]) => other.pods - one.pods || (a < b ? -1 : 1));
  const ordered = [...counted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return asVectors(ordered, new Map(kept.slice(0, apartSetsMax)));
}

function asVectors(counted: readonly Counted[], apart: ReadonlyMap<string, { readonly set: ApartSet }>): BoundDemand {
  const placements = new Map<string, Placement>();
  for (const { placement, spec } of counted) {
    if (!placements.has(placement)) placements.set(placement, placementOf(spec, placements.size));
  }
  const names = new Set<string>();
  for (const { requests } of counted) for (const name in requests) if ((requests[name] ?? 0) > 0) names.add(name);
  const dimensions = [...names].sort();
  const sets = [...apart];
  return {
    shapes: counted.flatMap(({ placement, requests, apart: own, count }) => {
      const known = placements.get(placement);
      const asks = [...dimensions.map((name) => requests[name] ?? 0), ...sets.map(([name]) => (own.includes(name) ? 1 : 0))];
      return known === undefined ? [] : [{ placement: known, asks, count }];
    }),
    placements: [...placements.values()],
    apart: sets.map(([, { set }]) => set),
    vectorOf: (resources, slot) => [...dimensions.map((name) => resources[name] ?? 0), ...sets.map(([, { set }]) => slot(set))],
  };
}

function placementOf(spec: PodSpec, id: number): Placement {
  return { id, alternatives: podRequirements(spec), tolerations: spec.tolerations };
}

/** Names in the order in which containers ask for them: the same in two texts of one shape, and no harm where they are not. */
function amountsText(requests: Resources): string {
  let text = "";
  for (const name in requests) text += `${name}=${requests[name] ?? 0},`;
  return text;
}

function placementText({ nodeSelector, affinity, tolerations }: PodSpec): string {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (nodeSelector === undefined && required === undefined && tolerations === undefined) return "";
  return JSON.stringify([nodeSelector, required, tolerations]);
}

const noSets: readonly { readonly name: string; readonly set: ApartSet }[] = [];

/** A term that the Pod itself does not meet, or that is told by what differs from it, keeps no equal Pods apart for certain. */
function apartSets({ metadata, spec }: Pod, namespaces: ReadonlyMap<string, Labels>): typeof noSets {
  const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (terms === undefined) return noSets;
  const namespace = metadata.namespace ?? "";
  const labels = metadata.labels ?? {};
  return terms.flatMap((term) => {
    const { topologyKey, labelSelector, mismatchLabelKeys = [], matchLabelKeys = [] } = term;
    if (topologyKey !== hostnameLabel || mismatchLabelKeys.length > 0) return [];
    if (!isAbout(term, { namespace, labels: namespaces.get(namespace) }) || !matchesSelector(labelSelector, labels)) return [];
    const matched = matchLabelKeys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]] as const]));
    const selector = { ...labelSelector, matchLabels: { ...labelSelector?.matchLabels, ...Object.fromEntries(matched) } };
    return [{ name: JSON.stringify([namespace, selector]), set: { namespace, selector } }];
  });
}

/** Says whether a term counts Pods of the namespace. */
function isAbout(term: PodAffinityTerm, of: { readonly namespace: string; readonly labels: Labels | undefined }): boolean {
  const { namespaces: listed = [], namespaceSelector } = term;
  if (listed.length === 0 && namespaceSelector === undefined) return true;
  return listed.includes(of.namespace) || (namespaceSelector !== undefined && matchesSelector(namespaceSelector, of.labels ?? {}));
}
