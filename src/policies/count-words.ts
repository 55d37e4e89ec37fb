/**
 * Count words: a number and what it counts, as people write it.
 *
 * Reads a count and the word for one. Returns "1 replica" or "2 replicas", so that no text of a rule says "1 replicas".
 */

/** Returns a count with its word, in the plural unless it counts one; the plural is the word with an s. */
export function countText(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
