/**
 * NP-003, NP-004 and NP-019: whether a NodePool leaves enough instance types to choose from.
 *
 * Counted over the whole catalog after everything that the pool asks is intersected, by capacity type: a pool that reads broad
 * may come down to two types in one zone. A narrow pool is a choice that needs one of the listed reasons.
 */
import { isAutoPool } from "../../kube/auto-labels.ts";
import { autoModeDomain, awsLabelDomain, instanceTypeLabel } from "../../api/labels.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { NodeSelectorRequirement } from "../../api/pod.ts";
import { placesOf } from "../../catalog/places.ts";
import { pointer, type JsonPatchOperation } from "../../kube/json-patch.ts";
import type { Facts } from "../facts.ts";
import { typesOfPool } from "../pool-types.ts";
import { capacityTypesOf, justificationAnnotations, justificationOf, zonesOfPool } from "../review/pool-terms.ts";
import { goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

const byCategory = "{key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}";
const byType = "{key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large]}";

export const np003: Rule = {
  id: "NP-003",
  summary: "A NodePool that lists instance types by name without one of the reasons for it.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace(byCategory, byType) },
  judge: (facts) => (facts.subject.kind === "node-pool" ? listedTypes(facts.subject.nodePool, facts) : []),
};

export const np004: Rule = {
  id: "NP-004",
  summary: "A NodePool that comes down to few instance types: one shortage, and there is no node.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace(byCategory, byType) },
  judge: (facts) => (facts.subject.kind === "node-pool" ? fewTypes(facts.subject.nodePool, facts) : []),
};

export const np019: Rule = {
  id: "NP-019",
  summary: "A NodePool that compares generations over categories whose numbers don't compare.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace("values: [c, m, r]", "values: [c, g, t]") },
  judge: ({ subject }) => (subject.kind === "node-pool" ? mixedGenerations(subject.nodePool) : []),
};

const namesShownMax = 6;

function listedTypes(nodePool: NodePool, facts: Facts): readonly Problem[] {
  const { requirements } = nodePool.spec.template.spec;
  const index = requirements.findIndex(({ key, operator }) => key === instanceTypeLabel && operator === "In");
  const names = requirements[index]?.values ?? [];
  const justification = justificationOf(nodePool, facts);
  if (index < 0 || justification.kind === "given") return [];
  const keys = justificationAnnotations(facts.names);
  const reasons = facts.policySet.nodepoolReview.justifications.join(", ");
  const why = {
    none: "without a justification",
    unknown: `and justification "${justification.kind === "unknown" ? justification.reason : ""}" is none of ${reasons}`,
    ended: `and justification ${justification.kind === "ended" ? `${justification.reason} ended on ${justification.until}` : ""}`,
  }[justification.kind];
  return [
    {
      path: pointer("spec", "template", "spec", "requirements", index),
      message: `${instanceTypeLabel} lists ${names.length} type${names.length === 1 ? "" : "s"} (${shownNames(names)}) ${why}`,
      fix: `ask by category and generation, or set annotation ${keys.reason} to one of ${reasons} (and ${keys.until} to its last day)`,
      ...widened(nodePool, { index, names, instanceTypes: facts.instanceTypes }),
    },
  ];
}

/** The same types and more, asked for by category, generation and architecture; nothing where a type is not known. */
function widened(
  nodePool: NodePool,
  of: { readonly index: number; readonly names: readonly string[]; readonly instanceTypes: readonly InstanceType[] },
): Pick<Problem, "patch"> {
  const listed = of.names.map((name) => of.instanceTypes.find((type) => type.name === name));
  if (of.names.length === 0 || listed.includes(undefined)) return {};
  const domain = isAutoPool(nodePool) ? autoModeDomain : awsLabelDomain;
  const { requirements } = nodePool.spec.template.spec;
  const valuesOf = (name: string): readonly string[] =>
    [...new Set(listed.flatMap((type) => labelValues(type, `${awsLabelDomain}/${name}`)))].sort();
  const oldest = Math.min(...valuesOf("instance-generation").map(Number));
  const wanted: readonly NodeSelectorRequirement[] = [
    { key: `${domain}/instance-category`, operator: "In", values: valuesOf("instance-category") },
    { key: `${domain}/instance-generation`, operator: "Gt", values: [String(oldest - 1)] },
  ];
  const missing = wanted.filter(({ key }) => !requirements.some((own) => own.key === key));
  const path = ["spec", "template", "spec", "requirements"] as const;
  const patch: readonly JsonPatchOperation[] = [
    ...missing.map((value): JsonPatchOperation => ({ op: "add", path: pointer(...path, "-"), value })),
    { op: "remove", path: pointer(...path, of.index) },
  ];
  return { patch };
}

function labelValues(type: InstanceType | undefined, key: string): readonly string[] {
  return type?.requirements.find((own) => own.key === key)?.values ?? [];
}

function fewTypes(nodePool: NodePool, facts: Facts): readonly Problem[] {
  const least = facts.policySet.nodepoolReview.minInstanceTypes;
  if (facts.instanceTypes.length === 0 || justificationOf(nodePool, facts).kind === "given") return [];
  const types = typesOfPool(nodePool, facts.instanceTypes);
  const zones = zonesOfPool(nodePool)?.join(", ") ?? "its zones";
  return capacityTypesOf(nodePool).flatMap((capacityType) => {
    const wanted = least[capacityType] ?? 0;
    const names = types.filter((type) => placesOf(type).some((place) => place.capacityType === capacityType)).map(({ name }) => name);
    if (names.length >= wanted) return [];
    const which = names.length === 0 ? "" : `: ${shownNames(names)}`;
    return [
      {
        path: "/spec/template/spec/requirements",
        message: `${names.length} instance type${names.length === 1 ? "" : "s"} can be had as ${capacityType} in ${zones} (at least ${wanted})${which}`,
        fix: "ask for more categories, sizes or architectures",
      },
    ];
  });
}

/** Categories whose generations AWS counts together; a seventh t or g does not exist yet, and says nothing beside m7. */
const alignedCategories: ReadonlySet<string> = new Set(["c", "m", "r"]);

function mixedGenerations(nodePool: NodePool): readonly Problem[] {
  const { requirements } = nodePool.spec.template.spec;
  const index = requirements.findIndex(
    ({ key, operator }) => key.endsWith("/instance-generation") && (operator === "Gt" || operator === "Gte"),
  );
  const bound = requirements[index];
  if (bound === undefined || requirements.some(({ key, operator }) => key.endsWith("/instance-family") && operator === "In")) return [];
  const categories = requirements.find(({ key, operator }) => key.endsWith("/instance-category") && operator === "In")?.values;
  const others = categories?.filter((category) => !alignedCategories.has(category)) ?? [];
  if (categories?.length === 1 || (categories !== undefined && others.length === 0)) return [];
  const over = categories === undefined ? "every category" : `categories ${categories.join(", ")}`;
  return [
    {
      path: pointer("spec", "template", "spec", "requirements", index),
      message: `instance-generation ${bound.operator} ${bound.values?.join() ?? ""} is compared over ${over}, whose generations are not counted together`,
      fix: "keep to c, m and r, or make a pool for each of the others",
    },
  ];
}

function shownNames(names: readonly string[]): string {
  const more = names.length > namesShownMax ? `, and ${names.length - namesShownMax} more` : "";
  return `${names.slice(0, namesShownMax).join(", ")}${more}`;
}
