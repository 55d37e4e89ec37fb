/**
 * Randomness of the embedded world: one seeded stream for uids and name suffixes.
 *
 * Reads a seed. Returns the same draws for the same seed, so that a run can be repeated to the letter.
 */

/** The name suffix alphabet of Kubernetes: no vowels and no look-alikes, so that no suffix is a word. */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A seeded stream of draws. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  integer(below: number): number;
  /** A version 4 uid. */
  uid(): string;
  /** Five characters as generateName appends them. */
  suffix(): string;
}

/** Returns a stream for a seed (mulberry32 over a hash of the seed's text). */
export function createRandom(seed: string | number): Random {
  const state = { at: hashText(String(seed)) };
  const next = (): number => {
    state.at = (state.at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state.at ^ (state.at >>> 15), 1 | state.at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  const hex = (digits: number): string => Array.from({ length: digits }, () => integer(16).toString(16)).join("");
  return {
    next,
    integer,
    uid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + integer(4)).toString(16)}${hex(3)}-${hex(12)}`,
    suffix: () => Array.from({ length: 5 }, () => suffixAlphabet.charAt(integer(suffixAlphabet.length))).join(""),
  };
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}
