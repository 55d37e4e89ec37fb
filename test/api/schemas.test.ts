// The schemas themselves: they are structural in Kubernetes' sense, each field is described, and what is made from them is fresh.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import { shapeSchemas } from "../../src/api/generated/schemas.ts";
import { generatedFiles, plainSchemas } from "../../scripts/generated-files.ts";
import { schemaPlaces } from "../support/schema-places.ts";

const structuralWords = new Set([
  ...["type", "description", "default", "enum", "pattern", "format", "minimum", "maximum", "minLength", "maxLength"],
  ...["minItems", "maxItems", "maxProperties", "required", "properties", "additionalProperties", "items"],
  ...["int-or-string", "preserve-unknown-fields", "list-type", "list-map-keys", "map-type", "validations"].map(
    (word) => `x-kubernetes-${word}`,
  ),
]);

describe("generated files", () => {
  test.each([...generatedFiles()])("%s is fresh (else: npm run generate)", (path, text) => {
    const file = new URL(`../../${path}`, import.meta.url);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "missing").toBe(text);
  });

  test("every field of every kind is described, in a sentence", () => {
    const undescribed = Object.entries(plainSchemas()).flatMap(([kind, schema]) =>
      schemaPlaces(schema, kind)
        .filter(([, { description }]) => description === undefined || !/^[A-Za-z0-9].*\.$/s.test(description))
        .map(([place]) => place),
    );
    expect(undescribed).toEqual([]);
  });

  test("status and spec are all that the schema of a Kubernetes kind has", () => {
    for (const kind of crdKinds) expect(Object.keys(shapeSchemas[kind].properties ?? {})).toEqual(["spec", "status"]);
  });
});

describe.each(crdKinds)("the CRD of %s", (kind) => {
  const crd = crdOf(kind);
  const [version] = crd.spec.versions;
  const schemas = schemaPlaces(version?.schema.openAPIV3Schema ?? {}, "");

  test("is structural: each schema has a type or is an int-or-string, and no word that Kubernetes forbids", () => {
    const untyped = schemas.filter(([, schema]) => schema.type === undefined && schema["x-kubernetes-int-or-string"] === undefined);
    expect(untyped.map(([place]) => place)).toEqual([]);
    const foreign = schemas.flatMap(([place, schema]) =>
      Object.keys(schema)
        .filter((word) => !structuralWords.has(word))
        .map((word) => `${place}: ${word}`),
    );
    expect(foreign).toEqual([]);
  });

  test("has fields or values of one shape in an object, never both", () => {
    const both = schemas.filter(([, schema]) => schema.properties !== undefined && schema.additionalProperties !== undefined);
    expect(both.map(([place]) => place)).toEqual([]);
  });
});

test("the API domain is a setting: it names the group of WorkloadProfile, and of nothing else", () => {
  expect(crdOf("WorkloadProfile").metadata.name).toBe("workloadprofiles.platform.example.com");
  const renamed = crdOf("WorkloadProfile", { domain: "contracts.acme.io" });
  expect(renamed.metadata.name).toBe("workloadprofiles.contracts.acme.io");
  expect(renamed.spec.group).toBe("contracts.acme.io");
  expect(JSON.stringify(renamed)).not.toContain("platform.example.com");
  expect(crdOf("NodePool", { domain: "contracts.acme.io" })).toEqual(crdOf("NodePool"));
});

test("WorkloadProfile keeps unknown fields on spec and on each object inside it", () => {
  const spec = crdOf("WorkloadProfile").spec.versions[0]?.schema.openAPIV3Schema.properties?.["spec"] ?? {};
  const schemas = schemaPlaces(spec, "spec");
  const closed = schemas.filter(([, schema]) => schema.properties && !schema["x-kubernetes-preserve-unknown-fields"]);
  expect(closed.map(([place]) => place)).toEqual([]);
  expect(schemas.length).toBeGreaterThan(100);
});
