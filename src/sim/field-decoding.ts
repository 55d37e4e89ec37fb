/**
 * Field decoding: an object's members against its schema, as the real server's decoder and pruning treat them.
 *
 * Reads JSON and a Schema. Returns the value that would be stored, the paths of unknown fields (which fieldValidation turns into an error, a
 * warning or nothing) and the type errors of a built-in kind, in the words of Go's decoder, which tells the first. Built-in kinds lose nulls and empty lists
 * and maps, since their Go types leave those out; custom resources keep what their schema allows.
 */
import { canonicalQuantity } from "../kube/quantity.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { proven } from "./proven.ts";
import { memberSchema, type Schema } from "./schema.ts";

/** What decoding an object came to. */
export interface DecodedFields {
  readonly value: JsonObject;
  readonly unknownFields: readonly string[];
  /** The first of the type errors. */
  readonly typeError?: string;
  readonly typeErrors: readonly FieldTypeError[];
}

/** A value that the decoder can't take; `path` is where it stands, with indices. */
export interface FieldTypeError {
  readonly path: string;
  readonly message: string;
}

interface Decoding {
  readonly unknownFields: string[];
  readonly typeErrors: FieldTypeError[];
  readonly custom: boolean;
}

/** Where a value stands: its path with indices, its path without, and the Go struct that holds it. */
interface Place {
  readonly path: string;
  readonly goPath: string;
  readonly struct: string;
}

/** Decodes an object of a resource; `custom` says that it is a custom resource. */
export function decodeFields(object: JsonObject, schema: Schema, { custom }: { readonly custom: boolean }): DecodedFields {
  const decoding: Decoding = { unknownFields: [], typeErrors: [], custom };
  const decoded = decodeValue(object, schema, { path: "", goPath: "", struct: "" }, decoding);
  const [typeError] = decoding.typeErrors;
  return {
    value: isJsonObject(decoded) ? decoded : {},
    unknownFields: decoding.unknownFields,
    typeErrors: decoding.typeErrors,
    ...(typeError === undefined ? {} : { typeError: typeError.message }),
  };
}

/** Stored parts that decoding leaves as they are. */
const decodedBefore = proven();

type Decoder = (value: JsonValue, schema: Schema, place: Place, decoding: Decoding) => JsonValue | undefined;

function decodeValue(value: JsonValue, schema: Schema, place: Place, decoding: Decoding): JsonValue | undefined {
  if (schema.type === "any" && (schema.properties?.size ?? 0) === 0) return value;
  if (value === null) return isBuiltIn(schema, decoding) ? undefined : value;
  if (isJsonObject(value)) return decodeOnce(value, schema, place, decoding);
  if (isJsonArray(value)) return decodeList(value, schema, place, decoding);
  return isBuiltIn(schema, decoding) ? decodeScalar(value, schema, place, decoding) : value;
}

/** A part that was stored, and was found to be as it should be under the same schema, is so still. */
const decodeOnce = (value: JsonObject, schema: Schema, place: Place, decoding: Decoding): JsonValue | undefined => {
  if (decodedBefore.has(value, schema)) return value;
  const problems = decoding.unknownFields.length + decoding.typeErrors.length;
  const decoded = decodeObject(value, schema, place, decoding);
  const isFine = decoding.unknownFields.length + decoding.typeErrors.length === problems;
  if (decoded === value && isFine) decodedBefore.add(value, schema);
  return decoded;
};

/** A custom resource's metadata is decoded as the built-in type that it is. */
function isBuiltIn(schema: Schema, { custom }: Decoding): boolean {
  return !custom || schema.source === undefined;
}

const decodeObject = (value: JsonObject, schema: Schema, place: Place, decoding: Decoding): JsonValue | undefined => {
  if (schema.type !== "object" && schema.type !== "any") return unfitting(value, schema, place, decoding);
  const keepsAll = schema.preserveUnknown;
  const kept: Record<string, JsonValue> = {};
  let isSame = true;
  for (const [name, member] of Object.entries(value)) {
    const inner = memberSchema(schema, name);
    if (inner === undefined) {
      if (keepsAll) kept[name] = member;
      else decoding.unknownFields.push(joined(place.path, name));
      isSame = isSame && keepsAll;
      continue;
    }
    const decoded = decodeValue(member, inner, placeOf(place, name, schema), decoding);
    const isKept = decoded !== undefined && !isLeftOut(decoded, inner, schema, name, decoding);
    if (isKept) kept[name] = decoded;
    isSame = isSame && isKept && decoded === member;
  }
  return isSame ? value : kept;
};

/** Go's omitempty: an empty list or map of a built-in kind is not written. */
function isLeftOut(value: JsonValue, inner: Schema, outer: Schema, name: string, decoding: Decoding): boolean {
  if (!isBuiltIn(inner, decoding) || outer.required.includes(name)) return false;
  if (isJsonArray(value)) return value.length === 0;
  return isJsonObject(value) && inner.values !== undefined && Object.keys(value).length === 0;
}

const decodeList: (value: readonly JsonValue[], schema: Schema, place: Place, decoding: Decoding) => JsonValue | undefined = (
  value,
  schema,
  place,
  decoding,
) => {
  if (schema.type === "any") return value;
  const { items } = schema;
  if (schema.type !== "array") return unfitting(value, schema, place, decoding);
  if (items === undefined) return value;
  const decoded = value.map((item, index) => decodeValue(item, items, { ...place, path: `${place.path}[${index}]` }, decoding) ?? null);
  return decoded.every((item, index) => item === value[index]) ? value : decoded;
};

const decodeScalar: Decoder = (value, schema, place, decoding) => {
  switch (schema.type) {
    case "string":
    case "byte":
      return typeof value === "string" ? value : unfitting(value, schema, place, decoding);
    case "boolean":
      return typeof value === "boolean" ? value : unfitting(value, schema, place, decoding);
    case "integer":
      return decodeInteger(value, schema, place, decoding);
    case "number":
      return typeof value === "number" ? value : unfitting(value, schema, place, decoding);
    case "int-or-string":
      return typeof value === "boolean" ? unfitting(value, schema, place, decoding) : value;
    case "quantity":
      return decodeQuantity(value, place, decoding);
    case "date-time":
    case "micro-time":
      return decodeTime(value, schema, place, decoding);
    default:
      return unfitting(value, schema, place, decoding);
  }
};

const decodeInteger: Decoder = (value, schema, place, decoding) => {
  if (typeof value !== "number") return unfitting(value, schema, place, decoding);
  return Number.isInteger(value) ? value : unfitting(value, schema, place, decoding);
};

const quantityPattern = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;

function decodeQuantity(value: JsonValue, { path }: Place, decoding: Decoding): JsonValue | undefined {
  const text = String(typeof value === "string" || typeof value === "number" ? value : "");
  const canonical = canonicalQuantity(text);
  if (canonical.ok) return canonical.value;
  const message = quantityPattern.test(text)
    ? "unable to parse quantity's suffix"
    : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  decoding.typeErrors.push({ path, message });
  return undefined;
}

const decodeTime: Decoder = (value, schema, place, decoding) => {
  if (typeof value !== "string") return unfitting(value, schema, place, decoding);
  const at = Date.parse(value);
  if (Number.isNaN(at)) {
    const message = `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`;
    decoding.typeErrors.push({ path: place.path, message });
    return undefined;
  }
  if (schema.type === "date-time") return `${new Date(at).toISOString().slice(0, 19)}Z`;
  const fraction = /\.(\d{6})(?!\d)/.exec(value)?.[1];
  if (fraction !== undefined) return `${new Date(at).toISOString().slice(0, 19)}.${fraction}Z`;
  const rest = JSON.stringify(value.slice(19));
  const message = `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${rest} as ".000000"`;
  decoding.typeErrors.push({ path: place.path, message });
  return undefined;
};

/** A value of the wrong type: an error of a built-in kind; a custom resource keeps it for its validation. */
const unfitting: Decoder = (value, schema, place, decoding) => {
  if (!isBuiltIn(schema, decoding)) return value;
  const found = goKind(value, schema);
  const message = `json: cannot unmarshal ${found} into Go struct field ${place.struct}.${place.goPath} of type ${schema.goType}`;
  decoding.typeErrors.push({ path: place.path, message });
  return undefined;
};

function goKind(value: JsonValue, schema: Schema): string {
  if (isJsonArray(value)) return "array";
  if (isJsonObject(value)) return "object";
  if (typeof value === "number" && schema.type === "integer") return `number ${value}`;
  return typeof value === "boolean" ? "bool" : typeof value;
}

function placeOf(place: Place, name: string, holder: Schema): Place {
  const struct = holder.reference === undefined ? place.struct : (holder.reference.split(".").pop() ?? "");
  return {
    path: joined(place.path, name),
    goPath: holder.properties?.has(name) === true ? joined(place.goPath, name) : place.goPath,
    struct,
  };
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
