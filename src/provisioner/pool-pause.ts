/**
 * Pool pauses: a NodePool whose NodeClaim was given up before it launched buys nothing for a moment.
 *
 * Reads the NodeClaims of this look and what the last look knew. Returns the pauses that hold now. A claim that is given up
 * frees its Pods at once; where the reason stands (a cloud that refuses, an offering that nobody marks), the same claim
 * would be made again at once, for ever. Each further give-up without a launch between doubles the pause, up to a bound;
 * the first is short, since most often another offering will do.
 */
import { nodePoolLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import { isTrue } from "./lifecycle/claim-status.ts";

export const poolPauseBaseMs = 1_000;
export const poolPauseMaxMs = 120_000;

interface Pause {
  readonly giveUps: number;
  readonly until: Instant;
}

export interface PoolPauses {
  /** NodePools of the claims that still had to launch at the last look, by the claims' names. */
  readonly unlaunched: ReadonlyMap<string, string>;
  /** By NodePool; an entry that is over still counts the give-ups. */
  readonly pauses: ReadonlyMap<string, Pause>;
}

export const noPoolPauses: PoolPauses = { unlaunched: new Map(), pauses: new Map() };

/** Returns the pauses after a look at the NodeClaims: longer for pools with a give-up, none for pools with a launch. */
export function nextPoolPauses(
  before: PoolPauses,
  { nodeClaims, now }: { readonly nodeClaims: readonly NodeClaim[]; readonly now: Instant },
): PoolPauses {
  const claims = new Map(nodeClaims.map((claim) => [claim.metadata.name ?? "", claim]));
  const pauses = new Map([...before.pauses].filter(([, { until }]) => now < until + poolPauseMaxMs));
  const givenUp = new Set<string>();
  for (const [name, pool] of before.unlaunched) {
    const claim = claims.get(name);
    if (claim === undefined || isGivenUp(claim)) givenUp.add(pool);
    else if (isTrue(claim, "Launched")) pauses.delete(pool);
  }
  for (const pool of givenUp) pauses.set(pool, pauseAfter(pauses.get(pool), now));
  const unlaunched = nodeClaims.filter((claim) => !isTrue(claim, "Launched") && !isGivenUp(claim));
  return {
    unlaunched: new Map(unlaunched.map(({ metadata }) => [metadata.name ?? "", metadata.labels?.[nodePoolLabel] ?? ""])),
    pauses,
  };
}

/** Returns how much longer a NodePool buys nothing; 0 where it may. */
export function pauseLeftMs({ pauses }: PoolPauses, of: { readonly nodePool: string; readonly now: Instant }): number {
  return Math.max(0, (pauses.get(of.nodePool)?.until ?? 0) - of.now);
}

/** Claims of one plan that fail together are one give-up. */
function pauseAfter(before: Pause | undefined, now: Instant): Pause {
  if (before !== undefined && now < before.until) return before;
  const giveUps = (before?.giveUps ?? 0) + 1;
  return { giveUps, until: now + Math.min(poolPauseMaxMs, poolPauseBaseMs * 2 ** (giveUps - 1)) };
}

function isGivenUp(claim: NodeClaim): boolean {
  return claim.metadata.deletionTimestamp !== undefined && !isTrue(claim, "Launched");
}

/** Returns the pauses without claims that are deleted for another reason than that they can't be had. */
export function withoutClaims({ unlaunched, pauses }: PoolPauses, nodeClaims: readonly NodeClaim[]): PoolPauses {
  const gone = new Set(nodeClaims.map(({ metadata }) => metadata.name ?? ""));
  return { pauses, unlaunched: gone.size === 0 ? unlaunched : new Map([...unlaunched].filter(([name]) => !gone.has(name))) };
}
