/**
 * Schema: one form for the shapes of built-in kinds and of custom resources.
 *
 * Built from generated lines (built-in-schemas.ts) or from a CRD's openAPIV3Schema (crd-schema.ts). Read by field validation, pruning, the
 * two merges, server-side apply, defaulting and OpenAPI, so that all of them see the same fields, list keys and merge keys.
 */
import type { JsonObject, JsonValue } from "./json.ts";

/** What a value may be; "any" is unchecked JSON. */
export type SchemaType =
  | "object"
  | "array"
  | "string"
  | "boolean"
  | "integer"
  | "number"
  | "int-or-string"
  | "quantity"
  | "date-time"
  | "micro-time"
  | "byte"
  | "any";

export interface Schema {
  readonly type: SchemaType;
  /** The Go type that the real decoder names in its errors: int32, string, v1.PodSpec. */
  readonly goType: string;
  /** The short name of a built-in type, such as core.v1.PodSpec. */
  readonly reference?: string;
  readonly format?: string;
  /** Named members of an object. */
  readonly properties?: ReadonlyMap<string, Schema>;
  /** What an object's other members are: a map. */
  readonly values?: Schema;
  readonly items?: Schema;
  readonly required: readonly string[];
  readonly default?: JsonValue;
  readonly nullable: boolean;
  /** Unknown members are kept (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown: boolean;
  /** A whole Kubernetes object stands here: apiVersion, kind and metadata are known (x-kubernetes-embedded-resource). */
  readonly embedded: boolean;
  /** How server-side apply owns a list or a map: as a whole, by value, or by keys. */
  readonly ownership:
    | { readonly kind: "atomic" }
    | { readonly kind: "granular" }
    | { readonly kind: "set" }
    | { readonly kind: "map"; readonly keys: readonly string[] };
  /** How a strategic merge patch treats a list. */
  readonly patchStrategies: readonly string[];
  readonly mergeKey?: string;
  /** A CRD's own text of this part, for validation and OpenAPI. */
  readonly source?: JsonObject;
}

/** The schema of unchecked JSON. */
export const anySchema: Schema = {
  type: "any",
  goType: "interface {}",
  required: [],
  nullable: true,
  preserveUnknown: true,
  embedded: false,
  ownership: { kind: "granular" },
  patchStrategies: [],
};

/** Returns the schema of an object's member: its named field, else that of the map's values; undefined where it is unknown. */
export function memberSchema(schema: Schema | undefined, name: string): Schema | undefined {
  return schema?.properties?.get(name) ?? schema?.values;
}
