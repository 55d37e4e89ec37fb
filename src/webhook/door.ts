/**
 * The door: everything that stands between a server's sockets and its reviews, made together.
 */
import { admissionGate, type AdmissionGate, gateLimits } from "./admission-gate.ts";
import { connectionBook, connectionLimits, type ClosedReason } from "./connections.ts";
import type { EventLoopLag } from "./event-loop-lag.ts";
import { standings, type Standings } from "./standing.ts";
import { bodiesInTransit, type Transit, transitBytesMax } from "./transit.ts";

export interface Door {
  readonly lag: Pick<EventLoopLag, "currentMs" | "smoothedMs">;
  readonly standings: Standings;
  readonly gate: AdmissionGate;
  readonly transit: Transit;
  readonly connections: ReturnType<typeof connectionBook>;
  /** Reviews that are judged and wait for advice. */
  readonly advised: { count: number };
}

/** What a door lets in at most. */
export const doorLimits = { ...gateLimits, ...connectionLimits, transitBytesMax };

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
  const gate = admissionGate({ standings: books, lag, limits: all });
  return {
    lag,
    standings: books,
    gate,
    transit: bodiesInTransit(all.transitBytesMax),
    connections: connectionBook({ standings: books, gate, limits: all, ...(onClosed === undefined ? {} : { onClosed }) }),
    advised: { count: 0 },
  };
}
