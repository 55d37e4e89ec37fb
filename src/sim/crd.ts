/**
 * CustomResourceDefinitions: what a stored definition serves, and what the server itself writes on it.
 *
 * Reads a CRD object. Returns its ServedResources (one a served version), its defaulted names, and its status (Established at once: the
 * embedded world has no other API server to wait for).
 */
import type { BuiltInSchemas } from "./built-in-schemas.ts";
import { storageName } from "./built-in-resources.ts";
import { customResourceSchema } from "./crd-schema.ts";
import { arrayAt, isJsonObject, numberAt, objectAt, stringAt, stringsAt, valueAt, withValue, type JsonObject } from "./json.ts";
import type { CustomPart, PrintColumn, ServedResource, Subresource } from "./served-resource.ts";

/** Returns the resources that a stored definition serves, one a served version. */
export function customResources(definition: JsonObject, schemas: BuiltInSchemas): readonly ServedResource[] {
  const spec = objectAt(definition, "spec");
  const group = stringAt(spec, "group") ?? "";
  const names = objectAt(spec, "names");
  const resource = stringAt(names, "plural") ?? "";
  return arrayAt(spec, "versions").flatMap((version) => {
    if (!isJsonObject(version) || valueAt(version, "served") !== true) return [];
    const schema = customResourceSchema(objectAt(version, "schema", "openAPIV3Schema"), schemas);
    const subresources = subresourcesOf(version);
    return [
      {
        group,
        version: stringAt(version, "name") ?? "",
        resource,
        singular: stringAt(names, "singular") ?? "",
        kind: stringAt(names, "kind") ?? "",
        listKind: stringAt(names, "listKind") ?? "",
        shortNames: stringsAt(names, "shortNames"),
        categories: stringsAt(names, "categories"),
        namespaced: stringAt(spec, "scope") === "Namespaced",
        storage: storageName(group, resource),
        subresources,
        generation: true,
        readOnly: false,
        statusIsolated: subresources.includes("status"),
        schema: () => schema,
        custom: customPart(definition, version),
      },
    ];
  });
}

function subresourcesOf(version: JsonObject): readonly Subresource[] {
  const declared = objectAt(version, "subresources");
  return [...(isJsonObject(declared["status"]) ? ["status" as const] : []), ...(isJsonObject(declared["scale"]) ? ["scale" as const] : [])];
}

function customPart(definition: JsonObject, version: JsonObject): CustomPart {
  const scale = valueAt(version, "subresources", "scale");
  const selectorPath = stringAt(scale, "labelSelectorPath");
  return {
    definition: stringAt(definition, "metadata", "name") ?? "",
    columns: columnsOf(version),
    selectableFields: arrayAt(version, "selectableFields").flatMap((field) => stringAt(field, "jsonPath")?.replace(/^\./, "") ?? []),
    openApiSchema: objectAt(version, "schema", "openAPIV3Schema"),
    ...(isJsonObject(scale)
      ? {
          scale: {
            specReplicasPath: stringAt(scale, "specReplicasPath") ?? "",
            statusReplicasPath: stringAt(scale, "statusReplicasPath") ?? "",
            ...(selectorPath === undefined ? {} : { labelSelectorPath: selectorPath }),
          },
        }
      : {}),
  };
}

const ageColumn: PrintColumn = { name: "Age", type: "date", description: "", priority: 0, jsonPath: ".metadata.creationTimestamp" };

function columnsOf(version: JsonObject): readonly PrintColumn[] {
  const declared = arrayAt(version, "additionalPrinterColumns");
  if (declared.length === 0) return [ageColumn];
  return declared.map((column) => {
    const format = stringAt(column, "format");
    return {
      name: stringAt(column, "name") ?? "",
      type: stringAt(column, "type") ?? "string",
      description: stringAt(column, "description") ?? "",
      priority: numberAt(column, "priority") ?? 0,
      jsonPath: stringAt(column, "jsonPath") ?? "",
      ...(format === undefined ? {} : { format }),
    };
  });
}

/** Returns a definition with the names and the conversion that the server fills in. */
export function defaultedDefinition(definition: JsonObject): JsonObject {
  const kind = stringAt(definition, "spec", "names", "kind") ?? "";
  const names = {
    ...objectAt(definition, "spec", "names"),
    singular: stringAt(definition, "spec", "names", "singular") ?? kind.toLowerCase(),
    listKind: stringAt(definition, "spec", "names", "listKind") ?? `${kind}List`,
  };
  const named = withValue(definition, ["spec", "names"], names);
  if (valueAt(named, "spec", "conversion") !== undefined) return named;
  return withValue(named, ["spec", "conversion"], { strategy: "None" });
}

/** Returns a definition with the status of one that is served. */
export function establishedDefinition(definition: JsonObject, now: string): JsonObject {
  if (arrayAt(definition, "status", "conditions").length > 0) {
    return withValue(definition, ["status", "acceptedNames"], objectAt(definition, "spec", "names"));
  }
  const stored = arrayAt(definition, "spec", "versions").flatMap((version) =>
    valueAt(version, "storage") === true ? [stringAt(version, "name") ?? ""] : [],
  );
  return withValue(definition, ["status"], {
    acceptedNames: objectAt(definition, "spec", "names"),
    conditions: [
      {
        lastTransitionTime: now,
        message: "no conflicts found",
        reason: "NoConflicts",
        status: "True",
        type: "NamesAccepted",
      },
      {
        lastTransitionTime: now,
        message: "the initial names have been accepted",
        reason: "InitialNamesAccepted",
        status: "True",
        type: "Established",
      },
    ],
    storedVersions: stored,
  });
}
