/**
 * All peers of the admission bench, opened one after another, and one line for each of them.
 *
 * Reads which are wanted; returns their contenders, and what to tell the reader: what was run, or why it was left out. A peer that
 * cannot be had on this machine (no Go, no network) is left out and said; the rest of the bench doesn't depend on it.
 */
import type { BenchPhase } from "../admission-reviews.ts";
import type { Contender } from "../contender.ts";
import type { Peer } from "./peer.ts";
import { openPepr } from "./pepr.ts";

export interface Peers {
  readonly contenders: (phase: BenchPhase) => readonly Contender[];
  /** What was run and what was left out, a line each. */
  readonly notes: readonly string[];
  readonly close: () => Promise<void>;
}

const openings = { pepr: openPepr };

/** Opens every peer that this machine can have; opens none where they aren't wanted. */
export async function openPeers({ wanted }: { readonly wanted: boolean }): Promise<Peers> {
  const peers: Peer[] = [];
  const notes: string[] = [];
  for (const [name, open] of wanted ? Object.entries(openings) : []) {
    try {
      const peer = await open();
      peers.push(peer);
      notes.push(peer.what);
    } catch (cause) {
      notes.push(`${name}: left out: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  return {
    contenders: (phase) =>
      peers.flatMap(({ contenders }) => contenders.filter((each) => each.phase === phase).map(({ contender }) => contender)),
    notes,
    close: async () => {
      await Promise.all(peers.map(({ close }) => close()));
    },
  };
}
