/**
 * Own keys of a Pod: what admission computes for Pods, taken off one that brings it from elsewhere.
 *
 * Reads a Pod as received and its contract, if there is one. Returns the patch that removes each label and annotation of ours that
 * the contract does not compute: a disruption window in a Pod template would hold its Pods for ever. A label that the workload's
 * selector asks for stays, or the Pod would be made again for ever.
 */
import type { PlatformNames } from "../../api/labels.ts";
import { podKeysOf } from "../../api/own-keys.ts";
import type { Pod } from "../../api/pod.ts";
import { removeAt, startPatch, type PatchDraft } from "../../kube/json-patch.ts";
import type { Labels } from "../../kube/selector.ts";
import type { CompiledContract } from "./contract.ts";
import { isSelecting } from "./pod-changes.ts";
import { contractFor } from "./pod-variant.ts";

/** Returns the Pod without what is claimed of us, and the operations that make it so; none for nearly every Pod. */
export function withoutClaims(
  pod: Pod,
  { contract, names }: { readonly contract?: CompiledContract | undefined; readonly names: PlatformNames },
): PatchDraft<Pod> {
  const keys = podKeysOf(names);
  const labels = keys.labels.filter((key) => pod.metadata.labels?.[key] !== undefined);
  const annotations = keys.annotations.filter((key) => pod.metadata.annotations?.[key] !== undefined);
  let draft = startPatch(pod);
  if (labels.length === 0 && annotations.length === 0) return draft;
  const computed = contract === undefined ? new Set<string>() : computedKeys(pod, contract, names);
  for (const key of labels) {
    if (!computed.has(key) && !isSelecting(key, contract?.selector)) draft = removeAt(draft, ["metadata", "labels", key]);
  }
  for (const key of annotations) if (!computed.has(key)) draft = removeAt(draft, ["metadata", "annotations", key]);
  return draft;
}

function computedKeys(pod: Pod, contract: CompiledContract, names: PlatformNames): ReadonlySet<string> {
  const { pod: parts } = contractFor(pod, contract);
  if (contract.profile === undefined) return new Set();
  // What only checks writes nothing; a template from git that says what would be computed says the truth.
  if (!contract.writes)
    return new Set([...sameKeys(pod.metadata.labels, parts.labels), ...sameKeys(pod.metadata.annotations, parts.annotations)]);
  return new Set([
    ...Object.keys(parts.labels),
    ...Object.keys(parts.annotations),
    names.compiledAnnotation,
    // A second look at the Pod finds the decision by its mark.
    ...(contract.onDemandFloor === undefined ? [] : [names.onDemandFloorLabel]),
  ]);
}

function sameKeys(written: Labels | undefined, computed: Labels): readonly string[] {
  return Object.keys(computed).filter((key) => written?.[key] === computed[key]);
}
