/**
 * The editor schemas: fresh, valid as JSON Schema 2020-12, and of one mind with the files that they are for.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { editorSchemas } from "../../scripts/editor-schemas.ts";
import { foundingProfile } from "../support/founding-profile.ts";

const root = resolve(import.meta.dirname, "../..");
const schemas = editorSchemas();

function errorsOf(name: string, value: unknown): readonly string[] {
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
    JSON.parse(schemas.get(`schemas/${name}.schema.json`) ?? "") as object,
  );
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

describe("the editor schemas", () => {
  it.each([...schemas])("%s is fresh (else: npm run generate)", (path, text) => {
    expect(readFileSync(resolve(root, path), "utf8")).toBe(text);
  });

  it("take the shipped policies and the founding profile", () => {
    expect(errorsOf("policies", parse(readFileSync(resolve(root, "policies.yaml"), "utf8")))).toEqual([]);
    expect(errorsOf("workloadprofile", parse(foundingProfile))).toEqual([]);
  });

  it("take one file of several, which has no apiVersion", () => {
    expect(errorsOf("policies", { rules: { "DRAIN-002": { action: "warn" } } })).toEqual([]);
  });

  it("underline a slip of the hand, at every depth", () => {
    expect(errorsOf("policies", { classes: { general: { request: {} } } })).toEqual(["/classes/general additionalProperties"]);
    expect(errorsOf("policies", { rules: { "DRAIN-002": { action: "wran" } } })).toEqual(["/rules/DRAIN-002/action enum"]);
    const profile = {
      apiVersion: "platform.example.com/v1",
      kind: "WorkloadProfile",
      metadata: { name: "a" },
      spec: { cost: { spotAlowed: true } },
    };
    expect(errorsOf("workloadprofile", profile)).toEqual(["/spec/cost additionalProperties"]);
  });

  it("S119: let a profile say nothing in Karpenter's words", () => {
    expect(schemas.get("schemas/workloadprofile.schema.json")).not.toMatch(/"karpenter[^"]*":/);
  });
});
