/**
 * NC-001, NC-002, NC-003 and NC-008: what a NodeClass must say, and what is not its to say.
 *
 * A real API server refuses some of it before we are asked; a file that is reviewed has not met one yet.
 */
import { shapeSchemas } from "../../api/generated/schemas.ts";
import type { AutoNodeClass } from "../../api/auto-node-class.ts";
import type { EC2NodeClass } from "../../api/ec2-node-class.ts";
import { autoModeDomain, wellKnownLabels } from "../../api/labels.ts";
import { pointer, type JsonPatchOperation } from "../../kube/json-patch.ts";
import type { Facts } from "../facts.ts";
import { goodAutoClass, goodClass } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

/** A NodeClass of either provider. */
export type AnyNodeClass = EC2NodeClass | AutoNodeClass;

const amiLine = "  amiSelectorTerms: [{alias: al2023@v20260715}]\n";

export const nc001: Rule = {
  id: "NC-001",
  summary: "A NodeClass that says where Pods may go: requirements, taints and limits belong to NodePools.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: {
    admitted: goodClass,
    denied: goodClass.replace("    environment: prod\n", "    environment: prod\n    karpenter.sh/capacity-type: spot\n"),
  },
  judge: (facts) => onNodeClass(facts, schedulingWords),
};

export const nc002: Rule = {
  id: "NC-002",
  summary: "A NodeClass without an identity for its nodes, or with two: they could not join.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: { admitted: goodAutoClass, denied: goodAutoClass.replace("  role: eks-node-role-prod\n", "") },
  judge: (facts) => onNodeClass(facts, identity),
};

export const nc003: Rule = {
  id: "NC-003",
  summary: "An EC2NodeClass that selects no image.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: { admitted: goodClass, denied: goodClass.replace(amiLine, "  amiSelectorTerms: []\n") },
  judge: (facts) => onNodeClass(facts, images),
};

export const nc008: Rule = {
  id: "NC-008",
  summary: "A NodeClass of EKS Auto Mode that selects images: AWS chooses them, and the field is not its.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: { admitted: goodAutoClass, denied: goodAutoClass.replace("spec:\n", `spec:\n${amiLine}`) },
  judge: (facts) => onNodeClass(facts, imagesOfAuto),
};

/** Runs a judgement on the NodeClass that a request is about. */
export function onNodeClass(facts: Facts, judge: (nodeClass: AnyNodeClass, facts: Facts) => readonly Problem[]): readonly Problem[] {
  return facts.subject.kind === "node-class" ? judge(facts.subject.nodeClass, facts) : [];
}

/** Says whether AWS runs the nodes of a NodeClass. */
export function isAutoClass({ apiVersion }: AnyNodeClass): boolean {
  return apiVersion.startsWith(`${autoModeDomain}/`);
}

const poolSchema = shapeSchemas.NodePool.properties?.["spec"]?.properties ?? {};
const poolFields: ReadonlySet<string> = new Set([
  ...Object.keys(poolSchema),
  ...Object.keys(poolSchema["template"]?.properties?.["spec"]?.properties ?? {}),
  "labels",
]);

function schedulingWords({ spec = {} }: { readonly spec?: object }): readonly Problem[] {
  const tags = "tags" in spec && typeof spec.tags === "object" && spec.tags !== null ? Object.keys(spec.tags) : [];
  const problem = (tokens: readonly string[], what: string): Problem => ({
    path: pointer(...tokens),
    message: `${what} says which Pods may come, which a NodePool does`,
    fix: "move it to the NodePools that name this class",
  });
  return [
    ...Object.keys(spec)
      .filter((name) => poolFields.has(name))
      .map((name) => problem(["spec", name], `spec.${name}`)),
    ...tags.filter((key) => wellKnownLabels.has(key)).map((key) => problem(["spec", "tags", key], `tag ${key}`)),
  ];
}

function identity(nodeClass: AnyNodeClass): readonly Problem[] {
  const { role, instanceProfile } = nodeClass.spec ?? {};
  if ((role === undefined) !== (instanceProfile === undefined)) return [];
  const isMissing = role === undefined;
  return [
    {
      path: "/spec/role",
      message: isMissing ? "neither role nor instanceProfile is set: nodes could not join" : "role and instanceProfile are both set",
      fix: isMissing ? "set spec.role to the nodes' IAM role" : "keep one",
    },
  ];
}

function images(nodeClass: AnyNodeClass): readonly Problem[] {
  const terms = nodeClass.spec !== undefined && "amiSelectorTerms" in nodeClass.spec ? nodeClass.spec.amiSelectorTerms : [];
  if (isAutoClass(nodeClass) || terms.length > 0) return [];
  return [
    {
      path: "/spec/amiSelectorTerms",
      message: "amiSelectorTerms selects no image; it is required since v1",
      fix: "pin one, such as amiSelectorTerms: [{alias: al2023@v20260715}]",
    },
  ];
}

const imageFields = ["amiSelectorTerms", "amiFamily", "userData"] as const;

function imagesOfAuto(nodeClass: AnyNodeClass): readonly Problem[] {
  if (!isAutoClass(nodeClass)) return [];
  return imageFields
    .filter((name) => Object.hasOwn(nodeClass.spec ?? {}, name))
    .map((name) => {
      const patch: readonly JsonPatchOperation[] = [{ op: "remove", path: pointer("spec", name) }];
      return {
        path: pointer("spec", name),
        message: `spec.${name} is not a field of EKS Auto Mode: AWS chooses the image (Bottlerocket)`,
        fix: "remove it",
        patch,
      };
    });
}
