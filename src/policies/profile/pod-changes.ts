/**
 * Pod changes: what a contract asks of a Pod that the Pod does not have, part by part.
 *
 * Reads a Pod and the contract as it holds for it. Returns what is missing. The patch of a Pod writes it as operations
 * (pod-patch.ts), the Pod that rules judge has it laid over (judged-pod.ts): neither decides anything itself. Every Pod of every
 * review passes here, so these are loops that make nothing where nothing is missing.
 */
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Toleration, TopologySpreadConstraint } from "../../api/pod.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { ownAntiAffinity, ownSpread } from "../../kube/pods-apart.ts";
import { tolerates } from "../../kube/taint.ts";
import type { CompiledContract, PodParts } from "./contract.ts";
import { mainContainerOf } from "./main-container.ts";
import { sizePod, type PodSizing } from "./pod-sizing.ts";

type Texts = Readonly<Record<string, string>>;

const nothing: readonly never[] = [];

/** Returns the amounts to write. */
export function missingAmounts(pod: Pod, contract: CompiledContract): PodSizing {
  return sizePod({ spec: pod.spec, parts: contract.pod, main: mainOf(pod, contract) });
}

/** Returns the entries to add; keys that the Pod already sets stay: the rules judge them, a silent overwrite would hide the disagreement. */
export function missingSelector({ nodeSelector: own }: PodSpec, { nodeSelector }: PodParts): Texts {
  if (own == null) return nodeSelector;
  let missing: Record<string, string> | undefined;
  for (const key of Object.keys(nodeSelector)) {
    if (!Object.hasOwn(own, key)) (missing ??= {})[key] = nodeSelector[key] ?? "";
  }
  return missing ?? noTexts;
}

const noTexts: Texts = {};

/** Returns the requirements that the node selector does not meet yet; it must be the one with {@link missingSelector} in it. */
export function wantedOfNodes(
  nodeSelector: Texts | null | undefined,
  requirements: readonly NodeSelectorRequirement[],
): readonly NodeSelectorRequirement[] {
  const isWanted = ({ key, values }: NodeSelectorRequirement): boolean => !(values ?? nothing).includes(nodeSelector?.[key] ?? "");
  return requirements.every(isWanted) ? requirements : requirements.filter(isWanted);
}

/** Returns the requirements to add to a term; a term without any condition matches no Node and stays so. */
export function missingOfTerm(term: NodeSelectorTerm, wanted: readonly NodeSelectorRequirement[]): readonly NodeSelectorRequirement[] {
  const isEmpty = (term.matchExpressions ?? nothing).length === 0 && (term.matchFields ?? nothing).length === 0;
  return isEmpty ? nothing : wanted.filter((requirement) => !impliedBy(term, requirement));
}

function impliedBy(term: NodeSelectorTerm, requirement: NodeSelectorRequirement): boolean {
  return (term.matchExpressions ?? nothing).some(
    ({ key, operator, values }) =>
      key === requirement.key && operator === "In" && (values ?? nothing).every((value) => (requirement.values ?? nothing).includes(value)),
  );
}

/** Returns the tolerations to add. */
export function missingTolerations({ tolerations: own }: PodSpec, { tolerations }: PodParts): readonly Toleration[] {
  return own == null || own.length === 0 ? tolerations : tolerations.filter((toleration) => !isTolerated(own, toleration));
}

function isTolerated(own: readonly Toleration[], wanted: Toleration): boolean {
  if (own.some((toleration) => jsonEquals(toleration, wanted))) return true;
  if (wanted.operator === "Exists" || wanted.key === undefined || wanted.effect === undefined) return false;
  const lasting = own.filter((toleration) => toleration.tolerationSeconds === undefined);
  return tolerates(lasting, { key: wanted.key, effect: wanted.effect, ...(wanted.value === undefined ? {} : { value: wanted.value }) });
}

/** Returns the constraints to add: spread over a key that its own Pods are already spread over or kept apart by is not doubled. */
export function missingSpread(pod: Pod, contract: CompiledContract): readonly TopologySpreadConstraint[] {
  const { spread } = contract.pod;
  const { spec } = pod;
  if (spread.length === 0 || (spec.topologySpreadConstraints == null && spec.affinity?.podAntiAffinity == null)) return spread;
  const labels = { ...pod.metadata.labels, ...labelsToSet(pod, contract) };
  const made = { spec, metadata: { labels, namespace: contract.workload.namespace } };
  const { required, wished } = ownAntiAffinity(made);
  const own = new Set([...ownSpread(made), ...required].map(({ topologyKey }) => topologyKey));
  const wishes = new Set(wished.map(({ topologyKey }) => topologyKey));
  return spread.filter(
    ({ topologyKey, whenUnsatisfiable }) =>
      !own.has(topologyKey) &&
      !(whenUnsatisfiable === "ScheduleAnyway" && wishes.has(topologyKey)) &&
      // Of one key and one way there may be one constraint only, whatever it selects.
      !(spec.topologySpreadConstraints ?? nothing).some(
        (other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable,
      ),
  );
}

/** A preStop sleep to add, and the index of its container. */
export interface MissingPreStop {
  readonly index: number;
  readonly seconds: number;
}

/**
 * Returns the sleep to add to the main container, of a Pod with its final grace period: a sleep must end before that does, or the API
 * server refuses the Pod.
 */
export function missingPreStop(pod: Pod, contract: CompiledContract): MissingPreStop | undefined {
  const seconds = contract.pod.preStopSeconds;
  const { containers, terminationGracePeriodSeconds } = pod.spec;
  if (seconds <= 0 || seconds >= (terminationGracePeriodSeconds ?? defaultGracePeriodSeconds)) return undefined;
  const main = mainOf(pod, contract);
  const index = containers.findIndex((container) => container.name === main);
  return index < 0 || containers[index]?.lifecycle?.preStop != null ? undefined : { index, seconds };
}

/** What the API server fills in for an absent terminationGracePeriodSeconds. */
const defaultGracePeriodSeconds = 30;

/**
 * Returns the labels to set. Those that the workload's selector uses are not touched where the Pod has them: a Pod that no longer
 * matches would be made again for ever.
 */
export function labelsToSet({ metadata }: Pod, { pod, selector }: CompiledContract): Texts {
  const own = metadata.labels;
  let set: Record<string, string> | undefined;
  for (const key of Object.keys(pod.labels)) {
    const isKept = own != null && Object.hasOwn(own, key) && isSelecting(key, selector);
    if (!isKept) (set ??= {})[key] = pod.labels[key] ?? "";
  }
  return set ?? noTexts;
}

/** Says whether a selector asks for a label. */
export function isSelecting(label: string, selector: CompiledContract["selector"]): boolean {
  if (Object.hasOwn(selector?.matchLabels ?? noTexts, label)) return true;
  return (selector?.matchExpressions ?? nothing).some(({ key }) => key === label);
}

/** Returns the name of a Pod's main container; its workload's template may have said which. */
export function mainOf(pod: Pod, contract: CompiledContract): string | undefined {
  const templateMain = contract.pod.mainContainer;
  return mainContainerOf({ pod, workloadName: contract.workload.name, ...(templateMain === undefined ? undefined : { templateMain }) });
}
