/**
 * The patch of one Pod: a compiled contract written into the exact JSON that the API server sent.
 *
 * Reads the Pod as received and the contract. Returns RFC 6902 operations in the fixed order of contract.md 3.4: requests
 * and limits, placement, spread, grace and preStop, protection, labels, podPatch, then the annotation that says what was changed. Law: a
 * second run over the patched Pod gives no operation, whatever other webhooks did in between. What the user wrote is
 * kept: lists are only appended to, spread over a key that is already spread or kept apart is not doubled, labels that the workload's
 * selector uses are not touched (a Pod that no longer matches would be made again for ever).
 */
import { capacityTypeLabel, type PlatformNames } from "../../api/labels.ts";
import type { Pod, NodeSelectorRequirement, NodeSelectorTerm, Toleration } from "../../api/pod.ts";
import { addAt, jsonEquals, pointer, removeAt, startPatch, type JsonPatchOperation, type PatchDraft } from "../../kube/json-patch.ts";
import { tolerates } from "../../kube/taint.ts";
import type { Workload } from "../../kube/workload.ts";
import { valueAt, writeNote } from "./compiled-note.ts";
import type { CompiledContract } from "./contract.ts";
import { mainContainerOf } from "./main-container.ts";
import { mergedValue } from "./pod-field-patch.ts";
import { sizePod, type PodAmounts, type PodSizing, type SizingConflict } from "./pod-sizing.ts";
import { contractFor } from "./pod-variant.ts";

/** What both functions read: a Pod as received, and its workload's contract. */
export interface PodPatchInput {
  readonly pod: Pod;
  readonly contract: CompiledContract;
  readonly names: PlatformNames;
  /** True for a Pod that the on-demand floor needs: its caller knows its siblings (on-demand-floor.ts). */
  readonly onDemand?: boolean;
}

type PodDraft = PatchDraft<Pod>;
type Step = (draft: PodDraft, contract: CompiledContract) => PodDraft;

const termsPath = ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"] as const;

const steps: readonly Step[] = [
  writeSizing,
  writeNodeSelector,
  writeNodeAffinity,
  writeTolerations,
  writeSpread,
  writeGracePeriod,
  writePreStop,
  writeAnnotations,
  writeLabels,
  writePodPatch,
];

/** Returns the operations that bring a Pod under its contract; none where it is already, or where the profile only validates. */
export function compilePod(input: PodPatchInput): readonly JsonPatchOperation[] {
  return compiledDraft(input).operations;
}

/** Returns the Pod as it will be once compiled; the given one when nothing changes. The solver sizes demand by it. */
export function compiledPod(input: PodPatchInput): Pod {
  return compiledDraft(input).document;
}

/** Returns the Pod as it will be once compiled, but for the note on what was changed: rules judge it, and none reads the note. */
export function judgedPod({ pod, contract }: Pick<PodPatchInput, "pod" | "contract">): Pod {
  return writtenDraft(pod, contract).document;
}

/** Returns a Pod of a workload as its template says. */
export function templatePod({ template, namespace, name }: Workload): Pod {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, ...template.metadata, namespace }, spec: template.spec };
}

/** Returns why amounts of the contract were not written into a Pod; empty where all were. */
export function sizingConflicts(input: Pick<PodPatchInput, "pod" | "contract">): readonly SizingConflict[] {
  return sizingOfPod(input)?.conflicts ?? [];
}

/** Returns what the contract makes of a Pod's requests and limits; undefined where it writes nothing. */
export function sizingOfPod({ pod, contract }: Pick<PodPatchInput, "pod" | "contract">): PodSizing | undefined {
  if (!contract.writes) return undefined;
  return sizePod({ spec: pod.spec, parts: contractFor(pod, contract).pod, main: mainOf(pod, contract) });
}

function compiledDraft({ pod, contract, names, onDemand = false }: PodPatchInput): PodDraft {
  const written = writtenDraft(pod, contract);
  if (contract.profile === undefined || !contract.writes) return written;
  const draft = onDemand ? keepOffSpot(written, names) : written;
  return writeNote({ draft, contract, names, original: pod });
}

function writtenDraft(pod: Pod, contract: CompiledContract): PodDraft {
  if (!contract.writes) return startPatch(pod);
  const own = contractFor(pod, contract);
  const draft = steps.reduce((current, step) => step(current, own), startPatch(pod));
  // A podPatch may take back what an earlier step wrote: what comes out as it went in is no change.
  return own.pod.podPatch !== undefined && jsonEquals(draft.document, pod) ? startPatch(pod) : draft;
}

function writeSizing(draft: PodDraft, contract: CompiledContract): PodDraft {
  const pod = draft.document;
  const sizing = sizePod({ spec: pod.spec, parts: contract.pod, main: mainOf(pod, contract) });
  const write = (current: PodDraft, at: readonly (string | number)[], { requests, limits }: PodAmounts): PodDraft =>
    setAll(setAll(current, [...at, "requests"], requests), [...at, "limits"], limits);
  const sized = sizing.containers.reduce(
    (current, { list, index, ...amounts }) => write(current, ["spec", list, index, "resources"], amounts),
    draft,
  );
  return sizing.pod === undefined ? sized : write(sized, ["spec", "resources"], sizing.pod);
}

/** Keys that the Pod already sets stay: the rules judge them, a silent overwrite would hide the disagreement. */
function writeNodeSelector(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  const own = draft.document.spec.nodeSelector ?? {};
  const missing = Object.entries(pod.nodeSelector).filter(([key]) => !Object.hasOwn(own, key));
  return setAll(draft, ["spec", "nodeSelector"], Object.fromEntries(missing));
}

/** Terms are alternatives, so each gets every requirement; a term without any condition matches no Node and stays so. */
function writeNodeAffinity(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return requireOfNodes(draft, pod.nodeRequirements);
}

/** The label is how its siblings are counted, and how a second look at this Pod finds the decision made. */
function keepOffSpot(draft: PodDraft, names: PlatformNames): PodDraft {
  const required = requireOfNodes(draft, [{ key: capacityTypeLabel, operator: "In", values: ["on-demand"] }]);
  return setAll(required, ["metadata", "labels"], { [names.onDemandFloorLabel]: "true" });
}

function requireOfNodes(draft: PodDraft, requirements: readonly NodeSelectorRequirement[]): PodDraft {
  const { spec } = draft.document;
  const wanted = requirements.filter(({ key, values }) => !(values ?? []).includes(spec.nodeSelector?.[key] ?? ""));
  if (wanted.length === 0) return draft;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms == null) return addAt(draft, termsPath, [{ matchExpressions: wanted }]);
  return terms.reduce((current, term, index) => {
    if (isEmptyTerm(term)) return current;
    const missing = wanted.filter((requirement) => !impliedBy(term, requirement));
    return missing.reduce((next, requirement) => addAt(next, [...termsPath, index, "matchExpressions", "-"], requirement), current);
  }, draft);
}

function writeTolerations(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return pod.tolerations
    .filter((toleration) => !isTolerated(draft.document.spec.tolerations ?? [], toleration))
    .reduce((current, toleration) => addAt(current, ["spec", "tolerations", "-"], toleration), draft);
}

function writeSpread(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  const { topologySpreadConstraints, affinity } = draft.document.spec;
  const { requiredDuringSchedulingIgnoredDuringExecution: apart, preferredDuringSchedulingIgnoredDuringExecution: wished } =
    affinity?.podAntiAffinity ?? {};
  const own = new Set([...(topologySpreadConstraints ?? []), ...(apart ?? [])].map(({ topologyKey }) => topologyKey));
  const wishes = new Set((wished ?? []).map(({ podAffinityTerm }) => podAffinityTerm.topologyKey));
  return pod.spread
    .filter(
      ({ topologyKey, whenUnsatisfiable }) => !own.has(topologyKey) && !(whenUnsatisfiable === "ScheduleAnyway" && wishes.has(topologyKey)),
    )
    .reduce((current, constraint) => addAt(current, ["spec", "topologySpreadConstraints", "-"], constraint), draft);
}

function writeGracePeriod(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  if (pod.gracePeriodSeconds === undefined) return draft;
  return addAt(draft, ["spec", "terminationGracePeriodSeconds"], pod.gracePeriodSeconds);
}

/** A sleep must end before the grace period, or the API server refuses the Pod. */
function writePreStop(draft: PodDraft, contract: CompiledContract): PodDraft {
  const { spec } = draft.document;
  const seconds = contract.pod.preStopSeconds;
  if (seconds <= 0 || seconds >= (spec.terminationGracePeriodSeconds ?? defaultGracePeriodSeconds)) return draft;
  const main = mainOf(draft.document, contract);
  const index = spec.containers.findIndex((container) => container.name === main);
  if (index < 0 || spec.containers[index]?.lifecycle?.preStop != null) return draft;
  return addAt(draft, ["spec", "containers", index, "lifecycle", "preStop"], { sleep: { seconds } });
}

/** What the API server fills in for an absent terminationGracePeriodSeconds. */
const defaultGracePeriodSeconds = 30;

function writeAnnotations(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return setAll(draft, ["metadata", "annotations"], pod.annotations);
}

function writeLabels(draft: PodDraft, { pod, selector }: CompiledContract): PodDraft {
  const selecting = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map((requirement) => requirement.key),
  ]);
  const own = draft.document.metadata.labels ?? {};
  const writable = Object.entries(pod.labels).filter(([key]) => !selecting.has(key) || !Object.hasOwn(own, key));
  return setAll(draft, ["metadata", "labels"], Object.fromEntries(writable));
}

/**
 * Members that the API server has filled in from the one that a podPatch changes, before we see the Pod: it refuses the old
 * value beside the new one, and fills in the right one again once it is gone.
 */
const derivedMembers: Readonly<Record<string, readonly string[]>> = {
  priorityClassName: ["priority", "preemptionPolicy"],
  runtimeClassName: ["overhead"],
};

function writePodPatch(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return Object.entries(pod.podPatch ?? {}).reduce((current, [name, patch]) => {
    const place = ["spec", name];
    const value = valueAt(current.document, pointer(...place));
    const merged = mergedValue({ value, patch, name });
    if (merged === value || (merged === null && value === undefined)) return current;
    const freed = (derivedMembers[name] ?? []).reduce((next, member) => removeAt(next, ["spec", member]), current);
    return merged === null ? removeAt(freed, place) : addAt(freed, place, merged);
  }, draft);
}

function setAll(draft: PodDraft, at: readonly (string | number)[], values: Readonly<Record<string, string>>): PodDraft {
  return Object.entries(values).reduce((current, [key, value]) => addAt(current, [...at, key], value), draft);
}

function mainOf(pod: Pod, contract: CompiledContract): string | undefined {
  const templateMain = contract.pod.mainContainer;
  return mainContainerOf({ pod, workloadName: contract.workload.name, ...(templateMain === undefined ? {} : { templateMain }) });
}

function isEmptyTerm(term: NodeSelectorTerm): boolean {
  return (term.matchExpressions ?? []).length === 0 && (term.matchFields ?? []).length === 0;
}

function impliedBy(term: NodeSelectorTerm, requirement: NodeSelectorRequirement): boolean {
  return (term.matchExpressions ?? []).some(
    ({ key, operator, values }) =>
      key === requirement.key && operator === "In" && (values ?? []).every((value) => (requirement.values ?? []).includes(value)),
  );
}

function isTolerated(own: readonly Toleration[], wanted: Toleration): boolean {
  if (own.some((toleration) => jsonEquals(toleration, wanted))) return true;
  if (wanted.operator === "Exists" || wanted.key === undefined || wanted.effect === undefined) return false;
  const lasting = own.filter((toleration) => toleration.tolerationSeconds === undefined);
  return tolerates(lasting, { key: wanted.key, effect: wanted.effect, ...(wanted.value === undefined ? {} : { value: wanted.value }) });
}
