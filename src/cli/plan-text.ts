/**
 * A plan as text: a table of nodes with what stands on them.
 */
import type { OrderNeed } from "../provisioner/scheduling/binding-order.ts";
import { dollars, fixLines, nodeWhyLines } from "./node-why-text.ts";
import type { Plan, PlannedShare } from "./plan-form.ts";
import { textTable } from "./text-table.ts";

/**
 * Returns the table: nodes that are there and take Pods, nodes to buy, what has no place and why, and the price. Where it is asked
 * for, with why each node has its shape, and what would help a Pod without a place.
 */
export function textPlan(plan: Plan, { isVerbose = false }: { readonly isVerbose?: boolean } = {}): string {
  const table = textTable([["NODEPOOL", "TYPE", "ZONE", "CAPACITY", "$/H", "PODS", "WHICH"], ...nodeRows(plan)]);
  const standing = plan.existing.map(({ node, workloads, pods }) => [node, String(pods.length), summaryOfPods(workloads)]);
  const existing = standing.length === 0 ? "" : textTable([["NODE THAT IS THERE", "PODS", "WHICH"], ...standing]);
  const why = isVerbose ? whyText(plan) : "";
  return `${existing}${plan.nodes.length === 0 ? "" : table}${why}${leftOut(plan, { isVerbose })}${summaryOf(plan)}`;
}

/** Nodes that are alike, whatever the numbers of their Pods, share a row, whose figures are those of one of them. */
function nodeRows({ nodes }: Plan): readonly (readonly string[])[] {
  const alike = new Map<string, { readonly cells: readonly [string, string, ...string[]]; count: number }>();
  for (const { nodePool, instanceType, zone, capacityType, pricePerHour, workloads, pods } of nodes) {
    const figures = [zone, capacityType, dollars(pricePerHour), String(pods.length), summaryOfPods(workloads)];
    const name = [nodePool, instanceType, ...figures].join("\n");
    const known = alike.get(name);
    if (known === undefined) alike.set(name, { cells: [nodePool, instanceType, ...figures], count: 1 });
    else known.count += 1;
  }
  return [...alike.values()].map(({ cells: [nodePool, instanceType, ...figures], count }) => [
    nodePool,
    `${instanceType}${timesText(count)}`,
    ...figures,
  ]);
}

/** " ×2", and nothing for one. */
function timesText(count: number): string {
  return count === 1 ? "" : ` ×${count}`;
}

/** Why nodes have their shapes; those that have it for the same reasons together. */
function whyText({ nodes }: Plan): string {
  const alike = new Map<string, { readonly head: string; readonly lines: readonly string[]; count: number }>();
  for (const { nodePool, instanceType, zone, capacityType, why } of nodes) {
    const head = `why ${instanceType} ${capacityType} in ${zone} of ${nodePool}`;
    const lines = nodeWhyLines(why).map((line) => `  ${line}\n`);
    const known = alike.get([head, ...lines].join("\n"));
    if (known === undefined) alike.set([head, ...lines].join("\n"), { head, lines, count: 1 });
    else known.count += 1;
  }
  return [...alike.values()].map(({ head, lines, count }) => `${head}${timesText(count)}:\n${lines.join("")}`).join("");
}

/** Returns what has no place, with the reasons; Pods of one workload that have the same ones together. */
export function leftOut(
  { unschedulable }: Pick<Plan, "unschedulable">,
  { words = "no place for", isVerbose = false }: { readonly words?: string; readonly isVerbose?: boolean } = {},
): string {
  const alike = new Map<string, { readonly pods: string[]; readonly reasons: readonly string[] }>();
  for (const { pods, reasons: own, obstacles } of unschedulable) {
    const reasons = isVerbose ? [...own, ...fixLines(obstacles)] : own;
    const text = reasons.join("\n");
    for (const pod of pods) {
      const name = [pod.replace(/#\d+$/, ""), text].join("\n");
      const known = alike.get(name);
      if (known === undefined) alike.set(name, { pods: [pod], reasons });
      else known.pods.push(pod);
    }
  }
  return [...alike.values()]
    .map(({ pods: [first = "", ...others], reasons }) => {
      const who = others.length === 0 ? first : `${others.length + 1} Pods of ${first.replace(/#\d+$/, "")}`;
      return `${words} ${who}:\n${reasons.map((reason) => `  ${reason}\n`).join("")}`;
    })
    .join("");
}

/** Returns the last line: nodes, price and bound; before it, whether the plan was cut short and which limits it could not keep. */
export function summaryOf({
  nodes,
  truncated,
  plannedLater = [],
  attachLimitsUnknown = [],
  bindingOrder = [],
  pricePerHour,
  lowerBoundPerHour,
}: Plan): string {
  const least = nodes.length === 0 ? "" : `; no plan for these Pods can cost less than ${dollars(lowerBoundPerHour)}`;
  const cut = truncated ? "the plan took too long and was cut short: with more time it may place more Pods, or cost less\n" : "";
  const unlimited = attachLimitsUnknown.map(
    ({ driver, instanceTypes }) =>
      `how many ${driver} volumes a node attaches is not known of ${instanceTypes.join(", ")}: planned as if there were no limit\n`,
  );
  const later = plannedLater.map(({ workload, pods }) => `not in this plan, nor in its price: ${pods} more Pods of ${workload}\n`);
  return `${cut}${bindingOrder.map(orderText).join("")}${unlimited.join("")}${later.join("")}${nodes.length} node${nodes.length === 1 ? "" : "s"}, ${dollars(pricePerHour)} an hour${least}\n`;
}

function orderText({ constraint, key, domain, first, then }: OrderNeed): string {
  const [one = "", ...others] = then;
  const before = others.length === 0 ? one : `${one} and ${others.length} more`;
  if (constraint === "affinity") {
    return `holds only if ${first[0] ?? ""} binds before ${before}: their affinity in ${key}=${domain} counts Pods that stand elsewhere\n`;
  }
  return `holds only if ${first.join(", ")} bind before ${before}: these fill ${key}=${domain} beyond the spread of those\n`;
}

/** "shop/Deployment/web ×6": the Pods of a node by workload. */
function summaryOfPods(workloads: readonly PlannedShare[]): string {
  return workloads.map(({ workload, pods }) => `${workload} ×${pods}`).join(", ");
}
