/**
 * Kinds: every kind that our code watches, reads or writes, with its resource name, scope and shape.
 *
 * Reads the API domain for our own kind. Returns the table from which paths, informers and RBAC are made.
 */
import type { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import { defaultDomain } from "./labels.ts";
import type { Lease } from "./lease.ts";
import type { Namespace } from "./namespace.ts";
import type { EC2NodeClass } from "./ec2-node-class.ts";
import type { NodeClaim } from "./node-claim.ts";
import type { NodePool } from "./node-pool.ts";
import type { Node } from "./node.ts";
import type { PodDisruptionBudget } from "./pod-disruption-budget.ts";
import type { Pod } from "./pod.ts";
import type { CronJob, DaemonSet, Deployment, Job, ReplicaSet, StatefulSet } from "./workload.ts";
import type { WorkloadProfile } from "./workload-profile.ts";

/** The shape of each kind, by kind name. */
export interface KindObjects {
  readonly Pod: Pod;
  readonly Node: Node;
  readonly Namespace: Namespace;
  readonly Deployment: Deployment;
  readonly ReplicaSet: ReplicaSet;
  readonly StatefulSet: StatefulSet;
  readonly DaemonSet: DaemonSet;
  readonly Job: Job;
  readonly CronJob: CronJob;
  readonly PodDisruptionBudget: PodDisruptionBudget;
  readonly HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  readonly Lease: Lease;
  readonly NodePool: NodePool;
  readonly NodeClaim: NodeClaim;
  readonly EC2NodeClass: EC2NodeClass;
  readonly WorkloadProfile: WorkloadProfile;
}

export type KindName = keyof KindObjects;

/** How a kind is addressed. */
export interface KindInfo {
  readonly kind: KindName;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

/** Returns the kinds under an API domain, by kind name. */
export function kindTable(domain: string = defaultDomain): { readonly [K in KindName]: KindInfo & { readonly kind: K } } {
  return {
    Pod: { kind: "Pod", group: "", version: "v1", resource: "pods", namespaced: true },
    Node: { kind: "Node", group: "", version: "v1", resource: "nodes", namespaced: false },
    Namespace: { kind: "Namespace", group: "", version: "v1", resource: "namespaces", namespaced: false },
    Deployment: { kind: "Deployment", group: "apps", version: "v1", resource: "deployments", namespaced: true },
    ReplicaSet: { kind: "ReplicaSet", group: "apps", version: "v1", resource: "replicasets", namespaced: true },
    StatefulSet: { kind: "StatefulSet", group: "apps", version: "v1", resource: "statefulsets", namespaced: true },
    DaemonSet: { kind: "DaemonSet", group: "apps", version: "v1", resource: "daemonsets", namespaced: true },
    Job: { kind: "Job", group: "batch", version: "v1", resource: "jobs", namespaced: true },
    CronJob: { kind: "CronJob", group: "batch", version: "v1", resource: "cronjobs", namespaced: true },
    PodDisruptionBudget: {
      kind: "PodDisruptionBudget",
      group: "policy",
      version: "v1",
      resource: "poddisruptionbudgets",
      namespaced: true,
    },
    HorizontalPodAutoscaler: {
      kind: "HorizontalPodAutoscaler",
      group: "autoscaling",
      version: "v2",
      resource: "horizontalpodautoscalers",
      namespaced: true,
    },
    Lease: { kind: "Lease", group: "coordination.k8s.io", version: "v1", resource: "leases", namespaced: true },
    NodePool: { kind: "NodePool", group: "karpenter.sh", version: "v1", resource: "nodepools", namespaced: false },
    NodeClaim: { kind: "NodeClaim", group: "karpenter.sh", version: "v1", resource: "nodeclaims", namespaced: false },
    EC2NodeClass: { kind: "EC2NodeClass", group: "karpenter.k8s.aws", version: "v1", resource: "ec2nodeclasses", namespaced: false },
    WorkloadProfile: { kind: "WorkloadProfile", group: domain, version: "v1", resource: "workloadprofiles", namespaced: true },
  };
}

/** Returns the apiVersion of a kind: "v1" or "group/version". */
export function apiVersionOf(info: Pick<KindInfo, "group" | "version">): string {
  return info.group === "" ? info.version : `${info.group}/${info.version}`;
}

/** Returns the REST path of a kind's collection, of one object in it, or of an object's subresource. */
export function resourcePath(
  info: Pick<KindInfo, "group" | "version" | "resource" | "namespaced">,
  at: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {},
): string {
  const root = info.group === "" ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const namespace = info.namespaced && at.namespace ? `/namespaces/${at.namespace}` : "";
  const name = at.name === undefined ? "" : `/${at.name}`;
  const subresource = at.subresource === undefined ? "" : `/${at.subresource}`;
  return `${root}${namespace}/${info.resource}${name}${subresource}`;
}
