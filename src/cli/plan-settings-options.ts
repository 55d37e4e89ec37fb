/**
 * The options of how plans are made: one definition for the commands that plan and for the process that provisions.
 *
 * Reads a command, and the name of the flag for preferences; `serve` has Karpenter's. Returns the command with the options, each with its
 * values, the default first.
 */
import { Option, type Command } from "commander";
import { minValuesPolicies } from "../provisioner/scheduling/min-values.ts";
import { preferencePolicies } from "../provisioner/scheduling/preference.ts";

type PreferenceFlag = "--preferences" | "--preference-policy";

/** Adds the options to a command. */
export function planSettingsOptions(command: Command, flag: PreferenceFlag): Command {
  return command
    .addOption(preferenceOption(flag))
    .addOption(minValuesOption())
    .option("--count-dra-daemon-sets", "keep room for DaemonSets whose Pods have resourceClaims (default: none, as Karpenter does)");
}

function minValuesOption(): Option {
  const meaning = "where a NodePool's minValues can't be met: make no node, or one that asks for as many values as there are";
  return new Option("--min-values-policy <policy>", meaning).choices(minValuesPolicies).default(minValuesPolicies[0]);
}

/** Returns the option of what Pods prefer, under a flag. */
export function preferenceOption(flag: PreferenceFlag): Option {
  return new Option(`${flag} <policy>`, "what Pods prefer: choose by it where it costs nothing, ignore it, or respect it as Karpenter does")
    .choices(preferencePolicies)
    .default(preferencePolicies[0]);
}
