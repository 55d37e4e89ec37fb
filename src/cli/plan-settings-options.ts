/**
 * The options of how plans are made: one definition for the commands that plan and for the process that provisions.
 *
 * Reads a command, and the name of the flag for preferences; `serve` has Karpenter's. Returns the command with the options, each with its
 * values, the default first.
 */
import { readFileSync, statSync } from "node:fs";
import { InvalidArgumentError, Option, type Command } from "commander";
import { parse } from "yaml";
import { parseSchedulerConfig, type DefaultSpreads } from "../kube/scheduler-config.ts";
import { minValuesPolicies } from "../provisioner/scheduling/min-values.ts";
import { preferencePolicies } from "../provisioner/scheduling/preference.ts";

type PreferenceFlag = "--preferences" | "--preference-policy";

/** Adds the options to a command. */
export function planSettingsOptions(command: Command, flag: PreferenceFlag): Command {
  return command
    .addOption(preferenceOption(flag))
    .addOption(worthOption())
    .addOption(minValuesOption())
    .addOption(schedulerConfigOption())
    .option("--count-dra-daemon-sets", "keep room for DaemonSets whose Pods have resourceClaims (default: none, as Karpenter does)");
}

/** A KubeSchedulerConfiguration has a few hundred lines. */
const configBytesMax = 1_000_000;

function schedulerConfigOption(): Option {
  const meaning = "kube-scheduler's configuration: plan with its default spread constraints (default: Pods have their own alone)";
  return new Option("--scheduler-config <file>", meaning).argParser(readSchedulerConfig);
}

/** Reads a file that kube-scheduler is started with, or the document that Karpenter is. */
export function readSchedulerConfig(path: string): DefaultSpreads {
  let document: unknown;
  try {
    if (statSync(path).size > configBytesMax) throw new Error("it is larger than 1 MB");
    document = parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new InvalidArgumentError(`${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const found = parseSchedulerConfig(document);
  if (!found.ok) throw new InvalidArgumentError(found.error.map((problem) => `${path}: ${problem}.`).join(" "));
  return found.value;
}

function worthOption(): Option {
  const meaning = "how much dearer a plan may be that meets what Pods prefer, such as their spread over zones (default: 0%)";
  return new Option("--preference-worth <percent>", meaning).argParser(readWorth);
}

/** Reads a share of the price of a plan. */
export function readWorth(text: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%?$/.exec(text.trim()) ?? [];
  if (percent === undefined || Number(percent) > 100) throw new InvalidArgumentError("Write a percentage from 0 to 100, such as 5%.");
  return Number(percent) / 100;
}

function minValuesOption(): Option {
  const meaning = "where a NodePool's minValues can't be met: make no node, or one that asks for as many values as there are";
  return new Option("--min-values-policy <policy>", meaning).choices(minValuesPolicies).default(minValuesPolicies[0]);
}

/** Returns the option for the worth of preferences, under a flag. */
export function preferenceOption(flag: PreferenceFlag): Option {
  return new Option(`${flag} <policy>`, "what Pods prefer: choose by it where it costs nothing, ignore it, or respect it as Karpenter does")
    .choices(preferencePolicies)
    .default(preferencePolicies[0]);
}
