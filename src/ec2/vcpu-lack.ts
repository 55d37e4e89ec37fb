/**
 * VcpuLack: whether the account's quota keeps an instance from being launched.
 *
 * Reads a place, the quota that counts it, what is in use of it and what EC2 has refused. Returns a sentence with the numbers, or nothing
 * where nothing is known against it.
 */
import type { Instant } from "../api/ports.ts";
import { knownInstanceFacts } from "../catalog/known-instances.ts";
import type { CountedPlace, VcpuQuota } from "../catalog/vcpu-quota.ts";
import { remembered } from "../kube/remembered.ts";

/** Why a place can't be had, whatever capacity EC2 has. */
export interface Lack {
  readonly kind: "vcpu-quota" | "addresses";
  /** What is lacking, how much there is, what helps. */
  readonly message: string;
}

/** What EC2 has refused for a quota. */
export interface Refusal {
  readonly until: Instant;
  /** From this many vCPUs on, an instance is refused. */
  readonly vcpus: number;
  readonly usedThen: number;
  readonly quotaThen: number;
}

interface Known {
  /** Absent where no quota is known that counts the place. */
  readonly quota: VcpuQuota | undefined;
  /** vCPUs by the quota's code; absent while nobody has counted. */
  readonly used: ReadonlyMap<string, number> | undefined;
  readonly refusals: ReadonlyMap<string, Refusal>;
}

/** Returns what the quota lacks for one more instance. */
export function vcpuLack(place: CountedPlace, { quota, used, refusals }: Known): Lack | undefined {
  const vcpus = vcpusOf(place.instanceType);
  if (vcpus === undefined) return undefined;
  const refusal = refusals.get(refusalKey(quota, place));
  const isRefused = refusal !== undefined && vcpus >= refusal.vcpus;
  const inUse = quota === undefined || used === undefined ? undefined : (used.get(quota.code) ?? 0);
  // More in use than the quota allows: what was counted is not what EC2 counts, and EC2 itself may be asked.
  const isOver = quota !== undefined && inUse !== undefined && inUse <= quota.vcpus && vcpus > quota.vcpus - inUse;
  if (!isRefused && !isOver) return undefined;
  const needs = `${place.instanceType} needs ${vcpus}; ask for more in Service Quotas`;
  if (quota === undefined)
    return { kind: "vcpu-quota", message: `EC2 refuses more vCPUs ${place.capacityType} of this family for the account's quota: ${needs}` };
  const counted = inUse === undefined ? `${quota.vcpus} vCPUs` : `${quota.vcpus} vCPUs, of which ${inUse} are in use`;
  return { kind: "vcpu-quota", message: `the quota "${quota.name}" (${quota.code}) is ${counted}: ${needs}` };
}

/** Returns what refusals are kept under: the quota, or the family where none is known. */
export function refusalKey(quota: VcpuQuota | undefined, { instanceType, capacityType }: CountedPlace): string {
  return quota?.code ?? `${capacityType} ${instanceType.split(".")[0] ?? ""}`;
}

/** Returns the vCPUs of a type, as quotas count them; undefined of a type that is not known here. */
export function vcpusOf(instanceType: string): number | undefined {
  return vcpusByType(knownInstanceFacts()).get(instanceType);
}

/** Returns the vCPUs of the largest known type. */
export function largestVcpus(): number {
  return largestOf(knownInstanceFacts());
}

const largestOf = remembered((facts: ReturnType<typeof knownInstanceFacts>) => facts.reduce((most, { vcpus }) => Math.max(most, vcpus), 0));

const vcpusByType = remembered(
  (facts: ReturnType<typeof knownInstanceFacts>): ReadonlyMap<string, number> => new Map(facts.map(({ name, vcpus }) => [name, vcpus])),
);
