/**
 * Unknown fields: words in a value that its schema does not know.
 *
 * Reads a plain JSON schema and any value. Returns the places, with the nearest field that does exist; the API server keeps
 * unknown fields of our kinds so that we can name that one (WP-005).
 */
import type { JsonSchema } from "../api/json-schema.ts";
import { nearestWord } from "../api/nearest-word.ts";
import { pointer } from "../kube/json-patch.ts";

/** One unknown field; paths are written with dots, `pointer` addresses the value. */
export interface UnknownField {
  readonly pointer: string;
  readonly path: string;
  readonly nearestPath?: string;
}

/** A value that has more unknown fields than this has said enough. */
const unknownFieldsMax = 20;

/** Returns the unknown fields of a value under a schema, in the order of the value; maps and open objects know every field. */
export function unknownFields(schema: JsonSchema, value: unknown, at: readonly string[]): readonly UnknownField[] {
  return walk({ schema, root: schema, rootPath: at }, value, at).slice(0, unknownFieldsMax);
}

interface Place {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly rootPath: readonly string[];
}

function walk(place: Place, value: unknown, at: readonly string[]): readonly UnknownField[] {
  const { schema } = place;
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => walk({ ...place, schema: items }, item, [...at, String(index)]));
  }
  if (typeof value !== "object" || value === null) return [];
  const { properties, additionalProperties } = schema;
  if (properties === undefined && additionalProperties === undefined) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const known = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return known === undefined ? [unknownField(place, [...at, name])] : walk({ ...place, schema: known }, member, [...at, name]);
  });
}

function unknownField({ schema, root, rootPath }: Place, tokens: readonly string[]): UnknownField {
  const name = tokens.at(-1) ?? "";
  const sibling = nearestWord(name, Object.keys(schema.properties ?? {}));
  const nearest = sibling === undefined ? elsewhere(name, fieldsOf(root, rootPath)) : [...tokens.slice(0, -1), sibling];
  return { pointer: pointer(...tokens), path: tokens.join("."), ...(nearest === undefined ? {} : { nearestPath: nearest.join(".") }) };
}

/** The field of that name on another level, the least deep one: a wrong level is as common as a slip of the hand. */
function elsewhere(name: string, fields: readonly (readonly string[])[]): readonly string[] | undefined {
  const nearest = nearestWord(
    name,
    fields.map((field) => field.at(-1) ?? ""),
  );
  return fields.filter((field) => field.at(-1) === nearest).sort((a, b) => a.length - b.length)[0];
}

function fieldsOf(schema: JsonSchema, at: readonly string[]): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [[...at, name], ...fieldsOf(field, [...at, name])]);
}
