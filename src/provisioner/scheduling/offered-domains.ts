/**
 * Offered domains: the values of a label that new nodes for a class of Pods may have.
 *
 * Reads the pools' templates and what follows from a class's requirements. Standing nodes are not in it: each caller knows which of
 * them count.
 */
import type { LabelStates } from "./label-state.ts";
import type { PodClass } from "./pod-class.ts";
import type { PoolTemplate } from "./pool-template.ts";

/** Returns the values of a label on nodes that the templates can make for a class. */
export function offeredDomains(
  podClass: PodClass,
  { key, templates, states }: { readonly key: string; readonly templates: readonly PoolTemplate[]; readonly states: LabelStates },
): Set<string> {
  const domains = new Set<string>();
  for (const template of templates) {
    const root = states.root(template);
    for (const state of root === undefined ? [] : states.withClass(root, podClass)) {
      for (const value of states.valuesOf(state, key)) domains.add(value);
    }
  }
  return domains;
}
