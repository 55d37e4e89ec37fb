/**
 * The options that say whether this process provisions, and beside whom it does not.
 *
 * Reads the words of the command line. Returns the options with their values; a Lease that can't be read is named, with its form.
 */
import { InvalidArgumentError, Option } from "commander";
import type { ObjectKey } from "../api/object.ts";
import { karpenterLeases } from "../cluster/foreign-lease.ts";

/** own: buy and end nodes. observe: plan and price, write nothing. off: nothing, though questions about capacity are answered. */
export const provisioningModes = ["own", "observe", "off"] as const;

export type ProvisioningMode = (typeof provisioningModes)[number];

/** Leases that are looked at before every start; each may cost its duration. */
const leasesMax = 10;
const leasePattern = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/;

/** Returns the option of what the provisioner may do. */
export function modeOption(): Option {
  const meaning = "provision nodes, only observe (plan and price, launch nothing, also beside Karpenter), or do nothing";
  return new Option("--mode <mode>", meaning).choices(provisioningModes).default(provisioningModes[0]);
}

/** Returns the option of the Leases that a live Karpenter holds. */
export function karpenterLeaseOption(): Option {
  const meaning = "Leases of Karpenter's: while one of them is live, nothing is provisioned; the ClusterRole must let us get them";
  return new Option("--karpenter-lease <namespace/name,...>", meaning)
    .argParser(leaseKeys)
    .default(karpenterLeases, karpenterLeases.map(({ namespace, name }) => `${namespace}/${name}`).join(","));
}

function leaseKeys(text: string): readonly ObjectKey[] {
  const parts = text.split(",");
  if (parts.length > leasesMax) throw new InvalidArgumentError(`at most ${leasesMax} Leases.`);
  return parts.map((part) => {
    const [, namespace, , name] = leasePattern.exec(part) ?? [];
    if (namespace === undefined || name === undefined) {
      throw new InvalidArgumentError(`"${part}" is not namespace/name, such as kube-system/karpenter-leader-election.`);
    }
    return { namespace, name };
  });
}
