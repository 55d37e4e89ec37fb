/**
 * Shortlist: the best few of many places for a Pod, best first.
 *
 * Reads places with what speaks for them. Keeps the first so many of all that were offered, in order, and knows from where on
 * it left places out: what is listed is always a true beginning of the whole order, also after some were taken away.
 * Comparisons end in the place's number, so that the order of offers never shows.
 */

/** A place, and what is compared: each the less the better, the first that differs decides. */
export interface Listed {
  /** Number of the node, or position of the bin. */
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
  /** The places, the best last. */
  readonly listed: readonly Listed[];
  /** Takes a place in, unless it comes after one that was left out. */
  offer(one: Listed): void;
  /** Nothing from here on is listed; undefined while nothing was left out and there is room. */
  bound(): Listed | undefined;
  /** Tells that a place behind the bound was left out without being offered. */
  cut(): void;
  /** Is true where places were left out. */
  isCut(): boolean;
  best(): Listed | undefined;
  /** Takes one away by its position in `listed`. */
  remove(index: number): void;
  /** Forgets everything. */
  clear(): void;
}

/** Opens an empty list of at most `max` places. */
export function shortlist(max: number): Shortlist {
  // Worst first, so that the best is taken from the end.
  const listed: Listed[] = [];
  const state: { leftOut: Listed | undefined } = { leftOut: undefined };
  const bound = (): Listed | undefined => (listed.length < max ? state.leftOut : listed[0]);
  const leaveOut = (one: Listed | undefined): void => {
    if (one !== undefined && (state.leftOut === undefined || compareListed(one, state.leftOut) < 0)) state.leftOut = one;
  };
  return {
    listed,
    bound,
    isCut: () => state.leftOut !== undefined,
    cut: () => {
      leaveOut(bound());
    },
    offer: (one) => {
      const end = bound();
      if (end !== undefined && compareListed(one, end) >= 0) {
        leaveOut(end);
        return;
      }
      if (listed.length >= max) leaveOut(listed.shift());
      let index = listed.length;
      for (let before = listed[index - 1]; before !== undefined && compareListed(one, before) > 0; before = listed[index - 1]) index -= 1;
      listed.splice(index, 0, one);
    },
    best: () => listed[listed.length - 1],
    remove: (index) => {
      listed.splice(index, 1);
    },
    clear: () => {
      listed.length = 0;
      state.leftOut = undefined;
    },
  };
}

/** Orders places, the better first. */
export function compareListed(a: Listed, b: Listed): number {
  return a.price - b.price || a.crowd - b.crowd || a.left - b.left || a.place - b.place;
}
