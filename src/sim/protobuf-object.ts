/**
 * Built-in objects in protobuf: what kubectl sends when it makes an object from words (create namespace, create deployment).
 *
 * Reads bytes of Kubernetes' envelope (the four bytes k8s\0, then a message with the type and the object). Returns the object as JSON, by the
 * generated field numbers and the schema, or why it can't be read. Answers are always JSON, which every client takes.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { BuiltInSchemas } from "./built-in-schemas.ts";
import { protobufFields } from "./generated/protobuf-fields.ts";
import { isJsonArray, isJsonObject, toJson, type JsonObject, type JsonValue } from "./json.ts";
import { decodeMessage, type WireField } from "./protobuf.ts";
import type { Schema } from "./schema.ts";

const magic = "k8s\0";

/** Decodes an enveloped object; `referenceOf` names the built-in type of an apiVersion and kind. */
export function decodeProtobufObject(
  bytes: Uint8Array,
  schemas: BuiltInSchemas,
  referenceOf: (apiVersion: string, kind: string) => string | undefined,
): Result<JsonObject, string> {
  if (textOf(bytes.subarray(0, 4)) !== magic)
    return err("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  const envelope = decodeMessage(bytes.subarray(4));
  const type = decodeMessage(bytesOf(envelope, 1)) ?? [];
  const apiVersion = textOf(bytesOf(type, 1));
  const kind = textOf(bytesOf(type, 2));
  const reference = referenceOf(apiVersion, kind);
  if (envelope === undefined || reference === undefined)
    return err(`the embedded world does not read ${kind} of ${apiVersion} in protobuf`);
  const object = decodeTyped(bytesOf(envelope, 2), schemas(reference), schemas);
  return object === undefined ? err(`the protobuf message is not a ${kind}`) : ok({ apiVersion, kind, ...object });
}

function bytesOf(fields: readonly WireField[] | undefined, number: number): Uint8Array {
  const found = fields?.find((field) => field.number === number)?.value;
  return found instanceof Uint8Array ? found : new Uint8Array();
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

interface FieldNumber {
  readonly name: string;
  /** A Go pointer: a zero that is on the wire was set. */
  readonly keepsZero: boolean;
  /** The type whose fields stand in the object itself. */
  readonly inlined?: string;
}

function fieldNumbers(reference: string): ReadonlyMap<number, FieldNumber> {
  const entries = (protobufFields[reference] ?? "").split(" ").flatMap((text): [number, FieldNumber][] => {
    const [, number, pointer, name = "", inlined] = /^(\d+)(\*?)(?::(.*)|~(.*))$/.exec(text) ?? [];
    if (number === undefined) return [];
    return [[Number(number), { name, keepsZero: pointer === "*", ...(inlined === undefined ? {} : { inlined }) }]];
  });
  return new Map(entries);
}

function decodeTyped(bytes: Uint8Array, schema: Schema, schemas: BuiltInSchemas): JsonObject | undefined {
  return decodeFieldsOf(bytes, schema.reference ?? "", { schema, schemas });
}

interface Typing {
  readonly schema: Schema;
  readonly schemas: BuiltInSchemas;
}

function decodeFieldsOf(bytes: Uint8Array, reference: string, typing: Typing): JsonObject | undefined {
  const fields = decodeMessage(bytes);
  if (fields === undefined) return undefined;
  const numbers = fieldNumbers(reference);
  const object: Record<string, JsonValue> = {};
  for (const { number, value } of fields) {
    const field = numbers.get(number);
    if (field === undefined) continue;
    if (field.inlined !== undefined) {
      Object.assign(object, value instanceof Uint8Array ? decodeFieldsOf(value, field.inlined, typing) : {});
      continue;
    }
    const schema = typing.schema.properties?.get(field.name);
    if (schema !== undefined) addValue(object, field, decodeValue(value, schema, typing.schemas));
  }
  return object;
}

/** Lists and maps come entry by entry; a zero that Go would leave out of JSON is left out. */
function addValue(object: Record<string, JsonValue>, { name, keepsZero }: FieldNumber, value: JsonValue | undefined): void {
  const before = object[name];
  if (value === undefined || (!keepsZero && (value === "" || value === 0 || value === false))) return;
  if (isJsonArray(before) && isJsonArray(value)) object[name] = [...before, ...value];
  else if (isJsonObject(before) && isJsonObject(value)) object[name] = { ...before, ...value };
  else object[name] = value;
}

function decodeValue(value: bigint | Uint8Array, schema: Schema, schemas: BuiltInSchemas): JsonValue | undefined {
  if (schema.type === "array") return decodeItem(value, schema.items, schemas);
  if (typeof value === "bigint") return schema.type === "boolean" ? value !== 0n : Number(value);
  if (schema.values !== undefined) return decodeEntry(value, schema.values, schemas);
  if (schema.reference !== undefined) return decodeTyped(value, schema, schemas);
  switch (schema.type) {
    case "quantity":
      return textOf(bytesOf(decodeMessage(value), 1)) || undefined;
    case "int-or-string":
      return decodeIntOrString(value);
    case "date-time":
    case "micro-time":
      return decodeTime(value, schema.type);
    case "byte":
      return Buffer.from(value).toString("base64");
    case "any":
      return decodeRaw(value);
    default:
      return textOf(value);
  }
}

function decodeItem(value: bigint | Uint8Array, items: Schema | undefined, schemas: BuiltInSchemas): JsonValue | undefined {
  const item = items === undefined ? undefined : decodeValue(value, items, schemas);
  return item === undefined ? undefined : [item];
}

function decodeEntry(bytes: Uint8Array, values: Schema, schemas: BuiltInSchemas): JsonValue | undefined {
  const entry = decodeMessage(bytes);
  const value = entry?.find((field) => field.number === 2)?.value ?? new Uint8Array();
  return { [textOf(bytesOf(entry, 1))]: decodeValue(value, values, schemas) ?? "" };
}

function decodeIntOrString(bytes: Uint8Array): JsonValue {
  const fields = decodeMessage(bytes);
  const isText = fields?.some((field) => field.number === 1 && field.value === 1n) === true;
  const number = fields?.find((field) => field.number === 2)?.value;
  return isText ? textOf(bytesOf(fields, 3)) : Number(typeof number === "bigint" ? number : 0n);
}

function decodeTime(bytes: Uint8Array, type: "date-time" | "micro-time"): JsonValue | undefined {
  const fields = decodeMessage(bytes);
  const seconds = fields?.find((field) => field.number === 1)?.value;
  const nanos = fields?.find((field) => field.number === 2)?.value;
  if (typeof seconds !== "bigint") return undefined;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const micros = Math.trunc(Number(typeof nanos === "bigint" ? nanos : 0n) / 1000);
  return type === "date-time" ? `${text}Z` : `${text}.${String(micros).padStart(6, "0")}Z`;
}

/** A RawExtension holds JSON bytes. */
function decodeRaw(bytes: Uint8Array): JsonValue | undefined {
  const raw = textOf(bytesOf(decodeMessage(bytes), 1));
  if (raw === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(raw);
    return toJson(parsed);
  } catch {
    return undefined;
  }
}
