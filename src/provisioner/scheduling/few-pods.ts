/**
 * FewPods: other orders and other sizes of nodes, tried where there are so few Pods that trying costs nothing.
 *
 * Reads a problem and the plan so far. Returns strategies: each takes the classes in some order (by each resource; those that may
 * go to the fewest nodes first; each class first or last) and opens nodes in some size (for the Pod at hand, for all that wait,
 * for a half or a third of them). For many Pods the order of sizes wins and mistakes are small; for few, one may double a price.
 */
import type { Strategy } from "./attempt.ts";
import { openBulk, openForAll, openForPart, openSmall } from "./opening.ts";
import { isForFew, vectorFor, type Problem } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { shareOf } from "./resource-space.ts";

/** Orders of one problem. */
const ordersMax = 40;

const openings = [openForAll, openSmall, openBulk, openForPart(2), openForPart(3)];

/** Returns what to try, the most promising first; nothing where there are many Pods. */
export function strategiesForFew(problem: Problem): readonly Strategy[] {
  if (!isForFew(problem)) return [];
  return ordersOf(problem).flatMap((order) => openings.map((opening) => ({ name: "few", opening, order })));
}

/** Different orders of the classes, by id. */
function ordersOf(problem: Problem): readonly (readonly number[])[] {
  const by = (worth: (podClass: PodClass) => number): readonly number[] =>
    problem.classes
      .map((podClass) => ({ id: podClass.id, worth: worth(podClass) }))
      .sort((a, b) => b.worth - a.worth || a.id - b.id)
      .map(({ id }) => id);
  const size = by((podClass) => shareOf(vectorFor(problem, podClass), problem.weights));
  const choosiest = by((podClass) => -freedomOf(problem, podClass));
  const byResource = problem.space.names.map((_, index) => by((podClass) => vectorFor(problem, podClass)[index] ?? 0));
  const moved = [choosiest, size].flatMap((order) =>
    order.flatMap((id) => {
      const others = order.filter((other) => other !== id);
      return [
        [id, ...others],
        [...others, id],
      ];
    }),
  );
  const all = [size, choosiest, ...byResource, [...size].reverse(), ...moved];
  return [...new Map(all.map((order) => [order.join(), order])).values()].slice(0, ordersMax);
}

/** In how many offerings and on how many nodes a Pod of the class could stand, by labels alone. */
function freedomOf({ templates, states, existing }: Problem, podClass: PodClass): number {
  let offerings = existing.length;
  for (const template of templates) {
    const root = states.root(template);
    for (const state of root === undefined ? [] : states.withClass(root, podClass)) {
      for (const candidate of state.candidates) offerings += candidate.offerings.length;
    }
  }
  return offerings;
}
