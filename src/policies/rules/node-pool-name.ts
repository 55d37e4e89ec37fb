/**
 * NP-001 and NP-002: what a NodePool is about, and what it is called.
 *
 * A NodePool says which capacity is acceptable, a NodeClass how machines are configured; and a pool is a runtime class, not a
 * team. Its name is what people say in an incident.
 */
import { shapeSchemas } from "../../api/generated/schemas.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { pointer } from "../../kube/json-patch.ts";
import { rememberedText } from "../../kube/remembered.ts";
import { compilePattern } from "../cel/pattern.ts";
import type { Facts } from "../facts.ts";
import { translatedKey } from "../../kube/auto-labels.ts";
import { goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

export const np001: Rule = {
  id: "NP-001",
  summary: "A NodePool that says how machines are configured: subnets, images and roles belong to its NodeClass.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: {
    admitted: goodPool,
    denied: goodPool.replace("labels: {workload-class: general}", "labels: {workload-class: general, subnet: subnet-0a}"),
  },
  judge: ({ subject }) => (subject.kind === "node-pool" ? misplaced(subject.nodePool) : []),
};

export const np002: Rule = {
  id: "NP-002",
  summary: "A NodePool named after a team, or after nothing: names are what people debug with.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace("name: general-flex", "name: team-fraud") },
  judge: (facts) => (facts.subject.kind === "node-pool" ? badNames(facts.subject.nodePool, facts) : []),
};

const classFields: ReadonlySet<string> = new Set([
  ...Object.keys(shapeSchemas.EC2NodeClass.properties?.["spec"]?.properties ?? {}),
  ...Object.keys(shapeSchemas.NodeClass.properties?.["spec"]?.properties ?? {}),
]);

/** Words of infrastructure, as parts of a label's name. */
const infrastructurePattern =
  /(^|[-_.])(subnets?|security-?groups?|sg|vpc|ami|image-id|instance-profile|iam|role|role-arn|user-?data|kms-?key|volume-size|volume-type)([-_.]|$)/i;

function misplaced({ spec }: NodePool): readonly Problem[] {
  const { template } = spec;
  const moveTo = `move it to ${template.spec.nodeClassRef.kind || "the NodeClass"} "${template.spec.nodeClassRef.name}"`;
  const problem = (tokens: readonly (string | number)[], what: string): Problem => ({
    path: pointer(...tokens),
    message: `${what} says how machines are configured, which a NodeClass does`,
    fix: moveTo,
  });
  const fields = [
    ...Object.keys(spec).map((name) => ["spec", name]),
    ...Object.keys(template.spec).map((name) => ["spec", "template", "spec", name]),
  ];
  const labels = Object.keys(template.metadata?.labels ?? {}).map((key) => ["spec", "template", "metadata", "labels", key]);
  const required = template.spec.requirements.map(({ key }, index) => [key, ["spec", "template", "spec", "requirements", index]] as const);
  return [
    ...fields.filter((tokens) => classFields.has(tokens.at(-1) ?? "")).map((tokens) => problem(tokens, tokens.join("."))),
    ...labels.filter((tokens) => isInfrastructure(tokens.at(-1) ?? "")).map((tokens) => problem(tokens, `label ${tokens.at(-1) ?? ""}`)),
    ...required.filter(([key]) => isInfrastructure(key)).map(([key, tokens]) => problem(tokens, `requirement ${key}`)),
  ];
}

function isInfrastructure(key: string): boolean {
  if (translatedKey(key, "auto") !== undefined || translatedKey(key, "karpenter") !== undefined) return false;
  // A label's own domain may speak of roles and images; its name says what it is.
  return infrastructurePattern.test(key.slice(key.indexOf("/") + 1));
}

const teamLabelPattern = /(^|\/)(team|squad|tribe|department|owner)$/;

function badNames(nodePool: NodePool, facts: Facts): readonly Problem[] {
  const name = nodePool.metadata.name ?? "";
  const { nodepoolReview } = facts.policySet;
  const reason = nameProblem(name, facts);
  const labels = Object.entries(nodePool.spec.template.metadata?.labels ?? {}).filter(([key]) => teamLabelPattern.test(key));
  const classes = [...facts.policySet.classes.keys()].join(", ");
  return [
    ...(reason === undefined
      ? []
      : [
          {
            path: "/metadata/name",
            message: reason,
            fix: `name it <class>-<intent>, such as general-flex (classes: ${classes})${nodepoolReview.naming === undefined ? "" : `; it must match ${nodepoolReview.naming}`}`,
          },
        ]),
    ...labels.map(([key, value]) => ({
      path: pointer("spec", "template", "metadata", "labels", key),
      message: `label ${key}=${value} divides capacity by team, not by runtime class`,
      fix: "remove it; who pays is a cost owner, not a pool",
    })),
  ];
}

/** The first reason that applies; one name is one problem. */
function nameProblem(name: string, { policySet }: Pick<Facts, "policySet">): string | undefined {
  const { forbiddenNames, naming } = policySet.nodepoolReview;
  const words = name.split(/[-._]/);
  const owner = policySet.costOwners.values.find((value) => words.includes(value));
  if (forbiddenNames.includes(name)) return `name "${name}" says nothing about what runs here`;
  if (words.includes("team")) return `name "${name}" names a team, not a runtime class`;
  if (owner !== undefined) return `name "${name}" names the owner ${owner}, not a runtime class`;
  if (naming !== undefined && !isNamedBy(name, naming)) return `name "${name}" does not say which runtime class it is for`;
  return undefined;
}

/** Names are anybody's: they are matched in time that grows with their length alone, whatever the pattern. */
function isNamedBy(name: string, naming: string): boolean {
  const pattern = patternOf(naming);
  // A pattern that is none was refused with its policies file.
  return pattern.ok && pattern.value.find(Array.from(name), 0) !== undefined;
}

const patternOf = rememberedText(compilePattern);
