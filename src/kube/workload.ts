/**
 * Workload: each kind that makes Pods, seen in one shape: the built-in ones, Argo Rollouts, and owners of kinds that nobody knows.
 *
 * Reads an object of any kind; this file is a codec, because only the kind says what the rest of an object is. Returns how
 * many Pods it wants, by which template and selector, so that a rule is written once for all kinds.
 */
import type { KubeObject, LabelSelector, OwnerReference } from "../api/object.ts";
import type { Pod, PodTemplate } from "../api/pod.ts";
import type { Rollout } from "../api/rollout.ts";
import type { CronJob, DaemonSet, Deployment, Job, JobSpec, ReplicaSet, ReplicationController, StatefulSet } from "../api/workload.ts";
import { remembered } from "./remembered.ts";

export type WorkloadKind =
  "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "Pod" | "Rollout";

export interface Workload {
  readonly apiVersion: string;
  /** A {@link WorkloadKind}, or the kind of an owner that nothing else is known of. */
  readonly kind: string;
  readonly namespace: string;
  /** Empty while an object with generateName is in the mutating phase of admission. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Wanted Pods: for Jobs parallelism, but no more than completions; what one run of a CronJob starts at once; the last counted Nodes for
   * a DaemonSet.
   */
  readonly replicas: number;
  /** Absent on Jobs that leave it to the API server, on CronJobs and on bare Pods. */
  readonly selector?: LabelSelector;
  readonly template: PodTemplate;
  /** True where the kind has a scale subresource, which percentage budgets need to count it. */
  readonly hasScale: boolean;
  /** Of an Argo Rollout with a stable revision: the template hash of its Pods. */
  readonly stableHash?: string;
  readonly object: KubeObject;
}

/** Returns how a workload is named in a sentence: "Deployment web", or "Job (generateName migrate-)" where it has no name yet. */
export function workloadTitle({ kind, name, object }: Pick<Workload, "kind" | "name" | "object">): string {
  return name === "" ? `${kind} (generateName ${object.metadata.generateName ?? ""})` : `${kind} ${name}`;
}

type Core = Pick<Workload, "replicas" | "template" | "hasScale" | "stableHash"> & { readonly selector?: LabelSelector | undefined };

/** The API group of each kind; a custom kind of the same name is no workload of ours. */
const groups: Readonly<Record<WorkloadKind, string>> = {
  Deployment: "apps",
  ReplicaSet: "apps",
  ReplicationController: "",
  StatefulSet: "apps",
  DaemonSet: "apps",
  Job: "batch",
  CronJob: "batch",
  Pod: "",
  Rollout: "argoproj.io",
};

/**
 * Returns the object as a workload, or undefined for any other kind and for an object without a Pod template. A Pod is
 * its own template whoever owns it; ask its owner chain first (owner.ts) to know whether it is bare. The same object gives
 * the same Workload, so that what follows from it can be remembered too.
 */
export const workloadOf = remembered(toWorkload);

function toWorkload(object: KubeObject): Workload | undefined {
  const { kind } = object;
  if (!isWorkloadKind(kind) || groupOf(object.apiVersion) !== groups[kind]) return undefined;
  const core = coreOf(kind, object);
  if (core === undefined || !isTemplate(core.template)) return undefined;
  const { selector, ...rest } = core;
  return {
    apiVersion: object.apiVersion,
    kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
    labels: object.metadata.labels ?? {},
    ...rest,
    ...(selector === undefined ? undefined : { selector }),
    object,
  };
}

/**
 * Returns the workload that a Pod's owner stands for, seen through that Pod: its template is the Pod. `object` is the owner
 * where it is known: replicas and selector are read from the places where scalable kinds have them.
 */
export function ownerWorkload(of: {
  readonly owner: Pick<OwnerReference, "apiVersion" | "kind" | "name">;
  readonly pod: Pod;
  readonly object?: KubeObject | undefined;
  /** As far as they are known otherwise. */
  readonly replicas?: number | undefined;
}): Workload | undefined {
  const { owner, object } = of;
  const pod = workloadOf(of.pod);
  if (pod === undefined) return undefined;
  const { apiVersion, kind, name } = owner;
  const known = object as (KubeObject & { readonly spec?: { readonly replicas?: unknown; readonly selector?: unknown } }) | undefined;
  const selector = isRecord(known?.spec?.selector) ? (known.spec.selector as LabelSelector) : undefined;
  const replicas = known?.spec?.replicas ?? of.replicas;
  return {
    ...pod,
    apiVersion,
    kind,
    name,
    ...(known === undefined ? undefined : { labels: known.metadata.labels ?? {}, object: known }),
    ...(typeof replicas === "number" ? { replicas } : undefined),
    ...(selector === undefined ? undefined : { selector }),
    hasScale: scalableKinds.has(kind),
  };
}

/** Kinds that are known to have a scale subresource. */
const scalableKinds: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "Rollout"]);

/** Says whether a kind name is one of the workloads that this file knows. */
export function isWorkloadKind(kind: string): kind is WorkloadKind {
  return Object.hasOwn(groups, kind);
}

function coreOf(kind: WorkloadKind, object: KubeObject): Core | undefined {
  if (!isRecord((object as { readonly spec?: unknown }).spec)) return undefined;
  switch (kind) {
    case "Deployment":
    case "ReplicaSet":
    case "StatefulSet": {
      const { spec } = object as Deployment | ReplicaSet | StatefulSet;
      return { replicas: spec.replicas ?? 1, template: spec.template, hasScale: true, selector: spec.selector };
    }
    case "ReplicationController":
      return replicationControllerCore(object as ReplicationController);
    case "Rollout":
      return rolloutCore(object as Rollout);
    case "DaemonSet": {
      const { spec, status } = object as DaemonSet;
      return { replicas: status?.desiredNumberScheduled ?? 0, template: spec.template, hasScale: false, selector: spec.selector };
    }
    case "Job":
      return jobCore((object as Job).spec);
    case "CronJob": {
      const jobTemplate: unknown = (object as CronJob).spec.jobTemplate;
      return isRecord(jobTemplate) && isRecord(jobTemplate["spec"]) ? jobCore((object as CronJob).spec.jobTemplate.spec) : undefined;
    }
    case "Pod": {
      const { metadata, spec } = object as Pod;
      return { replicas: 1, template: { metadata, spec }, hasScale: false };
    }
  }
}

/** Without a template it makes nothing. */
function replicationControllerCore({ spec: { replicas = 1, template, selector } }: ReplicationController): Core | undefined {
  if (template === undefined) return undefined;
  return { replicas, template, hasScale: true, ...(selector === undefined ? {} : { selector: { matchLabels: selector } }) };
}

/**
 * With a workloadRef the template is another object's: its Pods are then seen through {@link ownerWorkload}. The API server drops the
 * nulls of its own kinds as it decodes them, and keeps those of a kind that a CRD defines, where they mean the same.
 */
function rolloutCore({ spec: written, status }: Rollout): Core | undefined {
  const spec = withoutNulls(written) as Rollout["spec"];
  if (spec.template === undefined) return undefined;
  const { template, selector, replicas = 1 } = spec;
  const stableHash = status?.stableRS;
  return { replicas, template, hasScale: true, selector, ...(stableHash ? { stableHash } : {}) };
}

function jobCore(spec: JobSpec): Core {
  // No Job runs more Pods at once than it has completions left.
  const replicas = Math.min(spec.parallelism ?? 1, spec.completions ?? Infinity);
  return { replicas, template: spec.template, hasScale: false, selector: spec.selector };
}

function isTemplate(template: unknown): template is PodTemplate {
  return isRecord(template) && isRecord(template["spec"]) && Array.isArray(template["spec"]["containers"]);
}

/** A value without members that are null, at any depth; what has none is not copied. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => item !== null).map(withoutNulls);
    return kept.length === value.length && kept.every((item, index) => item === value[index]) ? value : kept;
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const kept = entries.filter(([, member]) => member !== null).map(([name, member]) => [name, withoutNulls(member)] as const);
  return kept.length === entries.length && kept.every(([name, member]) => member === value[name]) ? value : Object.fromEntries(kept);
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
