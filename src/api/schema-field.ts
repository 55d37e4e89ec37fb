/**
 * The words in which every schema of ours is written: text, choice, whole, flag, list, map, object and their kin.
 *
 * Reads descriptions and bounds. Returns TypeBox schemas whose JSON is structural in Kubernetes' sense: no anyOf, no
 * const, maps as additionalProperties, and every field described. Build time only: at run time the plain JSON of
 * generated/schemas.ts is read, since loading typebox costs more than all our validators.
 */
import { Type, type Static, type TProperties, type TSchema } from "typebox";
import { patternOf, type PatternName } from "./schema-pattern.ts";

/** A value of a schema, read-only at every depth. */
export type Shape<S extends TSchema> = DeepReadonly<Static<S>>;

/** The same shape, read-only at every depth. */
type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : unknown extends T
    ? T
    : T extends readonly (infer Item)[]
      ? readonly DeepReadonly<Item>[]
      : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

/** One CEL validation of the API server's: the rule must hold, the message says what to do. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** What a schema may carry besides its type; JSON Schema's and Kubernetes' own words, and ours for the docs. */
interface FieldOptions {
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly format?: "date-time" | "int32" | "int64";
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-validations"?: readonly CelRule[];
  /** A default that our code fills in, not the API server: words for the docs table. */
  readonly "x-plimsoll-default"?: string;
  /** A check that our code makes, not the schema: words for the docs table. */
  readonly "x-plimsoll-check"?: string;
}

type PatternedOptions = FieldOptions & { readonly pattern?: PatternName };

/** A field that may be left out. */
export const optional = Type.Optional;

/** Text. */
export function text(description: string, options: PatternedOptions = {}) {
  return Type.String({ description, ...withPattern(options) });
}

/** One of a few words. */
export function choice<const Word extends string>(description: string, words: readonly Word[], options: FieldOptions = {}) {
  return Type.Unsafe<Word>({ type: "string", enum: [...words], description, ...options });
}

/** A whole number. */
export function whole(description: string, options: FieldOptions = {}) {
  return Type.Integer({ description, ...options });
}

/** A number that may have a fraction. */
export function decimal(description: string, options: FieldOptions = {}) {
  return Type.Number({ description, ...options });
}

/** True or false. */
export function flag(description: string, options: FieldOptions = {}) {
  return Type.Boolean({ description, ...options });
}

/** A Kubernetes quantity of any sign and writing, as text ("500m", "2Gi") or as a bare number. */
export function quantity(description: string, options: FieldOptions = {}) {
  return intOrText(description, { pattern: "quantity", ...options });
}

/** A Kubernetes quantity not below 0, as text or as a bare number. */
export function amount(description: string, options: FieldOptions = {}) {
  return intOrText(description, { pattern: "amount", minimum: 0, ...options });
}

/** A whole number, or text of a pattern. */
export function intOrText(description: string, options: PatternedOptions) {
  return Type.Unsafe<number | string>({ "x-kubernetes-int-or-string": true, description, ...withPattern(options) });
}

/** A list; the options speak of the list, the item schema of each item. */
export function list<Item extends TSchema>(description: string, item: Item, options: FieldOptions = {}) {
  return Type.Array(item, { description, ...options });
}

/** An object whose keys are free and whose values are all of one shape. */
export function mapOf<Value extends TSchema>(description: string, value: Value, options: FieldOptions = {}) {
  return Type.Unsafe<Record<string, Static<Value>>>({ type: "object", additionalProperties: value, description, ...options });
}

/** An object that keeps whatever it is given; something else checks it. */
export function open(description: string, options: FieldOptions = {}) {
  return Type.Unsafe<Record<string, unknown>>({
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
    description,
    ...options,
  });
}

/** Any value; something else checks it. */
export function anything(description: string, options: FieldOptions = {}) {
  return Type.Unsafe<unknown>({ "x-kubernetes-preserve-unknown-fields": true, description, ...options });
}

/** An object with known fields; a field that is not {@link optional} is required. */
export function object<Fields extends TProperties>(description: string, fields: Fields, options: FieldOptions = {}) {
  return Type.Object(fields, { description, ...options });
}

function withPattern({ pattern, ...options }: PatternedOptions): FieldOptions & { readonly pattern?: string } {
  return pattern === undefined ? options : { pattern: patternOf(pattern), ...options };
}
