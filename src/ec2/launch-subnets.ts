/**
 * Launch subnets: in which subnet of each zone a node goes, so that its Pods get addresses too.
 *
 * Reads the subnets with the addresses that EC2 last told, and how many a node needs: its own and one for each Pod it was planned for.
 * Returns one subnet a zone. What launches of the last minute took is counted here until EC2's own numbers show it. Karpenter asks for
 * one address a node, so that nodes are bought whose Pods never start.
 */
import type { NodeClaim } from "../api/node-claim.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { toResources } from "../kube/resources.ts";

export interface SubnetChoice {
  readonly id: string;
  readonly zone: string;
  /** Absent where EC2 did not tell: then it is not what decides. */
  readonly freeAddresses?: number;
}

/** Subnets for one launch; what is taken is given back by `settle`, but for what the instances use. */
export interface TakenSubnets {
  /** By zone. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Zones whose every subnet is too full, with the most that one of them has. */
  readonly full: readonly { readonly zone: string; readonly freeAddresses: number }[];
  /** To be called once, with the subnet that a node went to, or none. */
  settle(used: string | undefined): void;
}

export interface SubnetLedger {
  take(choices: readonly SubnetChoice[], addresses: number): TakenSubnets;
  /** EC2 says that a subnet has no address left: it comes last for a while. */
  exhaust(subnetID: string): void;
}

interface Hold {
  readonly addresses: number;
  readonly until: Instant;
}

/** EC2's numbers are asked for each minute, and count a node's addresses once it has booted. */
const heldMs = 120_000;
const exhaustedMs = 120_000;
/** Addresses of one prefix. */
const prefixAddresses = 16;
/** A node of a claim that does not say how many Pods it was planned for. */
const unknownPods = 1;

/** Returns how many IPv4 addresses a claim's node needs: its own, and its Pods' singly or in prefixes, but for Pods that have IPv6. */
export function addressesOf(
  { spec }: NodeClaim,
  { prefixes, isIPv6 }: { readonly prefixes: number | undefined; readonly isIPv6: boolean },
): number {
  if (isIPv6) return 1;
  const pods = toResources(spec.resources?.requests)["pods"] ?? unknownPods;
  return 1 + (prefixes === undefined ? pods : Math.max(prefixes * prefixAddresses, Math.ceil(pods / prefixAddresses) * prefixAddresses));
}

/** Opens a ledger of what launches have taken. */
export function subnetLedger(clock: Pick<Clock, "now">): SubnetLedger {
  const holds = new Map<string, Hold[]>();
  const exhausted = new Map<string, Instant>();
  const lastChoice = new Map<string, string>();
  const leftOf = ({ id, freeAddresses = Infinity }: SubnetChoice, now: Instant): number => {
    if ((exhausted.get(id) ?? 0) > now) return 0;
    const standing = (holds.get(id) ?? []).filter(({ until }) => until > now);
    holds.set(id, standing);
    return freeAddresses - standing.reduce((sum, { addresses }) => sum + addresses, 0);
  };
  return {
    take: (choices, addresses) => {
      const now = clock.now();
      const subnets: Record<string, string> = {};
      const full: { zone: string; freeAddresses: number }[] = [];
      for (const zone of new Set(choices.map((choice) => choice.zone))) {
        const ranked = choices
          .filter((choice) => choice.zone === zone)
          .map(({ id, ...choice }) => ({ id, left: leftOf({ id, ...choice }, now) }))
          .sort((a, b) => (a.left === b.left ? (a.id < b.id ? -1 : 1) : b.left - a.left));
        const [most] = ranked;
        if (most === undefined) continue;
        if (most.left < addresses) full.push({ zone, freeAddresses: Math.max(0, most.left) });
        // Staying with a subnet while it has plenty lets launches that are alike be one request.
        const stays = ranked.find(({ id, left }) => id === lastChoice.get(zone) && left >= addresses && left >= most.left / 2);
        const { id } = stays ?? most;
        if (most.left >= addresses) subnets[zone] = id;
        lastChoice.set(zone, id);
      }
      const hold: Hold = { addresses, until: now + heldMs };
      for (const id of Object.values(subnets)) holds.set(id, [...(holds.get(id) ?? []), hold]);
      const settle = (used: string | undefined): void => {
        for (const id of Object.values(subnets)) {
          if (id !== used)
            holds.set(
              id,
              (holds.get(id) ?? []).filter((one) => one !== hold),
            );
        }
      };
      return { subnets, full, settle };
    },
    exhaust: (subnetID) => {
      exhausted.set(subnetID, clock.now() + exhaustedMs);
    },
  };
}
