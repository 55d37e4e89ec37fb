/**
 * The door: everything that stands between a server's sockets and its reviews, made together.
 */
import { admissionGate, type AdmissionGate, gateLimits } from "./admission-gate.ts";
import { connectionBook, connectionLimits, type ClosedReason } from "./connections.ts";
import type { EventLoopLag } from "./event-loop-lag.ts";
import { type KnownCallers, knownCallers } from "./known-callers.ts";
import { largeLimits, largeLine, type LargeLine } from "./large-bodies.ts";
import { standings, type Standings } from "./standing.ts";
import { bodiesInTransit, type Transit, transitBytesMax } from "./transit.ts";

/** Bodies of strangers that are on their way, together, while a known caller is here. */
const strangerTransitBytesMax = 4 * 1024 * 1024;

export interface Door {
  readonly lag: Pick<EventLoopLag, "currentMs" | "smoothedMs">;
  readonly standings: Standings;
  readonly known: KnownCallers;
  readonly gate: AdmissionGate;
  /** Of known callers, and of all others. */
  readonly transit: { readonly known: Transit; readonly others: Transit };
  /** Where large bodies of known callers wait before they are read. */
  readonly large: LargeLine;
  readonly connections: ReturnType<typeof connectionBook>;
  /** Reviews that are judged and wait for advice; strangers' that wait for an inquiry; those that were answered before all of them was read. */
  readonly waiting: { advised: number; strangerInquiries: number; unread: number };
}

/** What a door lets in at most. */
export const doorLimits = { ...gateLimits, ...connectionLimits, ...largeLimits, transitBytesMax };

/** Makes a door. */
export function openDoor({
  lag,
  onClosed,
  limits = {},
}: Pick<Door, "lag"> & {
  readonly onClosed?: (reason: ClosedReason) => void;
  readonly limits?: Partial<typeof doorLimits>;
}): Door {
  const all = { ...doorLimits, ...limits };
  const books = standings();
  const known = knownCallers();
  const gate = admissionGate({ standings: books, known, lag, limits: all });
  const { transitBytesMax: bytesMax } = all;
  return {
    lag,
    standings: books,
    known,
    gate,
    transit: {
      known: bodiesInTransit(() => bytesMax),
      others: bodiesInTransit(() => (known.isHere() ? Math.min(strangerTransitBytesMax, bytesMax) : bytesMax)),
    },
    large: largeLine(all),
    connections: connectionBook({ standings: books, known, gate, limits: all, ...(onClosed === undefined ? {} : { onClosed }) }),
    waiting: { advised: 0, strangerInquiries: 0, unread: 0 },
  };
}
