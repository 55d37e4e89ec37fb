/**
 * The pod field patch: spec.podPatch of a profile, the way out for what the contract has no word for.
 *
 * Reads the patch as written and which members of a Pod's spec policies.yaml allows. Returns what may be merged, and what
 * may not. Merging follows the strategic merge patch of the Kubernetes API as far as a Pod's spec needs it: objects member by
 * member, lists of named things element by element, other lists whole, null takes away. Directives ($patch) are refused.
 */
import { jsonEquals } from "../../kube/json-patch.ts";
import type { WorkloadClass } from "../class.ts";

/** What a podPatch may set where policies.yaml does not say. schedulerName is not among them: another scheduler sees no contract. */
export const podPatchDefaults: readonly string[] = ["priorityClassName", "runtimeClassName"];

/** What no policies.yaml can open: containers and sizes are spec.compute's, where limits are never lowered and quality of service is kept. */
const neverPatched: ReadonlySet<string> = new Set(["containers", "initContainers", "ephemeralContainers", "resources", "overhead"]);

/** The member that tells elements of a list apart, by the list's name (Kubernetes API, PodSpec). */
const mergeKeys: Readonly<Record<string, string>> = {
  volumes: "name",
  imagePullSecrets: "name",
  resourceClaims: "name",
  hostAliases: "ip",
};

type Members = Readonly<Record<string, unknown>>;

export interface AllowedPatch {
  readonly allowed: Members;
  /** Members that are left out, sorted. */
  readonly refused: readonly string[];
}

/** Returns the part of a podPatch that the class and policies.yaml allow, and the names of the other members. */
export function allowedPatch(of: {
  readonly podPatch: unknown;
  readonly workloadClass: Pick<WorkloadClass, "podPatch">;
  readonly fields: readonly string[] | undefined;
}): AllowedPatch {
  const entries = isMembers(of.podPatch) ? Object.entries(of.podPatch) : [];
  const fields = of.workloadClass.podPatch ? (of.fields ?? podPatchDefaults) : [];
  const isAllowed = ([name, value]: readonly [string, unknown]) => fields.includes(name) && !neverPatched.has(name) && !hasDirective(value);
  return {
    allowed: Object.fromEntries(entries.filter(isAllowed)),
    refused: entries
      .filter((entry) => !isAllowed(entry))
      .map(([name]) => name)
      .sort(),
  };
}

/** Returns a value with a patch merged into it; the same value where the patch changes nothing. */
export function mergedValue({ value, patch, name }: { readonly value: unknown; readonly patch: unknown; readonly name: string }): unknown {
  const merged = Array.isArray(patch) ? mergedList({ list: value, patch, name }) : isMembers(patch) ? mergedMembers(value, patch) : patch;
  return jsonEquals(merged, value) ? value : merged;
}

function mergedMembers(value: unknown, patch: Members): Members {
  const own: Members = isMembers(value) ? value : {};
  const changed = Object.entries(patch).flatMap(([name, part]): readonly (readonly [string, unknown])[] =>
    part === null ? [] : [[name, mergedValue({ value: Object.hasOwn(own, name) ? own[name] : undefined, patch: part, name })]],
  );
  const kept = Object.entries(own).filter(([name]) => !Object.hasOwn(patch, name) || patch[name] !== null);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(changed) };
}

function mergedList({ list, patch, name }: { readonly list: unknown; readonly patch: readonly unknown[]; readonly name: string }): unknown {
  const key = mergeKeys[name];
  if (key === undefined || !patch.every(isMembers)) return patch;
  const own: readonly unknown[] = Array.isArray(list) ? list : [];
  const known = own.map((element) => {
    const over = isMembers(element) ? patch.find((part) => isMembers(part) && part[key] === element[key]) : undefined;
    return over === undefined ? element : mergedValue({ value: element, patch: over, name: "" });
  });
  const added = patch.filter((part) => isMembers(part) && !own.some((element) => isMembers(element) && element[key] === part[key]));
  return [...known, ...added];
}

function hasDirective(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasDirective);
  if (!isMembers(value)) return false;
  return Object.entries(value).some(([name, part]) => name.startsWith("$") || hasDirective(part));
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
