/**
 * ProfileView: one WorkloadProfile with everything that it governs, as the cluster is now.
 *
 * Reads the profile, the snapshot and the policies. Returns its class, its targets with their contracts and how many of
 * their Pods carry them, the workloads it may not govern, and the namespace's PodDisruptionBudgets. The profile's
 * controller decides on it, and `plimsoll why profile` can show the same.
 */
import type { ScaledObject } from "../../api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import { zoneLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { isActive } from "../../kube/pod-state.ts";
import type { Workload } from "../../kube/workload.ts";
import { classFor, type WorkloadClass } from "../class.ts";
import { barePods } from "./bare-pods.ts";
import type { BindingConflict, MatchedBy } from "./binding.ts";
import { longBudgetName } from "./budget.ts";
import type { CompiledContract } from "./contract.ts";
import { planEstimate, type PlanEstimate } from "./plan-estimate.ts";
import { judgedPod } from "./judged-pod.ts";
import { sizingOfPod, templatePod } from "./pod-patch.ts";
import { contractFor } from "./pod-variant.ts";
import { claimedTargets } from "./profile-targets.ts";
import { resolveProfile, type ResolvedProfile } from "./resolve.ts";
import { boundClassName, workloadContract, type ContractWorld } from "./workload-contract.ts";
import { poolsThatTake } from "./zones.ts";

/** One workload that the profile governs. */
export interface ProfileTarget {
  readonly workload: Workload;
  readonly matchedBy: MatchedBy;
  readonly contract: CompiledContract;
  /** Its Pods, in whatever state. */
  readonly pods: readonly Pod[];
  /** Active Pods with the contract's hash, and the other active Pods. */
  readonly podsCompiled: number;
  readonly podsStale: number;
  /** Of the stale ones, those with the contract's hash and other requests or limits: resized in place since. */
  readonly podsResized: number;
  /** Active Pods that were made while the profile stood, and not for it. */
  readonly podsBare: readonly Pod[];
  /** Active Pods on Nodes of each zone that is known. */
  readonly podsByZone: ReadonlyMap<string, number>;
  /** NodePools that would make a Node for its Pods. */
  readonly nodePools: readonly NodePool[];
  /** What a replica would run on; absent where no price is known, or nothing fits. */
  readonly estimate?: PlanEstimate;
}

export interface ProfileView {
  readonly profile: WorkloadProfile;
  readonly className: string;
  /** Absent where the catalogue lacks the class; then there are no targets either. */
  readonly workloadClass: WorkloadClass | undefined;
  readonly resolved: ResolvedProfile | undefined;
  /** Sorted by kind, then name. */
  readonly targets: readonly ProfileTarget[];
  /** Workloads that this profile and another both claim. */
  readonly conflicts: readonly BindingConflict[];
  /** All PodDisruptionBudgets of the namespace, sorted by name. */
  readonly budgets: readonly PodDisruptionBudget[];
  /** Everything else in the namespace that scales workloads by itself. */
  readonly autoscalers: readonly HorizontalPodAutoscaler[];
  readonly scaledObjects: readonly ScaledObject[];
  /** True where at least one NodePool is known, so that placement can be judged. */
  readonly knowsNodePools: boolean;
  readonly bundle: string;
}

/** Returns the view of one profile. */
export function profileView({ profile, ...world }: ContractWorld & { readonly profile: WorkloadProfile }): ProfileView {
  const { snapshot, policySet, names } = world;
  const namespace = profile.metadata.namespace ?? "";
  const className = boundClassName(profile, policySet);
  const workloadClass = classFor(policySet, { className, namespace });
  const found = claimedTargets({ snapshot, profile, names }).map((target) => ({
    ...target,
    outcome: workloadContract({ workload: target.workload, ...world }),
  }));
  const targets = found.flatMap(({ workload, pods, outcome }) => {
    if (outcome.kind !== "compiled" || outcome.binding.kind !== "bound") return [];
    if (outcome.binding.profile.metadata.name !== profile.metadata.name) return [];
    return [targetOf({ workload, matchedBy: outcome.binding.matchedBy, contract: outcome.contract, pods: pods() }, { profile, ...world })];
  });
  const conflicts = found.flatMap(({ outcome }) =>
    outcome.kind === "ambiguous" && outcome.binding.profiles.includes(profile.metadata.name ?? "") ? [outcome.binding] : [],
  );
  const namespaceLabels = snapshot.get("Namespace", { namespace: "", name: namespace })?.metadata.labels;
  const [first] = targets;
  return {
    profile,
    className,
    workloadClass,
    resolved:
      workloadClass === undefined
        ? undefined
        : resolveProfile({
            profile,
            workloadClass,
            names,
            ...(first === undefined ? {} : { kind: first.workload.kind }),
            ...(namespaceLabels === undefined ? {} : { namespaceLabels }),
          }),
    targets: withDistinctNames(targets),
    conflicts,
    budgets: snapshot.list("PodDisruptionBudget", namespace),
    autoscalers: snapshot.list("HorizontalPodAutoscaler", namespace),
    scaledObjects: snapshot.list("ScaledObject", namespace),
    knowsNodePools: snapshot.list("NodePool").length > 0,
    bundle: policySet.bundle,
  };
}

function targetOf(
  target: Pick<ProfileTarget, "workload" | "matchedBy" | "contract" | "pods">,
  world: ContractWorld & Pick<ProfileView, "profile">,
): ProfileTarget {
  const { workload, contract, pods } = target;
  const active = pods.filter(isActive);
  const labelled = active.filter((pod) => carries(pod, contract, world));
  const resized = labelled.filter((pod) => isResized(pod, contract));
  const podAsCompiled = judgedPod({ pod: templatePod(workload), contract });
  const nodePools = nodePoolsOf(podAsCompiled, contract, world.snapshot);
  const estimate = estimateOf(target, { spec: podAsCompiled.spec, nodePools, instanceTypes: world.instanceTypes });
  return {
    ...target,
    podsCompiled: labelled.length - resized.length,
    podsStale: active.length - labelled.length + resized.length,
    podsResized: resized.length,
    podsBare: barePods({ profile: world.profile, contract, pods: active, names: world.names }),
    podsByZone: podsByZone(active, world.snapshot),
    nodePools,
    ...(estimate === undefined ? {} : { estimate }),
  };
}

/** The last estimate for each workload: Pods come and go far more often than templates, contracts, NodePools or prices change. */
const lastEstimates = new WeakMap<Workload, { readonly madeOf: readonly unknown[]; readonly estimate: PlanEstimate | undefined }>();

function estimateOf({ workload, contract }: Pick<ProfileTarget, "workload" | "contract">, of: Parameters<typeof planEstimate>[0]) {
  const madeOf = [contract, of.instanceTypes, ...of.nodePools];
  const known = lastEstimates.get(workload);
  if (known?.madeOf.length === madeOf.length && known.madeOf.every((part, index) => part === madeOf[index])) return known.estimate;
  const estimate = planEstimate(of);
  lastEstimates.set(workload, { madeOf, estimate });
  return estimate;
}

function carries(pod: Pod, contract: CompiledContract, { names }: ContractWorld): boolean {
  const hash = contractFor(pod, contract).pod.labels[names.profileHashLabel];
  return hash !== undefined && pod.metadata.labels?.[names.profileHashLabel] === hash;
}

/** A Pod that the compiler would still size otherwise, though it carries the contract, was changed after it was made. */
function isResized(pod: Pod, contract: CompiledContract): boolean {
  const sizing = sizingOfPod({ pod, contract });
  return sizing !== undefined && (sizing.containers.length > 0 || sizing.pod !== undefined);
}

function podsByZone(pods: readonly Pod[], snapshot: ClusterSnapshot): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of pods) {
    const node = spec.nodeName === undefined ? undefined : snapshot.get("Node", { namespace: "", name: spec.nodeName });
    const zone = node?.metadata.labels?.[zoneLabel];
    if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return counts;
}

function nodePoolsOf(pod: Pod, contract: CompiledContract, snapshot: ClusterSnapshot): readonly NodePool[] {
  const capacity = { nodePools: snapshot.list("NodePool"), instanceTypes: [] };
  return poolsThatTake({ spec: placedSpec(pod, contract), nodeRequirements: contract.pod.nodeRequirements, capacity });
}

/** With validateOnly nothing is compiled into Pods, and yet they are meant for these nodes. */
function placedSpec({ spec }: Pod, { pod }: CompiledContract): Pod["spec"] {
  return {
    ...spec,
    nodeSelector: { ...pod.nodeSelector, ...spec.nodeSelector },
    tolerations: [...(spec.tolerations ?? []), ...pod.tolerations],
  };
}

/** A Deployment and a StatefulSet may both have the profile's name: the first keeps the short name for its child objects. */
function withDistinctNames(targets: readonly ProfileTarget[]): readonly ProfileTarget[] {
  const taken = new Set<string>();
  return targets.map((target) => {
    const { budget, autoscaler } = target.contract;
    const name = nameOfChild(
      budget.kind === "budget" ? budget.budget : autoscaler.kind === "autoscaler" ? autoscaler.autoscaler : undefined,
    );
    if (name === undefined) return target;
    if (!taken.has(name)) {
      taken.add(name);
      return target;
    }
    const { kind, name: workload } = target.workload;
    const distinct = longBudgetName({ profile: target.contract.profile?.name ?? "", kind, workload });
    return { ...target, contract: renamed(target.contract, distinct) };
  });
}

function nameOfChild(child: KubeObject | undefined): string | undefined {
  return child?.metadata.name;
}

function renamed(contract: CompiledContract, name: string): CompiledContract {
  const { budget, autoscaler } = contract;
  return {
    ...contract,
    budget: budget.kind === "none" ? budget : { ...budget, budget: { ...budget.budget, metadata: { ...budget.budget.metadata, name } } },
    autoscaler:
      autoscaler.kind === "autoscaler"
        ? { ...autoscaler, autoscaler: { ...autoscaler.autoscaler, metadata: { ...autoscaler.autoscaler.metadata, name } } }
        : autoscaler,
  };
}
