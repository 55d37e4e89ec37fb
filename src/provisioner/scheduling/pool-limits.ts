/**
 * Pool limits: how much more a NodePool may buy.
 *
 * Reads spec.limits and what the pool's nodes and claims have. Returns ledgers that a packing charges and refunds as its
 * nodes grow and shrink. Each node is charged what its chosen type has, not the largest that it could become, so a limit
 * is filled in one run; the types of a claim are cut to match (planned-node.ts).
 */
import type { ResourceList, Resources } from "../../api/object.ts";
import { parseQuantity } from "../../kube/quantity.ts";
import { addResources, exceeding, fitsWithin, formatAmount, subtractResources, toResources } from "../../kube/resources.ts";
import type { NodeState } from "./node-state.ts";
import type { PoolTemplate } from "./pool-template.ts";

/** What a pool may still buy; undefined for a pool without limits. */
export interface PoolLedger {
  /** Says whether a node may change from one capacity to another (undefined: no node yet). */
  readonly allows: (change: CapacityChange) => boolean;
  readonly charge: (change: CapacityChange) => void;
  readonly remaining: () => Resources;
}

export interface CapacityChange {
  readonly from: Resources | undefined;
  readonly to: Resources | undefined;
}

const nodeCount: Resources = { nodes: 1 };
const nanosPerUnit = 1_000_000_000n;
const nanosPerMillicore = 1_000_000n;
const largestAmount = BigInt(Number.MAX_SAFE_INTEGER);

/** Opens fresh ledgers for one packing, by template index. */
export function poolLedgers(templates: readonly PoolTemplate[], nodes: readonly NodeState[]): readonly (PoolLedger | undefined)[] {
  return templates.map(({ nodePool, name }) => {
    const { limits } = nodePool.spec;
    if (limits === undefined) return undefined;
    const used = nodes.filter((node) => node.nodePool === name).map(({ capacity }) => addResources(capacity, nodeCount));
    const allowed = limitAmounts(limits);
    return ledger(only(allowed, subtractResources(allowed, addResources(...used))));
  });
}

/** Returns one sentence for a pool that may not buy this much more. */
export function limitReason(remaining: Resources, capacity: Resources): string {
  const names = exceeding(only(remaining, addResources(capacity, nodeCount)), remaining);
  const left = names.map((name) => `${name} ${formatAmount(name, Math.max(0, remaining[name] ?? 0))}`);
  return `its limits leave ${left.join(", ")}`;
}

function ledger(start: Resources): PoolLedger {
  let remaining = start;
  const changed = ({ from, to }: CapacityChange): Resources =>
    only(start, subtractResources(addResources(remaining, withNode(from)), withNode(to)));
  return {
    allows: (change) => fitsWithin(only(start, withNode(change.to)), addResources(remaining, withNode(change.from))),
    charge: (change) => {
      remaining = changed(change);
    },
    remaining: () => remaining,
  };
}

/**
 * Limits as amounts. Karpenter's own samples say "10000000Gi", which is above 2^53 bytes: such a limit is cut to the largest
 * amount that numbers hold exactly, 8 PiB, which no pool reaches.
 */
function limitAmounts(limits: ResourceList): Resources {
  return Object.fromEntries(
    Object.entries(limits).map(([name, text]) => {
      const nanos = parseQuantity(text);
      const isHuge = nanos.ok && nanos.value / (name === "cpu" ? nanosPerMillicore : nanosPerUnit) > largestAmount;
      return [name, isHuge ? Number.MAX_SAFE_INTEGER : (toResources({ [name]: text })[name] ?? 0)];
    }),
  );
}

function withNode(capacity: Resources | undefined): Resources {
  return capacity === undefined ? {} : addResources(capacity, nodeCount);
}

/** Keeps the names that are limited. */
function only(limited: Resources, resources: Resources): Resources {
  return Object.fromEntries(Object.keys(limited).map((name) => [name, resources[name] ?? 0]));
}
