/**
 * VcpuQuota: how many vCPUs an account may run of some families at once, as Service Quotas tells it.
 *
 * Reads a quota's code, name and value. Returns which families it is about, by its name ("Running On-Demand Standard (A, C, ...)
 * instances", "All P5 Spot Instance Requests"): AWS adds and divides such quotas, and the names say what the codes don't. A quota of
 * another name is none of these; of a type that no quota names no limit is known.
 */
import type { Place } from "../api/instance-type.ts";

export interface VcpuQuota {
  readonly code: string;
  readonly name: string;
  readonly capacityType: "on-demand" | "spot";
  /** In small letters, each with or without a generation: "c", "inf", "p5". */
  readonly families: readonly string[];
  readonly vcpus: number;
}

/** What a quota counts: an instance type, and how it is bought. */
export interface CountedPlace extends Pick<Place, "capacityType"> {
  readonly instanceType: string;
}

const namePatterns = [
  { capacityType: "on-demand", pattern: /^Running On-Demand (.+) instances$/i },
  { capacityType: "spot", pattern: /^All (.+) Spot Instance Requests$/i },
] as const;
/** The words of quotas that are no family's letters. */
const familiesInWords: Readonly<Record<string, string>> = { "high memory": "u" };
/** Families of several letters that count for themselves; of all others the first letter counts ("im4gn" is of the I family). */
const ownLetters: ReadonlySet<string> = new Set(["inf", "trn", "dl", "hpc", "vt", "mac", "u"]);
/** Letters, then the generation: "c7i-flex" is c and 7, "u-6tb1" is u and nothing. */
const familyPattern = /^([a-z]+)-?(\d+)?/;

/** Returns the quota as one of vCPUs; undefined where it counts something else. */
export function decodeVcpuQuota(of: { readonly code: string; readonly name: string; readonly value: number }): VcpuQuota | undefined {
  for (const { capacityType, pattern } of namePatterns) {
    const [, words] = pattern.exec(of.name.trim()) ?? [];
    if (words === undefined) continue;
    // Dedicated hosts have names of their own and count in hosts.
    const families = familiesOf(words);
    return families.length === 0 ? undefined : { code: of.code, name: of.name, capacityType, families, vcpus: of.value };
  }
  return undefined;
}

/** "Standard (A, C, D)" are a, c and d; "G and VT" are g and vt; "P4, P3 and P2" are p4, p3 and p2. */
function familiesOf(words: string): readonly string[] {
  const inWords = familiesInWords[words.toLowerCase()];
  if (inWords !== undefined) return [inWords];
  const listed = /^Standard \((.+)\)$/i.exec(words)?.[1] ?? words;
  const names = listed.split(/,\s*|\s+and\s+/).map((name) => name.trim().toLowerCase());
  return names.every((name) => /^[a-z]{1,4}\d{0,2}$/.test(name)) ? names : [];
}

/** Returns a function that tells the quota of a place; families are looked up once each. */
export function quotasByPlace(quotas: readonly VcpuQuota[]): (place: CountedPlace) => VcpuQuota | undefined {
  const known = new Map<string, VcpuQuota | undefined>();
  return ({ instanceType, capacityType }) => {
    if (capacityType === "reserved") return undefined;
    const [family = ""] = instanceType.split(".");
    const key = `${capacityType} ${family}`;
    if (!known.has(key)) known.set(key, quotaOf(quotas, { family, capacityType }));
    return known.get(key);
  };
}

/** A quota of one generation counts before that of the family. */
function quotaOf(
  quotas: readonly VcpuQuota[],
  { family, capacityType }: { readonly family: string; readonly capacityType: VcpuQuota["capacityType"] },
): VcpuQuota | undefined {
  const [, letters = "", generation = ""] = familyPattern.exec(family) ?? [];
  const own = ownLetters.has(letters) ? letters : letters.slice(0, 1);
  for (const name of [`${letters}${generation}`, letters, own]) {
    const quota = quotas.find((one) => one.capacityType === capacityType && one.families.includes(name));
    if (quota !== undefined) return quota;
  }
  return undefined;
}
