/**
 * OpenAPI v3: the documents that kubectl asks for to validate, to patch and to explain.
 *
 * Reads the registry. Returns the index of /openapi/v3 and one document a group version: each kind's schema with its merge keys, and the
 * patch operation that says the server takes fieldValidation. Descriptions are left out.
 */
import { shortHashOf } from "../api/hash.ts";
import { kubernetesTypes } from "./generated/kubernetes-types.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { objectAt, toJson } from "./json.ts";
import type { Registry } from "./registry.ts";
import type { Schema } from "./schema.ts";
import type { ServedResource } from "./served-resource.ts";

/** Returns the index of OpenAPI documents. The hash changes with what is served, so that clients may cache. */
export function openApiIndex(registry: Registry): JsonObject {
  const paths = new Map<string, JsonObject>();
  for (const path of new Set(registry.all().map(pathOf))) {
    const hash = shortHashOf(
      registry
        .all()
        .filter((served) => pathOf(served) === path)
        .map((served) => [served.resource, toJson(served.custom?.openApiSchema ?? null)]),
    );
    paths.set(path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` });
  }
  return { paths: Object.fromEntries(paths) };
}

function pathOf({ group, version }: ServedResource): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/** Returns the OpenAPI document of a path such as "apis/apps/v1"; undefined where nothing is served there. */
export function openApiDocument(registry: Registry, path: string): JsonObject | undefined {
  const served = registry.all().filter((item) => pathOf(item) === path);
  if (served.length === 0) return undefined;
  const schemas = createSchemaWriter();
  for (const item of served) schemas.addKind(item);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(served.map((item) => [objectPath(item), pathItem(item)])),
    components: { schemas: schemas.written() },
  };
}

function objectPath(served: ServedResource): string {
  return `/${pathOf(served)}${served.namespaced ? "/namespaces/{namespace}" : ""}/${served.resource}/{name}`;
}

const patchTypes = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"] as const;

function pathItem(served: ServedResource): JsonObject {
  const gvk = { group: served.group, kind: served.kind, version: served.version };
  const types = served.custom === undefined ? [...patchTypes, "application/strategic-merge-patch+json"] : patchTypes;
  const query = ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
    in: "query",
    name,
    schema: { type: "string", uniqueItems: true },
  }));
  const reference = { $ref: `#/components/schemas/${componentName(served)}` };
  return {
    get: {
      "x-kubernetes-action": "get",
      "x-kubernetes-group-version-kind": gvk,
      responses: { "200": { description: "OK", content: { "application/json": { schema: reference } } } },
    },
    patch: {
      parameters: query,
      requestBody: { required: true, content: Object.fromEntries(types.map((type) => [type, { schema: { type: "object" } }])) },
      responses: { "200": { description: "OK", content: { "application/json": { schema: reference } } } },
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": gvk,
    },
  };
}

function componentName(served: ServedResource): string {
  if (served.custom !== undefined) return `${served.group.split(".").reverse().join(".")}.${served.version}.${served.kind}`;
  return longName(served.schema().reference ?? served.kind);
}

/** Returns a type's name in Kubernetes' own documents. */
function longName(reference: string): string {
  if (reference.startsWith("meta.")) return `io.k8s.apimachinery.pkg.apis.${reference}`;
  if (reference.startsWith("apiextensions.")) return `io.k8s.apiextensions-apiserver.pkg.apis.${reference}`;
  return `io.k8s.api.${reference}`;
}

/** Scalars that have a name of their own in Kubernetes' documents. */
const namedScalars: Readonly<Partial<Record<Schema["type"], { readonly name: string; readonly body: JsonObject }>>> = {
  quantity: { name: "io.k8s.apimachinery.pkg.api.resource.Quantity", body: { oneOf: [{ type: "string" }, { type: "number" }] } },
  "int-or-string": {
    name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    body: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
  "date-time": { name: "io.k8s.apimachinery.pkg.apis.meta.v1.Time", body: { type: "string", format: "date-time" } },
  "micro-time": { name: "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", body: { type: "string", format: "date-time" } },
};

interface SchemaWriter {
  addKind(served: ServedResource): void;
  written(): JsonObject;
}

function createSchemaWriter(): SchemaWriter {
  const components = new Map<string, JsonObject>();
  const refer = (schema: Schema): JsonObject => {
    const scalar = namedScalars[schema.type];
    if (scalar !== undefined && schema.source === undefined) {
      components.set(scalar.name, scalar.body);
      return { allOf: [{ $ref: `#/components/schemas/${scalar.name}` }] };
    }
    if (schema.reference === undefined) return partOf(schema, refer);
    const name = longName(schema.reference);
    if (!components.has(name)) {
      components.set(name, {});
      components.set(name, { type: "object", ...members(schema, refer) });
    }
    return { allOf: [{ $ref: `#/components/schemas/${name}` }] };
  };
  return {
    addKind: (served) => {
      const gvk = [{ group: served.group, kind: served.kind, version: served.version }];
      const schema = served.schema();
      refer(served.custom === undefined ? schema : { ...(schema.properties?.get("metadata") ?? schema) });
      const own = served.custom === undefined ? (components.get(componentName(served)) ?? {}) : customComponent(served, refer);
      components.set(componentName(served), { ...own, "x-kubernetes-group-version-kind": gvk });
    },
    written: () => Object.fromEntries(components),
  };
}

function customComponent(served: ServedResource, refer: (schema: Schema) => JsonObject): JsonObject {
  const source = served.custom?.openApiSchema ?? {};
  const metadata = served.schema().properties?.get("metadata");
  const properties = objectAt(source, "properties");
  return {
    ...source,
    properties: {
      ...properties,
      apiVersion: { type: "string" },
      kind: { type: "string" },
      ...(metadata === undefined ? {} : { metadata: refer(metadata) }),
    },
  };
}

function members(schema: Schema, refer: (schema: Schema) => JsonObject): JsonObject {
  const properties = [...(schema.properties ?? [])].map(([name, member]): readonly [string, JsonValue] => [
    name,
    { ...refer(member), ...extensionsOf(member) },
  ]);
  const isAtomic = schema.reference !== undefined && kubernetesTypes[`${schema.reference}@atomic`] !== undefined;
  return {
    properties: Object.fromEntries(properties),
    ...(schema.required.length === 0 ? {} : { required: schema.required }),
    ...(isAtomic ? { "x-kubernetes-map-type": "atomic" } : {}),
  };
}

function partOf(schema: Schema, refer: (schema: Schema) => JsonObject): JsonObject {
  switch (schema.type) {
    case "any":
      return { type: "object" };
    case "array":
      return { type: "array", items: schema.items === undefined ? {} : refer(schema.items) };
    case "object":
      return schema.values === undefined ? { type: "object" } : { type: "object", additionalProperties: refer(schema.values) };
    case "byte":
      return { type: "string", format: "byte" };
    case "quantity":
    case "int-or-string":
    case "date-time":
    case "micro-time":
      return namedScalars[schema.type]?.body ?? {};
    case "string":
    case "boolean":
    case "integer":
    case "number":
      return { type: schema.type, ...(schema.format === undefined ? {} : { format: schema.format }) };
  }
}

function extensionsOf(member: Schema): JsonObject {
  const { ownership, patchStrategies, mergeKey } = member;
  return {
    ...(member.default === undefined ? {} : { default: member.default }),
    ...(ownership.kind === "map" ? { "x-kubernetes-list-map-keys": ownership.keys, "x-kubernetes-list-type": "map" } : {}),
    ...(ownership.kind === "set" ? { "x-kubernetes-list-type": "set" } : {}),
    ...(ownership.kind === "atomic" ? { [member.type === "array" ? "x-kubernetes-list-type" : "x-kubernetes-map-type"]: "atomic" } : {}),
    ...(patchStrategies.length === 0 ? {} : { "x-kubernetes-patch-strategy": patchStrategies.join(",") }),
    ...(mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": mergeKey }),
  };
}
