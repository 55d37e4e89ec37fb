/**
 * The schemas in a schema, each with its place.
 */
import type { JsonSchema } from "../../src/api/json-schema.ts";

/** Returns a schema and every schema in it, with places such as ".spec.pools[].name" below the one given. */
export function schemaPlaces(schema: JsonSchema, place: string): readonly (readonly [string, JsonSchema])[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}).map(([name, field]) => [`${place}.${name}`, field] as const),
    ...(schema.items ? [[`${place}[]`, schema.items] as const] : []),
    ...(schema.additionalProperties ? [[`${place}.*`, schema.additionalProperties] as const] : []),
  ];
  return [[place, schema], ...inner.flatMap(([at, field]) => schemaPlaces(field, at))];
}
