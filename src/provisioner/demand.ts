/**
 * Demand: the Pods that need room now: those that wait, those that are about to come, those whose node is on its way out, and those that
 * CapacityBuffers keep room for.
 *
 * Reads the snapshot, the policies and what was remembered of each workload. Returns Pods for the solver. Demand starts at
 * the workload, before its first Pod exists: wanted Pods less the live ones of that owner and template, in the shape that they
 * will have (prediction/), as far as quotas and admission let them in, so that capacity is bought while the controller manager still
 * makes Pods and none is bought for Pods that never come. A workload whose Pods do not come stops counting after a while; its
 * real Pods always count.
 */
import type { Instant } from "../api/ports.ts";
import type { Pod, PodSpec, Volume } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { heldPartOf } from "../kube/held-part.ts";
import { topOwner } from "../kube/owner.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { bufferDemand, type BufferRoom } from "./buffer-demand.ts";
import { comingSelector } from "./default-spread.ts";
import { displacedPods, noDisplacedPods, type DisplacedPods } from "./displaced-pods.ts";
import { comingPodsMax, fairShares } from "./fair-shares.ts";
import { isPromisedPlace } from "./lifecycle/placement-hint.ts";
import { isWaiting, waitingRemark } from "./waiting-demand.ts";
import { isNamespaceEnding, missingPods, type MissingPods } from "./missing-pods.ts";
import { comingShape, statedShape, type ComingShape } from "./prediction/coming-pod.ts";
import type { DryRuns } from "./prediction/dry-run.ts";
import { quotaRoom, type QuotaRoom } from "../kube/quota-room.ts";
import { templateClaims } from "./prediction/template-claims.ts";
import { isProvisionable } from "./provisionable.ts";
import { podClassHash, type PendingPod } from "./scheduling/pod-class.ts";

/** Demand that brings no Pod for this long is dropped. */
export const demandPatienceMs = 30_000;

/** Since when a workload has stood as it does, by uid: its progress is its generation and its live Pods. */
export type DemandMemory = ReadonlyMap<string, { readonly progress: string; readonly since: Instant }>;

/** Why Pods that a workload wants are not planned for. */
export interface DemandRemark {
  readonly workload: Workload;
  readonly reason: string;
  readonly message: string;
  /** False where the Pods are expected all the same, a little later. */
  readonly isRefusal: boolean;
}

export interface PodDemand {
  readonly pods: readonly PendingPod[];
  /** Keys of the Pods of which more may follow at any moment: those that no workload of the snapshot stands for. */
  readonly loose: ReadonlySet<string>;
  readonly remarks: readonly DemandRemark[];
  /** Pods to come that this round leaves to later ones. */
  readonly later: readonly LaterPods[];
  /** What CapacityBuffers want; their Pods are among `pods`. */
  readonly buffers: readonly BufferRoom[];
  /** Pods whose node is on its way out; they are among `pods`, but for a plan on paper. */
  readonly displaced: DisplacedPods;
  /** For the next look; a restart without it only grants each workload its patience again. */
  readonly memory: DemandMemory;
}

export type DemandInput = ContractWorld & {
  readonly memory: DemandMemory;
  readonly now: Instant;
  /** What the API server said that it would make of Pods to come. */
  readonly dryRuns?: DryRuns;
  /** True for a plan on paper: Pods that another's webhook may change are taken as they are written. */
  readonly isOnPaper?: boolean;
};

/**
 * Returns every Pod that waits for a node, sorted by key: real ones as "ns/name", coming ones as "ns/Deployment/name#0", and the virtual
 * ones of buffers as "ns/CapacityBuffer/name#0".
 */
export function podDemand(input: DemandInput): PodDemand {
  const { snapshot, memory, now } = input;
  const missing = missingPods(snapshot);
  const next = new Map(
    missing.map(({ uid, progress }) => {
      const known = memory.get(uid);
      return [uid, known?.progress === progress ? known : { progress, since: now }] as const;
    }),
  );
  const room = quotaRoom(snapshot, now);
  const predicted = missing.map((one) => {
    if (isWaiting(one, input)) return { remark: waitingRemark(one) };
    const isPatient = now - (next.get(one.uid)?.since ?? now) < demandPatienceMs;
    return isPatient ? predictedPods({ ...input, ...one }, room) : { remark: droppedRemark(one) };
  });
  const told = predicted.flatMap(({ remark }) => (remark === undefined ? [] : [remark]));
  const untold = new Set(told.map(({ workload }) => workload.object.metadata.uid));
  const ahead = comingPods(
    predicted.flatMap(({ coming }) => coming ?? []),
    snapshot,
  );
  const promises = { snapshot, names: input.names, classOf: podClassHash };
  const real = snapshot
    .list("Pod")
    .filter(
      (pod) =>
        heldPartOf(pod) !== "outline" &&
        isProvisionable(pod) &&
        !isPromisedPlace(pod, promises) &&
        !isNamespaceEnding(snapshot, pod.metadata.namespace ?? ""),
    );
  const buffers = bufferDemand(input, { room, now });
  const displaced = input.isOnPaper === true ? noDisplacedPods : displacedPods(input);
  const pods = [...real.map(asPending), ...displaced.pods, ...ahead.pods, ...buffers.flatMap((one) => one.pods)];
  return {
    pods: pods.sort((a, b) => (a.key < b.key ? -1 : 1)),
    loose: new Set(real.filter((pod) => isLoose(pod, { snapshot, untold })).map((pod) => asPending(pod).key)),
    remarks: [...told, ...ahead.later.map(laterRemark), ...tooLargePods(snapshot)],
    later: ahead.later,
    buffers,
    displaced,
    memory: next,
  };
}

/**
 * Returns the Pods of workloads as they will be once admitted, keyed "ns/Kind/name#i": so many of each (for an empty cluster its replicas),
 * as far as one plan takes them, and how many it leaves out.
 */
export function workloadDemand(
  world: ContractWorld,
  wanted: readonly { readonly workload: Workload; readonly count: number }[],
): Pick<PodDemand, "pods" | "later"> {
  const coming = wanted.map((one) => ({ ...one, shape: statedShape({ ...world, workload: one.workload }) }));
  return comingPods(
    coming.filter(({ shape }) => isProvisionable(shape.open)),
    world.snapshot,
  );
}

/** Returns how a workload's Pods to come are keyed, before their numbers: "ns/Kind/name". */
export function workloadKey({
  namespace,
  kind,
  name,
}: {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}): string {
  return `${namespace}/${kind}/${name}`;
}

/** Pods of one workload that a round plans for later. */
export interface LaterPods {
  readonly workload: Workload;
  readonly count: number;
}

interface ComingPods {
  readonly workload: Workload;
  readonly count: number;
  readonly shape: ComingShape & { readonly kind: "known" };
}

/** Makes the Pods themselves, of each workload its fair share. */
function comingPods(coming: readonly ComingPods[], snapshot: ClusterSnapshot): Pick<PodDemand, "pods" | "later"> {
  const shares = fairShares(
    coming.map(({ count }) => count),
    comingPodsMax,
  );
  return {
    pods: coming.flatMap(({ workload, shape }, index) => podsOf(shape, { snapshot, workload, count: shares[index] ?? 0 })),
    later: coming.flatMap(({ workload, count }, index) => {
      const left = count - (shares[index] ?? 0);
      return left <= 0 ? [] : [{ workload, count: left }];
    }),
  };
}

/** Returns why Pods are left to a later round, in words. */
export function laterText(count: number): string {
  return `${count} of its Pods are planned for later: one plan takes ${comingPodsMax} Pods to come, in fair shares`;
}

function laterRemark({ workload, count }: LaterPods): DemandRemark {
  return { workload, reason: "PlannedLater", message: laterText(count), isRefusal: false };
}

/** Where constraints are not known, a node would be bought that the Pod may not run on. */
function tooLargeRemark(workload: Workload): DemandRemark {
  const message =
    "no capacity is planned for it: it is so large that no view of the cluster holds it whole (its Pod's fields, without env, commands and arguments)";
  return { workload, reason: "TooLargeToPlan", message, isRefusal: true };
}

/** Real Pods that wait and are too large to be planned for. */
function tooLargePods(snapshot: ClusterSnapshot): readonly DemandRemark[] {
  return snapshot.list("Pod").flatMap((pod) => {
    const workload = heldPartOf(pod) === "outline" && isProvisionable(pod) ? workloadOf(pod) : undefined;
    return workload === undefined ? [] : [tooLargeRemark(workload)];
  });
}

interface Predicted {
  readonly coming?: ComingPods;
  readonly remark?: DemandRemark;
}

/** How many Pods of one workload will come, as far as admission and the quotas that it shares let them in: numbers, not objects. */
function predictedPods(input: DemandInput & MissingPods, room: QuotaRoom): Predicted {
  const { workload, count } = input;
  if (heldPartOf(workload.object) === "outline") return { remark: tooLargeRemark(workload) };
  const coming = comingShape(input);
  const shape = coming.kind === "awaited" && input.isOnPaper === true ? statedShape(input) : coming;
  if (shape.kind === "refused") return { remark: { workload, ...shape, isRefusal: true } };
  if (shape.kind === "awaited") return { remark: { workload, reason: "AwaitsFirstPod", ...shape, isRefusal: false } };
  // A template with a gate or a node of its own makes Pods that wait for nothing of ours.
  if (!isProvisionable(shape.open)) return {};
  const granted = room.take(shape.open, count);
  const pods = { workload, shape, count: granted.count };
  if (granted.refusal === undefined) return { coming: pods };
  return { coming: pods, remark: { workload, reason: "QuotaRefuses", message: granted.refusal, isRefusal: true } };
}

function podsOf(
  { open, kept, belowFloor }: ComingShape & { readonly kind: "known" },
  { snapshot, workload, count }: Pick<ContractWorld, "snapshot"> & { readonly workload: Workload; readonly count: number },
): readonly PendingPod[] {
  const claims = templateClaims(snapshot, { workload, count });
  const mounting = specsWithClaims();
  const selector = comingSelector(workload, open.metadata.labels);
  const bySelector = selector === undefined ? {} : { comingSelector: selector };
  return Array.from({ length: count }, (_unused, index) => {
    const name = `${workload.name}#${index}`;
    // The spec is shared on purpose: the solver works out each spec once.
    const { metadata, ...first } = index < belowFloor ? kept : open;
    const spec = mounting(first.spec, claims[index] ?? []);
    const pod = { ...first, spec, metadata: { ...metadata, name } };
    return { key: `${workloadKey(workload)}#${index}`, pod, ...bySelector };
  });
}

/** Returns specs with a Pod's claims in place of the template's volumes of their names; the same object for the same claims. */
function specsWithClaims(): (spec: PodSpec, claims: readonly Volume[]) => PodSpec {
  const made = new Map<PodSpec, Map<string, PodSpec>>();
  return (spec, claims) => {
    if (claims.length === 0) return spec;
    const known = made.get(spec) ?? new Map<string, PodSpec>();
    made.set(spec, known);
    const text = JSON.stringify(claims);
    const names = new Set(claims.map(({ name }) => name));
    const own = known.get(text) ?? { ...spec, volumes: [...(spec.volumes ?? []).filter(({ name }) => !names.has(name)), ...claims] };
    known.set(text, own);
    return own;
  };
}

function droppedRemark({ workload, count }: MissingPods): DemandRemark {
  const message = `${count} of its Pods have not come for ${demandPatienceMs / 1_000} s: no capacity is planned for them until it changes`;
  return { workload, reason: "DemandDropped", message, isRefusal: true };
}

/**
 * Says whether more Pods like this one may come that nobody knows of yet: its workload is not in the snapshot, or what it still wants
 * can't be told.
 */
function isLoose(
  pod: Pod,
  { snapshot, untold }: { readonly snapshot: ClusterSnapshot; readonly untold: ReadonlySet<string | undefined> },
): boolean {
  const chain = topOwner({
    object: pod,
    lookup: ({ kind, name }, namespace) => {
      const known = wholeKinds.find((one) => one === kind);
      return known === undefined ? undefined : snapshot.get(known, { namespace, name });
    },
  });
  const [owner] = chain.owners;
  if (owner === undefined || untold.has(chain.top.metadata.uid)) return true;
  // A Rollout's ReplicaSet and a CronJob's Job stand for themselves.
  return chain.unknown?.kind === "Deployment";
}

const wholeKinds = ["Deployment", "ReplicaSet", "StatefulSet", "Job"] as const;

function asPending(pod: Pod): PendingPod {
  return { key: `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`, pod };
}
