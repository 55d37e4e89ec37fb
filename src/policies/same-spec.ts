/**
 * Same spec: whether a change leaves alone what an object asks for.
 *
 * Reads an object before and after. Returns a yes or a no. What is asked for stands in `spec`; a PodTemplate alone has it in `template`.
 */
import type { KubeObject } from "../api/object.ts";
import { jsonEquals } from "../kube/json-patch.ts";

type Asking = KubeObject & { readonly spec?: unknown; readonly template?: unknown };

/** Returns whether an object asks for what it asked for before. */
export function isSameSpec(object: Asking, before: Asking): boolean {
  return jsonEquals(object.spec, before.spec) && jsonEquals(object.template, before.template);
}
