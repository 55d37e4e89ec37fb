/**
 * Validation: what the server refuses as invalid.
 */
import { ok } from "../api/result.ts";
import type { Outcome } from "./api-server.ts";
import type { JsonObject } from "./json.ts";
import type { ServedResource } from "./served-resource.ts";

export function validateNew(_object: JsonObject, _served: ServedResource): Outcome<undefined> {
  return ok(undefined);
}

export function validateChanged(
  _object: JsonObject,
  _current: JsonObject,
  _at: { readonly served: ServedResource; readonly subresource: string },
): Outcome<undefined> {
  return ok(undefined);
}
