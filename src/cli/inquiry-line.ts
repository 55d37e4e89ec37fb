/**
 * The line before the owner inquiry: who finds no place waits for one, and is turned away only where the line itself is full.
 *
 * An API server that comes back from a restart of ours brings dozens of reviews at once, which nearly all ask the same: the first few are
 * asked about, the rest find the answers kept. Reads and writes only its own state.
 */

export interface LineBounds {
  /** Inquiries at once; those whose caller uses much have half of them. */
  readonly placesMax: number;
  /** Reviews in the line and in places together, and the bytes of their bodies; who uses much has half of the reviews. */
  readonly reviewsMax: number;
  readonly bytesMax: number;
}

/** What a review brings to the line. */
export interface LineEntry {
  readonly bytes: number;
  /** Whether its caller uses much. */
  readonly isHeavy: boolean;
}

export interface InquiryLine {
  /** Calls `begin` once a place is free, at once where one is. Returns how to leave, begun or not; undefined: the line is full. */
  readonly enter: (entry: LineEntry, begin: () => void) => (() => void) | undefined;
}

interface Waiting {
  readonly isHeavy: boolean;
  readonly begin: () => void;
}

export function inquiryLine({ placesMax, reviewsMax, bytesMax }: LineBounds): InquiryLine {
  const state = { taken: 0, reviews: 0, bytes: 0 };
  // Sets keep the order of arrival and drop one in the middle.
  const light = new Set<Waiting>();
  const heavy = new Set<Waiting>();
  const begun = new Set<Waiting>();
  const next = (): Waiting | undefined => {
    const [first] = state.taken < placesMax ? light : [];
    const [other] = first === undefined && state.taken < placesMax / 2 ? heavy : [];
    return first ?? other;
  };
  const serve = (): void => {
    for (let waiting = next(); waiting !== undefined; waiting = next()) {
      (waiting.isHeavy ? heavy : light).delete(waiting);
      begun.add(waiting);
      state.taken += 1;
      waiting.begin();
    }
  };
  return {
    enter: ({ bytes, isHeavy }, begin) => {
      if (state.reviews >= (isHeavy ? reviewsMax / 2 : reviewsMax) || state.bytes + bytes > bytesMax) return undefined;
      const waiting = { isHeavy, begin };
      state.reviews += 1;
      state.bytes += bytes;
      (isHeavy ? heavy : light).add(waiting);
      serve();
      return () => {
        state.reviews -= 1;
        state.bytes -= bytes;
        if (begun.delete(waiting)) state.taken -= 1;
        else (isHeavy ? heavy : light).delete(waiting);
        serve();
      };
    },
  };
}
