/**
 * Defaults of the CRDs, for objects that have not been through an API server: files, and what we make ourselves.
 *
 * Reads an object of one of our kinds. Returns it as the API server would store it: a field that is missing, or null, and
 * has a default gets it, at every depth and inside defaults too. Nothing else changes, so a wrong value stays wrong and
 * is found by validation.
 */
import { shapeSchemas } from "./generated/schemas.ts";
import type { JsonSchema, ShapeKind } from "./json-schema.ts";

/** Returns an object with the defaults of its kind's CRD filled in; the object itself is not changed. */
export function withCrdDefaults<T extends object>(kind: Exclude<ShapeKind, "PoliciesFile">, object: T): T {
  return { ...object, ...fieldsWithDefaults(object, shapeSchemas[kind]) };
}

function valueWithDefaults(value: unknown, schema: JsonSchema): unknown {
  const { items } = schema;
  if (Array.isArray(value)) return items ? value.map((item: unknown) => valueWithDefaults(item, items)) : value;
  return typeof value === "object" && value !== null ? fieldsWithDefaults(value, schema) : value;
}

function fieldsWithDefaults(object: object, schema: JsonSchema): Readonly<Record<string, unknown>> {
  const fields = new Map<string, unknown>(Object.entries(object));
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (field.default !== undefined && (fields.get(name) ?? null) === null) fields.set(name, field.default);
  }
  for (const [name, value] of fields) {
    const inner = ownField(schema.properties, name) ?? schema.additionalProperties;
    if (inner) fields.set(name, valueWithDefaults(value, inner));
  }
  return Object.fromEntries(fields);
}

function ownField(properties: JsonSchema["properties"], name: string): JsonSchema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}
