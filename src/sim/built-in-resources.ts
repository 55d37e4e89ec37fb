/**
 * The built-in resources that the embedded world serves.
 *
 * Reads nothing. Returns one ServedResource a row: names, short names and categories as the real API server's discovery tells them, so that
 * kubectl resolves the same words.
 */
import type { BuiltInSchemas } from "./built-in-schemas.ts";
import type { ServedResource, Subresource } from "./served-resource.ts";

interface Row {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly type: string;
  readonly short?: string;
  readonly categories?: string;
  readonly clusterScoped?: true;
  readonly sub?: readonly Subresource[];
  readonly generation?: true;
  /** Served empty, for clients that list it; nothing would enforce an object of it. */
  readonly readOnly?: true;
  /** Where the stored form has another resource's name. */
  readonly storage?: string;
}

const status = ["status"] as const;
const scaled = ["status", "scale"] as const;

const rows: readonly Row[] = [
  {
    group: "",
    version: "v1",
    resource: "resourcequotas",
    kind: "ResourceQuota",
    type: "core.v1.ResourceQuota",
    short: "quota",
    readOnly: true,
  },
  { group: "", version: "v1", resource: "limitranges", kind: "LimitRange", type: "core.v1.LimitRange", short: "limits", readOnly: true },
  {
    group: "",
    version: "v1",
    resource: "pods",
    kind: "Pod",
    type: "core.v1.Pod",
    short: "po",
    categories: "all",
    sub: ["status", "binding", "eviction"],
    generation: true,
  },
  { group: "", version: "v1", resource: "nodes", kind: "Node", type: "core.v1.Node", short: "no", clusterScoped: true, sub: status },
  {
    group: "",
    version: "v1",
    resource: "namespaces",
    kind: "Namespace",
    type: "core.v1.Namespace",
    short: "ns",
    clusterScoped: true,
    sub: ["status", "finalize"],
  },
  {
    group: "",
    version: "v1",
    resource: "services",
    kind: "Service",
    type: "core.v1.Service",
    short: "svc",
    categories: "all",
    sub: status,
  },
  {
    group: "",
    version: "v1",
    resource: "replicationcontrollers",
    kind: "ReplicationController",
    type: "core.v1.ReplicationController",
    short: "rc",
    categories: "all",
    sub: scaled,
    generation: true,
  },
  { group: "", version: "v1", resource: "endpoints", kind: "Endpoints", type: "core.v1.Endpoints", short: "ep" },
  { group: "", version: "v1", resource: "secrets", kind: "Secret", type: "core.v1.Secret" },
  { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", type: "core.v1.ConfigMap", short: "cm" },
  { group: "", version: "v1", resource: "serviceaccounts", kind: "ServiceAccount", type: "core.v1.ServiceAccount", short: "sa" },
  { group: "", version: "v1", resource: "events", kind: "Event", type: "core.v1.Event", short: "ev", storage: "events" },
  { group: "events.k8s.io", version: "v1", resource: "events", kind: "Event", type: "events.v1.Event", short: "ev", storage: "events" },
  {
    group: "apps",
    version: "v1",
    resource: "deployments",
    kind: "Deployment",
    type: "apps.v1.Deployment",
    short: "deploy",
    categories: "all",
    sub: scaled,
    generation: true,
  },
  {
    group: "apps",
    version: "v1",
    resource: "replicasets",
    kind: "ReplicaSet",
    type: "apps.v1.ReplicaSet",
    short: "rs",
    categories: "all",
    sub: scaled,
    generation: true,
  },
  {
    group: "apps",
    version: "v1",
    resource: "statefulsets",
    kind: "StatefulSet",
    type: "apps.v1.StatefulSet",
    short: "sts",
    categories: "all",
    sub: scaled,
    generation: true,
  },
  {
    group: "apps",
    version: "v1",
    resource: "daemonsets",
    kind: "DaemonSet",
    type: "apps.v1.DaemonSet",
    short: "ds",
    categories: "all",
    sub: status,
    generation: true,
  },
  { group: "batch", version: "v1", resource: "jobs", kind: "Job", type: "batch.v1.Job", categories: "all", sub: status, generation: true },
  {
    group: "batch",
    version: "v1",
    resource: "cronjobs",
    kind: "CronJob",
    type: "batch.v1.CronJob",
    short: "cj",
    categories: "all",
    sub: status,
    generation: true,
  },
  {
    group: "policy",
    version: "v1",
    resource: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    type: "policy.v1.PodDisruptionBudget",
    short: "pdb",
    sub: status,
    generation: true,
  },
  {
    group: "autoscaling",
    version: "v2",
    resource: "horizontalpodautoscalers",
    kind: "HorizontalPodAutoscaler",
    type: "autoscaling.v2.HorizontalPodAutoscaler",
    short: "hpa",
    categories: "all",
    sub: status,
  },
  { group: "coordination.k8s.io", version: "v1", resource: "leases", kind: "Lease", type: "coordination.v1.Lease" },
  {
    group: "discovery.k8s.io",
    version: "v1",
    resource: "endpointslices",
    kind: "EndpointSlice",
    type: "discovery.v1.EndpointSlice",
    generation: true,
  },
  {
    group: "scheduling.k8s.io",
    version: "v1",
    resource: "priorityclasses",
    kind: "PriorityClass",
    type: "scheduling.v1.PriorityClass",
    short: "pc",
    clusterScoped: true,
    generation: true,
  },
  {
    group: "admissionregistration.k8s.io",
    version: "v1",
    resource: "mutatingwebhookconfigurations",
    kind: "MutatingWebhookConfiguration",
    type: "admissionregistration.v1.MutatingWebhookConfiguration",
    categories: "api-extensions",
    clusterScoped: true,
    generation: true,
  },
  {
    group: "admissionregistration.k8s.io",
    version: "v1",
    resource: "validatingwebhookconfigurations",
    kind: "ValidatingWebhookConfiguration",
    type: "admissionregistration.v1.ValidatingWebhookConfiguration",
    categories: "api-extensions",
    clusterScoped: true,
    generation: true,
  },
  {
    group: "apiextensions.k8s.io",
    version: "v1",
    resource: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    type: "apiextensions.v1.CustomResourceDefinition",
    short: "crd,crds",
    categories: "api-extensions",
    clusterScoped: true,
    sub: status,
    generation: true,
  },
];

/** Where CustomResourceDefinitions are stored. */
export const definitionStorage = "customresourcedefinitions.apiextensions.k8s.io";

/** Returns the built-in resources, in the order in which discovery tells their groups. */
export function builtInResources(schemas: BuiltInSchemas): readonly ServedResource[] {
  return rows.map((row) => ({
    group: row.group,
    version: row.version,
    resource: row.resource,
    singular: row.kind.toLowerCase(),
    kind: row.kind,
    listKind: row.kind === "Endpoints" ? "EndpointsList" : `${row.kind}List`,
    shortNames: row.short?.split(",") ?? [],
    categories: row.categories?.split(",") ?? [],
    namespaced: row.clusterScoped !== true,
    storage: row.storage ?? storageName(row.group, row.resource),
    subresources: row.sub ?? [],
    generation: row.generation === true,
    readOnly: row.readOnly === true,
    statusIsolated: row.sub?.includes("status") === true,
    schema: () => schemas(row.type),
  }));
}

/** Returns the store's name of a resource: "pods", "deployments.apps". */
export function storageName(group: string, resource: string): string {
  return group === "" ? resource : `${resource}.${group}`;
}
