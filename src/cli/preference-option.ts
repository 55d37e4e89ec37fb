/**
 * The option of what Pods prefer: one definition for the commands that plan and for the process that provisions.
 *
 * Reads the name of the flag; `serve` has Karpenter's. Returns the option with its values, the default first.
 */
import { Option } from "commander";
import { preferencePolicies } from "../provisioner/scheduling/preference.ts";

/** Returns the option under a flag. */
export function preferenceOption(flag: "--preferences" | "--preference-policy"): Option {
  return new Option(`${flag} <policy>`, "what Pods prefer: choose by it where it costs nothing, ignore it, or respect it as Karpenter does")
    .choices(preferencePolicies)
    .default(preferencePolicies[0]);
}
