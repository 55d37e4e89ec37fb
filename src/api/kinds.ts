/**
 * Kinds: every kind that our code watches, reads or writes, with its resource name, scope and shape.
 *
 * Reads the API domain for our own kind. Returns the table from which paths, informers and RBAC are made.
 */
import type { AutoNodeClass } from "./auto-node-class.ts";
import type { CapacityBuffer } from "./capacity-buffer.ts";
import type { ScaledJob, ScaledObject, VerticalPodAutoscaler } from "./foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import { defaultDomain } from "./labels.ts";
import type { Lease } from "./lease.ts";
import type { LimitRange } from "./limit-range.ts";
import type { Namespace } from "./namespace.ts";
import type { EC2NodeClass } from "./ec2-node-class.ts";
import type { NodeClaim } from "./node-claim.ts";
import type { NodeOverlay } from "./node-overlay.ts";
import type { NodePool } from "./node-pool.ts";
import type { Node } from "./node.ts";
import type { PodDisruptionBudget } from "./pod-disruption-budget.ts";
import type { Pod } from "./pod.ts";
import type { StoredPodTemplate } from "./pod-template.ts";
import type { PriorityClass } from "./priority-class.ts";
import type { ResourceQuota } from "./resource-quota.ts";
import type { Rollout } from "./rollout.ts";
import type { Service } from "./service.ts";
import type { CSINode, PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment } from "./storage.ts";
import type { RegisteredWebhooks } from "./webhook-configuration.ts";
import type { CronJob, DaemonSet, Deployment, Job, ReplicaSet, ReplicationController, StatefulSet } from "./workload.ts";
import type { WorkloadProfile } from "./workload-profile.ts";

/** The shape of each kind, by kind name. */
export interface KindObjects {
  readonly Pod: Pod;
  readonly Node: Node;
  readonly Namespace: Namespace;
  readonly Deployment: Deployment;
  readonly ReplicaSet: ReplicaSet;
  readonly ReplicationController: ReplicationController;
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
  readonly NodeOverlay: NodeOverlay;
  readonly CapacityBuffer: CapacityBuffer;
  readonly WorkloadProfile: WorkloadProfile;
  readonly Service: Service;
  readonly LimitRange: LimitRange;
  readonly ResourceQuota: ResourceQuota;
  readonly PriorityClass: PriorityClass;
  readonly PodTemplate: StoredPodTemplate;
  readonly PersistentVolumeClaim: PersistentVolumeClaim;
  readonly PersistentVolume: PersistentVolume;
  readonly StorageClass: StorageClass;
  readonly CSINode: CSINode;
  readonly VolumeAttachment: VolumeAttachment;
  readonly MutatingWebhookConfiguration: RegisteredWebhooks;
  readonly ValidatingWebhookConfiguration: RegisteredWebhooks;
  /** EKS Auto Mode's; read for review only. */
  readonly NodeClass: AutoNodeClass;
  readonly Rollout: Rollout;
  readonly ScaledObject: ScaledObject;
  readonly ScaledJob: ScaledJob;
  readonly VerticalPodAutoscaler: VerticalPodAutoscaler;
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

type KindTable = { readonly [K in KindName]: KindInfo & { readonly kind: K } };

/** Every kind whose group no setting changes. */
const foreignKinds: Omit<KindTable, "WorkloadProfile"> = {
  Pod: { kind: "Pod", group: "", version: "v1", resource: "pods", namespaced: true },
  Node: { kind: "Node", group: "", version: "v1", resource: "nodes", namespaced: false },
  Namespace: { kind: "Namespace", group: "", version: "v1", resource: "namespaces", namespaced: false },
  Deployment: { kind: "Deployment", group: "apps", version: "v1", resource: "deployments", namespaced: true },
  ReplicaSet: { kind: "ReplicaSet", group: "apps", version: "v1", resource: "replicasets", namespaced: true },
  ReplicationController: {
    kind: "ReplicationController",
    group: "",
    version: "v1",
    resource: "replicationcontrollers",
    namespaced: true,
  },
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
  NodeOverlay: { kind: "NodeOverlay", group: "karpenter.sh", version: "v1alpha1", resource: "nodeoverlays", namespaced: false },
  CapacityBuffer: {
    kind: "CapacityBuffer",
    group: "autoscaling.x-k8s.io",
    version: "v1beta1",
    resource: "capacitybuffers",
    namespaced: true,
  },
  Service: { kind: "Service", group: "", version: "v1", resource: "services", namespaced: true },
  LimitRange: { kind: "LimitRange", group: "", version: "v1", resource: "limitranges", namespaced: true },
  ResourceQuota: { kind: "ResourceQuota", group: "", version: "v1", resource: "resourcequotas", namespaced: true },
  PriorityClass: { kind: "PriorityClass", group: "scheduling.k8s.io", version: "v1", resource: "priorityclasses", namespaced: false },
  PodTemplate: { kind: "PodTemplate", group: "", version: "v1", resource: "podtemplates", namespaced: true },
  PersistentVolumeClaim: {
    kind: "PersistentVolumeClaim",
    group: "",
    version: "v1",
    resource: "persistentvolumeclaims",
    namespaced: true,
  },
  PersistentVolume: { kind: "PersistentVolume", group: "", version: "v1", resource: "persistentvolumes", namespaced: false },
  StorageClass: { kind: "StorageClass", group: "storage.k8s.io", version: "v1", resource: "storageclasses", namespaced: false },
  CSINode: { kind: "CSINode", group: "storage.k8s.io", version: "v1", resource: "csinodes", namespaced: false },
  VolumeAttachment: { kind: "VolumeAttachment", group: "storage.k8s.io", version: "v1", resource: "volumeattachments", namespaced: false },
  MutatingWebhookConfiguration: {
    kind: "MutatingWebhookConfiguration",
    group: "admissionregistration.k8s.io",
    version: "v1",
    resource: "mutatingwebhookconfigurations",
    namespaced: false,
  },
  ValidatingWebhookConfiguration: {
    kind: "ValidatingWebhookConfiguration",
    group: "admissionregistration.k8s.io",
    version: "v1",
    resource: "validatingwebhookconfigurations",
    namespaced: false,
  },
  NodeClass: { kind: "NodeClass", group: "eks.amazonaws.com", version: "v1", resource: "nodeclasses", namespaced: false },
  Rollout: { kind: "Rollout", group: "argoproj.io", version: "v1alpha1", resource: "rollouts", namespaced: true },
  ScaledObject: { kind: "ScaledObject", group: "keda.sh", version: "v1alpha1", resource: "scaledobjects", namespaced: true },
  ScaledJob: { kind: "ScaledJob", group: "keda.sh", version: "v1alpha1", resource: "scaledjobs", namespaced: true },
  VerticalPodAutoscaler: {
    kind: "VerticalPodAutoscaler",
    group: "autoscaling.k8s.io",
    version: "v1",
    resource: "verticalpodautoscalers",
    namespaced: true,
  },
};

/** Returns the kinds under an API domain, by kind name. */
export function kindTable(domain: string = defaultDomain): KindTable {
  const WorkloadProfile = {
    kind: "WorkloadProfile",
    group: domain,
    version: "v1",
    resource: "workloadprofiles",
    namespaced: true,
  } as const;
  return { ...foreignKinds, WorkloadProfile };
}

/** Says whether a word is the name of one of our kinds; an object of another group may carry it too. */
export function isKindName(word: string): word is KindName {
  return word === "WorkloadProfile" || Object.hasOwn(foreignKinds, word);
}

/** Returns the API group of a kind under an API domain. */
export function groupOfKind(kind: KindName, domain: string): string {
  return kind === "WorkloadProfile" ? domain : foreignKinds[kind].group;
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
