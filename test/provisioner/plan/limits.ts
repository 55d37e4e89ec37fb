/**
 * Limits: what a NodePool may still buy, counted anew from its text, its nodes and the plan.
 *
 * Reads the input and a plan. Returns sentences about limits that the plan may break, and the room that is left.
 */
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import type { Future } from "./futures.ts";
import { amountsOf, plus, most, type Amounts } from "./pod-amounts.ts";

const oneNode: Amounts = { nodes: 1 };

/** What each limit says when every claim is launched as the largest thing that it may become. */
export function limitProblems(
  pool: NodePool,
  of: { readonly input: SolveInput; readonly futures: readonly (readonly Future[])[] },
): readonly string[] {
  const added = plus(...of.futures.map((futures) => most(...futures.map(({ type }) => plus(type.capacity, oneNode)))));
  const had = standing(pool, of.input);
  return Object.entries(amountsOf(pool.spec.limits)).flatMap(([name, limit]) => {
    const [before, more] = [had[name] ?? 0, added[name] ?? 0];
    return more > 0 && before + more > limit ? [`${name} may reach ${before + more}, the limit is ${limit}`] : [];
  });
}

/**
 * Says whether the pool may have one more node, where each planned node is what the plan starts its launch with, or of each amount
 * the least that leaves it as many types as minValues asks for.
 */
export function mayBuy(
  pool: NodePool,
  of: { readonly input: SolveInput; readonly bought: readonly PlannedNode[]; readonly more: Amounts },
): boolean {
  const chosen = of.bought
    .filter(({ nodePool }) => nodePool.metadata.name === pool.metadata.name)
    .map((planned) => plus(leastOf(planned, pool), oneNode));
  const total = plus(standing(pool, of.input), ...chosen);
  const more = plus(of.more, oneNode);
  return Object.entries(amountsOf(pool.spec.limits)).every(
    ([name, limit]) => (more[name] ?? 0) === 0 || (total[name] ?? 0) + (more[name] ?? 0) <= limit,
  );
}

function leastOf({ instanceTypes, instanceType }: PlannedNode, { spec }: NodePool): Amounts {
  const chosen = instanceTypes.filter(({ name }) => name === instanceType);
  const least: Record<string, number> = { ...chosen[0]?.capacity };
  for (const name of Object.keys(amountsOf(spec.limits))) {
    const others = instanceTypes.filter((type) => !chosen.includes(type)).sort((a, b) => (a.capacity[name] ?? 0) - (b.capacity[name] ?? 0));
    for (const { key, minValues = 0 } of spec.template.spec.requirements) {
      const seen = new Set(chosen.flatMap((type) => shown(type, key)));
      for (const type of others) {
        if (seen.size >= minValues) break;
        if (shown(type, key).every((value) => seen.has(value))) continue;
        for (const value of shown(type, key)) seen.add(value);
        least[name] = Math.max(least[name] ?? 0, type.capacity[name] ?? 0);
      }
    }
  }
  return least;
}

function shown({ requirements }: InstanceType, label: string): readonly string[] {
  return requirements.flatMap(({ key, values = [] }) => (key === label ? values : []));
}

function standing(pool: NodePool, { nodes }: SolveInput): Amounts {
  return plus(...nodes.filter(({ nodePool }) => nodePool === pool.metadata.name).map(({ capacity }) => plus(capacity, oneNode)));
}
