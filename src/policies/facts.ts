/**
 * Facts: what the rules judge, gathered once for each request.
 *
 * Reads one request and the world as it would be after it. Returns the subject (what the person wrote) and a view of every
 * workload that it touches: a workload itself, those that a PodDisruptionBudget selects, the one that an autoscaler or a
 * scale aims at, those that a profile binds. A rule about two objects looks at the views, so it need not know which came second.
 */
import type { InstanceType } from "../api/instance-type.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { Namespace } from "../api/namespace.ts";
import type { KubeObject, LabelSelector } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Scale } from "../api/workload.ts";
import { referringRollouts, workloadIn } from "../kube/referring-rollout.ts";
import { namesTarget } from "../kube/workload-scale.ts";
import { type Workload, workloadTitle } from "../kube/workload.ts";
import type { AdmissionContext } from "./admission-context.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { bufferSource, isOurBuffer } from "./buffer-source.ts";
import { isObjectOf, overlaySnapshot } from "./overlay-snapshot.ts";
import { mayFinalizePod, ownerClaimOf, type OwnerClaim } from "./owner-claim.ts";
import { workloadOfPod } from "./pod-owner.ts";
import type { PolicySet } from "./policy-set.ts";
import { boundWorkloads, coveredViews, coveredWorkloads, targeted } from "./touched-workloads.ts";
import type { StepsInput } from "./review-spendings.ts";
import { reviewSteps, tooLargeSelector, type ReviewSteps } from "./review-steps.ts";
import { isPodSubject, type PodChange, type Subject } from "./subject.ts";
import {
  judgedWorkload,
  targetedWorkload,
  viewOf,
  viewOfRunningPod,
  viewsOfWorkload,
  workloadsOf,
  type ViewWorld,
  type WorkloadView,
} from "./workload-view.ts";

export interface Facts {
  readonly request: AdmissionRequest;
  readonly subject: Subject;
  readonly ownerClaim: OwnerClaim;
  /** Whether who asks may put finalizers on the Pod of the request. */
  readonly mayFinalizePod: boolean;
  /** Workloads that the subject touches, sorted by kind, then name. */
  readonly views: readonly WorkloadView[];
  readonly policySet: PolicySet;
  readonly names: PlatformNames;
  /** The world after the request. */
  readonly snapshot: ClusterSnapshot;
  readonly instanceTypes: readonly InstanceType[];
  readonly namespaceObject: Namespace | undefined;
  readonly now: Instant;
  /** What judging it costs; where that is too much there are no views, and nothing is judged. */
  readonly cost: ReviewSteps;
}

export interface FactsInput {
  readonly policySet: PolicySet;
  readonly request: AdmissionRequest;
  readonly context: AdmissionContext;
}

/** Gathers the facts of a CREATE or UPDATE. */
export function gatherFacts({ policySet, request, context }: FactsInput): Facts {
  const { names, instanceTypes } = context;
  const judged = judgedObject(request, names);
  const snapshot =
    judged === undefined || request.subResource === "scale"
      ? context.snapshot
      : overlaySnapshot(context.snapshot, { put: judged, domain: names.domain });
  const world = { policySet, names, snapshot, instanceTypes };
  const ownerClaim = judged === undefined ? "none" : ownerClaimOf(judged, { request, context, settings: policySet.settings });
  const subject = judged === undefined ? noSubject : subjectOfRequest(judged, { request, snapshot, names, ownerClaim });
  const tooMuch = tooLargeSelector(selectorOf(subject));
  const workloads = tooMuch === undefined ? touchedWorkloads(subject, world) : [];
  const cost = tooMuch === undefined ? reviewSteps(stepsInput(subject, { workloads, request }), world) : { steps: 0, tooMuch };
  return {
    request,
    subject,
    ownerClaim,
    mayFinalizePod: judged?.kind === "Pod" && mayFinalizePod({ request, context, settings: policySet.settings }),
    cost,
    views: cost.tooMuch === undefined ? viewsOf(subject, workloads, { ...world, ...previousOf(request, snapshot) }) : [],
    ...world,
    namespaceObject: snapshot.get("Namespace", { namespace: "", name: request.namespace }),
    now: context.now,
  };
}

const noSubject: Subject = { kind: "none" };

/** By which the subject chooses among all workloads of its namespace. */
function selectorOf(subject: Subject): LabelSelector | undefined {
  if (subject.kind === "budget") return subject.budget.spec.selector;
  return subject.kind === "profile" ? subject.profile.spec.bind?.selector : undefined;
}

/** Returns the place of a problem in the judged object: the pointer for its kind of subject, or "" for the whole. */
export function pathIn(facts: Facts, pointers: Partial<Readonly<Record<Subject["kind"], string>>>): string {
  return pointers[facts.subject.kind] ?? "";
}

/** Returns the words that name a workload where the judged object is another one: "Deployment web: ", or "". */
export function aboutWorkload(facts: Facts, view: WorkloadView): string {
  const { subject } = facts;
  const own = subject.kind === "scale" || isPodSubject(subject) || (subject.kind === "workload" && subject.workload === view.workload);
  return own ? "" : `${workloadTitle(view.workload)}: `;
}

/** The object with the request's name and namespace, which a Pod made by a controller does not carry itself. */
function judgedObject({ object, name, namespace }: AdmissionRequest, { domain }: PlatformNames): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { metadata } = object;
  // What carries both is judged as it is: whatever is remembered of an object of the snapshot (its contract) holds for it.
  if (metadata.name !== undefined && (metadata.namespace ?? "") === namespace) return object;
  const named = { ...metadata, name: metadata.name ?? name };
  // A Namespace's own request carries its name as the namespace.
  if (isObjectOf("Namespace", object, domain)) return { ...object, metadata: named };
  return { ...object, metadata: { ...named, namespace: metadata.namespace ?? namespace } };
}

interface SubjectWorld {
  readonly request: AdmissionRequest;
  readonly snapshot: ClusterSnapshot;
  readonly names: PlatformNames;
  readonly ownerClaim: OwnerClaim;
}

function subjectOfRequest(judged: KubeObject, world: SubjectWorld): Subject {
  const { request, snapshot, names } = world;
  switch (request.subResource) {
    case undefined:
      return isPodUpdate(request, names) ? podUpdateSubject(judged, request, snapshot) : subjectOf(judged, world);
    case "scale":
      return scaleSubject(request, snapshot);
    case "resize":
    case "ephemeralcontainers":
      return podChangeSubject(judged, { change: request.subResource, snapshot, names });
    default:
      return noSubject;
  }
}

function isPodUpdate({ operation, object }: AdmissionRequest, { domain }: PlatformNames): boolean {
  return operation === "UPDATE" && object !== undefined && isObjectOf("Pod", object, domain);
}

function podUpdateSubject(object: KubeObject, { oldObject }: AdmissionRequest, snapshot: ClusterSnapshot): Subject {
  if (!isPod(object) || oldObject === undefined || !isPod(oldObject)) return noSubject;
  const workload = workloadOfPod({ pod: object, namespace: object.metadata.namespace ?? "", snapshot });
  return workload === undefined ? noSubject : { kind: "pod-update", pod: object, before: oldObject, workload };
}

function isPod(object: KubeObject): object is Pod {
  return object.kind === "Pod" && hasSpec(object);
}

function podChangeSubject(
  object: KubeObject,
  at: { readonly change: PodChange; readonly snapshot: ClusterSnapshot; readonly names: PlatformNames },
): Subject {
  if (!isObjectOf("Pod", object, at.names.domain) || !hasSpec(object)) return noSubject;
  const workload = workloadOfPod({ pod: object, namespace: object.metadata.namespace ?? "", snapshot: at.snapshot });
  return workload === undefined ? noSubject : { kind: "pod-change", change: at.change, pod: object, workload };
}

function subjectOf(object: KubeObject, { ownerClaim, snapshot, names: { domain } }: SubjectWorld): Subject {
  if (isObjectOf("Namespace", object, domain)) return { kind: "namespace", namespace: object };
  if (isObjectOf("PodTemplate", object, domain)) return templateSubject(object.metadata, snapshot);
  // The API server always sends a spec; a file may lack one, and its reader says so.
  if (!hasSpec(object)) return noSubject;
  if (isObjectOf("WorkloadProfile", object, domain)) return { kind: "profile", profile: object };
  if (isObjectOf("PodDisruptionBudget", object, domain)) return { kind: "budget", budget: object };
  if (isObjectOf("HorizontalPodAutoscaler", object, domain))
    return namesTarget(object) ? { kind: "autoscaler", autoscaler: object } : noSubject;
  if (isObjectOf("ScaledObject", object, domain)) return namesTarget(object) ? { kind: "scaled-object", scaledObject: object } : noSubject;
  if (isObjectOf("Service", object, domain)) return { kind: "service", service: object };
  if (isObjectOf("NodePool", object, domain)) return { kind: "node-pool", nodePool: object };
  if (isObjectOf("EC2NodeClass", object, domain) || isObjectOf("NodeClass", object, domain))
    return { kind: "node-class", nodeClass: object };
  if (isObjectOf("CapacityBuffer", object, domain)) return { kind: "buffer", buffers: [object] };
  const workload = ownerClaim === "believed" ? judgedWorkload(object, snapshot) : workloadIn(object, snapshot);
  return workload === undefined ? noSubject : { kind: "workload", workload };
}

/** A PodTemplate that no buffer names buys nothing, and is its owner's matter. */
function templateSubject({ name, namespace }: KubeObject["metadata"], snapshot: ClusterSnapshot): Subject {
  const buffers = snapshot
    .list("CapacityBuffer", namespace ?? "")
    .filter((buffer) => isOurBuffer(buffer) && buffer.spec.podTemplateRef?.name === name);
  return buffers.length === 0 ? noSubject : { kind: "buffer", buffers };
}

function hasSpec(object: KubeObject): boolean {
  return "spec" in object && typeof object.spec === "object" && object.spec !== null;
}

const scaledKinds: Readonly<Record<string, string>> = {
  deployments: "Deployment",
  statefulsets: "StatefulSet",
  replicasets: "ReplicaSet",
  replicationcontrollers: "ReplicationController",
  rollouts: "Rollout",
};

function scaleSubject(request: AdmissionRequest, snapshot: ClusterSnapshot): Subject {
  const kind = scaledKinds[request.resource.resource];
  const workload = kind === undefined ? undefined : targetedWorkload(snapshot, { kind, name: request.name, namespace: request.namespace });
  if (workload === undefined || !isScale(request.object)) return noSubject;
  const from = isScale(request.oldObject) ? (request.oldObject.spec.replicas ?? 0) : workload.replicas;
  const to = request.object.spec.replicas ?? 0;
  return { kind: "scale", workload: { ...workload, replicas: to }, from, to };
}

function isScale(object: KubeObject | undefined): object is Scale {
  return object?.kind === "Scale" && "spec" in object;
}

/** The replicas before an UPDATE of a workload, so that a rule can tell better from worse. */
function previousOf(request: AdmissionRequest, snapshot: ClusterSnapshot): { readonly previousReplicas?: number } {
  const before = request.oldObject === undefined ? undefined : workloadIn(request.oldObject, snapshot);
  return before === undefined ? {} : { previousReplicas: before.replicas };
}

/** Nodes are looked for only where a rule about them is asked. */
function stepsInput(
  subject: Subject,
  { workloads, request }: { readonly workloads: readonly Workload[]; readonly request: AdmissionRequest },
): StepsInput {
  const placed = subject.kind === "workload" || subject.kind === "profile" || subject.kind === "buffer" || isPodSubject(subject);
  // drain-running.ts looks at those under a budget, and at those of what is scaled.
  const walksPods =
    subject.kind === "budget" || subject.kind === "scale" || (subject.kind === "workload" && request.operation === "UPDATE");
  return {
    ...{ workloads, namespace: request.namespace, placed, walksPods },
    nodePool: subject.kind === "node-pool" ? subject.nodePool : undefined,
    own: subject.kind === "none" ? undefined : request.object,
    pod: isPodSubject(subject) ? subject.pod : undefined,
    isTwice: request.operation === "UPDATE" && request.subResource === undefined && request.oldObject !== undefined,
  };
}

function touchedWorkloads(subject: Subject, world: ViewWorld): readonly Workload[] {
  switch (subject.kind) {
    case "none":
    case "node-pool":
    case "node-class":
    case "service":
      return [];
    case "buffer":
      return subject.buffers.slice(0, 1).flatMap((buffer) => {
        const source = bufferSource(buffer, world.snapshot);
        return source.ok ? [source.value.workload] : [];
      });
    case "namespace":
      return workloadsOf(world.snapshot, subject.namespace.metadata.name ?? "");
    case "workload":
      return [subject.workload, ...referringRollouts(subject.workload.object, world.snapshot)];
    case "pod-change":
    case "pod-update":
    case "scale":
      return [subject.workload];
    case "budget":
      return coveredWorkloads(subject.budget, world).workloads;
    case "autoscaler":
      return targeted({ ...subject.autoscaler.spec.scaleTargetRef, namespace: subject.autoscaler.metadata.namespace ?? "" }, world);
    case "scaled-object":
      return targeted(
        { kind: "Deployment", ...subject.scaledObject.spec.scaleTargetRef, namespace: subject.scaledObject.metadata.namespace ?? "" },
        world,
      );
    case "profile":
      return boundWorkloads(subject.profile, world);
  }
}

function viewsOf(subject: Subject, workloads: readonly Workload[], world: ViewWorld): readonly WorkloadView[] {
  switch (subject.kind) {
    case "pod-change":
    case "pod-update":
      return workloads.map((workload) => viewOfRunningPod(subject.pod, workload, world));
    case "scale":
      return workloads.map((workload) => viewOf(workload, { ...world, previousReplicas: subject.from }));
    case "budget":
      return coveredViews(subject.budget, workloads, world);
    case "workload":
      return viewsOfWorkload(subject.workload, world);
    // A chunk is no workload that runs: few rules are asked about it (chunk-facts.ts).
    case "buffer":
      return [];
    default:
      return workloads.map((workload) => viewOf(workload, world));
  }
}
