/**
 * Takers: which planned nodes are worth asking whether they take a Pod off another node, while Pods move from node to node.
 *
 * Reads a packing that is being improved. Who has refused a Pod refuses the next of its class that comes from a node in the same state,
 * until it changes itself: room, labels and host are all that is asked there. So the first Pod of a class looks over all nodes, and others
 * only at those that have changed since, which keeps the whole in proportion to the number of nodes.
 */
import type { Bin } from "./bin.ts";
import type { LabelState } from "./label-state.ts";
import type { Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";

export interface Takers {
  /** Positions of the nodes to ask about a Pod that is to leave; undefined where it is all of them. */
  open(leaving: Leaving): readonly number[] | undefined;
  /** Tells that all of these have refused. */
  refused(leaving: Leaving): void;
  /** Tells that a node has changed. */
  changed(bin: Bin): void;
}

interface Leaving {
  readonly podClass: PodClass;
  readonly from: Bin;
}

interface Refusal {
  /** How many changes there had been by then. */
  readonly seen: number;
  /** The node that the Pod was on, which nobody asked. */
  readonly unasked: number;
}

/** Opens an empty memory for one improvement. */
export function takersOf(packing: Packing): Takers {
  const { problem, bins } = packing;
  const refusals = new Map<LabelState, Map<number, Refusal>>();
  const changes: number[] = [];
  const placeOf = ({ id }: Bin): number => id - problem.existing.length;
  return {
    open: ({ podClass, from }) => {
      const known = refusals.get(from.state)?.get(podClass.id);
      if (known === undefined || changes.length - known.seen >= bins.length) return undefined;
      return [known.unasked, ...changes.slice(known.seen)];
    },
    refused: ({ podClass, from }) => {
      if (!isSteady(packing, from)) return;
      let ofState = refusals.get(from.state);
      if (ofState === undefined) refusals.set(from.state, (ofState = new Map<number, Refusal>()));
      ofState.set(podClass.id, { seen: changes.length, unasked: placeOf(from) });
    },
    changed: (bin) => {
      changes.push(placeOf(bin));
    },
  };
}

/** False where a change of one node may open another: its limits count all that minValues keeps, or a spread counts some nodes only. */
function isSteady({ problem, ledgers }: Packing, { state: { template } }: Bin): boolean {
  return !problem.topology.hasFilters && (template.minValues.length === 0 || ledgers[template.index] === undefined);
}
