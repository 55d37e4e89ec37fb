/**
 * The order of a merged list: the wanted items in the wanted order, the others where they stood relative to them.
 *
 * Reads the merged items, the order that a patch asks for and the list as it was. Returns the items in order, as apimachinery's merge of two
 * sorted slices does.
 */
import type { JsonValue } from "../json.ts";

/** How items are told apart, and how the list stood before. */
export interface Ordering {
  readonly identity: (item: JsonValue) => string;
  readonly before: readonly JsonValue[];
}

/** Returns the items of a list in the order of `order`, with the unnamed ones in their old places. */
export function ordered(list: readonly JsonValue[], order: readonly JsonValue[], { identity, before }: Ordering): readonly JsonValue[] {
  const wanted = order.map(identity);
  const stood = before.map(identity);
  const left = list.filter((item) => wanted.includes(identity(item)));
  left.sort((a, b) => wanted.indexOf(identity(a)) - wanted.indexOf(identity(b)));
  const right = list.filter((item) => !wanted.includes(identity(item)));
  const merged: JsonValue[] = [];
  while (left.length > 0 && right.length > 0) {
    const [first, second] = [left[0], right[0]];
    if (first === undefined || second === undefined) break;
    const [firstAt, secondAt] = [stood.indexOf(identity(first)), stood.indexOf(identity(second))];
    const takesLeft = firstAt < 0 || secondAt < 0 || firstAt < secondAt;
    const taken = takesLeft ? left.shift() : right.shift();
    if (taken !== undefined) merged.push(taken);
  }
  return [...merged, ...left, ...right];
}
