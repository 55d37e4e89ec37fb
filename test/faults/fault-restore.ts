/**
 * An API server that answers from an hour ago: one restored from a backup of before everything that runs on EC2.
 *
 * Reads a run in which all has settled, and the backup. Returns when somebody has answered our process's question. An API server that knows no
 * NodeClaim makes every instance look like garbage: more than a few may not be ended before a person says so, by a process that saw them
 * go from its watches as little as by one that was just started and has never heard of them.
 */
import { defaultDomain, platformNames } from "../../src/api/labels.ts";
import type { VirtualClock } from "../../src/sim/virtual-clock.ts";
import type { Lives } from "./fault-lives.ts";
import type { Monitor, Monitored } from "./fault-monitor.ts";
import type { Restore, Scenario } from "./fault-scenario.ts";
import type { WorldBackup } from "./fault-world.ts";
import type { SimulatedInstance } from "./simulated-ec2.ts";

export interface Restored extends Monitored {
  readonly clock: VirtualClock;
  readonly scenario: Pick<Scenario, "nodePool">;
  readonly monitor: Pick<Monitor, "note">;
  readonly lives: Pick<Lives, "restart">;
  readonly trace: (line: string) => void;
}

/** So many nodes of a small pool may go within ten minutes without a question. */
const endedMax = 3;
const windowMs = 600_000;
const restartMs = 5_000;

/**
 * Restores the API server, looks at what is ended, and answers what is asked. Returns what is left of the instances that ran then: what a watch
 * that lags has bought since is nobody's garbage.
 */
export async function playRestore(
  run: Restored,
  { restore, backup }: { readonly restore: Restore; readonly backup: WorldBackup },
): Promise<() => readonly SimulatedInstance[]> {
  const { clock, world, monitor, lives, trace, scenario, instances } = run;
  const names = platformNames(defaultDomain);
  const standing = instances().filter(isAlive);
  trace(`the API server is restored; ${standing.length} instances run`);
  if (restore.restarts) lives.restart(restartMs);
  world.restore(backup);
  await clock.runFor(windowMs);
  const ended = standing.filter(({ endedBy }) => endedBy === "us").length;
  const isHeld = standing.length > endedMax;
  if (ended > (isHeld ? 0 : endedMax))
    monitor.note(`${ended} of ${standing.length} instances were ended after a restore, and nobody was asked`);
  const name = scenario.nodePool.metadata.name ?? "";
  const pool = world.list("NodePool").find(({ metadata }) => metadata.name === name);
  const question = pool?.metadata.annotations?.[names.removalsHeldAnnotation];
  if (isHeld && question === undefined)
    monitor.note(`${standing.length} instances without a NodeClaim stand, and NodePool ${name} asks nobody`);
  const left = (): readonly SimulatedInstance[] => standing.filter(isAlive);
  if (!isHeld) return left;
  trace("somebody lets them go");
  await world.patch("NodePool", { name }, { metadata: { annotations: { [names.allowRemovalsAnnotation]: String(standing.length) } } });
  return left;
}

function isAlive({ state }: SimulatedInstance): boolean {
  return state === "pending" || state === "running";
}
