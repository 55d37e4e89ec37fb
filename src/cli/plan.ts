/**
 * `plimsoll plan`: the nodes that workloads would get, their price, and the least that any plan could cost.
 *
 * Reads policies and manifests, and a cluster or a snapshot of one. Compiles each workload's Pods as admission would and gives
 * them to the provisioner's own solver, so the plan is what the provisioner would do.
 */
import type { Clock } from "../api/ports.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { planMaxMs } from "../provisioner/provisioning.ts";
import type { IsAborted } from "../provisioner/scheduling/plan-cut.ts";
import { solve } from "../provisioner/scheduling/solve.ts";
import { planFrom, type Plan } from "./plan-form.ts";
import { picturePlan } from "./plan-picture.ts";
import { leftOut, summaryOf, textPlan } from "./plan-text.ts";
import { svgPlan } from "./plan-svg.ts";
import { fileInput, readPlanWorld, type PlanWorldRequest } from "./plan-world.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

export type PlanFormat = "text" | "json" | "picture" | "svg";

export interface PlanRequest extends PlanWorldRequest, Pick<ProgramSurroundings, "isTerminal" | "columns"> {
  readonly output: PlanFormat;
  readonly verbose?: boolean;
  /** Says when the plan took too long; default: after as long as the provisioner's. */
  readonly isAborted?: IsAborted;
}

/** Runs the command; returns 0 when every Pod has a place, 1 when some have none, 2 on bad input. */
export async function runPlan(request: PlanRequest): Promise<number> {
  const world = await readPlanWorld(request);
  if (world === undefined) return 2;
  const plan = planFrom(world.input, solve(world.input, { isAborted: request.isAborted ?? afterPlanMax(wallClock()) }), world.later);
  request.stdout.write(shown(plan, request));
  if (world.isFlawed) return 2;
  return plan.unschedulable.length + world.later.length === 0 ? 0 : 1;
}

function afterPlanMax(clock: Clock): IsAborted {
  const startedAt = clock.now();
  return () => clock.now() - startedAt > planMaxMs;
}

/** Plans all workloads of a snapshot as if no node existed. */
export function planOf(world: Omit<ContractWorld, "instanceTypes">): Plan {
  const input = fileInput(world);
  return planFrom(input, solve(input));
}

const usualColumns = 100;

function shown(plan: Plan, { output, isTerminal, columns, env, verbose }: PlanRequest): string {
  if (output === "json") return `${JSON.stringify(plan, undefined, 2)}\n`;
  if (output === "svg") return svgPlan(plan);
  if (output === "text") return textPlan(plan, { isVerbose: verbose === true });
  const isColoured = isTerminal && (env["NO_COLOR"] ?? "") === "";
  return `${picturePlan(plan, { columns: columns ?? usualColumns, isColoured })}${leftOut(plan)}${summaryOf(plan)}`;
}
