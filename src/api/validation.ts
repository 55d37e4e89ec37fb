/**
 * Validation of shapes: does an unknown JSON value have the form of a kind?
 *
 * Reads a kind and any JSON value, however hostile. Returns every problem as a place and a sentence for people; none
 * means that the value may be taken for the kind's type. Unknown fields are problems at every depth, with the nearest
 * known field. Status is not looked at: it is written by controllers, and what they wrote must never refuse a person's
 * change. Defaults are not filled in (schema-default.ts does that), so a required field with a default may be missing;
 * what the API server checks by CEL is not checked here.
 * ajv compiles a kind's plain schema when it is first asked for. Its keywords that compare whole values (const, enum,
 * uniqueItems) throw on objects that shadow valueOf or toString; here they only ever compare texts, which is safe.
 */
import { Ajv, type AnySchemaObject, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { shapeSchemas } from "./generated/schemas.ts";
import type { JsonSchema, ShapeKind } from "./json-schema.ts";
import { shapeErrorOf, type ShapeError } from "./shape-error.ts";

/** Problems reported of one value; a value that has more has said enough. */
const shapeErrorsMax = 100;

/** Text that a pattern is tried on; longer text never matches, so that no pattern can be made to backtrack for long. */
const patternTextMax = 1024;

const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[-+]\d{2}:\d{2})$/;

/** Validates values of our kinds; keep one, since it compiles a kind's schema only once. */
export interface ShapeValidator {
  /** Returns what is wrong with the form of a value, at most 100 problems; empty where nothing is. */
  readonly validate: (kind: ShapeKind, value: unknown) => readonly ShapeError[];
}

/** Returns a validator of WorkloadProfile, NodePool, NodeClaim, EC2NodeClass and the policies file. */
export function shapeValidator(): ShapeValidator {
  const compiled = new Map<ShapeKind, ValidateFunction>();
  const validatorOf = (kind: ShapeKind): ValidateFunction => {
    const known = compiled.get(kind);
    if (known) return known;
    const validator = new Ajv(ajvOptions).compile(toAjv(documentSchema(kind)));
    compiled.set(kind, validator);
    return validator;
  };
  return {
    validate(kind, value) {
      const validator = validatorOf(kind);
      if (validator(value)) return [];
      return withoutEchoes(validator.errors ?? [])
        .slice(0, shapeErrorsMax)
        .map((error) => shapeErrorOf({ error, schema: shapeSchemas[kind] }));
    },
  };
}

const ajvOptions: Options = {
  strict: true,
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  formats: {
    int32: { type: "number", validate: (value: number) => value >= -(2 ** 31) && value < 2 ** 31 },
    int64: { type: "number", validate: (value: number) => Number.isSafeInteger(value) },
    "date-time": { type: "string", validate: (value: string) => dateTime.test(value) },
  },
  code: {
    regExp: Object.assign((source: string, flags: string) => boundedRegExp(new RegExp(source, flags)), { code: "boundedRegExp" }),
  },
};

/** A value of the wrong type is one problem, whatever else it then fails. */
function withoutEchoes(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const mistyped = new Set(errors.filter((error) => error.keyword === "type").map((error) => error.instancePath));
  return errors.filter((error) => error.keyword === "type" || !mistyped.has(error.instancePath));
}

/** The schema of a whole document: the kind's own, and for Kubernetes objects what every object has. */
function documentSchema(kind: ShapeKind): JsonSchema {
  const schema = shapeSchemas[kind];
  if (kind === "PoliciesFile") return schema;
  const anything: JsonSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    ...schema,
    properties: { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: anything, ...schema.properties, status: anything },
    required: ["apiVersion", "kind", "metadata", ...(schema.required ?? [])],
  };
}

/** Says in JSON Schema what Kubernetes' words say, drops what only documents, and closes objects to unknown fields. */
function toAjv({ properties, additionalProperties, items, ...schema }: JsonSchema): AnySchemaObject {
  const words = Object.entries(schema).filter(([word]) => !word.startsWith("x-") && word !== "description" && word !== "default");
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    ...Object.fromEntries(words),
    ...(schema["x-kubernetes-int-or-string"] && { type: ["integer", "string"] }),
    ...(schema["x-kubernetes-list-type"] === "set" && { uniqueItems: true }),
    ...(items && { items: toAjv(items) }),
    ...(additionalProperties && { additionalProperties: toAjv(additionalProperties) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, toAjv(field)])),
      required: (schema.required ?? []).filter((name) => properties[name]?.default === undefined),
      additionalProperties: isOpen,
    }),
  };
}

/** ajv tells patterns apart by their toString. */
function boundedRegExp(expression: RegExp): { readonly test: (text: string) => boolean; readonly toString: () => string } {
  return { test: (text) => text.length <= patternTextMax && expression.test(text), toString: () => String(expression) };
}
