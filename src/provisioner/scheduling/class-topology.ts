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
  /** Affinity of others that counts these Pods, and may begin where none of them is. */
  readonly startedBy: readonly AffinityGroup[];
  /** ScheduleAnyway. */
  readonly wishes: readonly SpreadGroup[];
  /** Preferred Pod (anti-)affinity. */
  readonly preferred: readonly PreferredGroup[];
}

export interface PreferredGroup {
  readonly group: AffinityGroup;
  readonly weight: number;
}

export interface ClassTopology {
  /** Labels, other than the hostname, that a node must have decided before a Pod of the class is placed. */
  readonly keys: readonly string[];
  readonly byKey: ReadonlyMap<string, KeyGroups>;
  readonly host: KeyGroups;
  /** True where the host matters at all. */
  readonly usesHost: boolean;
  /** True where one host is wished for more than another. */
  readonly wishesHost: boolean;
  /** The keys of which one value is wished for more than another. */
  readonly wishedKeys: readonly string[];
  /** True where only resources and requirements decide, so that a node which once refused always will. */
  readonly isFree: boolean;
  /** Groups that let only so many of their Pods share a host, this class among them. */
  readonly apartIn: readonly { readonly group: TopologyGroup; readonly perHostMax: number }[];
  readonly owned: readonly TopologyGroup[];
  readonly counting: readonly TopologyGroup[];
  /** Affinity that may begin anywhere and counts these Pods, which may have to wait for others themselves. */
  readonly leansIn: readonly AffinityGroup[];
  /** True where the class may be the first of its own affinity. */
  readonly mayStart: boolean;
}

interface ClassGroups {
  /** The class's own. */
  readonly owned: readonly TopologyGroup[];
  /** Those that count its Pods. */
  readonly counting: readonly TopologyGroup[];
  /** Its preferred Pod (anti-)affinity. */
  readonly preferred: readonly PreferredGroup[];
}

/** Sorts a class's groups. Where its preferences hold as rules, they are among its own, and wishes for spread are rules too. */
export function classTopology(groups: ClassGroups & { readonly isHard: boolean }): ClassTopology {
  const { counting, isHard } = groups;
  const owned = isHard ? [...groups.owned, ...groups.preferred.map(({ group }) => group)] : groups.owned;
  const sorted = { owned, counting, preferred: isHard ? [] : groups.preferred, isHard };
  const concerned = [...owned, ...counting.filter(isBinding), ...sorted.preferred.map(({ group }) => group)];
  // Others' spread that counts some nodes only: whether it counts these Pods may not be left to the launch.
  const decisive = counting.flatMap((group) => (isOthersSpread(group, owned) && group.key !== hostnameLabel ? group.launchKeys : []));
  const keys = [...new Set([...concerned.map((group) => group.key), ...decisive])].filter((key) => key !== hostnameLabel).sort();
  const byKey = new Map(keys.map((key) => [key, keyGroups({ key, ...sorted })]));
  const host = keyGroups({ key: hostnameLabel, ...sorted });
  const usesHost = concerns(host);
  return {
    keys,
    byKey,
    host,
    usesHost,
    wishesHost: hasWishes(host),
    wishedKeys: keys.filter((key) => hasWishes(byKey.get(key))),
    isFree: keys.length === 0 && !usesHost,
    apartIn: apartIn(host, counting),
    owned,
    counting,
    leansIn: owned.some(({ kind }) => kind === "affinity") ? counting.filter(isStartedBy) : [],
    mayStart: mayStart({ owned, counting }),
  };
}

/** What a kind of Pods has itself, and what counts it. */
export interface ConcernedBy {
  readonly owned: readonly TopologyGroup[];
  readonly counting: readonly TopologyGroup[];
}

/** Says whether Pods may be the first of all affinity that they have. */
export function mayStart({ owned, counting }: ConcernedBy): boolean {
  const affinities = owned.filter((group) => group.kind === "affinity");
  return affinities.length > 0 && affinities.every((group) => counting.includes(group));
}

function concerns({ spread, affinity, antiAffinity, refusedBy, countedBy, wishes, preferred }: KeyGroups): boolean {
  const lists = spread.length + affinity.length + antiAffinity.length + refusedBy.length;
  return lists + countedBy.length + wishes.length + preferred.length > 0;
}

/** Says whether a group speaks for others than the Pods that have it. */
function isBinding(group: TopologyGroup): boolean {
  return group.kind === "spread" ? group.required : group.isPreferred !== true;
}

function isStartedBy(group: TopologyGroup): group is AffinityGroup {
  return group.kind === "affinity" && group.isStartable === true;
}

function isOthersSpread(group: TopologyGroup, owned: readonly TopologyGroup[]): group is SpreadGroup {
  return group.kind === "spread" && group.required && !owned.includes(group);
}

function hasWishes(groups: KeyGroups | undefined): boolean {
  return groups !== undefined && groups.wishes.length + groups.preferred.length > 0;
}

const noGroups: KeyGroups = {
  spread: [],
  affinity: [],
  antiAffinity: [],
  refusedBy: [],
  countedBy: [],
  startedBy: [],
  wishes: [],
  preferred: [],
};

function keyGroups(input: ClassGroups & { readonly key: string; readonly isHard: boolean }): KeyGroups {
  const isRule = (group: SpreadGroup): boolean => group.required || input.isHard;
  const owned = input.owned.filter((group) => group.key === input.key);
  const counting = input.counting.filter((group) => group.key === input.key);
  if (owned.length + counting.length + input.preferred.length === 0) return noGroups;
  const spreads = owned.filter((group): group is SpreadGroup => group.kind === "spread");
  return {
    spread: spreads.filter(isRule).map((group) => ({ group, self: counting.includes(group) ? 1 : 0 })),
    affinity: owned.filter((group): group is AffinityGroup => group.kind === "affinity"),
    antiAffinity: owned.filter((group): group is AffinityGroup => group.kind === "anti-affinity"),
    refusedBy: counting.filter((group): group is AffinityGroup => group.kind === "anti-affinity" && group.isPreferred !== true),
    countedBy: counting.filter((group): group is SpreadGroup => isOthersSpread(group, owned)),
    startedBy: counting.filter((group): group is AffinityGroup => isStartedBy(group) && !owned.includes(group)),
    wishes: spreads.filter((group) => !isRule(group)),
    preferred: input.preferred.filter(({ group }) => group.key === input.key),
  };
}

function apartIn(host: KeyGroups, counting: readonly TopologyGroup[]): ClassTopology["apartIn"] {
  return [
    ...host.antiAffinity.filter((group) => counting.includes(group)).map((group) => ({ group, perHostMax: 1 })),
    ...host.spread.filter(({ self }) => self === 1).map(({ group }) => ({ group, perHostMax: group.maxSkew })),
  ];
}
