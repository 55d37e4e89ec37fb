/**
 * Unknown fields: words in a value that its schema does not know.
 *
 * Reads a plain JSON schema and any value. Returns the first places, with the nearest field that does exist; the API server keeps
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

/** What a value has that its schema does not know: the first ones by name, the rest as a count. */
export interface UnknownFields {
  readonly fields: readonly UnknownField[];
  readonly moreCount: number;
}

/** A value that has more unknown fields than this has said enough, and looking for what each was meant to be is work. */
const unknownFieldsMax = 20;

/** Returns the unknown fields of a value under a schema, in the order of the value; maps and open objects know every field. */
export function unknownFields(schema: JsonSchema, value: unknown, at: readonly string[]): UnknownFields {
  const found: Found = { named: [], moreCount: 0 };
  walk(schema, value, { at, found });
  return { fields: found.named.map((one) => unknownField({ ...one, root: schema, rootPath: at })), moreCount: found.moreCount };
}

interface Unknown {
  readonly schema: JsonSchema;
  readonly tokens: readonly string[];
}

interface Found {
  readonly named: Unknown[];
  moreCount: number;
}

function walk(schema: JsonSchema, value: unknown, { at, found }: { readonly at: readonly string[]; readonly found: Found }): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) walk(items, item, { at: [...at, String(index)], found });
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const { properties, additionalProperties } = schema;
  if (properties === undefined && additionalProperties === undefined) return;
  for (const [name, member] of Object.entries(value)) {
    const known = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (known !== undefined) walk(known, member, { at: [...at, name], found });
    else if (found.named.length < unknownFieldsMax) found.named.push({ schema, tokens: [...at, name] });
    else found.moreCount += 1;
  }
}

interface Place extends Unknown {
  readonly root: JsonSchema;
  readonly rootPath: readonly string[];
}

function unknownField({ schema, tokens, root, rootPath }: Place): UnknownField {
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
