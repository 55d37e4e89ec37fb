/**
 * Nearest word: what somebody probably meant.
 *
 * Reads a word and the words that exist. Returns the closest one by edits (insert, delete, replace, swap two
 * neighbours), or undefined where none is close enough to be a slip of the hand. Case does not count.
 */

/** Longer words are never compared: the work grows with the square, and nobody mistypes that much. */
const wordLengthMax = 80;

/**
 * Returns the candidate closest to a word, the first of equals; undefined where all are farther than a third of the
 * longer word's letters (at least one edit is allowed).
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > wordLengthMax) return undefined;
  let nearest: { readonly candidate: string; readonly edits: number } | undefined;
  for (const candidate of candidates) {
    const editsMax = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (Math.abs(word.length - candidate.length) > editsMax) continue;
    const edits = editsBetween({ from: word.toLowerCase(), to: candidate.toLowerCase() });
    if (edits <= editsMax && (nearest === undefined || edits < nearest.edits)) nearest = { candidate, edits };
  }
  return nearest?.candidate;
}

/** Edits between two words: the optimal string alignment distance, three rows at a time. */
function editsBetween({ from, to }: { readonly from: string; readonly to: string }): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replace = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swap = swapped ? at(beforeLast, column - 2) + 1 : Infinity;
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replace, swap));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
