/**
 * The reference page of permissions: what the provisioner may do on AWS and on the cluster, and what each grant is for.
 *
 * Reads the statements of `plimsoll iam policy` and the roles of deploy/, whose rules have their reasons as comments. Returns the text by
 * its path and writes nothing; a statement or a rule without a reason throws.
 */
import { readFileSync } from "node:fs";
import { isMap, isSeq, parseAllDocuments } from "yaml";
import { ownAccountPolicies } from "./own-account-policies.ts";
import { grantGroups, grantReasons, untaggedGrants, type GrantNames, type GrantStatement } from "../src/cli/iam-statements.ts";

/** Roles of deploy/, with what each is for. */
const roleFiles: readonly (readonly [path: string, words: string])[] = [
  ["deploy/base/cluster-role.yaml", "In the whole cluster"],
  ["deploy/base/role.yaml", "In its own namespace"],
  ["deploy/components/pod-dry-run/cluster-role.yaml", "With the component pod-dry-run"],
];

/** What stands for the names of one's own. */
const placeholders: GrantNames = {
  partition: "PARTITION",
  region: "REGION",
  account: "ACCOUNT",
  cluster: "CLUSTER",
  nodeRole: "NODE-ROLE",
  queue: "QUEUE",
};

/** Actions that the policies which Karpenter publishes (1.15) grant and ours do not, each with its reason. */
export const karpentersAlone: Readonly<Record<string, string>> = {
  "arc-zonal-shift:GetManagedResource": "zonal shifts are not followed by this version",
  "ec2:DescribeInstanceTypeOfferings": "where types are to be had is in the recorded catalogue; see the next row",
  "ec2:DescribeInstanceTypes": "types are in the recorded catalogue, which `plimsoll catalog refresh` makes with its caller's rights",
  "ec2:RebootInstances": "nodes are not repaired by this version",
};

/** Actions that ours grant and Karpenter's do not, each with what is missed without it. */
export const oursAlone: Readonly<Record<string, string>> = {
  "ec2:GetConsoleOutput": "why an instance never joined is not known",
  "servicequotas:ListServiceQuotas": "a vCPU quota is known only once EC2 has refused a launch for it",
};

/** Returns the page by its path from the root of the repository. */
export function permissionsPage(): ReadonlyMap<string, string> {
  const page = [
    "# Permissions",
    "<!-- Generated from src/cli/iam-statements.ts and the roles of deploy/ by `npm run generate`; don't edit. -->",
    "All that Plimsoll may do, and what for. Tests run it with these rights alone: what it asks for is allowed, and what is allowed is used.",
    "## On AWS",
    "`plimsoll iam policy` prints these statements as one document; `deploy/cloudformation/plimsoll.yaml` makes them as three policies. " +
      "A call that AWS refuses is told with the action that is missing and the fix, in the conditions of its EC2NodeClass or NodeClaim, " +
      "in the log, and on `/metrics` as `plimsoll_cloud_refused_calls_total`.",
    ...grantGroups(placeholders).flatMap(({ name, statements }) => [`### ${name}`, statementTable(statements)]),
    "These change something, and are not bound to the cluster's tag:",
    reasonTable("statement", untaggedGrants),
    "### Beside Karpenter's",
    "The tags are Karpenter's, so that its role serves as well. What its published policies (1.15) grant, and ours do not:",
    reasonTable("action", karpentersAlone),
    "What ours grant, and its do not. With Karpenter's role:",
    reasonTable("action", oursAlone),
    "Neither may make the service-linked role of EC2 Spot, which an account needs once: `aws iam create-service-linked-role " +
      "--aws-service-name spot.amazonaws.com`.",
    "## On the cluster",
    "The API server's refusals are on `/metrics` as `plimsoll_api_refused_requests_total`; with these roles there are none.",
    ...roleFiles.flatMap(([path, words]) => [`### ${words}`, `From \`${path}\`.`, ruleTable(path)]),
    "## If the token is stolen",
    "RBAC lets an account patch a whole Deployment or none. What it has no words for, ValidatingAdmissionPolicies say " +
      "(`deploy/base/own-account-policies.yaml`): they match the requests of our own account and nobody else's, so that they can lock nobody out. " +
      "A test sends what a thief would, and what Plimsoll does itself, on a real control plane.",
    policyTable(),
    "What is left to a thief of the token, on purpose:",
    leftTable(),
  ];
  return new Map([["docs/reference/permissions.md", `${page.join("\n\n")}\n`]]);
}

/** What the rights of deploy/ let a thief do beside what Plimsoll does, and what bounds it. */
const leftOpen: readonly (readonly [right: string, words: string, bound: string])[] = [
  [
    "list and watch",
    "reads workloads, Pods, nodes and policies of the whole cluster, and what secrets stand in environment variables as plain text",
    "no Secret, ConfigMap or token can be read but the two of our own namespace",
  ],
  ["patch workloads", "rolls workloads, one annotation at a time", "their own strategy and budgets; what runs is not changed"],
  ["evict and delete Pods", "ends Pods anywhere", "budgets hold evictions, not deletions: a node's terminationGracePeriod needs those"],
  [
    "budgets and autoscalers",
    "writes budgets that hold drains up, autoscalers that scale, marked as a profile's",
    "quotas; the profile's controller undoes what is under its own names",
  ],
  [
    "nodes",
    "taints or deletes nodes that were bought, and their NodeClaims",
    "no node of another's; no spec of a NodePool or EC2NodeClass, so no user data, role or limit",
  ],
  ["create NodeClaims", "buys nodes", "only what the NodeClass describes; the account's vCPU quota"],
  [
    "webhook configurations",
    "narrows ours, so that something goes unjudged, or gives them a CA that fails",
    "each replica puts them back within a minute; never wider than registration.ts asks, never elsewhere, never in kube-system",
  ],
  [
    "the certificate, the Lease, the policies in force",
    "answers reviews in our place, keeps the leader out, has weaker policies read by a restart whose file is broken",
    "the three objects of our own namespace; the file rules where it is good",
  ],
  ["TokenReviews and SubjectAccessReviews", "learns whose a token is, and who may do what", "nothing can be changed by it"],
  [
    "Events, reports, status",
    "tells untrue things",
    "nothing but people and dashboards goes by them; the status of NodeClaims and NodePools also tells the provisioner what was launched",
  ],
];

function policyTable(): string {
  const rows = ownAccountPolicies.map(({ name, why }) => row([code(name), why]));
  return [row(["policy", "what our account may do"]), "|---|---|", ...rows].join("\n");
}

function leftTable(): string {
  return [row(["with the right to", "a thief", "bounded by"]), "|---|---|---|", ...leftOpen.map((cells) => row(cells))].join("\n");
}

function statementTable(statements: readonly GrantStatement[]): string {
  const rows = statements.map(({ Sid, Action, Resource, Condition = {} }) => {
    const why = grantReasons[Sid];
    if (why === undefined) throw new Error(`statement ${Sid} has no reason; add one to grantReasons of src/cli/iam-statements.ts`);
    const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => `${code(key)} ${operator} ${[values].flat().map(code).join(" or ")}`),
    );
    return row([Sid, Action.map(code).join(", "), Resource.map(code).join(", "), conditions.join(", and "), why]);
  });
  return [row(["statement", "actions", "on", "where", "what for"]), "|---|---|---|---|---|", ...rows].join("\n");
}

function reasonTable(what: string, reasons: Readonly<Record<string, string>>): string {
  const rows = Object.entries(reasons).map(([name, why]) => row([code(name), why]));
  return [row([what, "why"]), "|---|---|", ...rows].join("\n");
}

/** A comment above a rule is the reason of it and of those that follow without one. */
function ruleTable(path: string): string {
  const rows: string[] = [];
  for (const document of parseAllDocuments(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"))) {
    const rules = document.get("rules");
    if (!isSeq(rules)) continue;
    let why = wordsOf(rules.commentBefore);
    for (const item of rules.items) {
      if (!isMap(item)) throw new Error(`${path} has a rule that is no object`);
      why = wordsOf(item.commentBefore) || why;
      if (why === "") throw new Error(`${path} has a rule without a reason; write a comment above it`);
      rows.push(ruleRow(item.toJSON() as PolicyRule, why));
    }
  }
  if (rows.length === 0) throw new Error(`${path} has no rules`);
  return [row(["verbs", "on", "what for"]), "|---|---|---|", ...rows].join("\n");
}

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function ruleRow({ apiGroups, resources, resourceNames = [], verbs }: PolicyRule, why: string): string {
  const on = apiGroups.flatMap((group) => resources.map((resource) => code(group === "" ? resource : `${resource}.${group}`)));
  const named = resourceNames.length === 0 ? "" : ` named ${resourceNames.map(code).join(", ")}`;
  return row([verbs.join(", "), `${on.join(", ")}${named}`, why]);
}

function wordsOf(comment: string | null | undefined): string {
  return (comment ?? "")
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
