/**
 * The annotation by which `kubectl apply` remembers what it applied; a later apply warns about an object without it.
 *
 * Reads an object as its file has it, its namespace filled in. Returns it annotated, byte for byte as kubectl does: the
 * object without the annotation itself, its annotations always there, as Go's JSON encoder writes it.
 */
import { canonicalJson } from "../api/hash.ts";
import type { KubeObject } from "../api/object.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Returns the object as `kubectl apply` would create it. */
export function withLastApplied(object: KubeObject): KubeObject {
  const annotations = Object.fromEntries(Object.entries(object.metadata.annotations ?? {}).filter(([name]) => name !== lastApplied));
  const annotated = (map: Readonly<Record<string, string>>): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, annotations: map },
  });
  return annotated({ ...annotations, [lastApplied]: `${goJson(annotated(annotations))}\n` });
}

/** Go's encoder sorts the keys of maps, and escapes what would mean something in HTML. */
function goJson(value: unknown): string {
  return canonicalJson(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
