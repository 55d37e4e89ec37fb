/**
 * Fields of a WorkloadProfile that are accepted but not compiled by this version.
 *
 * Reads the spec. Returns the paths that are set and would do something if they were compiled; status and one Warning
 * name them, so that nobody trusts a field that does nothing. A field that is only a check, or that compiles to nothing
 * as set (maxBurstPods while scaling.manage is none), is not among them.
 */
import type { WorkloadProfileSpec } from "../../api/workload-profile.ts";

type Check = readonly [path: string, isSet: (spec: WorkloadProfileSpec) => boolean];

const checks: readonly Check[] = [
  ["compute.containers.*.gpu", ({ compute }) => Object.values(compute?.containers ?? {}).some((container) => container.gpu !== undefined)],
  ["compute.gpu", ({ compute }) => compute?.gpu !== undefined],
  ["cost.spotFloorOnDemand", ({ cost }) => isAmount(cost?.spotFloorOnDemand)],
  ["disruption.protect", ({ disruption }) => disruption?.protect !== undefined && disruption.protect !== "none"],
  ["disruption.window", ({ disruption }) => (disruption?.window ?? []).length > 0],
  ["overrides", ({ overrides }) => (overrides ?? []).length > 0],
  ["podPatch", ({ podPatch }) => isFilled(podPatch)],
  ["rollout", ({ rollout }) => rollout === "onChange"],
  ["scaling.headroomPods", ({ scaling }) => isAmount(scaling?.headroomPods)],
  ["scaling.manage", ({ scaling }) => scaling?.manage === "hpa"],
  ["security.dataClassification", ({ security }) => security?.dataClassification !== undefined],
];

/** Returns the paths of spec that are set but not compiled, sorted. */
export function notYetCompiled(spec: WorkloadProfileSpec): readonly string[] {
  return checks.filter(([, isSet]) => isSet(spec)).map(([path]) => path);
}

/** Zero of anything compiles to nothing. */
function isAmount(value: number | string | undefined): boolean {
  return value !== undefined && value !== 0 && value !== "0" && value !== "0%";
}

function isFilled(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
