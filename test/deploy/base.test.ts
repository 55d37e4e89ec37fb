import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { configurationNames } from "../../src/webhook/registration.ts";
import { yamlObjects } from "../support/yaml-objects.ts";

const root = resolve(import.meta.dirname, "../..");

it("deploy/ carries policies.yaml as it stands at the root (npm run generate copies it)", () => {
  expect(readFileSync(resolve(root, "deploy/base/policies.yaml"), "utf8")).toBe(readFileSync(resolve(root, "policies.yaml"), "utf8"));
});

it("deploy/ lets Plimsoll write its own webhook configurations and no other's", () => {
  const [role] = yamlObjects("deploy/base/cluster-role.yaml") as readonly { readonly rules?: readonly Rule[] }[];
  const writing = (role?.rules ?? []).filter(
    ({ apiGroups, verbs }) =>
      apiGroups.includes("admissionregistration.k8s.io") && verbs.some((verb) => verb !== "list" && verb !== "watch"),
  );
  expect(writing.map(({ resourceNames }) => resourceNames)).toEqual([configurationNames]);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}
