/**
 * PlanSettings: what an operator says about how plans are made, as plain data.
 *
 * The same settings go to the process that provisions, to its advice, and to the commands that plan, so that all of them plan alike.
 */
import type { DefaultSpreads } from "../kube/scheduler-config.ts";
import type { MinValuesPolicy } from "./scheduling/min-values.ts";
import type { PreferencePolicy } from "./scheduling/preference.ts";
import type { SolveInput } from "./scheduling/solve.ts";

export interface PlanSettings {
  /** What preferences are worth; absent: the solver's default. */
  readonly preferencePolicy?: PreferencePolicy | undefined;
  /** How much dearer a plan may be that meets preferences, as a share of its price; absent: not at all. */
  readonly preferenceWorth?: number | undefined;
  /** What gives way where a NodePool's minValues can't be met; absent: nothing. */
  readonly minValuesPolicy?: MinValuesPolicy | undefined;
  /** The spread that kube-scheduler gives Pods which state none; absent: none. */
  readonly schedulerConfig?: DefaultSpreads | undefined;
  /** Whether DaemonSets whose Pods ask for devices of dynamic resource allocation take room on nodes; absent: they do not, as for Karpenter. */
  readonly countDraDaemonSets?: boolean | undefined;
}

/** Returns the settings alone of something that holds more. */
export function planSettingsOf({
  preferencePolicy,
  preferenceWorth,
  minValuesPolicy,
  schedulerConfig,
  countDraDaemonSets,
}: PlanSettings): PlanSettings {
  return { preferencePolicy, preferenceWorth, minValuesPolicy, schedulerConfig, countDraDaemonSets };
}

/** Returns what of the settings the solver itself is asked with. */
export function solverSettings({
  preferencePolicy,
  preferenceWorth,
  minValuesPolicy,
}: PlanSettings): Pick<SolveInput, "preferencePolicy" | "preferenceWorth" | "minValuesPolicy"> {
  return {
    ...(preferencePolicy === undefined ? {} : { preferencePolicy }),
    ...(preferenceWorth === undefined ? {} : { preferenceWorth }),
    ...(minValuesPolicy === undefined ? {} : { minValuesPolicy }),
  };
}
