/**
 * Pool limits: how much more a NodePool may buy.
 *
 * Reads spec.limits and what the pool's nodes and claims have. Returns ledgers that a packing charges and refunds as its
 * nodes grow and shrink. Each node is charged what its chosen type has, not the largest that it could become, so a limit
 * is filled in one run; the types of a claim are cut to match (planned-node.ts).
 */
import type { ResourceList, Resources } from "../../api/object.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { parseQuantity } from "../../kube/quantity.ts";
import { addResources, subtractResources, toResources } from "../../kube/resources.ts";
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

/** Opens fresh ledgers for one packing, by template index; templates of one pool share its ledger. */
export function poolLedgers(templates: readonly PoolTemplate[], nodes: readonly NodeState[]): readonly (PoolLedger | undefined)[] {
  const byPool = new Map<string, PoolLedger | undefined>();
  return templates.map(({ nodePool, name }) => {
    if (!byPool.has(name)) byPool.set(name, poolLedger(nodePool, nodes));
    return byPool.get(name);
  });
}

function poolLedger({ metadata, spec: { limits } }: NodePool, nodes: readonly NodeState[]): PoolLedger | undefined {
  if (limits === undefined) return undefined;
  const used = nodes.filter(({ nodePool }) => nodePool === metadata.name).map(({ capacity }) => addResources(capacity, nodeCount));
  const allowed = limitAmounts(limits);
  return ledger(only(allowed, subtractResources(allowed, addResources(...used))));
}

/** Amounts stand in arrays by limit, and each capacity is read once: a ledger is asked for every type that is tried. */
function ledger(start: Resources): PoolLedger {
  const names = Object.keys(start);
  const remaining = names.map((name) => start[name] ?? 0);
  const known = new Map<Resources, readonly number[]>();
  const nothing = names.map(() => 0);
  const amounts = (capacity: Resources | undefined): readonly number[] => {
    if (capacity === undefined) return nothing;
    let listed = known.get(capacity);
    if (listed === undefined) known.set(capacity, (listed = names.map((name) => (name === "nodes" ? 1 : (capacity[name] ?? 0)))));
    return listed;
  };
  return {
    allows: ({ from, to }) => {
      const [before, after] = [amounts(from), amounts(to)];
      for (let index = 0; index < remaining.length; index += 1) {
        const held = before[index] ?? 0;
        if ((after[index] ?? 0) > held + Math.max(0, remaining[index] ?? 0)) return false;
      }
      return true;
    },
    charge: ({ from, to }) => {
      const [before, after] = [amounts(from), amounts(to)];
      for (const [index, left] of remaining.entries()) remaining[index] = left + (before[index] ?? 0) - (after[index] ?? 0);
    },
    remaining: () => Object.fromEntries(names.map((name, index) => [name, remaining[index] ?? 0])),
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

/** Keeps the names that are limited. */
function only(limited: Resources, resources: Resources): Resources {
  return Object.fromEntries(Object.keys(limited).map((name) => [name, resources[name] ?? 0]));
}
