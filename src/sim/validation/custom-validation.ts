/**
 * Validation of custom resources: values against the schema of their CRD.
 *
 * Reads an object and its schema. Returns the problems in the words of kube-openapi's validator. Enforced: types, required, enum, numbers' and
 * texts' bounds, patterns, sizes, unique items, list keys, allOf, anyOf, oneOf and not. Not enforced: CEL rules (x-kubernetes-validations),
 * formats, and patterns that only Go's regular expressions understand.
 */
import { canonicalJson } from "../../api/hash.ts";
import type { FieldProblem } from "../api-failure.ts";
import {
  arrayAt,
  equalJson,
  isJsonArray,
  isJsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
  valueAt,
  withoutMembers,
  type JsonObject,
  type JsonValue,
} from "../json.ts";
import { proven } from "../proven.ts";
import type { Schema } from "../schema.ts";
import { duplicate, invalidValue, notSupported, required, tooLong, tooMany, wrongType } from "./field-problem.ts";

/** Returns the problems of a custom resource. */
export function customResourceProblems(object: JsonObject, schema: Schema): readonly FieldProblem[] {
  const source = schema.source ?? {};
  return valueProblems(withoutMembers(object, ["metadata", "apiVersion", "kind"]), source, "");
}

/** Stored parts without a problem. */
const soundBefore = proven();

function valueProblems(value: JsonValue, source: JsonObject, path: string): readonly FieldProblem[] {
  if (soundBefore.has(value, source)) return [];
  const problems = foundProblems(value, source, path);
  if (problems.length === 0) soundBefore.add(value, source);
  return problems;
}

function foundProblems(value: JsonValue, source: JsonObject, path: string): readonly FieldProblem[] {
  if (value === null) {
    const allowed = valueAt(source, "nullable") === true || stringAt(source, "type") === undefined;
    return allowed ? [] : [wrongType(path, "null", `${inBody(path)} must be of type ${stringAt(source, "type") ?? ""}: "null"`)];
  }
  const mistyped = typeProblem(value, source, path);
  if (mistyped !== undefined) return [mistyped];
  return [
    ...enumProblems(value, source, path),
    ...(typeof value === "number" ? numberProblems(value, source, path) : []),
    ...(typeof value === "string" ? textProblems(value, source, path) : []),
    ...(isJsonArray(value) ? listProblems(value, source, path) : []),
    ...(isJsonObject(value) ? objectProblems(value, source, path) : []),
    ...combinedProblems(value, source, path),
  ];
}

/** How the validator names a place in its sentences. */
function inBody(path: string): string {
  return `${path === "" ? "<nil>" : path} in body`;
}

function typeName(value: JsonValue): string {
  if (isJsonArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function typeProblem(value: JsonValue, source: JsonObject, path: string): FieldProblem | undefined {
  const found = typeName(value);
  if (valueAt(source, "x-kubernetes-int-or-string") === true) {
    const fits = found === "integer" || found === "string";
    return fits ? undefined : wrongType(path, found, `${inBody(path)} must be of type integer,string: "${found}"`);
  }
  const wanted = stringAt(source, "type");
  if (wanted === undefined || wanted === found || (wanted === "number" && found === "integer")) return undefined;
  return wrongType(path, found, `${inBody(path)} must be of type ${wanted}: "${found}"`);
}

function enumProblems(value: JsonValue, source: JsonObject, path: string): readonly FieldProblem[] {
  const choices = arrayAt(source, "enum");
  if (choices.length === 0 || choices.some((choice) => equalJson(choice, value))) return [];
  return [
    notSupported(
      path,
      value,
      choices.map((choice) => (typeof choice === "string" ? choice : JSON.stringify(choice))),
    ),
  ];
}

function numberProblems(value: number, source: JsonObject, path: string): readonly FieldProblem[] {
  const minimum = numberAt(source, "minimum");
  const maximum = numberAt(source, "maximum");
  const multiple = numberAt(source, "multipleOf");
  const excludesMin = valueAt(source, "exclusiveMinimum") === true;
  const excludesMax = valueAt(source, "exclusiveMaximum") === true;
  const tooSmall = minimum !== undefined && (excludesMin ? value <= minimum : value < minimum);
  const tooLarge = maximum !== undefined && (excludesMax ? value >= maximum : value > maximum);
  return [
    ...(tooSmall
      ? [invalidValue(path, value, `${inBody(path)} should be greater than ${excludesMin ? "" : "or equal to "}${minimum}`)]
      : []),
    ...(tooLarge ? [invalidValue(path, value, `${inBody(path)} should be less than ${excludesMax ? "" : "or equal to "}${maximum}`)] : []),
    ...(multiple !== undefined && value % multiple !== 0
      ? [invalidValue(path, value, `${inBody(path)} should be a multiple of ${multiple}`)]
      : []),
  ];
}

/** A pattern of Go that JavaScript cannot read is not enforced. */
function patternOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}

function textProblems(value: string, source: JsonObject, path: string): readonly FieldProblem[] {
  const length = Array.from(value).length;
  const minLength = numberAt(source, "minLength");
  const maxLength = numberAt(source, "maxLength");
  const pattern = stringAt(source, "pattern");
  const matches = pattern === undefined || patternOf(pattern)?.test(value) !== false;
  return [
    ...(maxLength !== undefined && length > maxLength ? [tooLong(path, maxLength)] : []),
    ...(minLength !== undefined && length < minLength
      ? [invalidValue(path, value, `${inBody(path)} should be at least ${minLength} chars long`)]
      : []),
    ...(matches ? [] : [invalidValue(path, value, `${inBody(path)} should match '${pattern}'`)]),
  ];
}

function listProblems(list: readonly JsonValue[], source: JsonObject, path: string): readonly FieldProblem[] {
  const minItems = numberAt(source, "minItems");
  const maxItems = numberAt(source, "maxItems");
  const items = objectAt(source, "items");
  return [
    ...(maxItems !== undefined && list.length > maxItems ? [tooMany(path, { found: list.length, max: maxItems })] : []),
    ...(minItems !== undefined && list.length < minItems
      ? [invalidValue(path, list.length, `${inBody(path)} should have at least ${minItems} items`)]
      : []),
    ...list.flatMap((item, index) => valueProblems(item, items, `${path}[${index}]`)),
    ...duplicateProblems(list, source, path),
  ];
}

function duplicateProblems(list: readonly JsonValue[], source: JsonObject, path: string): readonly FieldProblem[] {
  const listType = stringAt(source, "x-kubernetes-list-type");
  if (listType !== "set" && listType !== "map") return [];
  const keys = stringsAt(source, "x-kubernetes-list-map-keys");
  const identity = (item: JsonValue): JsonValue =>
    listType === "set" ? item : Object.fromEntries(keys.map((key) => [key, valueAt(item, key) ?? null]));
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const text = canonicalJson(identity(item));
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity(item))];
    seen.add(text);
    return [];
  });
}

function objectProblems(object: JsonObject, source: JsonObject, path: string): readonly FieldProblem[] {
  const properties = objectAt(source, "properties");
  const additional = valueAt(source, "additionalProperties");
  const count = Object.keys(object).length;
  const minProperties = numberAt(source, "minProperties");
  const maxProperties = numberAt(source, "maxProperties");
  const missing = stringsAt(source, "required").filter((name) => object[name] === undefined);
  return [
    ...missing.map((name) => required(path === "" ? name : `${path}.${name}`)),
    ...(maxProperties !== undefined && count > maxProperties ? [tooMany(path, { found: count, max: maxProperties })] : []),
    ...(minProperties !== undefined && count < minProperties
      ? [invalidValue(path, count, `${inBody(path)} should have at least ${minProperties} properties`)]
      : []),
    ...Object.entries(object).flatMap(([name, member]) => {
      const part = properties[name] ?? additional;
      return isJsonObject(part) ? valueProblems(member, part, path === "" ? name : `${path}.${name}`) : [];
    }),
  ];
}

function combinedProblems(value: JsonValue, source: JsonObject, path: string): readonly FieldProblem[] {
  const fits = (part: JsonValue): boolean => isJsonObject(part) && valueProblems(value, part, path).length === 0;
  const anyOf = arrayAt(source, "anyOf");
  const oneOf = arrayAt(source, "oneOf");
  const not = valueAt(source, "not");
  const matching = oneOf.filter(fits).length;
  return [
    ...arrayAt(source, "allOf").flatMap((part) => (isJsonObject(part) ? valueProblems(value, part, path) : [])),
    ...(anyOf.length > 0 && !anyOf.some(fits) ? [invalidValue(path, value, `"${path}" must validate at least one schema (anyOf)`)] : []),
    ...(oneOf.length > 0 && matching !== 1
      ? [
          invalidValue(
            path,
            value,
            `"${path}" must validate one and only one schema (oneOf). ${matching === 0 ? "Found none valid" : `Found ${matching} valid alternatives`}`,
          ),
        ]
      : []),
    ...(not !== undefined && fits(not) ? [invalidValue(path, value, `"${path}" must not validate the schema (not)`)] : []),
  ];
}
