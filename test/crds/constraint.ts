// The validations that a CRD states, one by one, and how the API server's answer shows that one of them was broken.
//
// Reads a CRD. It lets the parity test prove that its tables leave out no validation.
import type { CustomResourceDefinition } from "../../src/api/crd.ts";
import type { JsonSchema } from "../../src/api/json-schema.ts";
import { schemaPlaces } from "../support/schema-places.ts";

/** One cause of a refusal, as the API server gives it. */
export type Cause = { readonly field: string; readonly message: string };

export type Constraint = {
  readonly name: string;
  /** Whether it is a CEL rule. */
  readonly isCel: boolean;
  readonly isBrokenIn: (cause: Cause) => boolean;
};

/** The API server's words for each kind of validation. */
const words = {
  pattern: /should match/,
  enum: /Unsupported value/,
  minimum: /greater than or equal to/,
  maximum: /less than or equal to/,
  minLength: /at least \d+ chars? long/,
  maxLength: /Too long/,
  minItems: /at least \d+ items/,
  maxItems: /Too many/,
  maxProperties: /Too many/,
  required: /Required value/,
  format: /must be of type date-time/,
  "x-kubernetes-list-type": /Duplicate value/,
} as const satisfies Partial<Record<keyof JsonSchema, RegExp>>;

type Word = keyof typeof words;

/** Returns every validation of spec and status but those of mere types. */
export function constraintsOf(crd: CustomResourceDefinition): readonly Constraint[] {
  const properties = crd.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};
  return ["spec", "status"].flatMap((name) =>
    schemaPlaces(properties[name] ?? {}, name).flatMap(([place, schema]) => ofSchema(place, schema)),
  );
}

function ofSchema(place: string, schema: JsonSchema): readonly Constraint[] {
  const single = (Object.keys(words) as Word[]).filter((word) => word !== "required" && states(schema, word));
  const required = (schema.required ?? []).filter((field) => schema.properties?.[field]?.default === undefined);
  return [
    ...single.map((word) => constraint({ place, name: word, message: words[word] })),
    ...required.map((field) => constraint({ place: `${place}.${field}`, name: "required", message: words.required })),
    ...(schema["x-kubernetes-validations"] ?? []).map((rule) => constraint({ place, name: rule.rule, message: rule.message })),
  ];
}

function states(schema: JsonSchema, word: Word): boolean {
  if (word === "x-kubernetes-list-type") return schema[word] === "set" || schema[word] === "map";
  if (word === "format") return schema.format === "date-time";
  return schema[word] !== undefined;
}

function constraint(stated: { readonly place: string; readonly name: string; readonly message: RegExp | string }): Constraint {
  const field = new RegExp(
    `^${stated.place
      .replaceAll(".*", ".(key)")
      .replaceAll(/[.[\]]/g, "\\$&")
      .replaceAll("\\[\\]", "\\[\\d+\\]")
      .replaceAll("(key)", ".*")}(\\[\\d+\\])?$`,
  );
  return {
    name: `${stated.place} ${stated.name}`,
    isCel: typeof stated.message === "string",
    isBrokenIn: (cause) =>
      field.test(cause.field) &&
      (typeof stated.message === "string" ? cause.message.includes(stated.message) : stated.message.test(cause.message)),
  };
}
