/**
 * The move desk: what the last plan made of the Pods of nodes on their way out, from the provisioner's controller to that of disruptions.
 *
 * Holds one plan's numbers. Losing them loses nothing: the next plan tells them again, and until then nobody goes.
 */
import type { Move } from "../disruption/command.ts";
import type { Moves } from "../displaced-pods.ts";

export interface MoveDesk {
  tell(moves: Moves): void;
  /** Undefined until a plan has seen the node on its way out. */
  moveOf(node: string): Move | undefined;
  /** Calls for each node of which something else is told than before; returns how to end that. */
  onNews(wake: (node: string) => void): () => void;
}

/** Opens a desk. */
export function moveDesk(): MoveDesk {
  const state: { told: Moves } = { told: new Map() };
  const listeners = new Set<(node: string) => void>();
  return {
    tell: (moves) => {
      const before = state.told;
      state.told = moves;
      for (const [node, { waiting, unplaced }] of moves) {
        const known = before.get(node);
        if (known?.waiting === waiting && known.unplaced === unplaced) continue;
        for (const wake of listeners) wake(node);
      }
    },
    moveOf: (node) => state.told.get(node),
    onNews: (wake) => {
      listeners.add(wake);
      return () => listeners.delete(wake);
    },
  };
}
