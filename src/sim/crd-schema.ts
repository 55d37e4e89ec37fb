/**
 * Schemas of custom resources, read from a CRD's openAPIV3Schema.
 *
 * Reads the structural schema of one version. Returns the Schema that the rest of the world works on; the CRD's own text stays on each part
 * as its source, for value validation (crd-validation.ts) and OpenAPI. metadata, apiVersion and kind are the built-in ones on every object.
 */
import type { BuiltInSchemas } from "./built-in-schemas.ts";
import { arrayAt, isJsonObject, objectAt, stringAt, stringsAt, valueAt, type JsonObject } from "./json.ts";
import { anySchema, type Schema, type SchemaType } from "./schema.ts";

/** Returns the schema of a custom resource's version. */
export function customResourceSchema(openApiSchema: JsonObject, schemas: BuiltInSchemas): Schema {
  return withObjectFields(partSchema(openApiSchema, schemas), schemas);
}

/** Adds apiVersion, kind and metadata to an object that is a whole Kubernetes object. */
function withObjectFields(schema: Schema, schemas: BuiltInSchemas): Schema {
  const text: Schema = { ...anySchema, type: "string", goType: "string", preserveUnknown: false, nullable: false };
  const properties = new Map(schema.properties ?? []);
  properties.set("apiVersion", text).set("kind", text).set("metadata", schemas("meta.v1.ObjectMeta"));
  return { ...schema, properties };
}

function partSchema(source: JsonObject, schemas: BuiltInSchemas): Schema {
  const type = typeOf(source);
  const members = Object.entries(objectAt(source, "properties"));
  const additional = valueAt(source, "additionalProperties");
  const items = valueAt(source, "items");
  const embedded = valueAt(source, "x-kubernetes-embedded-resource") === true;
  const fallback = valueAt(source, "default");
  const schema: Schema = {
    type,
    goType: type,
    required: stringsAt(source, "required"),
    nullable: valueAt(source, "nullable") === true,
    preserveUnknown: valueAt(source, "x-kubernetes-preserve-unknown-fields") === true,
    embedded,
    ownership: ownershipOf(source, type),
    patchStrategies: [],
    source,
    properties: new Map(members.flatMap(([name, part]) => (isJsonObject(part) ? [[name, partSchema(part, schemas)]] : []))),
    ...(isJsonObject(additional) ? { values: partSchema(additional, schemas) } : {}),
    ...(additional === true ? { values: anySchema } : {}),
    ...(isJsonObject(items) ? { items: partSchema(items, schemas) } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  return embedded ? withObjectFields(schema, schemas) : schema;
}

function typeOf(source: JsonObject): SchemaType {
  if (valueAt(source, "x-kubernetes-int-or-string") === true) return "int-or-string";
  switch (stringAt(source, "type")) {
    case "object":
      return "object";
    case "array":
      return "array";
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "integer":
      return "integer";
    case "number":
      return "number";
    default:
      return "any";
  }
}

function ownershipOf(source: JsonObject, type: SchemaType): Schema["ownership"] {
  if (stringAt(source, "x-kubernetes-map-type") === "atomic") return { kind: "atomic" };
  if (type !== "array") return { kind: "granular" };
  switch (stringAt(source, "x-kubernetes-list-type")) {
    case "set":
      return { kind: "set" };
    case "map":
      return { kind: "map", keys: stringsAt(source, "x-kubernetes-list-map-keys") };
    default:
      return { kind: "atomic" };
  }
}

/** Returns the paths of a schema at which CEL rules stand: the embedded world does not enforce those. */
export function celRulePaths(source: JsonObject, path = ""): readonly string[] {
  if (Object.keys(source).length === 0) return [];
  const own = arrayAt(source, "x-kubernetes-validations").map(() => (path === "" ? "(root)" : path));
  const members = Object.entries(objectAt(source, "properties")).flatMap(([name, part]) =>
    isJsonObject(part) ? celRulePaths(part, path === "" ? name : `${path}.${name}`) : [],
  );
  const items = celRulePaths(objectAt(source, "items"), `${path}[*]`);
  const values = celRulePaths(objectAt(source, "additionalProperties"), `${path}.*`);
  return [...own, ...members, ...items, ...values];
}
