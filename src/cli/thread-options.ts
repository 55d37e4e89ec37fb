/**
 * The options of `plimsoll serve` that a provisioner is made from, as plain data for another thread.
 */
import type { ServeOptions } from "./surroundings.ts";

const optionNames = [
  ...([
    "kubeconfig",
    "namespace",
    "domain",
    "logLevel",
    "provider",
    "mode",
    "karpenterLease",
    "kwokJoinDelay",
    "kwokInstanceTypes",
    "rateCard",
    "preferencePolicy",
    "preferenceWorth",
    "minValuesPolicy",
    "schedulerConfig",
    "countDraDaemonSets",
    "predictByDryRun",
  ] as const),
  ...(["clusterName", "clusterEndpoint", "clusterCa", "serviceCidr", "ec2Endpoint", "region", "isolatedVpc", "recordCalls"] as const),
  ...(["interruptionQueue", "disableDryRun"] as const),
] as const satisfies readonly (keyof ServeOptions)[];

export type ThreadOptions = Pick<ServeOptions, (typeof optionNames)[number]>;

/** Picks them by name: what the command is called with also holds streams and functions, which no message can. */
export function threadOptions(options: ThreadOptions): ThreadOptions {
  const picked: [string, unknown][] = optionNames.map((name) => [name, options[name]]);
  return Object.fromEntries(picked) as ThreadOptions;
}
