/**
 * Demand: the Pods that need room now, those that exist and those that are about to.
 *
 * Reads the snapshot, the policies and what was remembered of each workload. Returns Pods for the solver. Demand starts at
 * the workload, before its first Pod exists: wanted Pods less the live ones of that owner and template, compiled by the
 * function that admission uses, so that capacity is bought while the controller manager still makes Pods. A workload whose
 * Pods do not come (a quota, a webhook that refuses them, no controller manager) stops counting after a while; its real
 * Pods always count.
 */
import { nodePoolLabel } from "../api/labels.ts";
import type { Instant } from "../api/ports.ts";
import type { Pod } from "../api/pod.ts";
import type { PriorityClass } from "../api/priority-class.ts";
import { admittedPriority, priorityOf } from "../kube/pod-priority.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { isDaemonPod, isMirrorPod, isPending } from "../kube/pod-state.ts";
import { operatorOf } from "../kube/requirement.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import { workloadOfPod } from "../policies/pod-owner.ts";
import { podsBelowFloor } from "../policies/profile/on-demand-floor.ts";
import { compiledPod } from "../policies/profile/pod-patch.ts";
import { workloadContract, type ContractWorld } from "../policies/profile/workload-contract.ts";
import type { DaemonSetPods } from "./scheduling/daemon-overhead.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";
import { isNamespaceEnding, missingPods, type MissingPods } from "./missing-pods.ts";

/** Demand that brings no Pod for this long is dropped. */
export const demandPatienceMs = 30_000;

/** Since when a workload has stood as it does, by uid: its progress is its generation and its live Pods. */
export type DemandMemory = ReadonlyMap<string, { readonly progress: string; readonly since: Instant }>;

export interface PodDemand {
  readonly pods: readonly PendingPod[];
  /** For the next look; a restart without it only grants each workload its patience again. */
  readonly memory: DemandMemory;
}

/** Returns every Pod that waits for a node, sorted by key: real ones as "ns/name", coming ones as "ns/Deployment/name#0". */
export function podDemand(input: ContractWorld & { readonly memory: DemandMemory; readonly now: Instant }): PodDemand {
  const { snapshot, memory, now } = input;
  const missing = missingPods(snapshot);
  const next = new Map(
    missing.map(({ uid, progress }) => {
      const known = memory.get(uid);
      return [uid, known?.progress === progress ? known : { progress, since: now }] as const;
    }),
  );
  const awaited = missing.filter(({ uid }) => now - (next.get(uid)?.since ?? now) < demandPatienceMs);
  const real = snapshot
    .list("Pod")
    .filter((pod) => isProvisionable(pod) && !isNamespaceEnding(snapshot, pod.metadata.namespace ?? ""))
    .map(asPending);
  const pods = [...real, ...awaited.flatMap((one) => comingPods({ ...input, ...one }))];
  return { pods: pods.sort((a, b) => (a.key < b.key ? -1 : 1)), memory: next };
}

/**
 * Returns the Pods of a workload as they will be once admitted: `count` of them, keyed "ns/Kind/name#i". For an empty
 * cluster (`plimsoll plan`) the count is the workload's replicas.
 */
export function workloadDemand(input: ContractWorld & { readonly workload: Workload; readonly count: number }): readonly PendingPod[] {
  return comingPods({ ...input, addedLabels: {}, from: 0 });
}

/** Returns the DaemonSets with their Pods as admission would leave them: overhead of every node that they run on. */
export function daemonSetPods(world: ContractWorld): readonly DaemonSetPods[] {
  return world.snapshot.list("DaemonSet").flatMap((daemonSet) => {
    const workload = workloadOf(daemonSet);
    return workload === undefined
      ? []
      : [{ name: `${workload.namespace}/${workload.name}`, spec: admittedPod({ ...world, workload }).spec }];
  });
}

/** Says whether a Pod waits for a node that we may buy: unbound, ungated, no DaemonSet's, not promised a preempted place. */
export function isProvisionable(pod: Pod): boolean {
  if (!isPending(pod) || isDaemonPod(pod) || isMirrorPod(pod)) return false;
  if ((pod.spec.schedulingGates?.length ?? 0) > 0 || pod.status?.nominatedNodeName) return false;
  return !refusesNodePools(pod);
}

/** A Pod that asks for no NodePool's label is for somebody else's nodes. */
function refusesNodePools({ spec }: Pod): boolean {
  return podRequirements(spec).every((alternative) => {
    const requirement = alternative.get(nodePoolLabel);
    return requirement !== undefined && operatorOf(requirement) === "DoesNotExist";
  });
}

function comingPods(
  input: ContractWorld & Pick<MissingPods, "workload" | "addedLabels" | "count"> & { readonly from?: number },
): readonly PendingPod[] {
  const { workload, count, from = 0 } = input;
  const coming = admission(input);
  const classes = input.snapshot.list("PriorityClass");
  const [open, kept] = [withPriority(coming.admitted(false), classes), withPriority(coming.admitted(true), classes)];
  // A template with a gate or a node of its own makes Pods that wait for nothing of ours.
  if (!isProvisionable(open)) return [];
  return Array.from({ length: count }, (_unused, index) => {
    const name = `${workload.name}#${from + index}`;
    // The spec is shared on purpose: the solver works out each spec once.
    const { metadata, ...first } = index < coming.belowFloor ? kept : open;
    return { key: `${workload.namespace}/${workload.kind}/${name}`, pod: { ...first, metadata: { ...metadata, name } } };
  });
}

/** The API server resolves the priority class when a Pod is made. */
function withPriority(pod: Pod, classes: readonly PriorityClass[]): Pod {
  const priority = admittedPriority(pod.spec, classes);
  return priority === priorityOf(pod.spec) ? pod : { ...pod, spec: { ...pod.spec, priority } };
}

type Coming = ContractWorld & { readonly workload: Workload; readonly addedLabels?: Readonly<Record<string, string>> };

/** One Pod of a workload's template, compiled as the webhook would; as written where no contract can be told. */
function admittedPod(input: Coming): Pod {
  return admission(input).admitted(false);
}

/** How Pods of a workload's template will enter, and how many of them the on-demand floor will keep off Spot. */
function admission({ workload, addedLabels, ...world }: Coming): {
  readonly admitted: (onDemand: boolean) => Pod;
  readonly belowFloor: number;
} {
  const { metadata, spec } = workload.template;
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: workload.name,
      namespace: workload.namespace,
      labels: { ...metadata?.labels, ...addedLabels },
      ...(metadata?.annotations === undefined ? undefined : { annotations: metadata.annotations }),
    },
    spec,
  };
  const answer = workloadContract({ ...world, workload: profiledWorkload(workload, pod, world) });
  if (answer.kind !== "compiled") return { admitted: () => pod, belowFloor: 0 };
  const { contract } = answer;
  return {
    admitted: (onDemand) => compiledPod({ pod, contract, names: world.names, onDemand }),
    belowFloor: podsBelowFloor({ ...world, pod, contract }),
  };
}

/** A Rollout's ReplicaSet and a CronJob's Job have the profile of their owner, as their Pods will have at admission. */
function profiledWorkload(workload: Workload, pod: Pod, { snapshot }: ContractWorld): Workload {
  const { namespace, kind, object } = workload;
  const { ownerReferences } = object.metadata;
  if ((kind !== "ReplicaSet" && kind !== "Job") || ownerReferences === undefined) return workload;
  return workloadOfPod({ pod: { ...pod, metadata: { ...pod.metadata, ownerReferences } }, namespace, snapshot }) ?? workload;
}

function asPending(pod: Pod): PendingPod {
  return { key: `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`, pod };
}
