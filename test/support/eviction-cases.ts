/**
 * Random cases of workloads under PodDisruptionBudgets: every kind of keeper, each Pod's health, up to two budgets.
 */
import fc from "./properties.ts";
import type { LabelSelector } from "../../src/api/object.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { PodGroup, PodKeeper } from "../../src/kube/eviction-proof.ts";

/** Widget and Gadget are custom kinds, without and with a scale subresource. */
export type KeeperKind = "Deployment" | "ReplicaSet" | "StatefulSet" | "Gadget" | "Job" | "DaemonSet" | "Widget" | "Pod";

export type PodHealth = "ready" | "unready" | "pending";

export interface WorkloadCase {
  readonly kind: KeeperKind;
  /** One entry for each Pod. */
  readonly health: readonly PodHealth[];
}

export interface BudgetCase {
  readonly name: string;
  readonly spec: PodDisruptionBudget["spec"];
}

export interface EvictionCase {
  /** Pods of the n-th carry the label member: w<n>. */
  readonly workloads: readonly WorkloadCase[];
  readonly budgets: readonly BudgetCase[];
}

const withScale: ReadonlySet<KeeperKind> = new Set(["Deployment", "ReplicaSet", "StatefulSet", "Gadget"]);
const resources: Partial<Record<KeeperKind, string>> = { Job: "jobs.batch", DaemonSet: "daemonsets.apps", Widget: "widgets.example.com" };

/** Who keeps the Pods of a workload, as the disruption controller finds out. */
export function keeperOf({ kind, health }: WorkloadCase): PodKeeper {
  if (kind === "Pod") return { kind: "unmanaged" };
  return withScale.has(kind) ? { kind: "scale", replicas: health.length } : { kind: "no-scale", controller: resources[kind] ?? kind };
}

/** A workload as others under its budget see it. */
export function groupOfWorkload(workload: WorkloadCase): PodGroup {
  const { health } = workload;
  return { keeper: keeperOf(workload), pods: health.length, healthy: health.filter((one) => one === "ready").length };
}

const health = fc.oneof(
  { weight: 6, arbitrary: fc.constant<PodHealth>("ready") },
  { weight: 2, arbitrary: fc.constant<PodHealth>("unready") },
  { weight: 1, arbitrary: fc.constant<PodHealth>("pending") },
);

const scaledKind = fc.constantFrom<KeeperKind>("Deployment", "Deployment", "ReplicaSet", "StatefulSet", "Gadget");
const otherKind = fc.constantFrom<KeeperKind>("Job", "Widget", "Pod", "Pod");
const workload: fc.Arbitrary<WorkloadCase> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: scaledKind, health: fc.array(health, { minLength: 1, maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: otherKind, health: fc.array(health, { minLength: 1, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<KeeperKind>("DaemonSet"), health: fc.tuple(health) }) },
);

const percent = fc
  .oneof(fc.constantFrom(0, 1, 33, 34, 50, 51, 66, 67, 80, 81, 99, 100), fc.integer({ min: 0, max: 100 }))
  .map((p) => `${p}%`);
const bound = fc.oneof(fc.integer({ min: 0, max: 6 }), percent);
const bounds = fc.oneof(
  { weight: 5, arbitrary: fc.record({ minAvailable: bound }) },
  { weight: 5, arbitrary: fc.record({ maxUnavailable: bound }) },
  { weight: 1, arbitrary: fc.constant({}) },
);
const policy = fc.constantFrom(
  {},
  { unhealthyPodEvictionPolicy: "AlwaysAllow" as const },
  { unhealthyPodEvictionPolicy: "IfHealthyBudget" as const },
);
const selector: fc.Arbitrary<LabelSelector | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ matchLabels: { member: "w0" } }) },
  { weight: 3, arbitrary: fc.constant({ matchExpressions: [{ key: "member", operator: "Exists" as const }] }) },
  { weight: 2, arbitrary: fc.constant({ matchExpressions: [{ key: "member", operator: "In" as const, values: ["w1", "w2"] }] }) },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const budgetSpec: fc.Arbitrary<PodDisruptionBudget["spec"]> = fc
  .record({ bounds, policy, selector })
  .map((of) => ({ ...of.bounds, ...of.policy, ...(of.selector === undefined ? {} : { selector: of.selector }) }));

/** One case; most have one budget, and some Pods of another workload beside it. */
export const evictionCase: fc.Arbitrary<EvictionCase> = fc
  .record({
    workloads: fc.array(workload, { minLength: 1, maxLength: 3 }),
    specs: fc.oneof(
      { weight: 8, arbitrary: fc.array(budgetSpec, { minLength: 1, maxLength: 1 }) },
      { weight: 2, arbitrary: fc.array(budgetSpec, { minLength: 2, maxLength: 2 }) },
      { weight: 1, arbitrary: fc.constant<PodDisruptionBudget["spec"][]>([]) },
    ),
  })
  .map(({ workloads, specs }) => ({ workloads, budgets: specs.map((spec, index) => ({ name: `budget-${"ab"[index] ?? "c"}`, spec })) }));
