/**
 * A plan as text: a table of nodes with what stands on them.
 */
import type { Plan, PlannedShare } from "./plan-form.ts";
import { textTable } from "./text-table.ts";

/** Returns the table: nodes that are there and take Pods, nodes to buy, what has no place and why, and the price. */
export function textPlan(plan: Plan): string {
  const rows = plan.nodes.map(({ nodePool, instanceType, zone, capacityType, pricePerHour, workloads, pods }) => [
    nodePool,
    instanceType,
    zone,
    capacityType,
    dollars(pricePerHour),
    String(pods.length),
    summaryOfPods(workloads),
  ]);
  const table = textTable([["NODEPOOL", "TYPE", "ZONE", "CAPACITY", "$/H", "PODS", "WHICH"], ...rows]);
  const standing = plan.existing.map(({ node, workloads, pods }) => [node, String(pods.length), summaryOfPods(workloads)]);
  const existing = standing.length === 0 ? "" : textTable([["NODE THAT IS THERE", "PODS", "WHICH"], ...standing]);
  return `${existing}${plan.nodes.length === 0 ? "" : table}${leftOut(plan)}${summaryOf(plan)}`;
}

/** Returns what has no place, with the reasons; Pods of one workload that have the same ones together. */
export function leftOut({ unschedulable }: Pick<Plan, "unschedulable">, words = "no place for"): string {
  const alike = new Map<string, { readonly pods: string[]; readonly reasons: readonly string[] }>();
  for (const { pod, reasons } of unschedulable) {
    const name = [pod.replace(/#\d+$/, ""), ...reasons].join("\n");
    const known = alike.get(name);
    if (known === undefined) alike.set(name, { pods: [pod], reasons });
    else known.pods.push(pod);
  }
  return [...alike.values()]
    .map(({ pods: [first = "", ...others], reasons }) => {
      const who = others.length === 0 ? first : `${others.length + 1} Pods of ${first.replace(/#\d+$/, "")}`;
      return `${words} ${who}:\n${reasons.map((reason) => `  ${reason}\n`).join("")}`;
    })
    .join("");
}

/** Returns the last line: nodes, price and bound. */
export function summaryOf({ nodes, pricePerHour, lowerBoundPerHour }: Plan): string {
  const least = nodes.length === 0 ? "" : `; no plan for these Pods can cost less than ${dollars(lowerBoundPerHour)}`;
  return `${nodes.length} node${nodes.length === 1 ? "" : "s"}, ${dollars(pricePerHour)} an hour${least}\n`;
}

/** Returns an amount in USD as text. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(4)}`;
}

/** "shop/Deployment/web ×6": the Pods of a node by workload. */
function summaryOfPods(workloads: readonly PlannedShare[]): string {
  return workloads.map(({ workload, pods }) => `${workload} ×${pods}`).join(", ");
}
