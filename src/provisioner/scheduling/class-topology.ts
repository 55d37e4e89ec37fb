/**
 * ClassTopology: which constraints concern the Pods of one class, sorted by the label that they are about.
 *
 * Reads the groups that a class is under and those that count it. Returns them by label and by what they do to a Pod: refuse
 * it, count it, or merely wish. Classes with the same constraints share one.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { AffinityGroup, SpreadGroup, TopologyGroup } from "./topology-group.ts";

/** The groups of one label that concern a class. */
export interface KeyGroups {
  /** Required spread that the Pods themselves have, and 1 where it also counts them. */
  readonly spread: readonly { readonly group: SpreadGroup; readonly self: 0 | 1 }[];
  readonly affinity: readonly AffinityGroup[];
  readonly antiAffinity: readonly AffinityGroup[];
  /** Anti-affinity that others hold against these Pods. */
  readonly refusedBy: readonly AffinityGroup[];
  /** Required spread of others that counts these Pods. */
  readonly countedBy: readonly SpreadGroup[];
  /** ScheduleAnyway. */
  readonly wishes: readonly SpreadGroup[];
}

export interface ClassTopology {
  /** Labels, other than the hostname, that a node must have decided before a Pod of the class is placed. */
  readonly keys: readonly string[];
  readonly byKey: ReadonlyMap<string, KeyGroups>;
  readonly host: KeyGroups;
  /** True where the host matters at all. */
  readonly usesHost: boolean;
  /** True where only resources and requirements decide, so that a node which once refused always will. */
  readonly isFree: boolean;
  /** Groups that let only so many of their Pods share a host, this class among them. */
  readonly apartIn: readonly { readonly group: TopologyGroup; readonly perHostMax: number }[];
  readonly owned: readonly TopologyGroup[];
  readonly counting: readonly TopologyGroup[];
  /** True where the class may be the first of its own affinity. */
  readonly mayStart: boolean;
}

/** Sorts a class's groups; `owned` are its own, `counting` those that count its Pods. */
export function classTopology({
  owned,
  counting,
}: {
  readonly owned: readonly TopologyGroup[];
  readonly counting: readonly TopologyGroup[];
}): ClassTopology {
  const concerned = [...owned, ...counting.filter((group) => group.kind !== "spread" || group.required)];
  const keys = [...new Set(concerned.map((group) => group.key))].filter((key) => key !== hostnameLabel).sort();
  const byKey = new Map(keys.map((key) => [key, keyGroups({ key, owned, counting })]));
  const host = keyGroups({ key: hostnameLabel, owned, counting });
  const affinities = owned.filter((group) => group.kind === "affinity");
  const usesHost = Object.values(host).some((groups: readonly unknown[]) => groups.length > 0);
  return {
    keys,
    byKey,
    host,
    usesHost,
    isFree: keys.length === 0 && !usesHost,
    apartIn: apartIn(host, counting),
    owned,
    counting,
    mayStart: affinities.length > 0 && affinities.every((group) => counting.includes(group)),
  };
}

function keyGroups(input: {
  readonly key: string;
  readonly owned: readonly TopologyGroup[];
  readonly counting: readonly TopologyGroup[];
}): KeyGroups {
  const owned = input.owned.filter((group) => group.key === input.key);
  const counting = input.counting.filter((group) => group.key === input.key);
  const spreads = owned.filter((group): group is SpreadGroup => group.kind === "spread");
  return {
    spread: spreads.filter((group) => group.required).map((group) => ({ group, self: counting.includes(group) ? 1 : 0 })),
    affinity: owned.filter((group): group is AffinityGroup => group.kind === "affinity"),
    antiAffinity: owned.filter((group): group is AffinityGroup => group.kind === "anti-affinity"),
    refusedBy: counting.filter((group): group is AffinityGroup => group.kind === "anti-affinity"),
    countedBy: counting.filter((group): group is SpreadGroup => group.kind === "spread" && group.required && !owned.includes(group)),
    wishes: spreads.filter((group) => !group.required),
  };
}

function apartIn(host: KeyGroups, counting: readonly TopologyGroup[]): ClassTopology["apartIn"] {
  return [
    ...host.antiAffinity.filter((group) => counting.includes(group)).map((group) => ({ group, perHostMax: 1 })),
    ...host.spread.filter(({ self }) => self === 1).map(({ group }) => ({ group, perHostMax: group.maxSkew })),
  ];
}
