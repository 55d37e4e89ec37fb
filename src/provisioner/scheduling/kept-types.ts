/**
 * KeptTypes: what a NodeClaim must stay able to become, where its NodePool has both minValues and limits.
 *
 * Reads a label state and the amounts on a node. Returns the smallest types that together show as many values as minValues asks
 * for, beside the one that the node is committed to. The claim may be launched as each of them, so limits are charged with the
 * most that any has; charged with the committed type alone they would later cut the claim's types below minValues.
 */
import { values } from "../../kube/requirement.ts";
import { maxResources } from "../../kube/resources.ts";
import type { Resources } from "../../api/object.ts";
import type { Candidate, LabelState } from "./label-state.ts";
import type { PoolLedger } from "./pool-limits.ts";
import type { TemplateType } from "./pool-template.ts";
import { holds, type Vector } from "./resource-space.ts";

export interface KeptTypes {
  readonly types: ReadonlySet<TemplateType>;
  /** The most of each resource that any of them has. */
  readonly capacity: Resources;
}

interface Keeping {
  readonly candidate: Candidate;
  readonly used: Vector;
  readonly added: Vector;
  readonly ledger: PoolLedger;
  /** What the pool's limits are charged with for this node now. */
  readonly from: Resources | undefined;
}

/** Returns the types to keep, or undefined where limits leave too few. */
export function keptTypes(state: LabelState, { candidate, used, added, ledger, from }: Keeping): KeptTypes | undefined {
  const { minValues } = state.template;
  const open = new Map(minValues.map(({ key, count }) => [key, { count, seen: new Set<string>() }]));
  const types = new Set<TemplateType>();
  let capacity: Resources = {};
  const bySize = leastFirst(Object.keys(ledger.remaining()));
  for (const one of [candidate, ...state.candidates.filter((other) => other !== candidate).sort(bySize)]) {
    if (!holds(one.usable, used, added)) continue;
    const wanted = [...open].flatMap(([key, { count, seen }]) =>
      seen.size >= count ? [] : valuesOf(state, { key, one }).flatMap((value) => (seen.has(value) ? [] : [{ seen, value }])),
    );
    if (one !== candidate && wanted.length === 0) continue;
    const larger = maxResources(capacity, one.type.instanceType.capacity);
    if (!ledger.allows({ from, to: larger })) {
      if (one === candidate) return undefined;
      continue;
    }
    capacity = larger;
    types.add(one.type);
    for (const { seen, value } of wanted) seen.add(value);
    if ([...open.values()].every(({ count, seen }) => seen.size >= count)) return { types, capacity };
  }
  return undefined;
}

/** Types without a limited device (a GPU, say) come first: one that is never launched would use the limit up. */
function leastFirst(limited: readonly string[]): (a: Candidate, b: Candidate) => number {
  const devices = limited.filter((name) => name !== "cpu" && name !== "memory" && name !== "nodes");
  return (a, b) => {
    const [one, other] = [a.type.instanceType, b.type.instanceType];
    const more = (name: string) => (one.capacity[name] ?? 0) - (other.capacity[name] ?? 0);
    const moreDevices = devices.reduce((sum, name) => sum + more(name), 0);
    return moreDevices || more("cpu") || more("memory") || (one.name < other.name ? -1 : 1);
  };
}

/** The values of a label that a type shows and the state allows. */
function valuesOf({ requirements }: LabelState, { key, one }: { readonly key: string; readonly one: Candidate }): readonly string[] {
  const own = requirements.get(key);
  const allowed = own === undefined ? undefined : values(own);
  const shown = one.type.requirements.get(key);
  return (shown === undefined ? [] : (values(shown) ?? [])).filter((value) => allowed?.includes(value) !== false);
}
