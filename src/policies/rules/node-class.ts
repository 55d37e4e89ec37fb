/**
 * NC-004 to NC-007: whether the machines of a NodeClass are safe, can be told apart on a bill, and stay what was tested.
 */
import { pointer } from "../../kube/json-patch.ts";
import { amiFamilyOf } from "../../catalog/node-settings.ts";
import type { Facts } from "../facts.ts";
import { classesOfPool, nodeRoleActionsAnnotation } from "../review/pool-terms.ts";
import { isAutoClass, onNodeClass, type AnyNodeClass } from "./node-class-fields.ts";
import { documents } from "./example-manifests.ts";
import { goodClass, goodRegulatedPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

const withActions = (actions: string): string =>
  goodClass.replace(
    "{name: default-private}",
    `{name: default-private, annotations: {platform.example.com/node-role-actions: "${actions}"}}`,
  );

export const nc004: Rule = {
  id: "NC-004",
  summary: "A node role with permissions of applications: every Pod on the node could use them.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: { admitted: withActions("ec2:DescribeInstances,ecr:GetAuthorizationToken"), denied: withActions("ec2:DescribeInstances,s3:*") },
  judge: (facts) => onNodeClass(facts, broadRole),
};

export const nc005: Rule = {
  id: "NC-005",
  summary: "Public subnets or addresses for a class whose data is restricted.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: {
    admitted: documents(goodRegulatedPool, goodClass),
    denied: documents(goodRegulatedPool, goodClass.replace("kubernetes.io/role/internal-elb", "kubernetes.io/role/elb")),
  },
  judge: (facts) => onNodeClass(facts, publicNetwork),
};

export const nc006: Rule = {
  id: "NC-006",
  summary: "A NodeClass without the tags by which costs, owners and evidence are found.",
  defaultAction: "deny",
  subjects: ["node-class"],
  examples: { admitted: goodClass, denied: goodClass.replace("    cost-center: platform\n", "") },
  judge: (facts) => onNodeClass(facts, untagged),
};

export const nc007: Rule = {
  id: "NC-007",
  summary: "Images that change by themselves, or that get no more fixes.",
  defaultAction: "warn",
  subjects: ["node-class"],
  examples: { admitted: goodClass, denied: goodClass.replace("al2023@v20260715", "al2023@latest") },
  judge: (facts) => onNodeClass(facts, movingImages),
};

/** What a node itself needs: to join, to pull images, to be given addresses and volumes, and to be looked after. */
const nodeServices: ReadonlySet<string> = new Set([
  "ec2",
  "ecr",
  "ecr-public",
  "eks",
  "eks-auth",
  "ssm",
  "ssmmessages",
  "ec2messages",
  "sts",
]);

/** The listing of the role's actions comes from whoever may read IAM: `plimsoll review --role-policy`, or a pipeline. */
function broadRole(nodeClass: AnyNodeClass, { names }: Facts): readonly Problem[] {
  const key = nodeRoleActionsAnnotation(names);
  const actions = (nodeClass.metadata.annotations?.[key] ?? "").split(",").map((action) => action.trim());
  const broad = actions.filter((action) => action !== "" && !nodeServices.has(action.split(":")[0] ?? ""));
  if (broad.length === 0) return [];
  return [
    {
      path: "/spec/role",
      message: `the node role allows ${broad.join(", ")}: every Pod on its nodes could do that`,
      fix: "move them to roles of the workloads' ServiceAccounts (EKS Pod Identity or IRSA)",
    },
  ];
}

const publicTag = "kubernetes.io/role/elb";

function publicNetwork(nodeClass: AnyNodeClass, { snapshot, policySet }: Facts): readonly Problem[] {
  const name = nodeClass.metadata.name ?? "";
  const restricted = snapshot
    .list("NodePool")
    .filter(({ spec }) => spec.template.spec.nodeClassRef.kind === nodeClass.kind && spec.template.spec.nodeClassRef.name === name)
    .flatMap((pool) => classesOfPool(pool, policySet).map((one) => ({ pool: pool.metadata.name ?? "", one })))
    .find(({ one }) => one.requires.includes("security.dataClassification"));
  if (restricted === undefined) return [];
  const who = `class "${restricted.one.name}" (NodePool "${restricted.pool}")`;
  const { spec } = nodeClass;
  const address = spec !== undefined && "associatePublicIPAddress" in spec ? spec.associatePublicIPAddress : undefined;
  const autoAddress = spec !== undefined && "advancedNetworking" in spec ? spec.advancedNetworking.associatePublicIPAddress : undefined;
  const terms = spec?.subnetSelectorTerms ?? [];
  return [
    ...terms.flatMap((term, index) =>
      Object.entries(term.tags ?? {}).some(([key, value]) => key === publicTag || /(^|[-_])public([-_]|$)/i.test(value))
        ? [
            {
              path: pointer("spec", "subnetSelectorTerms", index),
              message: `the term selects public subnets, and ${who} keeps to private ones`,
              fix: "select by kubernetes.io/role/internal-elb, or by the ids of private subnets",
            },
          ]
        : [],
    ),
    ...(address === true || autoAddress === true
      ? [
          {
            path: address === true ? "/spec/associatePublicIPAddress" : "/spec/advancedNetworking/associatePublicIPAddress",
            message: `nodes get public addresses, and ${who} keeps to private ones`,
            fix: "set it to false",
          },
        ]
      : []),
  ];
}

function untagged(nodeClass: AnyNodeClass, { policySet }: Facts): readonly Problem[] {
  const tags = nodeClass.spec?.tags ?? {};
  const missing = policySet.nodepoolReview.requireTags.filter((key) => tags[key] === undefined);
  if (missing.length === 0) return [];
  return [
    {
      path: "/spec/tags",
      message: `tags missing: ${missing.join(", ")}`,
      fix: `set ${missing.map((key) => `spec.tags.${key}`).join(", ")}`,
    },
  ];
}

/** The day after which EKS makes no Amazon Linux 2 images. */
const al2End = "2025-11-26";

function movingImages(nodeClass: AnyNodeClass): readonly Problem[] {
  if (isAutoClass(nodeClass) || nodeClass.spec === undefined || !("amiSelectorTerms" in nodeClass.spec)) return [];
  const { spec } = nodeClass;
  const latest = spec.amiSelectorTerms.findIndex(({ alias }) => alias?.endsWith("@latest") === true && !alias.startsWith("windows"));
  return [
    ...(latest < 0
      ? []
      : [
          {
            path: pointer("spec", "amiSelectorTerms", latest, "alias"),
            message: `${spec.amiSelectorTerms[latest]?.alias ?? ""} changes whenever AWS publishes: every node then drifts and is replaced, untested`,
            fix: "pin a version, such as al2023@v20260715",
          },
        ]),
    ...(amiFamilyOf(spec) === "AL2"
      ? [
          {
            path: "/spec/amiFamily",
            message: `EKS made its last Amazon Linux 2 images on ${al2End}: they get no more fixes`,
            fix: "move to AL2023 or Bottlerocket",
          },
        ]
      : []),
  ];
}
