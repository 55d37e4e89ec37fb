/**
 * The judged Pod: a Pod as it will be once compiled, but for the note on what was changed, which no rule reads.
 *
 * Reads the Pod and the contract; returns the Pod with all that is missing laid over, its untouched parts shared. It equals what the
 * patch makes of the Pod (a property of its test holds that), and costs a review a tenth of writing and applying one.
 */
import type { Affinity, Container, NodeSelectorRequirement, Pod, PodSpec, ResourceRequirements } from "../../api/pod.ts";
import { remembered, rememberedByText } from "../../kube/remembered.ts";
import type { Workload } from "../../kube/workload.ts";
import type { CompiledContract } from "./contract.ts";
import {
  labelsToSet,
  missingAmounts,
  missingOfTerm,
  missingPreStop,
  missingSelector,
  missingSpread,
  missingTolerations,
  wantedOfNodes,
} from "./pod-changes.ts";
import { templatePod, writtenPod } from "./pod-patch.ts";
import type { ContainerPlace, PodAmounts, PodSizing } from "./pod-sizing.ts";
import { contractFor } from "./pod-variant.ts";

/** Returns the Pod as rules judge it; the given one when nothing changes. */
export function judgedPod({ pod, contract }: { readonly pod: Pod; readonly contract: CompiledContract }): Pod {
  if (!contract.writes) return pod;
  const own = contractFor(pod, contract);
  // A podPatch may change any part of the spec again: few have one, and the patch knows how.
  if (own.pod.podPatch !== undefined) return writtenPod(pod, contract);
  const metadata = withMetadata(pod, own);
  const spec = withSpec(pod, own);
  return metadata === pod.metadata && spec === pod.spec ? pod : { ...pod, metadata, spec };
}

/** Returns the spec of a workload's Pods as they are compiled while no zone is lost. */
export function placedAtAnyTime(workload: Workload, contract: CompiledContract): PodSpec {
  const { lastingRequirements: nodeRequirements = contract.pod.nodeRequirements } = contract.pod;
  const lasting = { ...contract, pod: { ...contract.pod, nodeRequirements } };
  return judgedPod({ pod: templatePod(workload), contract: lasting }).spec;
}

function withMetadata(pod: Pod, contract: CompiledContract): Pod["metadata"] {
  const { metadata } = pod;
  const labels = withTexts(metadata.labels, labelsToSet(pod, contract));
  const annotations = withTexts(metadata.annotations, contract.pod.annotations);
  if (labels === metadata.labels && annotations === metadata.annotations) return metadata;
  return {
    ...metadata,
    ...(labels === undefined ? undefined : { labels }),
    ...(annotations === undefined ? undefined : { annotations }),
  };
}

type Texts = Readonly<Record<string, string>>;

/** The same texts where every one that is to be set is there already. */
function withTexts<T extends Texts | undefined>(own: T, set: Texts): T | Texts {
  for (const key of Object.keys(set)) {
    // One object for all Pods that say nothing themselves: what is remembered of placements holds for each of them.
    if (own == null) return set;
    if (!Object.hasOwn(own, key) || own[key] !== set[key]) return { ...own, ...set };
  }
  return own;
}

/** In the order of the patch: the placement's requirements look at the final node selector, a preStop at the final grace period. */
function withSpec(pod: Pod, contract: CompiledContract): PodSpec {
  const { spec } = pod;
  const parts = contract.pod;
  const sizing = missingAmounts(pod, contract);
  const nodeSelector = withTexts(spec.nodeSelector, missingSelector(spec, parts));
  const affinity = withRequirements(spec.affinity, wantedOfNodes(nodeSelector, parts.nodeRequirements));
  const tolerations = missingTolerations(spec, parts);
  const spread = missingSpread(pod, contract);
  const grace = parts.gracePeriodSeconds;
  const initContainers = withAmounts(spec.initContainers, "initContainers", sizing);
  const next: PodSpec = {
    ...spec,
    containers: withAmounts(spec.containers, "containers", sizing),
    ...(initContainers === spec.initContainers ? undefined : { initContainers }),
    ...(sizing.pod === undefined ? undefined : { resources: withLists(spec.resources, sizing.pod) }),
    ...(nodeSelector === undefined ? undefined : { nodeSelector }),
    ...(affinity === undefined ? undefined : { affinity }),
    ...(tolerations.length === 0 ? undefined : { tolerations: joined(spec.tolerations, tolerations) }),
    ...(spread.length === 0 ? undefined : { topologySpreadConstraints: joined(spec.topologySpreadConstraints, spread) }),
    ...(grace === undefined ? undefined : { terminationGracePeriodSeconds: grace }),
  };
  const preStop = missingPreStop({ ...pod, spec: next }, contract);
  if (preStop !== undefined)
    return { ...next, containers: next.containers.map((container, index) => withSleep(container, index, preStop)) };
  const isChanged =
    sizing.containers.length > 0 ||
    sizing.pod !== undefined ||
    nodeSelector !== spec.nodeSelector ||
    affinity !== spec.affinity ||
    tolerations.length > 0 ||
    spread.length > 0 ||
    next.terminationGracePeriodSeconds !== spec.terminationGracePeriodSeconds;
  return isChanged ? next : spec;
}

function joined<T>(own: readonly T[] | null | undefined, added: readonly T[]): readonly T[] {
  return own == null || own.length === 0 ? added : [...own, ...added];
}

function withSleep(container: Container, at: number, { index, seconds }: { readonly index: number; readonly seconds: number }): Container {
  return at === index ? { ...container, lifecycle: { ...container.lifecycle, preStop: { sleep: { seconds } } } } : container;
}

/** Terms are alternatives, so each gets every requirement. */
function withRequirements(affinity: Affinity | undefined, wanted: readonly NodeSelectorRequirement[]): Affinity | undefined {
  if (wanted.length === 0) return affinity;
  if (affinity == null) return affinityFor(wanted);
  const required = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms;
  let isChanged = terms == null;
  const nodeSelectorTerms = terms?.map((term) => {
    const missing = missingOfTerm(term, wanted);
    if (missing.length === 0) return term;
    isChanged = true;
    return { ...term, matchExpressions: [...(term.matchExpressions ?? []), ...missing] };
  }) ?? [{ matchExpressions: wanted }];
  if (!isChanged) return affinity;
  return {
    ...affinity,
    nodeAffinity: { ...affinity.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms } },
  };
}

/** One object for one set of requirements, whoever's contract they are of: placements are few. */
const affinityFor = remembered(
  rememberedByText(JSON.stringify, (wanted: readonly NodeSelectorRequirement[]): Affinity => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: wanted }] } },
  })),
);

function withAmounts<T extends readonly Container[] | undefined>(
  containers: T,
  list: ContainerPlace["list"],
  { containers: sized }: PodSizing,
): T | readonly Container[] {
  let next: Container[] | undefined;
  for (const amounts of sized) {
    const container = amounts.list === list ? containers?.[amounts.index] : undefined;
    if (container === undefined) continue;
    next ??= [...(containers ?? [])];
    next[amounts.index] = { ...container, resources: withLists(container.resources, amounts) };
  }
  return next ?? containers;
}

function withLists(resources: ResourceRequirements | undefined, { requests, limits }: PodAmounts): ResourceRequirements {
  return {
    ...resources,
    ...(hasAny(requests) ? { requests: { ...resources?.requests, ...requests } } : undefined),
    ...(hasAny(limits) ? { limits: { ...resources?.limits, ...limits } } : undefined),
  };
}

function hasAny(texts: Texts): boolean {
  for (const key in texts) if (Object.hasOwn(texts, key)) return true;
  return false;
}
