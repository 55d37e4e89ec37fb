/**
 * The compiled note: the annotation of a Pod that says which contract it carries, and what was changed for it.
 *
 * Reads the Pod as received and the operations of its patch. Returns the draft with the note written, or as it is where an earlier
 * run of the same contract has said it all. The text is the same for the same Pod: its members stand in the order of the steps.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { Pod } from "../../api/pod.ts";
import { addAt, pointerTokens, type JsonPatchOperation, type PatchDraft } from "../../kube/json-patch.ts";
import type { CompiledContract } from "./contract.ts";

type PodDraft = PatchDraft<Pod>;

interface Changes {
  readonly [path: string]: { readonly from: unknown; readonly to: unknown };
}

/** Writes what was done, or leaves the note of an earlier run of the same contract where nothing more was done. */
export function writeNote(input: {
  readonly draft: PodDraft;
  readonly contract: CompiledContract;
  readonly names: PlatformNames;
  readonly original: Pod;
}): PodDraft {
  const { draft, contract, names, original } = input;
  const header = { profile: contract.profile?.name, generation: contract.profile?.generation, bundle: contract.bundle };
  const earlier = earlierChanges(draft.document.metadata.annotations?.[names.compiledAnnotation], header);
  if (earlier !== undefined && draft.operations.length === 0) return draft;
  const changes = changesOf(original, draft.operations, earlier ?? {});
  const changed = earlier === undefined ? changes : { ...earlier, ...changes };
  // The members stand in the order of the steps already, so the text is the same for the same Pod.
  return addAt(draft, ["metadata", "annotations", names.compiledAnnotation], JSON.stringify({ ...header, changed }));
}

/** Returns the name of the profile that a Pod says it was compiled for; undefined where it says none. */
export function profileOfNote({ metadata }: Pod, { compiledAnnotation }: Pick<PlatformNames, "compiledAnnotation">): string | undefined {
  const text = metadata.annotations?.[compiledAnnotation];
  const profile = text === undefined ? undefined : parsedObject(text)?.["profile"];
  return typeof profile === "string" ? profile : undefined;
}

function changesOf(original: Pod, operations: readonly JsonPatchOperation[], earlier: Changes): Changes {
  const changes: Record<string, Changes[string]> = {};
  for (const operation of operations) {
    if (operation.op !== "add" && operation.op !== "replace" && operation.op !== "remove") continue;
    const from = operation.op === "add" ? null : valueAt(original, operation.path);
    // A path begins with a slash, so it is never a name that objects have already.
    changes[operation.path] = { from: earlier[operation.path]?.from ?? from, to: operation.op === "remove" ? null : operation.value };
  }
  return changes;
}

/** The changes that an annotation of this very contract tells of; undefined where it is absent, older or not ours. */
function earlierChanges(text: string | undefined, header: Readonly<Record<string, unknown>>): Changes | undefined {
  const note = text === undefined ? undefined : parsedObject(text);
  if (note === undefined || !Object.entries(header).every(([key, value]) => note[key] === value)) return undefined;
  return isChanges(note["changed"]) ? note["changed"] : undefined;
}

function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Not JSON: somebody else's text under our name, which is written anew.
    return undefined;
  }
}

function isChanges(value: unknown): value is Changes {
  return isRecord(value) && Object.values(value).every((change) => isRecord(change) && "to" in change);
}

/** Returns the value at a JSON Pointer, or undefined where there is none. */
export function valueAt(document: unknown, path: string): unknown {
  return pointerTokens(path).reduce<unknown>((value, token) => {
    if (Array.isArray(value)) return value[Number(token)];
    return isRecord(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  }, document);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
