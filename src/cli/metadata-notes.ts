/**
 * Metadata notes: names and labels that no API server takes.
 *
 * Reads an object of a known kind. Returns the words of the API server's own validation, as notes: a name concerns no verdict of
 * ours, and whoever reads the verdict would meet the refusal only at the cluster.
 */
import type { KubeObject } from "../api/object.ts";
import type { JsonObject } from "../sim/json.ts";
import { metadataProblems } from "../sim/validation/metadata-validation.ts";

/** Returns a note for each problem of an object's metadata; without a name there is none to judge yet. */
export function metadataNotes(object: KubeObject): readonly string[] {
  const plain = object as unknown as JsonObject;
  const isNamed = (object.metadata.name ?? "") !== "";
  return metadataProblems(plain, { storage: storageNames[object.kind] ?? "" })
    .filter(({ field }) => isNamed || field !== "metadata.name")
    .map(refusalNote);
}

/** Returns the note of a problem that only the API server's validation finds. */
export function refusalNote({ field, message }: { readonly field: string; readonly message: string }): string {
  return `the API server would refuse it: ${field}: ${message}`;
}

/** Kinds whose names are held to more than others'. */
const storageNames: Readonly<Record<string, string>> = { Namespace: "namespaces", Service: "services" };
