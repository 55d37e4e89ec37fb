/**
 * Referring Rollouts: Argo Rollouts that take their template from another workload (spec.workloadRef).
 *
 * Reads a Rollout and a snapshot. Returns it as a workload: replicas, strategy and scale are its own, template and selector those of
 * the Deployment, ReplicaSet or PodTemplate that it names. Argo scales that one to 0 once the Rollout has its Pods.
 */
import type { KindName } from "../api/kinds.ts";
import type { KubeObject, LabelSelector } from "../api/object.ts";
import type { PodTemplate } from "../api/pod.ts";
import type { Rollout } from "../api/rollout.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { remembered } from "./remembered.ts";
import { workloadOf, type Workload } from "./workload.ts";

/** What Argo takes a template from, by kind; the groups are those of Kubernetes. */
const sourceKinds = ["Deployment", "ReplicaSet", "PodTemplate"] as const satisfies readonly KindName[];

/** Returns the object as a workload, with the template that it refers to; undefined where {@link workloadOf} and the reference tell none. */
export function workloadIn(object: KubeObject, snapshot: ClusterSnapshot): Workload | undefined {
  const own = workloadOf(object);
  if (own !== undefined || !isReferring(object)) return own;
  const { kind, name } = object.spec.workloadRef;
  const sourceKind = sourceKinds.find((known) => known === kind);
  const source = sourceKind === undefined ? undefined : snapshot.get(sourceKind, { namespace: object.metadata.namespace ?? "", name });
  return source === undefined ? undefined : referredWorkload(object)(source);
}

/** Returns the Rollouts of a namespace that take their template from an object, each as a workload. */
export function referringRollouts(object: KubeObject, snapshot: ClusterSnapshot): readonly Workload[] {
  const { kind, metadata } = object;
  if (!sourceKinds.some((known) => known === kind)) return [];
  return snapshot.list("Rollout", metadata.namespace ?? "").flatMap((rollout) => {
    if (!isReferring(rollout)) return [];
    const { workloadRef } = rollout.spec;
    return workloadRef.kind === kind && workloadRef.name === metadata.name ? (referredWorkload(rollout)(object) ?? []) : [];
  });
}

type Referring = Rollout & { readonly spec: { readonly workloadRef: NonNullable<Rollout["spec"]["workloadRef"]> } };

function isReferring(object: KubeObject & { readonly spec?: unknown }): object is Referring {
  if (object.kind !== "Rollout" || !object.apiVersion.startsWith("argoproj.io/")) return false;
  const { spec } = object;
  if (typeof spec !== "object" || spec === null || !("workloadRef" in spec)) return false;
  const { workloadRef: reference } = spec;
  return typeof reference === "object" && reference !== null && "name" in reference && typeof reference.name === "string";
}

/** The same two objects give the same Workload, so that what follows from it can be remembered too. */
const referredWorkload = remembered((rollout: Referring) =>
  remembered((source: KubeObject): Workload | undefined => {
    const { template, selector } = templateOf(source);
    if (template === undefined) return undefined;
    const whole: Rollout = { ...rollout, spec: { ...rollout.spec, template, ...(selector === undefined ? {} : { selector }) } };
    const workload = workloadOf(whole);
    return workload === undefined ? undefined : { ...workload, object: rollout };
  }),
);

interface Sourced {
  readonly template?: PodTemplate;
  readonly spec?: { readonly template?: PodTemplate; readonly selector?: LabelSelector };
}

function templateOf(source: KubeObject & Sourced): {
  readonly template?: PodTemplate | undefined;
  readonly selector?: LabelSelector | undefined;
} {
  return { template: source.template ?? source.spec?.template, selector: source.spec?.selector };
}
