/**
 * AdmittedWrite: a write on its way through admission.
 *
 * Shapes only; the operation says which of the two objects there are.
 */
import type { JsonObject } from "./json.ts";

/** A write as admission sees it; a DELETE has only the old object. */
export type AdmittedWrite =
  | { readonly operation: "CREATE"; readonly object: JsonObject; readonly old?: undefined }
  | { readonly operation: "UPDATE"; readonly object: JsonObject; readonly old: JsonObject }
  | { readonly operation: "DELETE"; readonly object?: undefined; readonly old: JsonObject };
