/**
 * What is wrong with the rows of a case, whatever they cost: a bench that sees it ends with exit code 1.
 *
 * Reads a recipe and rows. Returns a sentence for each fault: equal Pods that got different plans, whatever their order; and Plimsoll's
 * plan of a case with one right answer that is another. What Karpenter plans is its own.
 */
import type { CaseRecipe } from "./bench-case.ts";
import type { SchedulingRow } from "./rows.ts";

/** Returns a sentence for each fault. */
export function faultsOf({ name, right }: Pick<CaseRecipe, "name" | "right">, rows: readonly SchedulingRow[]): readonly string[] {
  const faults: string[] = [];
  for (const { tool, plans = 1, nodes, unschedulable } of rows.filter((row) => row.case === name && row.tool === "plimsoll")) {
    if (plans !== 1) faults.push(`${name}: ${tool} made ${plans} different plans of the same Pods`);
    if (right === undefined || (nodes === right.nodes && unschedulable === right.unschedulable)) continue;
    const [found, wanted] = [{ nodes, unschedulable }, right].map((of) => `${of.nodes} new nodes and leaves ${of.unschedulable} Pods out`);
    faults.push(`${name}: ${tool} plans ${found}, a right plan has ${wanted}`);
  }
  return faults;
}
