/**
 * The pool gate: which of the planned nodes are bought now, and which later.
 *
 * Reads the pauses of pools whose claims were given up, and the breakers of pools whose nodes don't join. Returns the nodes that pass, and
 * when to look again for the others. What a pool that is held would make is made later, not elsewhere: weights hold, and another offering
 * of it may do.
 */
import type { Reason } from "../api/controller.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import { buyingLimit, type BuyingLimit } from "./lifecycle/launch-breaker.ts";
import { pauseLeftMs, type PoolPauses } from "./pool-pause.ts";
import type { PlannedNode } from "./scheduling/planned-node.ts";

export interface PassedNodes {
  readonly newNodes: readonly PlannedNode[];
  readonly held: readonly PlannedNode[];
  /** Infinity where nothing is held. */
  readonly againMs: number;
  /** By pool, why nodes of it are held. */
  readonly rejected: readonly { readonly subject: string; readonly reason: Reason }[];
}

/** Returns what passes, in the order of the plan. */
export function passedNodes(
  planned: readonly PlannedNode[],
  of: {
    readonly pauses: PoolPauses;
    readonly nodeClaims: readonly NodeClaim[];
    readonly names: Pick<PlatformNames, "joinFailuresAnnotation">;
    readonly now: Instant;
  },
): PassedNodes {
  const { pauses, nodeClaims, names, now } = of;
  const limits = new Map<string, BuyingLimit>();
  const counts = new Map<string, number>();
  const [newNodes, held]: [PlannedNode[], PlannedNode[]] = [[], []];
  const rejected = new Map<string, Reason>();
  let againMs = Infinity;
  for (const node of planned) {
    const { nodePool } = node;
    const name = nodePool.metadata.name ?? "";
    const pausedMs = pauseLeftMs(pauses, { nodePool: name, now });
    const limit = limits.get(name) ?? buyingLimit({ nodePool, nodeClaims, names, now });
    limits.set(name, limit);
    const count = (counts.get(name) ?? 0) + 1;
    if (pausedMs === 0 && count <= limit.nodesMax) {
      counts.set(name, count);
      newNodes.push(node);
      continue;
    }
    held.push(node);
    againMs = Math.min(againMs, pausedMs > 0 ? pausedMs : limit.againMs);
    if (limit.because !== undefined)
      rejected.set(name, { reason: "NodesDoNotJoin", message: `NodePool "${name}" waits: ${limit.because}` });
  }
  return { newNodes, held, againMs, rejected: [...rejected].map(([name, reason]) => ({ subject: `nodepool/${name}`, reason })) };
}
