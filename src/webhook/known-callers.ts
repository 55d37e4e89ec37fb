/**
 * Known callers: which connections showed the registered word (caller-word.ts), and whether one of them was heard from of late.
 *
 * Reads the words that callers show. Says who is a stranger. While no known caller was heard from, none is, and all take fair turns: so it is in
 * the first minutes of a cluster, or after the configurations were rewritten without the word.
 */
import type { Caller } from "./standing.ts";

/** A known caller counts as here for this long after its last review. */
export const hereMs = 60_000;
/** A new connection from an address that showed the word shakes hands before others for this long. */
const addressMs = 10 * 60_000;

export interface KnownCallers {
  /** Notes that a caller has shown the word; from then on its connection is known. */
  show(caller: Caller): void;
  isKnown(caller: Caller): boolean;
  /** Whether another connection of the same address has shown the word of late. */
  isNeighbour(caller: Caller): boolean;
  /** Whether a known caller was heard from, so that the others are strangers. */
  isHere(): boolean;
  /** A caller without the word while known ones are here. */
  isStranger(caller: Caller): boolean;
}

/** Opens the book; `now` in milliseconds. */
export function knownCallers(now: () => number = () => performance.now()): KnownCallers {
  const callers = new WeakSet<Caller>();
  const addresses = new WeakMap<Caller["address"], number>();
  const heard = { atMs: -Infinity };
  const isHere = (): boolean => now() - heard.atMs < hereMs;
  return {
    show: (caller) => {
      heard.atMs = now();
      callers.add(caller);
      addresses.set(caller.address, heard.atMs);
    },
    isKnown: (caller) => callers.has(caller),
    isNeighbour: ({ address }) => now() - (addresses.get(address) ?? -Infinity) < addressMs,
    isHere,
    isStranger: (caller) => isHere() && !callers.has(caller),
  };
}
