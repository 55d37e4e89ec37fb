/**
 * Steering: a class of Pods is to go to one zone first, where rules about other Pods tie its place to theirs.
 *
 * Reads a problem. Returns the steers that are worth trying, one class at a time and all classes at once. Pods are placed one by
 * one, each where it is cheapest then; but the zone of the first may be dear for those that must follow it, or for those that it
 * keeps away. Nobody can tell beforehand, so each zone is tried. A steer is a wish: where the zone takes no more Pods,
 * they go where they would have gone.
 */
import { compare } from "./label-state.ts";
import { offeredDomains } from "./offered-domains.ts";
import { topologyFor, vectorFor, type Problem } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";

/** One value of a label that topology asks about: nodes that have it come first. */
export interface Steer {
  readonly key: string;
  readonly domain: string;
}

/** By class id. */
export type Steers = ReadonlyMap<number, Steer>;

/** A label with more values than this is none to choose by. */
const domainsMax = 8;

/** Returns steers of all classes at once, then of single ones; none where no class is tied to others by a label. */
export function steersOf(problem: Problem): readonly Steers[] {
  const single = problem.classes.flatMap((podClass) =>
    topologyFor(problem, podClass).keys.flatMap((key) =>
      domainsFor(problem, { podClass, key }).map((domain) => ({ id: podClass.id, steer: { key, domain } })),
    ),
  );
  const together = new Map<string, Map<number, Steer>>();
  for (const { id, steer } of single) {
    const name = JSON.stringify([steer.key, steer.domain]);
    const all = together.get(name) ?? new Map<number, Steer>();
    together.set(name, all.set(id, steer));
  }
  const several = [...together.values()].filter(({ size }) => size > 1);
  const alike = several.flatMap((all) => alikeOf(problem, all));
  return [...several, ...alike, ...single.map(({ id, steer }) => new Map([[id, steer]]))];
}

/** The parts of a steer that are about classes which differ in nothing: what is right for one of them mostly is for all. */
function alikeOf(problem: Problem, all: Steers): readonly Steers[] {
  const parts = new Map<string, Map<number, Steer>>();
  for (const [id, steer] of all) {
    const podClass = problem.classes[id];
    if (podClass === undefined) continue;
    const name = JSON.stringify([podClass.placementId, podClass.constraints, vectorFor(problem, podClass)]);
    const part = parts.get(name) ?? new Map<number, Steer>();
    parts.set(name, part.set(id, steer));
  }
  return [...parts.values()].filter(({ size }) => size > 1 && size < all.size);
}

/** The values that nodes for the class, to be made or standing, may have. */
function domainsFor(problem: Problem, { podClass, key }: { readonly podClass: PodClass; readonly key: string }): readonly string[] {
  const { states, templates, existing } = problem;
  const domains = offeredDomains(podClass, { key, templates, states });
  for (const node of existing) {
    const value = node.value(key);
    if (value !== undefined) domains.add(value);
  }
  return domains.size < 2 || domains.size > domainsMax ? [] : [...domains].sort(compare);
}
