/**
 * JSON Schema, as far as our shapes use it: the structural part that Kubernetes allows, and annotations.
 *
 * Shapes only. `x-kubernetes-…` words are the API server's, `x-plimsoll-…` words are for our docs.
 */
import type { CelRule } from "./schema-field.ts";

export interface JsonSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly "x-kubernetes-int-or-string"?: true;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-validations"?: readonly CelRule[];
  readonly "x-plimsoll-default"?: string;
  readonly "x-plimsoll-check"?: string;
}

/** The kinds whose shape is ours to know: each has a schema, a validator and a docs table. */
export type ShapeKind = CrdKind | "NodeClass" | "PoliciesFile";

/** The kinds that we define in a cluster. */
export type CrdKind = "WorkloadProfile" | "NodePool" | "NodeClaim" | "EC2NodeClass" | "NodeOverlay" | "CapacityBuffer";

/** Returns a copy of a schema in which each schema has been passed through a function, innermost first. */
export function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const { properties, additionalProperties, items, ...own } = schema;
  return change({
    ...own,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, mapSchema(field, change)])),
    }),
    ...(additionalProperties && { additionalProperties: mapSchema(additionalProperties, change) }),
    ...(items && { items: mapSchema(items, change) }),
  });
}
