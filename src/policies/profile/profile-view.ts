/**
 * ProfileView: one WorkloadProfile with everything that it governs, as the cluster is now.
 *
 * Reads the profile, the snapshot and the policies. Returns its class, its targets with their contracts and how many of
 * their Pods carry them, the workloads it may not govern, and the namespace's PodDisruptionBudgets. The profile's
 * controller decides on it, and `plimsoll why profile` can show the same.
 */
import type { KindName } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/object.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { isActive } from "../../kube/pod-state.ts";
import type { Workload } from "../../kube/workload.ts";
import { classFor, type WorkloadClass } from "../class.ts";
import { workloadsOf } from "../workload-view.ts";
import type { BindingConflict, MatchedBy } from "./binding.ts";
import { longBudgetName } from "./budget.ts";
import type { CompiledContract } from "./contract.ts";
import { resolveProfile, type ResolvedProfile } from "./resolve.ts";
import { boundClassName, claimsWorkload, workloadContract, type ContractWorld } from "./workload-contract.ts";
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
  /** Names of NodePools that would make a Node for its Pods. */
  readonly nodePools: readonly string[];
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
  /** True where at least one NodePool is known, so that placement can be judged. */
  readonly knowsNodePools: boolean;
  readonly bundle: string;
}

/** Kinds between a workload and its Pods, by the workload's kind. */
const between: Readonly<Record<string, KindName>> = { Deployment: "ReplicaSet", CronJob: "Job" };

/** Returns the view of one profile. */
export function profileView({ profile, ...world }: ContractWorld & { readonly profile: WorkloadProfile }): ProfileView {
  const { snapshot, policySet, names } = world;
  const namespace = profile.metadata.namespace ?? "";
  const className = boundClassName(profile, policySet);
  const workloadClass = classFor(policySet, { className, namespace });
  const claimed = ownersOf(snapshot, namespace).filter((workload) => claimsWorkload({ workload, profile, names }));
  const found = claimed.map((workload) => ({ workload, outcome: workloadContract({ workload, ...world }) }));
  const targets = found.flatMap(({ workload, outcome }) => {
    if (outcome.kind !== "compiled" || outcome.binding.kind !== "bound") return [];
    if (outcome.binding.profile.metadata.name !== profile.metadata.name) return [];
    return [targetOf({ workload, matchedBy: outcome.binding.matchedBy, contract: outcome.contract }, world)];
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
    targets: withDistinctBudgets(targets),
    conflicts,
    budgets: snapshot.list("PodDisruptionBudget", namespace),
    knowsNodePools: snapshot.list("NodePool").length > 0,
    bundle: policySet.bundle,
  };
}

function ownersOf(snapshot: ClusterSnapshot, namespace: string): readonly Workload[] {
  return [...workloadsOf(snapshot, namespace)].sort(byKindAndName);
}

function targetOf(target: Pick<ProfileTarget, "workload" | "matchedBy" | "contract">, world: ContractWorld): ProfileTarget {
  const { workload, contract } = target;
  const pods = podsOf(world.snapshot, workload);
  const active = pods.filter(isActive);
  const compiled = active.filter(({ metadata }) => metadata.labels?.[world.names.profileHashLabel] === contract.hash);
  return {
    ...target,
    pods,
    podsCompiled: compiled.length,
    podsStale: active.length - compiled.length,
    nodePools: nodePoolsOf(target, world.snapshot),
  };
}

function nodePoolsOf({ workload, contract }: Pick<ProfileTarget, "workload" | "contract">, snapshot: ClusterSnapshot): readonly string[] {
  const { spec } = workload.template;
  const placed = {
    ...spec,
    nodeSelector: { ...contract.pod.nodeSelector, ...spec.nodeSelector },
    tolerations: [...(spec.tolerations ?? []), ...contract.pod.tolerations],
  };
  const capacity = { nodePools: snapshot.list("NodePool"), instanceTypes: [] };
  return poolsThatTake({ spec: placed, nodeRequirements: contract.pod.nodeRequirements, capacity }).map(
    ({ metadata }) => metadata.name ?? "",
  );
}

function podsOf(snapshot: ClusterSnapshot, workload: Workload): readonly Pod[] {
  if (workload.kind === "Pod") return snapshot.list("Pod", workload.namespace).filter(({ metadata }) => metadata.name === workload.name);
  const middle = between[workload.kind];
  const owners: readonly KubeObject[] = middle === undefined ? [workload.object] : ownedBy(snapshot, middle, workload.object);
  return owners.flatMap(({ metadata }) => (metadata.uid === undefined ? [] : snapshot.by("Pod", "owner", metadata.uid)));
}

function ownedBy(snapshot: ClusterSnapshot, kind: KindName, { metadata }: KubeObject): readonly KubeObject[] {
  return metadata.uid === undefined ? [] : snapshot.by(kind, "owner", metadata.uid);
}

/** A Deployment and a StatefulSet may both have the profile's name: the first keeps the short name for its budget. */
function withDistinctBudgets(targets: readonly ProfileTarget[]): readonly ProfileTarget[] {
  const taken = new Set<string>();
  return targets.map((target) => {
    const { budget } = target.contract;
    if (budget.kind === "none") return target;
    const name = budget.budget.metadata.name ?? "";
    if (!taken.has(name)) {
      taken.add(name);
      return target;
    }
    const { kind, name: workload } = target.workload;
    const distinct = longBudgetName({ profile: target.contract.profile?.name ?? "", kind, workload });
    const renamed = { ...budget.budget, metadata: { ...budget.budget.metadata, name: distinct } };
    return { ...target, contract: { ...target.contract, budget: { ...budget, budget: renamed } } };
  });
}

function byKindAndName(a: Workload, b: Workload): number {
  const [left, right] = [`${a.kind}/${a.name}`, `${b.kind}/${b.name}`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
