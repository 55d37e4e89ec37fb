/**
 * PlanSettings: what an operator says about how plans are made, as plain data.
 *
 * The same settings go to the process that provisions, to its advice, and to the commands that plan, so that all of them plan alike.
 */
import type { PreferencePolicy } from "./scheduling/preference.ts";

export interface PlanSettings {
  /** What preferences are worth; absent: the solver's default. */
  readonly preferencePolicy?: PreferencePolicy | undefined;
  /** Whether DaemonSets whose Pods ask for devices of dynamic resource allocation take room on nodes; absent: they do not, as for Karpenter. */
  readonly countDraDaemonSets?: boolean | undefined;
}

/** Returns the settings alone of something that holds more. */
export function planSettingsOf({ preferencePolicy, countDraDaemonSets }: PlanSettings): PlanSettings {
  return { preferencePolicy, countDraDaemonSets };
}
