/**
 * The patch of one Pod: a compiled contract written into the exact JSON that the API server sent.
 *
 * Reads the Pod as received and the contract. Returns RFC 6902 operations in a fixed order: requests
 * and limits, placement, spread, grace and preStop, protection, labels, podPatch, then the annotation that says what was changed. Law: a
 * second run over the patched Pod gives no operation, whatever other webhooks did in between. What the user wrote is
 * kept: lists are only appended to, spread over a key that is already spread or kept apart is not doubled, labels that the workload's
 * selector uses are not touched (a Pod that no longer matches would be made again for ever).
 */
import { capacityTypeLabel, type PlatformNames } from "../../api/labels.ts";
import type { NodeSelectorRequirement, Pod } from "../../api/pod.ts";
import { addAt, jsonEquals, pointer, removeAt, startPatch, type JsonPatchOperation, type PatchDraft } from "../../kube/json-patch.ts";
import type { Workload } from "../../kube/workload.ts";
import { valueAt, writeNote } from "./compiled-note.ts";
import type { CompiledContract } from "./contract.ts";
import {
  labelsToSet,
  mainOf,
  missingAmounts,
  missingOfTerm,
  missingPreStop,
  missingSelector,
  missingSpread,
  missingTolerations,
  wantedOfNodes,
} from "./pod-changes.ts";
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

/** Returns the Pod with all operations but the note's applied; judged-pod.ts gives the same at less cost. */
export function writtenPod(pod: Pod, contract: CompiledContract): Pod {
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
  let draft = startPatch(pod);
  for (const step of steps) draft = step(draft, own);
  // A podPatch may take back what an earlier step wrote: what comes out as it went in is no change.
  return own.pod.podPatch !== undefined && jsonEquals(draft.document, pod) ? startPatch(pod) : draft;
}

function writeSizing(draft: PodDraft, contract: CompiledContract): PodDraft {
  const sizing = missingAmounts(draft.document, contract);
  let current = draft;
  for (const { list, index, ...amounts } of sizing.containers) current = writeAmounts(current, ["spec", list, index, "resources"], amounts);
  return sizing.pod === undefined ? current : writeAmounts(current, ["spec", "resources"], sizing.pod);
}

function writeAmounts(draft: PodDraft, at: readonly (string | number)[], { requests, limits }: PodAmounts): PodDraft {
  return setAll(setAll(draft, [...at, "requests"], requests), [...at, "limits"], limits);
}

function writeNodeSelector(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return setAll(draft, ["spec", "nodeSelector"], missingSelector(draft.document.spec, pod));
}

/** Terms are alternatives, so each gets every requirement. */
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
  const wanted = wantedOfNodes(spec.nodeSelector, requirements);
  if (wanted.length === 0) return draft;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms == null) return addAt(draft, termsPath, [{ matchExpressions: wanted }]);
  return terms.reduce(
    (current, term, index) => appendAll(current, [...termsPath, index, "matchExpressions", "-"], missingOfTerm(term, wanted)),
    draft,
  );
}

function writeTolerations(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return appendAll(draft, ["spec", "tolerations", "-"], missingTolerations(draft.document.spec, pod));
}

function writeSpread(draft: PodDraft, contract: CompiledContract): PodDraft {
  return appendAll(draft, ["spec", "topologySpreadConstraints", "-"], missingSpread(draft.document, contract));
}

function writeGracePeriod(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  if (pod.gracePeriodSeconds === undefined) return draft;
  return addAt(draft, ["spec", "terminationGracePeriodSeconds"], pod.gracePeriodSeconds);
}

function writePreStop(draft: PodDraft, contract: CompiledContract): PodDraft {
  const missing = missingPreStop(draft.document, contract);
  if (missing === undefined) return draft;
  const { index, seconds } = missing;
  return addAt(draft, ["spec", "containers", index, "lifecycle", "preStop"], { sleep: { seconds } });
}

function writeAnnotations(draft: PodDraft, { pod }: CompiledContract): PodDraft {
  return setAll(draft, ["metadata", "annotations"], pod.annotations);
}

function writeLabels(draft: PodDraft, contract: CompiledContract): PodDraft {
  return setAll(draft, ["metadata", "labels"], labelsToSet(draft.document, contract));
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
  if (pod.podPatch === undefined) return draft;
  return Object.entries(pod.podPatch).reduce((current, [name, patch]) => {
    const place = ["spec", name];
    const value = valueAt(current.document, pointer(...place));
    const merged = mergedValue({ value, patch, name });
    if (merged === value || (merged === null && value === undefined)) return current;
    const freed = (derivedMembers[name] ?? []).reduce((next, member) => removeAt(next, ["spec", member]), current);
    return merged === null ? removeAt(freed, place) : addAt(freed, place, merged);
  }, draft);
}

function setAll(draft: PodDraft, at: readonly (string | number)[], values: Readonly<Record<string, string>>): PodDraft {
  let current = draft;
  for (const key of Object.keys(values)) current = addAt(current, [...at, key], values[key]);
  return current;
}

function appendAll(draft: PodDraft, at: readonly (string | number)[], values: readonly unknown[]): PodDraft {
  let current = draft;
  for (const value of values) current = addAt(current, at, value);
  return current;
}
