/**
 * Traits: what a request has at all of the things that rules ask about.
 *
 * Reads facts once; returns a set of traits, as bits of one number. Most rules are about something that most workloads lack: a
 * volume, a foreign budget, an autoscaler. A rule says by its `needs` what it can't find anything without, so that it need not be
 * asked: a review asks a third of the rules. Traits are of all views together, and may say too much, but never too little.
 */
import { doNotDisruptAnnotation } from "../api/labels.ts";
import { missesOwnPods } from "../kube/controller-labels.ts";
import { unmetProbePort } from "../kube/probe-port.ts";
import { remembered } from "../kube/remembered.ts";
import type { Workload } from "../kube/workload.ts";
import { compiledCover, guardsOf } from "./drain-cover.ts";
import { safeToEvictAnnotation } from "./drain-pod.ts";
import type { Facts } from "./facts.ts";
import { runsToAnEnd, usableNoticeSeconds } from "./spot-use.ts";
import type { WorkloadView } from "./workload-view.ts";

const bits = {
  /** The subject is a profile. */
  profile: 1 << 0,
  /** The subject is a PodDisruptionBudget, or one that the compiler did not make selects Pods. */
  budget: 1 << 1,
  /** No budget at all guards a workload. */
  unguarded: 1 << 2,
  /** Two replicas or more, now or once scaled. */
  replicated: 1 << 3,
  unbound: 1 << 4,
  /** Two profiles claim a workload. */
  ambiguous: 1 << 5,
  /** A HorizontalPodAutoscaler or a ScaledObject aims at a workload. */
  autoscaled: 1 << 6,
  /** A Pod template says whether its Pods may be evicted. */
  evictionAnnotation: 1 << 7,
  /** A Pod template has tolerations. */
  tolerations: 1 << 8,
  /** A Pod template has volumes. */
  volumes: 1 << 9,
  /** There may be persistent volumes: those of Pods, or what a StatefulSet claims. */
  claims: 1 << 10,
  /** A Job or a CronJob. */
  ending: 1 << 11,
  deployment: 1 << 12,
  daemonSet: 1 << 13,
  /** A workload that is seen through a Pod. */
  pod: 1 << 14,
  /** A namespace has Services. */
  service: 1 << 15,
  /** A NodePool is known. */
  nodePool: 1 << 16,
  /** A class that needs a grant may be concerned. */
  grant: 1 << 17,
  /** A class with accelerators. */
  accelerator: 1 << 18,
  /** A VerticalPodAutoscaler is there, or a profile leaves sizes to others. */
  vertical: 1 << 19,
  /** A profile promises a quorum or an end of requests, or knows its cold start. */
  promises: 1 << 20,
  /** A container has a preStop hook. */
  preStop: 1 << 21,
  /** A grace period of 0, or one longer than Spot's notice. */
  oddGrace: 1 << 22,
  /** A container asks for a port of its host. */
  hostPort: 1 << 23,
  /** A Pod template has finalizers. */
  finalizers: 1 << 24,
  /** A Pod has a priority class. */
  priority: 1 << 25,
  /** A webhook of a service is registered. */
  webhooks: 1 << 26,
  /** policies.yaml speaks of a migration. */
  migration: 1 << 27,
  /** A Pod template names the nodes that it wants, or one. */
  placed: 1 << 28,
  /** The host's network, or a class that requires something of its profiles. */
  sharing: 1 << 29,
  /** A profile compiles a budget for a workload that is counted with others under it, or not at all. */
  guarded: 1 << 30,
  /** A probe asks a port that its container lacks, or a selector misses its own Pods. */
  unmet: 1 << 31,
} as const;

/** One thing that a request may have. */
export type Trait = keyof typeof bits;

/** What must be there for a rule to find anything: each of them, and of a list one. */
export type Needs = readonly (Trait | readonly Trait[])[];

/** Says whether a rule with such needs can find anything in a request with these traits. */
export function meetsNeeds(needs: Needs, traits: number): boolean {
  return needs.every((need) => (typeof need === "string" ? (bits[need] & traits) !== 0 : need.some((one) => (bits[one] & traits) !== 0)));
}

/** Returns the traits of a request, as a number that only {@link meetsNeeds} reads. */
export function traitsOf(facts: Facts): number {
  const { subject, snapshot, policySet } = facts;
  let traits = 0;
  if (subject.kind === "profile") traits |= bits.profile;
  if (subject.kind === "profile" || subject.kind === "namespace") traits |= bits.grant;
  if (subject.kind === "profile" && subject.profile.spec.disruption?.maxRequestSeconds !== undefined) traits |= bits.promises;
  if (subject.kind === "budget") traits |= bits.budget;
  if (policySet.migration !== undefined) traits |= bits.migration;
  if (snapshot.list("NodePool").length > 0) traits |= bits.nodePool;
  if (snapshot.list("ValidatingWebhookConfiguration").length > 0) traits |= bits.webhooks;
  if (snapshot.list("MutatingWebhookConfiguration").length > 0) traits |= bits.webhooks;
  for (const view of facts.views) traits |= traitsOfView(view, facts) | traitsOfBinding(view) | traitsOfPod(view);
  return traits;
}

function traitsOfView(view: WorkloadView, facts: Facts): number {
  const { snapshot, policySet } = facts;
  const { workload, workloadClass } = view;
  const { kind, object, namespace } = workload;
  let traits = 0;
  if (view.foreignBudgets.length > 0) traits |= bits.budget;
  if (sharesBudget(view, facts)) traits |= bits.guarded;
  if (guardsOf(view).length === 0) traits |= bits.unguarded;
  if (workload.replicas > 1 || view.scale.range.to > 1) traits |= bits.replicated;
  if (view.autoscalers.length > 0 || view.scaledObjects.length > 0) traits |= bits.autoscaled;
  if (runsToAnEnd(kind) || runsToAnEnd(object.kind)) traits |= bits.ending;
  if (object.kind === "Deployment") traits |= bits.deployment;
  if (kind === "DaemonSet") traits |= bits.daemonSet;
  if (kind === "StatefulSet" || object.kind === "StatefulSet") traits |= bits.claims;
  if (object.kind === "Pod") traits |= bits.pod;
  if (snapshot.list("Service", namespace).length > 0) traits |= bits.service;
  if (snapshot.list("VerticalPodAutoscaler", namespace).length > 0) traits |= bits.vertical;
  if (view.className !== undefined && policySet.grants.has(view.className)) traits |= bits.grant;
  if (workloadClass?.gpu !== undefined) traits |= bits.accelerator;
  if (workloadClass !== undefined && workloadClass.requires.length > 0) traits |= bits.sharing;
  return traits;
}

/** Nearly every workload with a profile has a budget of its own, which selects nothing else. Of many workloads it is not asked. */
function sharesBudget(view: WorkloadView, { views, snapshot }: Facts): boolean {
  if (view.contract?.budget.kind !== "budget") return false;
  if (views.length > 1 || !view.workload.hasScale) return true;
  return (compiledCover(view, { views, snapshot })?.others.length ?? 0) > 0;
}

function traitsOfBinding({ binding }: WorkloadView): number {
  if (binding.kind === "none") return bits.unbound;
  if (binding.kind === "ambiguous") return bits.ambiguous;
  const { spec, status } = binding.profile;
  const { disruption } = spec;
  let traits = 0;
  if (disruption?.maxRequestSeconds !== undefined || disruption?.quorum === true) traits |= bits.promises;
  if (status?.coldStart?.p95Seconds !== undefined) traits |= bits.promises;
  if ((spec.compute?.managedBy ?? "profile") !== "profile") traits |= bits.vertical;
  return traits;
}

function traitsOfPod({ workload, pod, podAsWritten }: WorkloadView): number {
  const { annotations } = podAsWritten.metadata;
  const { spec: written } = podAsWritten;
  const grace = written.terminationGracePeriodSeconds;
  let traits = 0;
  if (annotations?.[doNotDisruptAnnotation] !== undefined) traits |= bits.evictionAnnotation;
  if (annotations?.[safeToEvictAnnotation] !== undefined) traits |= bits.evictionAnnotation;
  if ((written.tolerations ?? []).length > 0) traits |= bits.tolerations;
  if ((written.volumes ?? []).length > 0) traits |= bits.volumes | bits.claims;
  if ((pod.spec.volumes ?? []).length > 0) traits |= bits.claims;
  if (written.nodeSelector !== undefined || written.affinity?.nodeAffinity !== undefined) traits |= bits.placed;
  if (written.nodeName !== undefined) traits |= bits.placed;
  if (pod.spec.terminationGracePeriodSeconds === 0 || (grace !== undefined && grace > usableNoticeSeconds)) traits |= bits.oddGrace;
  if ((workload.template.metadata?.finalizers ?? []).length > 0) traits |= bits.finalizers;
  if ((podAsWritten.metadata.finalizers ?? []).length > 0) traits |= bits.finalizers;
  if (pod.spec.priorityClassName !== undefined) traits |= bits.priority;
  if (pod.spec.hostNetwork === true) traits |= bits.sharing | bits.hostPort;
  for (const { lifecycle, ports } of pod.spec.containers) {
    if (lifecycle?.preStop !== undefined) traits |= bits.preStop;
    for (const { hostPort } of ports ?? []) if (hostPort !== undefined && hostPort > 0) traits |= bits.hostPort;
  }
  return isUnmet(workload) ? traits | bits.unmet : traits;
}

/** Of a template that stands it is asked once. */
const isUnmet = remembered((workload: Workload): boolean => {
  const { containers, initContainers = [] } = workload.template.spec;
  return missesOwnPods(workload) || [...containers, ...initContainers].some((container) => unmetProbePort(container) !== undefined);
});
