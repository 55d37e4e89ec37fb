/**
 * Shortlist: the best few of many places for a Pod, best first.
 *
 * Reads places with what speaks for them. Keeps at most so many, and remembers whether it had to leave any out: whoever uses
 * it up looks at all places again. Comparisons end in the place's number, so that the order of offers never shows.
 */

/** A place, and what is compared: each the less the better, the first that differs decides. */
export interface Listed {
  /** Number of the node or bin. */
  readonly place: number;
  /** What the place would add to the price, or how late it comes by rule. */
  readonly price: number;
  /** How many of its kind are there already. */
  readonly crowd: number;
  /** What it would have left. */
  readonly left: number;
  /** How often the place had changed when it was listed. */
  readonly changes: number;
}

export interface Shortlist {
  /** Takes a place in, if it is better than the worst that is kept, or if there is room. */
  offer(one: Listed): void;
  /** The worst that is kept once the list is full: what is not better need not be offered. */
  worst(): Listed | undefined;
  best(): Listed | undefined;
  /** Takes the best away. */
  drop(): void;
  /** Is true where places were left out. */
  isCut(): boolean;
  /** Tells that a place was left out without being offered. */
  cut(): void;
  /** Forgets everything. */
  clear(): void;
}

/** Opens an empty list of at most `max` places. */
export function shortlist(max: number): Shortlist {
  // Worst first, so that the best is taken from the end.
  const listed: Listed[] = [];
  const state = { isCut: false };
  return {
    offer: (one) => {
      if (listed.length >= max) {
        state.isCut = true;
        const [worst] = listed;
        if (worst !== undefined && compareListed(one, worst) >= 0) return;
        listed.shift();
      }
      let index = listed.length;
      for (let before = listed[index - 1]; before !== undefined && compareListed(one, before) > 0; before = listed[index - 1]) index -= 1;
      listed.splice(index, 0, one);
    },
    worst: () => (listed.length < max ? undefined : listed[0]),
    best: () => listed[listed.length - 1],
    drop: () => {
      listed.pop();
    },
    isCut: () => state.isCut,
    cut: () => {
      state.isCut = true;
    },
    clear: () => {
      listed.length = 0;
      state.isCut = false;
    },
  };
}

/** Orders places, the better first. */
export function compareListed(a: Listed, b: Listed): number {
  return a.price - b.price || a.crowd - b.crowd || a.left - b.left || a.place - b.place;
}
