/**
 * A checkpoint of the topology's counts, so that several attempts start from the same ones.
 *
 * Reads a topology before the first attempt. Returns a way back to that moment.
 */
import type { Topology } from "./topology.ts";

export interface TopologyCheckpoint {
  readonly restore: () => void;
}

/** Remembers all counts as they are now. */
export function topologyCheckpoint({ groups }: Topology): TopologyCheckpoint {
  const saved = groups.map((group) => ({
    group,
    ...(group.kind === "spread" ? { hosts: group.hosts } : {}),
    counts: new Map(group.counts),
    owners: new Map(group.owners),
    leaning: new Map(group.leaning),
  }));
  return {
    restore: () => {
      for (const { group, hosts, counts, owners, leaning } of saved) {
        if (group.kind === "spread") group.hosts = hosts;
        group.counts.clear();
        group.owners.clear();
        group.leaning.clear();
        for (const [domain, count] of counts) group.counts.set(domain, count);
        for (const [domain, count] of owners) group.owners.set(domain, count);
        for (const [domain, count] of leaning) group.leaning.set(domain, count);
      }
    },
  };
}
