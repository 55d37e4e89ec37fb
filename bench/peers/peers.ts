/**
 * All peers of the admission bench, opened one after another, and one line for each of them.
 *
 * Reads how each is opened; returns their contenders, and what to tell the reader: what was run, or why it was left out. A peer that
 * cannot be had on this machine (no Go, no network) is left out and said; the rest of the bench doesn't depend on it.
 */
import { ensureControlPlane } from "../../test/support/control-plane.ts";
import type { BenchPhase } from "../admission-reviews.ts";
import type { Contender } from "../contender.ts";
import type { Peer } from "./peer.ts";
import { openApiServer } from "./api-server.ts";
import { openKyverno } from "./kyverno.ts";
import { openPepr } from "./pepr.ts";

export interface Peers {
  readonly contenders: (phase: BenchPhase) => readonly Contender[];
  /** What was run and what was left out, a line each. */
  readonly notes: readonly string[];
  readonly close: () => Promise<void>;
}

const reasonCharactersMax = 400;

/** How each peer is opened, by the name that a reader is told. */
export type Openings = Readonly<Record<string, () => Promise<Peer>>>;

export const allPeers: Openings = {
  pepr: openPepr,
  kyverno: openOnControlPlane(openKyverno),
  "kube-apiserver": openOnControlPlane(openApiServer),
};

/** Opens those of the peers that this machine can have. */
export async function openPeers(openings: Openings): Promise<Peers> {
  const peers: Peer[] = [];
  const notes: string[] = [];
  for (const [name, open] of Object.entries(openings)) {
    try {
      const peer = await open();
      peers.push(peer);
      notes.push(peer.what);
    } catch (cause) {
      notes.push(`${name}: left out: ${oneLine(cause)}`);
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

function oneLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/\s+/g, " ").slice(0, reasonCharactersMax);
}

/** A peer that needs an API server, which needs Go. */
function openOnControlPlane(open: () => Promise<Peer>): () => Promise<Peer> {
  return async () => {
    const found = await ensureControlPlane();
    if ("missing" in found) throw new Error("its API server is built with Go, and there is no `go` on the PATH");
    return open();
  };
}
