/**
 * ShapeError: one problem in the form of a value, in words for people.
 *
 * Reads an error of ajv's and the kind's schema. Returns the place (as a JSON Pointer and as people write it), a
 * sentence that completes "<field>: …", and for an unknown field the nearest known one: first among its neighbours, then
 * anywhere in the kind, since a field on the wrong level is as common as a slip of the hand. Values are quoted as JSON
 * and cut, so that no control character and no large text reaches an answer.
 */
import type { ErrorObject } from "ajv";
import type { JsonSchema } from "./json-schema.ts";
import { nearestWord } from "./nearest-word.ts";
import { patternOf, patternWords } from "./schema-pattern.ts";

const shownTextMax = 60;
const knownShownMax = 16;

/** One problem in the form of a value. */
export interface ShapeError {
  /** JSON Pointer to the field, also where it is missing. */
  readonly path: string;
  /** The field as people write it: "spec.scaling.metrics[0].type"; empty for the value itself. */
  readonly field: string;
  /** A sentence that completes "<field>: …", without a full stop. */
  readonly message: string;
  /** The word of JSON Schema that failed: "additionalProperties" for an unknown field, "required" for a missing one. */
  readonly keyword: string;
  /** For an unknown field: the nearest known one, written as field is. */
  readonly nearest?: string;
  /** For an unknown field: the names that are known in its place, sorted. */
  readonly known?: readonly string[];
}

/** Returns the words for one error that ajv, in verbose mode, found against a kind's schema. */
export function shapeErrorOf({ error, schema }: { readonly error: ErrorObject; readonly schema: JsonSchema }): ShapeError {
  const tokens = tokensOf(error.instancePath);
  if (error.keyword === "additionalProperties") {
    return unknownField({
      tokens,
      name: paramText(error, "additionalProperty"),
      siblings: objectAt(error.parentSchema?.properties),
      schema,
    });
  }
  if (error.keyword === "required") {
    return { ...place([...tokens, paramText(error, "missingProperty")]), message: "is required", keyword: "required" };
  }
  return { ...place(tokens), message: messageOf(error), keyword: error.keyword };
}

function unknownField(found: {
  readonly tokens: readonly string[];
  readonly name: string;
  readonly siblings: Readonly<Record<string, unknown>>;
  readonly schema: JsonSchema;
}): ShapeError {
  const known = Object.keys(found.siblings).sort();
  const sibling = nearestWord(found.name, known);
  const nearest = sibling === undefined ? elsewhere(found) : fieldText([...found.tokens, sibling]);
  return {
    ...place([...found.tokens, found.name]),
    message: `unknown field${unknownHint({ nearest, known })}`,
    keyword: "additionalProperties",
    known,
    ...(nearest !== undefined && { nearest }),
  };
}

function unknownHint({ nearest, known }: { readonly nearest: string | undefined; readonly known: readonly string[] }): string {
  if (nearest !== undefined) return `; nearest known field is ${nearest}`;
  return known.length <= knownShownMax ? `; known here: ${known.join(", ")}` : "";
}

/** The field of that name on another level, the least deep one; undefined where there is none. */
function elsewhere({ name, schema }: { readonly name: string; readonly schema: JsonSchema }): string | undefined {
  const fields = fieldsOf(schema, "").filter((field) => !field.path.startsWith("status."));
  const nearest = nearestWord(
    name,
    fields.map((field) => field.name),
  );
  const places = fields.filter((field) => field.name === nearest).map((field) => field.path);
  return places.sort((a, b) => a.split(".").length - b.split(".").length)[0];
}

function fieldsOf(schema: JsonSchema, prefix: string): readonly { readonly name: string; readonly path: string }[] {
  const inner = schema.items ?? schema.additionalProperties;
  if (inner) return fieldsOf(inner, `${prefix}${schema.items ? "[]" : ".<name>"}`);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    return [{ name, path }, ...fieldsOf(field, path)];
  });
}

function messageOf(error: ErrorObject): string {
  const limit = paramText(error, "limit");
  switch (error.keyword) {
    case "type":
      return `must be ${typeWords(error.params.type)}, not ${shown(error.data)}${quotesHint(error)}`;
    case "enum":
      return enumMessage(error);
    case "pattern":
      return patternMessage(error);
    case "format":
      return `must be ${formatWords[paramText(error, "format")] ?? paramText(error, "format")}, not ${shown(error.data)}`;
    case "minimum":
      return `must be at least ${limit}, not ${shown(error.data)}`;
    case "maximum":
      return `must be at most ${limit}, not ${shown(error.data)}`;
    case "minLength":
      return limit === "1" ? "may not be empty" : `must have at least ${limit} characters`;
    case "maxLength":
      return `must have at most ${limit} characters`;
    case "minItems":
      return `must have at least ${limit === "1" ? "one entry" : `${limit} entries`}`;
    case "maxItems":
    case "maxProperties":
      return `must have at most ${limit} entries`;
    case "uniqueItems":
      return "may hold each entry only once";
    default:
      return error.message ?? "is not valid";
  }
}

/** A fraction where a whole number or text belongs was meant as text: quantities such as 0.5 need quotes. */
function quotesHint(error: ErrorObject): string {
  return Array.isArray(error.params.type) && typeof error.data === "number" ? `; write ${JSON.stringify(String(error.data))}` : "";
}

function enumMessage(error: ErrorObject): string {
  const words: readonly unknown[] = Array.isArray(error.schema) ? error.schema : [];
  const texts = words.map(String);
  const nearest = typeof error.data === "string" ? nearestWord(error.data, texts) : undefined;
  return `must be one of ${texts.join(", ")}, not ${shown(error.data)}${nearest === undefined ? "" : `; did you mean ${nearest}`}`;
}

function patternMessage(error: ErrorObject): string {
  const source = paramText(error, "pattern");
  if (source !== patternOf("quantity") && source !== patternOf("amount"))
    return `must be ${patternWords(source) ?? source}, not ${shown(error.data)}`;
  if (String(error.data).startsWith("-")) return `must be at least 0, not ${shown(error.data)}`;
  const meant = /^([0-9.]+) ?([kmgtp])i?b?$/i.exec(String(error.data));
  const nearest = meant === null ? "" : `; did you mean ${meant[1]}${String(meant[2]).toUpperCase()}i`;
  return `${shown(error.data)} is not a Kubernetes quantity${nearest}`;
}

const formatWords: Readonly<Record<string, string>> = {
  int32: "a whole number of 32 bits",
  int64: "a whole number below 2^53",
  "date-time": "a time such as 2027-03-31T00:00:00Z",
};

const typeTable: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function typeWords(type: unknown): string {
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.map((each) => typeTable[String(each)] ?? String(each)).join(" or ");
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length <= shownTextMax ? text : `${text.slice(0, shownTextMax)}…`;
}

function place(tokens: readonly string[]): { readonly path: string; readonly field: string } {
  const path = tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return { path, field: fieldText(tokens) };
}

/** Tokens as people write a field: list places in brackets, and names that hold other characters in quotes. */
function fieldText(tokens: readonly string[]): string {
  return tokens.reduce((text, token) => {
    if (/^\d+$/.test(token)) return `${text}[${token}]`;
    const name = /^[A-Za-z_*][-\w*]*$/.test(token) ? token : shown(token);
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

function tokensOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function paramText(error: ErrorObject, name: string): string {
  return String(objectAt(error.params)[name]);
}

function objectAt(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
