/**
 * Limits: what a NodePool may still buy, counted anew from its text, its nodes and the plan.
 *
 * Reads the input and a plan. Returns sentences about limits that the plan may break, and the room that is left.
 */
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

/** Says whether the pool may have one more node, where each planned node is what the plan starts its launch with. */
export function mayBuy(
  pool: NodePool,
  of: { readonly input: SolveInput; readonly bought: readonly PlannedNode[]; readonly more: Amounts },
): boolean {
  const chosen = of.bought
    .filter(({ nodePool }) => nodePool.metadata.name === pool.metadata.name)
    .map(({ instanceTypes, instanceType }) => plus(instanceTypes.find(({ name }) => name === instanceType)?.capacity ?? {}, oneNode));
  const total = plus(standing(pool, of.input), ...chosen);
  const more = plus(of.more, oneNode);
  return Object.entries(amountsOf(pool.spec.limits)).every(
    ([name, limit]) => (more[name] ?? 0) === 0 || (total[name] ?? 0) + (more[name] ?? 0) <= limit,
  );
}

function standing(pool: NodePool, { nodes }: SolveInput): Amounts {
  return plus(...nodes.filter(({ nodePool }) => nodePool === pool.metadata.name).map(({ capacity }) => plus(capacity, oneNode)));
}
