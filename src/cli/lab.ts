/**
 * `plimsoll lab check`: the lab's nine tasks, ticked off, and its peak need beside the limits of its NodePools.
 *
 * Reads policies and manifests. Prints the table and the tasks with what is missing of each.
 */
import type { KubeObject } from "../api/object.ts";
import { formatAmount } from "../kube/resources.ts";
import { viewOf } from "../policies/workload-view.ts";
import { checkResults } from "./check.ts";
import { fileWorkloads, fileWorld } from "./file-world.ts";
import { type Lab, labTasks, peakNeeds, poolLimits, requirementsName, titleOf } from "./lab-tasks.ts";
import { type OfflineRequest, readOffline } from "./offline.ts";
import { textTable } from "./text-table.ts";

/** Runs the command; returns 0 when all tasks are done, 1 when some are not, 2 on bad input. */
export async function runLabCheck(request: OfflineRequest): Promise<number> {
  const input = await readOffline(request);
  if (input.policySet === undefined) return 2;
  const { policySet, names } = input;
  const objects = input.manifests.map(({ object }) => object);
  const world = fileWorld(objects, names);
  const { snapshot, instanceTypes } = world;
  const workloads = fileWorkloads(objects, world);
  const lab: Lab = {
    snapshot,
    views: workloads.map((workload) => viewOf(workload, { policySet, names, snapshot, instanceTypes })),
    results: checkResults(input, policySet).results,
    signals: objects.flatMap(signalsOf),
  };
  const outcomes = labTasks.map((task) => ({ title: task.title, missing: task.missing(lab) }));
  const done = outcomes.filter(({ missing }) => missing.length === 0).length;
  const ticks = outcomes.map(({ title, missing }) => taskText(title, missing)).join("");
  request.stdout.write(`${peakTable(lab)}\n${ticks}${done} of ${labTasks.length} tasks done\n`);
  if (input.problems.length > 0) return 2;
  return done === labTasks.length ? 0 : 1;
}

function peakTable(lab: Lab): string {
  const rows = peakNeeds(lab).map(({ view, pool, pods, need }) => {
    const limits = pool === undefined ? {} : poolLimits(pool);
    return [titleOf(view), view.className ?? "-", pool?.metadata.name ?? "-", String(pods), amounts(need), amounts(limits)];
  });
  return textTable([["WORKLOAD", "CLASS", "NODEPOOL", "PEAK PODS", "PEAK NEED", "LIMITS"], ...rows]);
}

/** "60 CPU / 120Gi". */
function amounts(resources: Readonly<Record<string, number>>): string {
  const { cpu, memory } = resources;
  if (cpu === undefined && memory === undefined) return "-";
  return `${formatAmount("cpu", cpu ?? 0)} CPU / ${formatAmount("memory", memory ?? 0)}`;
}

function taskText(title: string, missing: readonly string[]): string {
  return `[${missing.length === 0 ? "x" : " "}] ${title}\n${missing.map((text) => `      ${text}\n`).join("")}`;
}

function signalsOf(object: KubeObject & { readonly data?: unknown }): readonly string[] {
  if (object.kind !== "ConfigMap" || object.metadata.name !== requirementsName) return [];
  return typeof object.data === "object" && object.data !== null ? Object.keys(object.data) : [];
}
