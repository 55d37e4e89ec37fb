/**
 * Registration: the webhook configurations that make the API server call us.
 *
 * Reads the grants of the policy set, where we are reached, and our CA. Returns the configuration objects, pure.
 *
 * Every request meets exactly one validating and one mutating entry, but for Pods that Kubernetes' own controllers make of a workload: those
 * meet the mutating one alone, since rules judge the workload. What is fail-closed (WorkloadProfiles, and the
 * namespaces granted a fail-closed class) has failurePolicy Fail; the rest has Ignore. The API server can't see a class
 * while we are down, so a class is closed only through its granted namespaces: grants by label become a
 * namespaceSelector; grants by name become matchConditions on request.namespace, since a matchCondition that reads
 * namespace labels refuses every request.
 *
 *   -profiles        WorkloadProfiles                                     Fail
 *   -closed-labels   namespaces selected by a fail-closed label grant      Fail     (one per such grant)
 *   -closed-names    namespaces named by a fail-closed grant, not selected Fail
 *   -open            neither selected nor named                            Ignore
 *   -cluster         NodePools, NodeClasses, Namespaces                    Ignore
 *   -evictions       evictions of Pods, in every namespace but the exempt  Ignore
 *   -standing        updates of running Pods that matter, deletions        Ignore
 *
 * What stands is never held up while nobody answers: a finalizer comes off, an uninstall goes on. Of Pods' updates only those meet us that a
 * person makes and that a drain or a rule depends on; kubelets write the status, which is another resource.
 *
 * An eviction that nobody answers for is the API server's to decide, as without us: a drain never waits for a webhook that is down.
 * The first four see namespaced objects only and -cluster the others only: a namespaceSelector never keeps out an object
 * without a namespace, so each of them would meet all entries.
 *
 * kube-system, kube-node-lease and our own namespace never meet us, so that we can't lock the cluster out of its own repair.
 */
import { assertNever } from "../api/assert.ts";
import { namespaceNameLabel, type PlatformNames } from "../api/labels.ts";
import type { KubeObject, LabelSelector, LabelSelectorRequirement } from "../api/object.ts";
import { podMakers } from "../policies/judged-owner.ts";
import { type MatchCondition, standingConditions, standingRules } from "./standing-objects.ts";

/** How long the API server waits for an answer. */
export const reviewTimeoutSeconds = 5;

/** Where the API server reaches us. */
export type WebhookAddress =
  | { readonly kind: "url"; readonly baseUrl: string }
  | { readonly kind: "service"; readonly namespace: string; readonly name: string; readonly port: number };

/** The namespaces of the fail-closed classes: by name (globs with *) and by one label each. */
export interface ClosedNamespaces {
  readonly names: readonly string[];
  readonly labels: readonly { readonly key: string; readonly value: string }[];
}

export interface RegistrationInput {
  readonly names: PlatformNames;
  readonly address: WebhookAddress;
  readonly authorityPem: string;
  /** By which we know who reads these configurations (caller-word.ts). */
  readonly word: string;
  readonly ownNamespace: string;
  readonly closed: ClosedNamespaces;
}

/** An admissionregistration.k8s.io/v1 configuration with one webhook in it. */
export interface WebhookConfiguration extends KubeObject {
  readonly kind: "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration";
  readonly webhooks: readonly object[];
}

/** Returns every configuration that should exist; what carries our label and is not among them is to be deleted. */
export function webhookConfigurations(input: RegistrationInput): readonly WebhookConfiguration[] {
  return [
    ...tiers(input.closed).map((tier) => configuration({ input, tier, phase: "mutate" })),
    configuration({ input, tier: profilesTier, phase: "validate" }),
    configuration({ input, tier: clusterTier, phase: "validate" }),
    configuration({ input, tier: evictionsTier, phase: "validate" }),
    configuration({ input, tier: standingTier(input.names), phase: "validate" }),
    ...tiers(input.closed).map((tier) => configuration({ input, tier, phase: "validate" })),
  ];
}

/** The label by which our configurations are found again. */
export const registrationLabel = { "app.kubernetes.io/name": "plimsoll" } as const;

/** Fail-closed grants by label take a configuration each, and deploy/'s role names every configuration that it lets us write. */
export const closedLabelsMax = 8;

/** The name of every configuration that can ever be ours: the only ones that our role may write. */
export const configurationNames: readonly string[] = [
  "plimsoll-profiles",
  ...Array.from({ length: closedLabelsMax }, (_, index) => `plimsoll-closed-labels-${index}`),
  "plimsoll-closed-names",
  "plimsoll-open",
  "plimsoll-cluster",
  "plimsoll-evictions",
  "plimsoll-standing",
];

/** Namespaces that never meet the webhook, besides our own. */
export const exemptNamespaces = ["kube-system", "kube-node-lease"] as const;

interface Tier {
  readonly suffix: string;
  readonly path: "closed" | "open";
  readonly selector: readonly LabelSelectorRequirement[];
  readonly conditions: readonly MatchCondition[];
  /** What the tier validates; absent means the workloads and what changes them. */
  readonly only?: "profiles" | "cluster" | "evictions" | "standing";
}

const profilesTier: Tier = { suffix: "profiles", path: "closed", selector: [], conditions: [], only: "profiles" };

const clusterTier: Tier = { suffix: "cluster", path: "open", selector: [], conditions: [], only: "cluster" };

const evictionsTier: Tier = { suffix: "evictions", path: "open", selector: [], conditions: [], only: "evictions" };

const standingTier = (names: PlatformNames): Tier => ({
  ...{ suffix: "standing", path: "open", selector: [], only: "standing" },
  conditions: standingConditions(names),
});

/** The disjoint namespace tiers, closed ones first. */
function tiers(closed: ClosedNamespaces): readonly Tier[] {
  const labelTiers = closed.labels.map(({ key, value }, index): Tier => ({
    suffix: `closed-labels-${index}`,
    path: "closed",
    // A namespace with two such labels belongs to the first grant only, or it would meet two entries.
    selector: [{ key, operator: "In", values: [value] }, ...notLabelled(closed.labels.slice(0, index))],
    conditions: [],
  }));
  const unlabelled = notLabelled(closed.labels);
  if (closed.names.length === 0) return [...labelTiers, { suffix: "open", path: "open", selector: unlabelled, conditions: [] }];
  const named = namedExpression(closed.names);
  return [
    ...labelTiers,
    { suffix: "closed-names", path: "closed", selector: unlabelled, conditions: [{ name: "granted-by-name", expression: named }] },
    { suffix: "open", path: "open", selector: unlabelled, conditions: [{ name: "not-granted-by-name", expression: `!(${named})` }] },
  ];
}

function notLabelled(labels: ClosedNamespaces["labels"]): LabelSelectorRequirement[] {
  return labels.map(({ key, value }) => ({ key, operator: "NotIn", values: [value] }));
}

/** CEL over request.namespace alone; globs become anchored regular expressions of literal parts. */
function namedExpression(globs: readonly string[]): string {
  return globs
    .map((glob) =>
      glob.includes("*")
        ? `request.namespace.matches(${JSON.stringify(`^${glob.replaceAll("*", "[a-z0-9-]*")}$`)})`
        : `request.namespace == ${JSON.stringify(glob)}`,
    )
    .join(" || ");
}

function configuration(request: {
  readonly input: RegistrationInput;
  readonly tier: Tier;
  readonly phase: "mutate" | "validate";
}): WebhookConfiguration {
  const { input, tier, phase } = request;
  const mutating = phase === "mutate";
  const outside = { key: namespaceNameLabel, operator: "NotIn" as const, values: [...exemptNamespaces, input.ownNamespace] };
  const namespaceSelector: LabelSelector = { matchExpressions: [outside, ...tier.selector] };
  const conditions = [...tier.conditions, ...(mutating || tier.only !== undefined ? [] : [judgedBefore])];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: mutating ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration",
    metadata: { name: `plimsoll-${tier.suffix}`, labels: registrationLabel },
    webhooks: [
      {
        name: mutating ? input.names.mutatingWebhook : input.names.validatingWebhook,
        clientConfig: clientConfig(input, `/${phase}/${tier.path}/${input.word}`),
        rules: mutating ? mutatedRules : validatedRulesOf(tier, input.names),
        failurePolicy: tier.path === "closed" ? "Fail" : "Ignore",
        matchPolicy: "Equivalent",
        namespaceSelector,
        ...(conditions.length > 0 ? { matchConditions: conditions } : {}),
        sideEffects: "NoneOnDryRun",
        timeoutSeconds: reviewTimeoutSeconds,
        admissionReviewVersions: ["v1"],
        ...(mutating ? { reinvocationPolicy: "IfNeeded" } : {}),
      },
    ],
  };
}

function clientConfig(input: RegistrationInput, path: string): object {
  const caBundle = Buffer.from(input.authorityPem, "utf8").toString("base64");
  const { address } = input;
  if (address.kind === "url") return { url: `${address.baseUrl.replace(/\/$/, "")}${path}`, caBundle };
  return { service: { namespace: address.namespace, name: address.name, port: address.port, path }, caBundle };
}

/**
 * A Pod that a controller makes was judged with its workload, and has just been brought under its contract: a second call for each Pod
 * of a burst would only say so. Each template that such a controller reads was judged when it was written (owner-claim.ts).
 */
const judgedBefore: MatchCondition = {
  name: "not-made-of-a-judged-workload",
  expression: `!(request.resource.resource == "pods" && request.operation == "CREATE" && (${podMakers
    .map((account) => `request.userInfo.username == "system:serviceaccount:kube-system:${account}"`)
    .join(" || ")}))`,
};

const writes = ["CREATE", "UPDATE"] as const;

/** Jobs only for the podFailurePolicy of those that CronJobs make: the field can't be changed later. */
const mutatedRules = [
  { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "Namespaced" },
  { operations: ["CREATE"], apiGroups: ["batch"], apiVersions: ["v1"], resources: ["jobs"], scope: "Namespaced" },
];

function validatedRulesOf({ only }: Tier, names: PlatformNames): readonly object[] {
  switch (only) {
    case undefined:
      return validatedRules;
    case "profiles":
      return profileRules(names);
    case "cluster":
      return clusterRules;
    case "evictions":
      return evictionRules;
    case "standing":
      return standingRules(names);
    default:
      return assertNever(only);
  }
}

function profileRules(names: PlatformNames): readonly object[] {
  return [{ operations: writes, apiGroups: [names.domain], apiVersions: ["v1"], resources: ["workloadprofiles"], scope: "Namespaced" }];
}

/** `scale` is a resource of its own to the API server: without it `kubectl scale` and HPAs would pass unseen. */
const validatedRules = [
  {
    operations: writes,
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    resources: ["deployments", "statefulsets", "replicasets", "daemonsets"],
    scope: "Namespaced",
  },
  {
    operations: ["UPDATE"],
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    resources: ["deployments/scale", "statefulsets/scale", "replicasets/scale"],
    scope: "Namespaced",
  },
  { operations: writes, apiGroups: [""], apiVersions: ["v1"], resources: ["replicationcontrollers"], scope: "Namespaced" },
  { operations: ["UPDATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["replicationcontrollers/scale"], scope: "Namespaced" },
  { operations: writes, apiGroups: ["batch"], apiVersions: ["v1"], resources: ["jobs", "cronjobs"], scope: "Namespaced" },
  { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "Namespaced" },
  {
    operations: ["UPDATE"],
    apiGroups: [""],
    apiVersions: ["v1"],
    resources: ["pods/resize", "pods/ephemeralcontainers"],
    scope: "Namespaced",
  },
  { operations: writes, apiGroups: ["argoproj.io"], apiVersions: ["v1alpha1"], resources: ["rollouts"], scope: "Namespaced" },
  { operations: ["UPDATE"], apiGroups: ["argoproj.io"], apiVersions: ["v1alpha1"], resources: ["rollouts/scale"], scope: "Namespaced" },
  { operations: writes, apiGroups: ["keda.sh"], apiVersions: ["v1alpha1"], resources: ["scaledobjects"], scope: "Namespaced" },
  { operations: writes, apiGroups: ["policy"], apiVersions: ["v1"], resources: ["poddisruptionbudgets"], scope: "Namespaced" },
  {
    operations: writes,
    apiGroups: ["autoscaling.x-k8s.io"],
    apiVersions: ["v1beta1"],
    resources: ["capacitybuffers"],
    scope: "Namespaced",
  },
  { operations: writes, apiGroups: [""], apiVersions: ["v1"], resources: ["podtemplates"], scope: "Namespaced" },
  { operations: writes, apiGroups: ["autoscaling"], apiVersions: ["v2"], resources: ["horizontalpodautoscalers"], scope: "Namespaced" },
] as const;

const evictionRules = [
  { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods/eviction"], scope: "Namespaced" },
] as const;

const clusterRules = [
  { operations: writes, apiGroups: ["karpenter.sh"], apiVersions: ["v1"], resources: ["nodepools"], scope: "Cluster" },
  { operations: writes, apiGroups: ["karpenter.k8s.aws"], apiVersions: ["v1"], resources: ["ec2nodeclasses"], scope: "Cluster" },
  { operations: writes, apiGroups: ["eks.amazonaws.com"], apiVersions: ["v1"], resources: ["nodeclasses"], scope: "Cluster" },
  { operations: ["UPDATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["namespaces"], scope: "Cluster" },
] as const;
