/**
 * `plimsoll plan`: the nodes that workloads would get on an empty cluster, and their price.
 *
 * Reads policies and manifests. Compiles each workload's Pods as admission would and gives them to the provisioner's own
 * solver, so the plan is what the provisioner would do.
 */
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { zonesOfNodePools } from "../catalog/zones.ts";
import { controllerOf } from "../kube/owner.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import { daemonSetPods, workloadDemand } from "../provisioner/demand.ts";
import { solve, type SchedulingResults } from "../provisioner/scheduling/solve.ts";
import { type OfflineRequest, readOffline } from "./offline.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";

export interface PlanRequest extends OfflineRequest {
  readonly output: "text" | "json";
}

/** A plan as `-o json` prints it. */
export interface Plan {
  readonly nodes: readonly {
    readonly nodePool: string;
    readonly instanceType: string;
    readonly zone: string;
    readonly capacityType: string;
    readonly pricePerHour: number;
    /** "<ns>/<kind>/<name>#<i>". */
    readonly pods: readonly string[];
  }[];
  readonly unschedulable: readonly { readonly pod: string; readonly reasons: readonly string[] }[];
  readonly pricePerHour: number;
}

/** Runs the command; returns 0 when every Pod has a place, 1 when some have none, 2 on bad input. */
export async function runPlan(request: PlanRequest): Promise<number> {
  const input = await readOffline(request);
  if (input.policySet === undefined) return 2;
  const snapshot = snapshotOf(
    input.manifests.map(({ object }) => object),
    input.names.domain,
  );
  const plan = planOf({ snapshot, policySet: input.policySet, names: input.names });
  if (snapshot.list("NodePool").length === 0) request.stderr.write("note: no NodePool among the files, so no node can be planned\n");
  request.stdout.write(request.output === "json" ? `${JSON.stringify(plan, undefined, 2)}\n` : textPlan(plan));
  if (input.problems.length > 0) return 2;
  return plan.unschedulable.length === 0 ? 0 : 1;
}

/** Plans all workloads of a snapshot as if no node existed. */
export function planOf(world: Omit<ContractWorld, "instanceTypes">): Plan {
  const { snapshot } = world;
  const nodePools = snapshot.list("NodePool");
  const instanceTypes = catalogInstanceTypes({ zones: zonesOfNodePools(nodePools) });
  const contractWorld: ContractWorld = { ...world, instanceTypes };
  const results = solve({
    pods: plannedWorkloads(snapshot).flatMap((workload) => workloadDemand({ ...contractWorld, workload, count: workload.replicas })),
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", instanceTypes])),
    daemonSets: daemonSetPods(contractWorld),
    nodes: [],
    namespaces: new Map(snapshot.list("Namespace").map(({ metadata }) => [metadata.name ?? "", metadata.labels ?? {}])),
  });
  return planFrom(results);
}

const plannedKinds = ["CronJob", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"] as const;

/** What somebody wrote, not what a controller made of it; a CronJob counts as one of its runs. */
function plannedWorkloads(snapshot: ClusterSnapshot): readonly Workload[] {
  return plannedKinds.flatMap((kind) =>
    snapshot.list(kind).flatMap((object) => (controllerOf(object) === undefined ? (workloadOf(object) ?? []) : [])),
  );
}

function planFrom(results: SchedulingResults): Plan {
  return {
    nodes: results.newNodes.map((node) => ({
      nodePool: node.nodePool.metadata.name ?? "",
      instanceType: node.instanceType,
      zone: node.zone,
      capacityType: node.capacityType,
      pricePerHour: node.pricePerHour,
      pods: node.pods.map(({ key }) => key),
    })),
    unschedulable: results.unschedulable.map(({ pod, reasons }) => ({ pod: pod.key, reasons })),
    pricePerHour: results.pricePerHour,
  };
}

function textPlan(plan: Plan): string {
  const rows = plan.nodes.map(({ nodePool, instanceType, zone, capacityType, pricePerHour, pods }) => [
    nodePool,
    instanceType,
    zone,
    capacityType,
    `$${pricePerHour.toFixed(4)}`,
    String(pods.length),
    podSummary(pods),
  ]);
  const table = textTable([["NODEPOOL", "TYPE", "ZONE", "CAPACITY", "$/H", "PODS", "WHICH"], ...rows]);
  const left = plan.unschedulable.map(({ pod, reasons }) => `no place for ${pod}:\n${reasons.map((reason) => `  ${reason}\n`).join("")}`);
  const count = plan.nodes.length;
  return `${count === 0 ? "" : table}${left.join("")}${count} node${count === 1 ? "" : "s"}, $${plan.pricePerHour.toFixed(4)} an hour\n`;
}

/** "shop/Deployment/web ×6": the Pods of a node by workload. */
function podSummary(pods: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const workload = pod.replace(/#\d+$/, "");
    counts.set(workload, (counts.get(workload) ?? 0) + 1);
  }
  return [...counts].map(([workload, count]) => `${workload} ×${count}`).join(", ");
}

/** Lays rows out in columns, two spaces apart, as kubectl does. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
