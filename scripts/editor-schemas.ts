/**
 * Editor schemas: policies.yaml and WorkloadProfile as JSON Schema, for completion and hints while one types.
 *
 * Reads the plain schemas. Returns documents of draft 2020-12 by their path: Kubernetes' words are put into JSON Schema's, defaults
 * that our code fills in and checks that it makes stand in the descriptions. Every field is closed, so that a slip is underlined.
 */
import { defaultDomain } from "../src/api/labels.ts";
import type { JsonSchema } from "../src/api/json-schema.ts";
import { plainSchemas } from "./generated-files.ts";

type Written = Readonly<Record<string, unknown>>;

/** Returns the text of each editor schema by its path from the root of the repository. */
export function editorSchemas(): ReadonlyMap<string, string> {
  const { PoliciesFile, WorkloadProfile } = plainSchemas();
  const profile: Written = {
    type: "object",
    description: WorkloadProfile.description,
    properties: {
      apiVersion: { const: `${defaultDomain}/v1` },
      kind: { const: "WorkloadProfile" },
      metadata: { type: "object", description: "Name, namespace, labels and annotations." },
      ...Object.fromEntries(
        Object.entries(WorkloadProfile.properties ?? {})
          .filter(([name]) => name === "spec")
          .map(([name, schema]) => [name, forEditors(schema)]),
      ),
    },
    required: ["apiVersion", "kind", "metadata", "spec"],
    additionalProperties: false,
  };
  return new Map([
    ["schemas/policies.schema.json", page("policies.yaml", fileOfSeveral(forEditors(PoliciesFile)))],
    ["schemas/workloadprofile.schema.json", page("WorkloadProfile", profile)],
  ]);
}

/** A file of a folder holds some sections, so none of them is required of it. */
function fileOfSeveral(schema: Written): Written {
  return Object.fromEntries(Object.entries(schema).filter(([word]) => word !== "required"));
}

function page(title: string, schema: Written): string {
  return `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", title, ...schema }, undefined, 2)}\n`;
}

function forEditors(schema: JsonSchema): Written {
  const { properties, additionalProperties, items } = schema;
  const words = Object.entries(schema).filter(([word]) => plainWords.has(word));
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true && properties === undefined;
  return {
    ...Object.fromEntries(words),
    ...descriptionOf(schema),
    ...(schema["x-kubernetes-int-or-string"] === true ? { type: ["integer", "string"] } : {}),
    ...(schema["x-kubernetes-list-type"] === "set" ? { uniqueItems: true } : {}),
    ...(items === undefined ? {} : { items: forEditors(items) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, forEditors(field)])) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: forEditors(additionalProperties) }),
    ...(properties === undefined || additionalProperties !== undefined || isOpen ? {} : { additionalProperties: false }),
  };
}

const plainWords: ReadonlySet<string> = new Set([
  ...["type", "default", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"],
  ...["minItems", "maxItems", "maxProperties", "required"],
]);

/** Formats such as int32 are Kubernetes', and an editor would only guess at them. */
function descriptionOf(schema: JsonSchema): Written {
  const { description } = schema;
  if (description === undefined) return {};
  const standard = schema["x-plimsoll-default"];
  const check = schema["x-plimsoll-check"];
  return {
    description: `${description}${standard === undefined ? "" : ` Default: ${standard}.`}${check === undefined ? "" : ` Checked: ${check}.`}`,
  };
}
