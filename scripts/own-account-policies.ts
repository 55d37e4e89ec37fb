/**
 * ValidatingAdmissionPolicies over our own account: what RBAC has no words for.
 *
 * Reads the names and the registration that the code uses. Returns deploy/base/own-account-policies.yaml by its path and writes nothing.
 * RBAC lets an account patch a whole Deployment or none of it; these let ours change the two annotations that it needs, and so on for each
 * kind that it writes. They match nobody else, so that they can lock nobody out: `failurePolicy: Fail` holds for our own requests alone.
 */
import { stringify } from "yaml";
import {
  kwokNodeAnnotation,
  namespaceNameLabel,
  nodePoolLabel,
  platformNames,
  terminationFinalizer,
  unregisteredTaintKey,
} from "../src/api/labels.ts";
import { leaseName } from "../src/cli/leader-lease.ts";
import { certificateSecretName } from "../src/cli/webhook-service.ts";
import { reportName } from "../src/policies/audit-report.ts";
import { managedByLabel, managedByProfile } from "../src/policies/profile/budget.ts";
import { policyMemoryName } from "../src/webhook/policy-memory.ts";
import { configurationNames, exemptNamespaces, webhookConfigurations } from "../src/webhook/registration.ts";

const names = platformNames();
const namespace = "plimsoll-system";
const account = "plimsoll";

/** Which requests of our account a policy is about. */
interface Matched {
  readonly group: string;
  readonly resources: readonly string[];
  readonly operations: readonly ("CREATE" | "UPDATE" | "DELETE")[];
}

interface Validation {
  readonly expression: string;
  /** What is refused, and why it is never ours to do. */
  readonly message: string;
}

interface OwnAccountPolicy {
  readonly name: string;
  /** One sentence: what our account may do there. */
  readonly why: string;
  readonly matched: readonly Matched[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
}

/** Fields of metadata that the API server itself writes. */
const serverFields = ["managedFields", "generation", "resourceVersion"];

/** CEL: two maps are equal but for these keys. */
function sameBut(now: string, before: string, except: readonly string[] = []): string {
  const keys = JSON.stringify(except);
  const kept = `(key in dyn(${before}) && dyn(${now})[key] == dyn(${before})[key])`;
  return `(dyn(${now}).all(key, key in ${keys} || ${kept}) && dyn(${before}).all(key, key in ${keys} || key in dyn(${now})))`;
}

/** CEL: the value at a path of optional members, or an empty map. */
function orEmpty(path: string): string {
  const steps = path.split(".");
  const present = steps.slice(2).map((_step, index) => `has(${steps.slice(0, index + 3).join(".")})`);
  return `(${[`has(${steps.slice(0, 2).join(".")})`, ...present].join(" && ")} ? dyn(${path}) : {})`;
}

const sameMetadata = sameBut("object.metadata", "oldObject.metadata", serverFields);
/** Named once: within a comparison they would be worked out anew for each key. */
const specs = { spec: orEmpty("object.spec"), oldSpec: orEmpty("oldObject.spec") };
const sameSpec = sameBut("variables.spec", "variables.oldSpec");

const templateAnnotations = [names.rolledContractAnnotation, names.surgedForAnnotation];

const templates: OwnAccountPolicy = {
  name: "plimsoll-own-templates",
  why: `Of workloads our account writes two annotations of the Pod template: ${templateAnnotations.join(" and ")}.`,
  matched: [
    { group: "apps", resources: ["deployments", "statefulsets", "daemonsets"], operations: ["UPDATE"] },
    { group: "argoproj.io", resources: ["rollouts"], operations: ["UPDATE"] },
  ],
  variables: {
    ...specs,
    ownAnnotations: orEmpty("object.metadata.annotations"),
    oldOwnAnnotations: orEmpty("oldObject.metadata.annotations"),
    template: orEmpty("object.spec.template"),
    oldTemplate: orEmpty("oldObject.spec.template"),
    templateMeta: orEmpty("object.spec.template.metadata"),
    oldTemplateMeta: orEmpty("oldObject.spec.template.metadata"),
    annotations: orEmpty("object.spec.template.metadata.annotations"),
    oldAnnotations: orEmpty("oldObject.spec.template.metadata.annotations"),
  },
  validations: [
    {
      expression: sameBut("object.metadata", "oldObject.metadata", [...serverFields, "annotations"]),
      message: "our account changes nothing of a workload's own metadata",
    },
    {
      // The API server itself counts the templates of a DaemonSet there.
      expression: sameBut("variables.ownAnnotations", "variables.oldOwnAnnotations", ["deprecated.daemonset.template.generation"]),
      message: "our account changes no annotation of a workload itself",
    },
    {
      expression: sameBut("variables.spec", "variables.oldSpec", ["template"]),
      message: "our account changes nothing of a workload's spec but two annotations of its template",
    },
    {
      expression: sameBut("variables.template", "variables.oldTemplate", ["metadata"]),
      message: "our account changes nothing of a Pod template but two annotations",
    },
    {
      expression: sameBut("variables.templateMeta", "variables.oldTemplateMeta", ["annotations", "creationTimestamp"]),
      message: "our account changes nothing of a Pod template's metadata but two annotations",
    },
    {
      expression: sameBut("variables.annotations", "variables.oldAnnotations", templateAnnotations),
      message: `our account changes no annotation of a Pod template but ${templateAnnotations.join(" and ")}`,
    },
    {
      expression: `${JSON.stringify(templateAnnotations)}.all(key, !(key in variables.annotations) || variables.annotations[key].matches("^[0-9a-f-]{1,64}$"))`,
      message: "our annotations of a Pod template are a hash and a uid",
    },
  ],
};

/** CEL: the object is compiled from a WorkloadProfile. */
function isChild(object: string): string {
  const marked = `has(${object}.metadata.labels) && ${JSON.stringify(managedByLabel)} in ${object}.metadata.labels && ${object}.metadata.labels[${JSON.stringify(managedByLabel)}] == ${JSON.stringify(managedByProfile)}`;
  const owned = `has(${object}.metadata.ownerReferences) && ${object}.metadata.ownerReferences.exists(o, o.kind == "WorkloadProfile" && o.apiVersion.startsWith(${JSON.stringify(`${names.domain}/`)}))`;
  return `(${marked} && ${owned})`;
}

const children: OwnAccountPolicy = {
  name: "plimsoll-own-children",
  why: "Budgets and autoscalers that our account writes are compiled from a WorkloadProfile, and say so; no other's is deleted.",
  matched: [
    { group: "policy", resources: ["poddisruptionbudgets"], operations: ["CREATE", "UPDATE", "DELETE"] },
    { group: "autoscaling", resources: ["horizontalpodautoscalers"], operations: ["CREATE", "UPDATE", "DELETE"] },
  ],
  validations: [
    {
      expression: `request.operation == "DELETE" || ${isChild("object")}`,
      message: "our account writes budgets and autoscalers that are labelled as a profile's and owned by one",
    },
    {
      expression: `request.operation != "DELETE" || ${isChild("oldObject")}`,
      message: "our account deletes budgets and autoscalers of profiles alone",
    },
  ],
};

/** Everything that registration.ts can ever ask to be called for, as "OPERATION group/resource", by kind of configuration. */
function askedRules(kind: string): readonly string[] {
  const closed = { names: ["a"], labels: [{ key: "a", value: "b" }] };
  const address = { kind: "service", namespace, name: account, port: 443 } as const;
  const all = webhookConfigurations({ names, address, authorityPem: "", word: "", ownNamespace: namespace, closed });
  const rules = all
    .filter((one) => one.kind === kind)
    .flatMap(({ webhooks }) => (webhooks as readonly { readonly rules: readonly Rule[] }[]).flatMap((webhook) => webhook.rules));
  return [
    ...new Set(
      rules.flatMap(({ operations, apiGroups, resources }) =>
        operations.flatMap((operation) => apiGroups.flatMap((group) => resources.map((resource) => `${operation} ${group}/${resource}`))),
      ),
    ),
  ].sort();
}

interface Rule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

const mayFail = configurationNames.filter((name) => /-(profiles|closed-.*)$/.test(name));
const mayGo = configurationNames.filter((name) => name.includes("-closed-"));

/** CEL: every webhook of the configuration has this. */
function everyWebhook(condition: string): string {
  return `request.operation == "DELETE" || !has(object.webhooks) || object.webhooks.all(w, ${condition})`;
}

/** The variable that the tests replace: their processes stand outside the cluster, where no Service leads. */
export const reachedVariable = "reachedAtOurService";

const webhooks: OwnAccountPolicy = {
  name: "plimsoll-own-webhooks",
  why: "Our account's webhook configurations call our Service alone, for the kinds that we judge, outside the namespaces that we never judge.",
  matched: [
    {
      group: "admissionregistration.k8s.io",
      resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
      operations: ["CREATE", "UPDATE", "DELETE"],
    },
  ],
  variables: {
    ownNamespace: `"${namespace}"`,
    asked: `request.resource.resource == "mutatingwebhookconfigurations" ? ${JSON.stringify(askedRules("MutatingWebhookConfiguration"))} : ${JSON.stringify(askedRules("ValidatingWebhookConfiguration"))}`,
    [reachedVariable]: everyWebhook(
      `has(w.clientConfig.service) && w.clientConfig.service.namespace == variables.ownNamespace && w.clientConfig.service.name == ${JSON.stringify(account)} && w.clientConfig.service.path.matches("^/(mutate|validate)/(open|closed)/[0-9a-f]{64}$")`,
    ),
  },
  validations: [
    {
      expression: `request.name in ${JSON.stringify(configurationNames)}`,
      message: "our account writes webhook configurations of its own names alone",
    },
    { expression: `variables.${reachedVariable}`, message: "our webhooks are called at our own Service" },
    {
      expression: everyWebhook(
        "has(w.rules) && w.rules.all(r, r.operations.all(o, r.apiGroups.all(g, r.resources.all(x, (o + ' ' + g + '/' + x) in variables.asked))))",
      ),
      message: "our webhooks are called for the kinds that we judge and for no other (registration.ts)",
    },
    {
      expression: everyWebhook(
        `has(w.namespaceSelector.matchExpressions) && w.namespaceSelector.matchExpressions.exists(e, e.key == ${JSON.stringify(namespaceNameLabel)} && e.operator == "NotIn" && (${JSON.stringify(exemptNamespaces)} + [variables.ownNamespace]).all(n, n in e.values))`,
      ),
      message: `our webhooks are not called in ${exemptNamespaces.join(", ")} and our own namespace`,
    },
    {
      expression: everyWebhook(`(w.failurePolicy == "Ignore" || request.name in ${JSON.stringify(mayFail)}) && w.timeoutSeconds <= 5`),
      message: "only our fail-closed configurations have failurePolicy Fail, and none holds a request up for more than 5 s",
    },
    {
      expression: `request.operation != "DELETE" || request.name in ${JSON.stringify(mayGo)}`,
      message: "our account deletes no webhook configuration but those of fail-closed grants; plimsoll uninstall does, as its caller",
    },
    {
      expression: `request.operation != "UPDATE" || !has(oldObject.webhooks) || size(oldObject.webhooks) == 0 || (has(object.webhooks) && size(object.webhooks) > 0)`,
      message: "our account empties no webhook configuration",
    },
  ],
};

/** CEL: a node that was bought through a NodePool, also before it is registered. */
function isBought(node: string): string {
  const label = JSON.stringify(nodePoolLabel);
  const tainted = `has(${node}.spec.taints) && ${node}.spec.taints.exists(t, t.key == ${JSON.stringify(unregisteredTaintKey)})`;
  return `((has(${node}.metadata.labels) && ${label} in ${node}.metadata.labels) || (${tainted}))`;
}

const nodes: OwnAccountPolicy = {
  name: "plimsoll-own-nodes",
  why: "Nodes that our account writes were bought through a NodePool; of their spec it writes taints alone. It makes Nodes of fake kubelets only.",
  matched: [{ group: "", resources: ["nodes"], operations: ["CREATE", "UPDATE", "DELETE"] }],
  variables: specs,
  validations: [
    {
      expression: `request.operation != "CREATE" || (${isBought("object")} && has(object.metadata.annotations) && ${JSON.stringify(kwokNodeAnnotation)} in object.metadata.annotations && has(object.spec.providerID) && object.spec.providerID.startsWith("kwok://"))`,
      message: "our account makes Nodes of fake kubelets (kwok) and no other",
    },
    {
      expression: `request.operation == "CREATE" || ${isBought("oldObject")}`,
      message: `our account writes and deletes Nodes that a NodePool was asked for (label ${nodePoolLabel}) and no other`,
    },
    {
      expression: `request.operation != "UPDATE" || ${sameBut("variables.spec", "variables.oldSpec", ["taints"])}`,
      message: "our account changes nothing of a Node's spec but its taints",
    },
    {
      expression: `request.operation != "UPDATE" || !has(oldObject.metadata.finalizers) || oldObject.metadata.finalizers.all(f, f == ${JSON.stringify(terminationFinalizer)} || (has(object.metadata.finalizers) && f in object.metadata.finalizers))`,
      message: "our account takes no other's finalizer from a Node",
    },
  ],
};

const infrastructure: OwnAccountPolicy = {
  name: "plimsoll-own-infrastructure",
  why: "Of NodePools and EC2NodeClasses our account writes annotations and finalizers; of a NodeClaim it changes no spec.",
  matched: [
    { group: "karpenter.sh", resources: ["nodepools"], operations: ["UPDATE"] },
    { group: "karpenter.k8s.aws", resources: ["ec2nodeclasses"], operations: ["UPDATE"] },
    { group: "karpenter.sh", resources: ["nodeclaims"], operations: ["CREATE", "UPDATE"] },
  ],
  variables: specs,
  validations: [
    {
      expression: `request.operation == "CREATE" || ${sameSpec}`,
      message: "our account changes no spec of a NodePool, an EC2NodeClass or a NodeClaim",
    },
    {
      expression: `request.resource.resource == "nodeclaims" || ${sameBut("object.metadata", "oldObject.metadata", [...serverFields, "annotations", "finalizers"])}`,
      message: "our account changes annotations and finalizers of a NodePool and an EC2NodeClass, and nothing else of their metadata",
    },
    {
      expression: `request.operation != "CREATE" || (has(object.metadata.labels) && ${JSON.stringify(nodePoolLabel)} in object.metadata.labels)`,
      message: "our account makes NodeClaims of NodePools alone",
    },
  ],
};

const pods: OwnAccountPolicy = {
  name: "plimsoll-own-pods",
  why: "Of Pods our account writes nominatedNodeName; it makes none but by a dry run.",
  matched: [
    { group: "", resources: ["pods"], operations: ["CREATE", "UPDATE"] },
    { group: "", resources: ["pods/status"], operations: ["UPDATE"] },
  ],
  variables: { ...specs, status: orEmpty("object.status"), oldStatus: orEmpty("oldObject.status") },
  validations: [
    {
      expression: `request.operation != "CREATE" || (has(request.dryRun) && request.dryRun)`,
      message: "our account makes no Pods; it asks by dry runs what they would be",
    },
    {
      expression: `request.operation != "UPDATE" || (has(request.subResource) && request.subResource == "status")`,
      message: "our account changes no Pod",
    },
    {
      expression: `request.operation != "UPDATE" || (${sameMetadata} && ${sameSpec} && ${sameBut("variables.status", "variables.oldStatus", ["nominatedNodeName"])})`,
      message: "our account changes nothing of a Pod but status.nominatedNodeName",
    },
  ],
};

const ownNamespace: OwnAccountPolicy = {
  name: "plimsoll-own-namespace",
  why: "RBAC can't ask a create for its name: our account makes one Secret, which is no token, one Lease and one ConfigMap.",
  matched: [
    { group: "", resources: ["secrets", "configmaps"], operations: ["CREATE"] },
    { group: "coordination.k8s.io", resources: ["leases"], operations: ["CREATE"] },
  ],
  validations: [
    {
      expression: `request.resource.resource != "secrets" || (object.metadata.name == ${JSON.stringify(certificateSecretName)} && object.type == "Opaque")`,
      message: `our account makes the Secret ${certificateSecretName} and no other`,
    },
    {
      expression: `request.resource.resource != "configmaps" || object.metadata.name == ${JSON.stringify(policyMemoryName)}`,
      message: `our account makes the ConfigMap ${policyMemoryName} and no other`,
    },
    {
      expression: `request.resource.resource != "leases" || object.metadata.name == ${JSON.stringify(leaseName)}`,
      message: `our account makes the Lease ${leaseName} and no other`,
    },
  ],
};

const reports: OwnAccountPolicy = {
  name: "plimsoll-own-reports",
  why: "Of reports our account writes those of its own name; other engines' stand beside them.",
  matched: [
    { group: "wgpolicyk8s.io", resources: ["policyreports", "clusterpolicyreports"], operations: ["CREATE", "UPDATE", "DELETE"] },
    { group: "openreports.io", resources: ["reports", "clusterreports"], operations: ["CREATE", "UPDATE", "DELETE"] },
  ],
  validations: [
    {
      expression: `(request.operation == "DELETE" ? oldObject : object).metadata.name == ${JSON.stringify(reportName)}`,
      message: `our account writes reports named ${reportName} and no other`,
    },
  ],
};

/** Every policy over our account, in the order of the file. */
export const ownAccountPolicies: readonly OwnAccountPolicy[] = [
  templates,
  children,
  webhooks,
  nodes,
  infrastructure,
  pods,
  ownNamespace,
  reports,
];

const head = `# Generated from scripts/own-account-policies.ts by \`npm run generate\`; don't edit.
# What our own account may do with the rights of cluster-role.yaml. They match its requests and nobody else's, so that they can lock nobody
# out. Another namespace is put in by kustomization.yaml, which replaces it here.
`;

/** Returns the file by its path from the root of the repository. */
export function ownAccountFile(): ReadonlyMap<string, string> {
  const documents = ownAccountPolicies.flatMap((policy) => [policyObject(policy), bindingObject(policy)]);
  const text = documents.map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
  return new Map([["deploy/base/own-account-policies.yaml", `${head}${text}`]]);
}

function policyObject({ name, why, matched, variables, validations }: OwnAccountPolicy): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name, annotations: { "kubernetes.io/description": why } },
    spec: {
      failurePolicy: "Fail",
      matchConditions: [
        { name: "our-own-account", expression: `request.userInfo.username == "system:serviceaccount:${namespace}:${account}"` },
      ],
      // The API server's own defaults, spelled out: the list is one field to a server-side apply.
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: matched.map(({ group, resources, operations }) => ({
          apiGroups: [group],
          apiVersions: ["*"],
          operations,
          resources,
          scope: "*",
        })),
      },
      ...(variables === undefined ? {} : { variables: Object.entries(variables).map(([key, expression]) => ({ name: key, expression })) }),
      validations: validations.map(({ expression, message }) => ({ expression, message, reason: "Forbidden" })),
    },
  };
}

function bindingObject({ name }: OwnAccountPolicy): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  };
}
