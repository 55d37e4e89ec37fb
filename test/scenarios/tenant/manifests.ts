/**
 * What a tenant's workloads look like: lawful as they stand, and what may be put into their Pods that a rule forbids.
 */
import { apiVersionOf, domain, type Kind } from "./step.ts";

export interface TemplateOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  /** A forbidden thing that is in it. */
  readonly with?: Forbidden;
}

/** What no Pod of a tenant may have, as policies.yaml and the rules of this test say. */
export type Forbidden = "hostPath" | "doNotDisrupt" | "hostNetwork" | "privileged" | "noRequests" | "pinned";
export const forbiddenThings: readonly Forbidden[] = ["hostPath", "doNotDisrupt", "hostNetwork", "privileged", "noRequests", "pinned"];

interface Template {
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown>;
}

/** A Pod template of one container. */
export function template(app: string, options: TemplateOptions = {}): Template {
  const annotations = { ...options.annotations, ...(options.with === "doNotDisrupt" ? { "karpenter.sh/do-not-disrupt": "true" } : {}) };
  return {
    metadata: {
      labels: { app, ...options.labels },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(options.finalizers === undefined ? {} : { finalizers: options.finalizers }),
    },
    spec: forbiddenSpec({ app, ...(options.with === undefined ? {} : { thing: options.with }) }),
  };
}

function forbiddenSpec({ app, thing }: { readonly app: string; readonly thing?: Forbidden }): Record<string, unknown> {
  const container = {
    name: "app",
    image: `registry.example.com/${app}:1.4.2`,
    readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    ...(thing === "noRequests" ? {} : { resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } } }),
    ...(thing === "privileged" ? { securityContext: { privileged: true } } : {}),
    ...(thing === "hostPath" ? { volumeMounts: [{ name: "disk", mountPath: "/disk" }] } : {}),
  };
  return {
    containers: [container],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { app } },
      },
    ],
    ...(thing === "hostPath" ? { volumes: [{ name: "disk", hostPath: { path: "/var/disk" } }] } : {}),
    ...(thing === "hostNetwork" ? { hostNetwork: true } : {}),
    ...(thing === "pinned" ? { nodeSelector: { "kubernetes.io/hostname": "general-a" } } : {}),
  };
}

export type WorkloadKind = "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController";

export interface WorkloadOptions extends TemplateOptions {
  readonly replicas?: number;
  readonly recreate?: boolean;
  readonly paused?: boolean;
  readonly owner?: { readonly kind: Kind; readonly name: string };
  readonly ownFinalizers?: readonly string[];
}

/** A workload whose Pods are labelled app=name. */
export function workload(kind: WorkloadKind, name: string, options: WorkloadOptions = {}): object {
  const selector = kind === "ReplicationController" ? { app: name } : { matchLabels: { app: name } };
  const { replicas = 2 } = options;
  return {
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: metadata(name, options),
    spec: {
      replicas,
      selector,
      template: template(name, options),
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy: "Parallel" } : {}),
      ...(options.recreate === true ? { strategy: { type: "Recreate" } } : {}),
      ...(options.paused === true ? { paused: true } : {}),
    },
  };
}

function metadata(name: string, { owner, ownFinalizers }: WorkloadOptions): object {
  return {
    name,
    labels: { app: name },
    ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)] }),
    ...(ownFinalizers === undefined ? {} : { finalizers: ownFinalizers }),
  };
}

/** A controller reference to an object that stands. */
export function ownerReference({ kind, name }: { readonly kind: Kind; readonly name: string }): object {
  return { apiVersion: apiVersionOf(kind), kind, name, uid: `$uid:${kind}/${name}`, controller: true, blockOwnerDeletion: false };
}

/** A Pod of nobody's, or of whom it claims. */
export function pod(name: string, options: WorkloadOptions & { readonly app?: string } = {}): object {
  const { metadata: own, spec } = template(options.app ?? name, options);
  return { apiVersion: "v1", kind: "Pod", metadata: { ...own, ...metadata(name, options), labels: own["labels"] }, spec };
}

/** A Job whose Pod runs for an hour. */
export function job(name: string, options: WorkloadOptions = {}): object {
  return { apiVersion: "batch/v1", kind: "Job", metadata: metadata(name, options), spec: jobSpec(name, options) };
}

/** A CronJob that a person starts by hand: its own hour is far away. */
export function cronJob(name: string, options: WorkloadOptions = {}): object {
  const spec = { schedule: "0 3 1 1 *", jobTemplate: { spec: jobSpec(name, options) } };
  return { apiVersion: "batch/v1", kind: "CronJob", metadata: metadata(name, options), spec };
}

function jobSpec(name: string, options: WorkloadOptions): object {
  const annotations = { ...options.annotations, "pod-complete.stage.kwok.x-k8s.io/delay": "1h" };
  const { metadata: own, spec } = template(name, { ...options, annotations });
  return { backoffLimit: 6, template: { metadata: own, spec: { ...spec, restartPolicy: "Never" } } };
}

export type Bound = { readonly maxUnavailable: number | string } | { readonly minAvailable: number | string };

/** A PodDisruptionBudget over a selector. */
export function budget(of: {
  readonly name: string;
  readonly bound: Bound;
  readonly selector: object;
  readonly finalizers?: readonly string[];
}): object {
  const finalizers = of.finalizers === undefined ? {} : { finalizers: of.finalizers };
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: of.name, ...finalizers },
    spec: { ...of.bound, selector: of.selector },
  };
}

/** An autoscaler by CPU; no metrics are there, so it only keeps its bounds. */
export function autoscaler(of: {
  readonly name: string;
  readonly kind: Kind;
  readonly min: number;
  readonly max: number;
  readonly finalizers?: readonly string[];
}): object {
  const finalizers = of.finalizers === undefined ? {} : { finalizers: of.finalizers };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: of.name, ...finalizers },
    spec: {
      scaleTargetRef: { apiVersion: apiVersionOf(of.kind), kind: of.kind, name: of.name },
      minReplicas: of.min,
      maxReplicas: of.max,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
    },
  };
}

/** A Service before the Pods of one app. */
export function service(app: string): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: app },
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

/** The profile of a workload of class general. */
export function profile(name: string, of: { readonly min: number; readonly disruption?: object }): object {
  return {
    apiVersion: `${domain}/v1`,
    kind: "WorkloadProfile",
    metadata: { name },
    spec: {
      runtimeClass: "general",
      availability: { minReplicas: of.min },
      scaling: { maxReplicas: 6 },
      compute: { cpuRequest: "50m", memoryRequest: "64Mi" },
      ...(of.disruption === undefined ? {} : { disruption: of.disruption }),
    },
  };
}
