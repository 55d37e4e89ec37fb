/**
 * Defaulting: an object with the defaults of its kind.
 */
import type { JsonObject } from "./json.ts";
import type { ServedResource } from "./served-resource.ts";

/** Returns an object with its kind's defaults filled. */
export function withObjectDefaults(object: JsonObject, _served: ServedResource): JsonObject {
  return object;
}
