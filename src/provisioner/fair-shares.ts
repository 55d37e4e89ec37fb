/**
 * Fair shares: how many Pods of each workload one round plans ahead, where all together want more than a round takes.
 *
 * Reads what each wants. Returns what each gets: the small ones all of it, the large ones equal parts of what is left. A replica count is
 * a number that costs nothing to write, so one workload must neither fill a round nor take another's place in it. What is left waits for
 * a later round: its controller makes some hundred Pods a second at most, and wanted less live slides on with them.
 */

/** No more Pods to come than these are planned for in one round, all workloads together. */
export const comingPodsMax = 40_000;

/** Returns the parts in the order of what is wanted; their sum is at most `max`, and no part is larger than what is wanted of it. */
export function fairShares(wanted: readonly number[], max: number): readonly number[] {
  const shares = wanted.map(() => 0);
  const ascending = wanted.map((count, index) => ({ count: Math.max(0, count), index })).sort((a, b) => a.count - b.count);
  let left = max;
  for (const [done, { count, index }] of ascending.entries()) {
    const share = Math.min(count, Math.floor(left / (ascending.length - done)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}
