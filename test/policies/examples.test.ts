import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { shapeValidator } from "../../src/api/validation.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import type { Verdict } from "../../src/policies/verdict.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { foundingProfile } from "../support/founding-profile.ts";
import { node } from "../support/objects.ts";
import { yamlObjects, yamlText } from "../support/yaml-objects.ts";

const policies = policySet();
const judgedKinds = new Set(["WorkloadProfile", "Deployment", "CronJob", "PodDisruptionBudget"]);

/** Applies objects one by one, as kubectl would: what is refused does not enter. */
function applied(
  objects: readonly KubeObject[],
  namespace?: string,
): readonly { readonly object: KubeObject; readonly verdict: Verdict }[] {
  const world: KubeObject[] = [];
  return objects.flatMap((written) => {
    const object =
      namespace === undefined || written.kind === "Namespace" ? written : { ...written, metadata: { namespace, ...written.metadata } };
    if (!judgedKinds.has(object.kind)) {
      world.push(object);
      return [];
    }
    const verdict = evaluate({ policySet: policies, request: requestFor(object), context: contextOf(world) });
    if (verdict.allowed) world.push(object);
    return [{ object, verdict }];
  });
}

function told(objects: readonly KubeObject[], namespace?: string): readonly string[] {
  return applied(objects, namespace).flatMap(({ object, verdict }) =>
    verdict.findings
      .filter(({ action }) => action !== "audit")
      .map(({ action, rule }) => `${object.kind} ${object.metadata.name}: ${action} ${rule}`),
  );
}

const infrastructure = yamlObjects("examples/lab/a0-infrastructure.yaml");

describe("the examples", () => {
  const files = [
    "billing-api/namespace.yaml",
    "billing-api/profile.yaml",
    "billing-api/deployment.yaml",
    "lab/a0-infrastructure.yaml",
    "lab/a1-checkout-api.yaml",
    "lab/a2-invoice-export-worker.yaml",
    "lab/a3-fraud-model-batch.yaml",
  ].map((file) => `examples/${file}`);

  it("have the shapes that their kinds allow", () => {
    const validator = shapeValidator();
    for (const object of files.flatMap(yamlObjects)) {
      const { kind } = object;
      if (kind === "WorkloadProfile" || kind === "NodePool" || kind === "EC2NodeClass")
        expect(validator.validate(kind, object)).toEqual([]);
    }
  });
  it("of the lab enter without one word", () => {
    for (const name of ["a1-checkout-api", "a2-invoice-export-worker", "a3-fraud-model-batch"]) {
      expect(told([...infrastructure, ...yamlObjects(`examples/lab/${name}.yaml`)])).toEqual([]);
    }
  });
  it("of the lab have pools that stay without a finding while they have few nodes", () => {
    const pools = infrastructure.filter(({ kind }) => kind === "NodePool");
    const nodes = pools.map(({ metadata: { name = "" } }) => node({ name: `of-${name}`, labels: { "karpenter.sh/nodepool": name } }));
    const context = contextOf([...infrastructure, ...nodes]);
    const found = pools.map((pool) => evaluate({ policySet: policies, request: requestFor(pool), context }).findings);
    expect(found).toEqual([[], [], []]);
  });
  it("have the founding document's profile byte for byte", () => {
    expect(yamlText("examples/billing-api/profile.yaml")).toBe(foundingProfile);
  });
  it("of billing-api enter with exactly one warning", () => {
    const objects = ["namespace", "profile", "deployment"].flatMap((name) => yamlObjects(`examples/billing-api/${name}.yaml`));
    expect(told(objects, "billing")).toEqual(["WorkloadProfile billing-api: warn DRAIN-003"]);
  });
});

describe("what is refused", () => {
  function check(file: string, denials: readonly string[]) {
    it(`${file} is refused by ${denials.join(" and ")}`, () => {
      const all = told([...infrastructure, ...yamlObjects(`examples/refused/${file}`)]);
      expect(all.filter((line) => line.includes("deny"))).toEqual(denials);
    });
  }
  check("undrainable.yaml", ["Deployment invoice-admin: deny DRAIN-002"]);
  check("two-faults.yaml", ["Deployment report-viewer: deny DRAIN-002", "Deployment report-viewer: deny REQ-002"]);
  check("unknown-field.yaml", ["WorkloadProfile invoice-admin: deny WP-005"]);
});
