/**
 * Shortage: what a launch lacked, by EC2's error code.
 *
 * A want of capacity passes by itself and may not be felt in the next zone; a quota is the account's and the same in every zone; addresses
 * are the subnet's. Each asks for something else, so they are not remembered as one.
 */
export type Shortage = "capacity" | "vcpu-quota" | "addresses" | "fleets";

const shortages: Readonly<Record<string, Shortage>> = {
  VcpuLimitExceeded: "vcpu-quota",
  MaxSpotInstanceCountExceeded: "vcpu-quota",
  InsufficientFreeAddressesInSubnet: "addresses",
  MaxFleetCountExceeded: "fleets",
};

/** Returns what a code of unfulfillable capacity says is lacking; of a code that is not listed it is capacity. */
export function shortageOf(code: string): Shortage {
  return shortages[code] ?? "capacity";
}
