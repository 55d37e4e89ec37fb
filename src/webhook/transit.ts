/**
 * Transit: the bodies that are on their way in, by the bytes that have come.
 *
 * Reads what each request has brought so far. Says which one must end where all of them together hold too much: the largest of the
 * connection, of the address, that holds the most. What a request announces counts for nothing, so nobody takes room by promising.
 */
import type { Caller } from "./standing.ts";

/** All bodies that are still coming, together. */
export const transitBytesMax = 32 * 1024 * 1024;

/** What a piece costs beside its bytes: who sends one byte at a time fills memory all the same. */
const pieceBytes = 256;

/** One body on its way. */
export interface Body {
  /** Books a piece that has come. */
  add(bytes: number): void;
  /** The body is whole, or will never be. */
  end(): void;
}

export interface Transit {
  /** Opens a body; `stop` is called at most once, where it holds too much. */
  open(caller: Caller, stop: () => void): Body;
}

interface Held {
  readonly caller: Caller;
  readonly stop: () => void;
  bytes: number;
}

/** Opens the book; what it may hold is asked for whenever something comes. */
export function bodiesInTransit(bytesMax: () => number): Transit {
  const held = new Set<Held>();
  const total = { bytes: 0 };
  const end = (body: Held): void => {
    if (held.delete(body)) total.bytes -= body.bytes;
  };
  return {
    open: (caller, stop) => {
      const body: Held = { caller, stop, bytes: 0 };
      held.add(body);
      return {
        add: (bytes) => {
          if (!held.has(body)) return;
          body.bytes += bytes + pieceBytes;
          total.bytes += bytes + pieceBytes;
          while (total.bytes > bytesMax()) {
            const yielding = largestOf(held);
            if (yielding === undefined) return;
            end(yielding);
            yielding.stop();
          }
        },
        end: () => {
          end(body);
        },
      };
    },
  };
}

/** Looked for only where there is too much; a connection has one body at a time. */
function largestOf(held: ReadonlySet<Held>): Held | undefined {
  const byAddress = new Map<Caller["address"], number>();
  for (const { caller, bytes } of held) byAddress.set(caller.address, (byAddress.get(caller.address) ?? 0) + bytes);
  const most = Math.max(...byAddress.values());
  return [...held]
    .filter(({ caller }) => byAddress.get(caller.address) === most)
    .reduce<Held | undefined>((largest, body) => (largest === undefined || body.bytes > largest.bytes ? body : largest), undefined);
}
