/**
 * Builders of Kubernetes objects for tests: the smallest valid object of a kind, with what a test wants to say on top.
 *
 * Each takes one options object and returns plain data. Whatever a test does not name has a quiet default (namespace
 * "shop", label app: <name>, small requests), so that a row shows only what it is about.
 */
import { platformNames } from "../../src/api/labels.ts";
import type { HorizontalPodAutoscaler } from "../../src/api/horizontal-pod-autoscaler.ts";
import type { Namespace } from "../../src/api/namespace.ts";
import type { Node } from "../../src/api/node.ts";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { IntOrPercent, LabelSelector, OwnerReference, ResourceList } from "../../src/api/object.ts";
import type { NodeSelectorRequirement, Pod, PodSpec, PodTemplate, Taint } from "../../src/api/pod.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { CronJob, Deployment, Job, ReplicaSet, StatefulSet } from "../../src/api/workload.ts";
import type { WorkloadProfile } from "../../src/api/workload-profile.ts";

/** The namespace of every builder that is not told another. */
export const testNamespace = "shop";

interface Named {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PodOptions extends Named {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
  readonly owner?: OwnerReference;
  /** Laid over the generated spec. */
  readonly spec?: Partial<PodSpec>;
}

export interface WorkloadOptions extends Named {
  readonly replicas?: number;
  /** Labels of the Pods, and the selector; default app: <name>. */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
  readonly podSpec?: Partial<PodSpec>;
}

function metadata(options: Named, name: string) {
  return { namespace: options.namespace ?? testNamespace, ...metadataOutside(options, name) };
}

/** The metadata of what stands in no namespace. */
function metadataOutside(options: Named, name: string) {
  return {
    name,
    uid: `uid-${options.namespace ?? testNamespace}-${name}`,
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
}

function podSpec(options: { readonly requests?: ResourceList; readonly limits?: ResourceList }): PodSpec {
  return {
    containers: [
      {
        name: "app",
        image: "example.com/app:1",
        resources: {
          requests: options.requests ?? { cpu: "100m", memory: "128Mi" },
          ...(options.limits === undefined ? {} : { limits: options.limits }),
        },
      },
    ],
  };
}

function template(options: WorkloadOptions, name: string): PodTemplate {
  return {
    metadata: {
      labels: options.podLabels ?? { app: name },
      ...(options.podAnnotations === undefined ? {} : { annotations: options.podAnnotations }),
    },
    spec: { ...podSpec(options), ...options.podSpec },
  };
}

/** A bare Pod, or one with the owner that it is given. */
export function pod(options: PodOptions = {}): Pod {
  const name = options.name ?? "web-1";
  const base = metadata({ ...options, labels: options.labels ?? { app: name } }, name);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: options.owner === undefined ? base : { ...base, ownerReferences: [options.owner] },
    spec: { ...podSpec(options), ...options.spec },
  };
}

export function deployment(options: WorkloadOptions = {}): Deployment {
  const name = options.name ?? "web";
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(options, name),
    spec: {
      replicas: options.replicas ?? 2,
      selector: { matchLabels: options.podLabels ?? { app: name } },
      template: template(options, name),
    },
  };
}

export function statefulSet(options: WorkloadOptions = {}): StatefulSet {
  const name = options.name ?? "web";
  const { spec } = deployment({ ...options, name });
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(options, name),
    spec: { replicas: spec.replicas ?? 1, selector: spec.selector, serviceName: name, template: spec.template },
  };
}

export function replicaSet(options: WorkloadOptions & { readonly owner?: OwnerReference } = {}): ReplicaSet {
  const name = options.name ?? "web";
  const { spec } = deployment({ ...options, name });
  const base = metadata(options, name);
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: options.owner === undefined ? base : { ...base, ownerReferences: [options.owner] },
    spec: { replicas: spec.replicas ?? 1, selector: spec.selector, template: spec.template },
  };
}

/** A Job; `replicas` is its parallelism. */
export function job(options: WorkloadOptions = {}): Job {
  const name = options.name ?? "report";
  const pods = template(options, name);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(options, name),
    spec: { parallelism: options.replicas ?? 1, template: { ...pods, spec: { restartPolicy: "Never", ...pods.spec } } },
  };
}

/** A CronJob that runs every night; `replicas` is the parallelism of its Jobs. */
export function cronJob(options: WorkloadOptions = {}): CronJob {
  const name = options.name ?? "nightly";
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: metadata(options, name),
    spec: { schedule: "0 2 * * *", jobTemplate: { spec: job({ ...options, name }).spec } },
  };
}

export interface BudgetOptions extends Named {
  readonly minAvailable?: IntOrPercent;
  readonly maxUnavailable?: IntOrPercent;
  /** Default: app: <name>; null leaves the selector out. */
  readonly selector?: LabelSelector | null;
  readonly owner?: OwnerReference;
}

export function budget(options: BudgetOptions = {}): PodDisruptionBudget {
  const name = options.name ?? "web";
  const base = metadata(options, name);
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: options.owner === undefined ? base : { ...base, ownerReferences: [options.owner] },
    spec: {
      ...(options.minAvailable === undefined ? {} : { minAvailable: options.minAvailable }),
      ...(options.maxUnavailable === undefined ? {} : { maxUnavailable: options.maxUnavailable }),
      ...(options.selector === null ? {} : { selector: options.selector ?? { matchLabels: { app: name } } }),
    },
  };
}

export interface AutoscalerOptions extends Named {
  readonly target?: { readonly kind: string; readonly name: string };
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
}

export function autoscaler(options: AutoscalerOptions = {}): HorizontalPodAutoscaler {
  const name = options.name ?? "web";
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: metadata(options, name),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", ...(options.target ?? { kind: "Deployment", name }) },
      ...(options.minReplicas === undefined ? {} : { minReplicas: options.minReplicas }),
      maxReplicas: options.maxReplicas ?? 10,
    },
  };
}

export interface ProfileOptions extends Named {
  readonly spec?: WorkloadProfile["spec"];
}

export function profile(options: ProfileOptions = {}): WorkloadProfile {
  const name = options.name ?? "web";
  return {
    apiVersion: platformNames().apiVersion,
    kind: "WorkloadProfile",
    metadata: metadata(options, name),
    spec: options.spec ?? {},
  };
}

export function namespaceObject(name: string = testNamespace, labels: Readonly<Record<string, string>> = {}): Namespace {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { "kubernetes.io/metadata.name": name, ...labels } } };
}

/** A Node that nothing is known of but its name and labels. */
export function node(options: Omit<Named, "namespace"> = {}): Node {
  return { apiVersion: "v1", kind: "Node", metadata: metadataOutside(options, options.name ?? "node-1"), spec: {} };
}

export interface NodePoolOptions {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly requirements?: readonly NodeSelectorRequirement[];
  readonly taints?: readonly Taint[];
  readonly limits?: ResourceList;
  readonly weight?: number;
}

/** A NodePool on EC2 NodeClass "default"; without options it serves class general as the sample catalogue places it. */
export function nodePool(options: NodePoolOptions = {}): NodePool {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: options.name ?? "general-flex", uid: `uid-nodepool-${options.name ?? "general-flex"}` },
    spec: {
      template: {
        metadata: { labels: { ...(options.labels ?? { "workload-class": "general" }) } },
        spec: {
          nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
          requirements: [...(options.requirements ?? [])].map((requirement) => ({
            ...requirement,
            values: [...(requirement.values ?? [])],
          })),
          taints: [...(options.taints ?? [])],
          expireAfter: "720h",
        },
      },
      disruption: { consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "0s", budgets: [{ nodes: "10%" }] },
      ...(options.limits === undefined ? {} : { limits: { ...options.limits } }),
      ...(options.weight === undefined ? {} : { weight: options.weight }),
    },
  };
}
