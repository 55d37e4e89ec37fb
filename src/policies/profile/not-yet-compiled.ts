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
  // Room kept free is the provisioner's to buy: virtual Pods in its demand.
  ["scaling.headroomPods", ({ scaling }) => isAmount(scaling?.headroomPods)],
];

/** Returns the paths of spec that are set but not compiled, sorted. */
export function notYetCompiled(spec: WorkloadProfileSpec): readonly string[] {
  return checks.filter(([, isSet]) => isSet(spec)).map(([path]) => path);
}

/** Zero of anything compiles to nothing. */
function isAmount(value: number | string | undefined): boolean {
  return value !== undefined && value !== 0 && value !== "0" && value !== "0%";
}
