/**
 * JSON fields: every value inside an object, with where it stands.
 *
 * Reads JSON. Returns each member and list entry at every depth, parents first, so that a check on any field is one
 * `find` and its message can name the field.
 */
import type { JsonValue } from "../sim/json.ts";

/** One value in an object: its path as kubectl writes it, its own name (the index in a list), and what holds it. */
export interface JsonField {
  readonly path: string;
  readonly name: string;
  readonly value: JsonValue;
  readonly holder: { readonly path: string; readonly isList: boolean };
}

/** Returns the fields of a value at every depth. */
export function* jsonFields(value: JsonValue, path = ""): Generator<JsonField> {
  if (typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [name, inner] of Object.entries(value)) {
    const at = isList ? `${path}[${name}]` : `${path}${path === "" ? "" : "."}${name}`;
    yield { path: at, name, value: inner, holder: { path, isList } };
    yield* jsonFields(inner, at);
  }
}
