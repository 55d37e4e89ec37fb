/**
 * Heap bytes: about how much memory a JSON value takes once it is read.
 *
 * An estimate of V8's own layout, the same on every machine. Counting ends as soon as there is more than anybody asks about.
 */

/** No kind of ours is deeper; what is, counts as too much. */
export const depthMax = 64;

/**
 * Returns about how many bytes of heap a JSON value takes, on a 64-bit V8; counting ends soon after `enough`. A property or an item
 * counts as in a dictionary, which is how large maps are held.
 */
export function heapBytesOf(value: unknown, enough: number): number {
  const left = { bytes: enough };
  spend(value, left, 0);
  return enough - left.bytes;
}

function spend(value: unknown, left: Room, depth: number): void {
  left.bytes -= ownBytesOf(value);
  if (depth > depthMax) left.bytes = -1;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (left.bytes < 0) return;
      spend(item, left, depth + 1);
    }
    return;
  }
  if (!isRecord(value)) return;
  for (const name in value) {
    if (left.bytes < 0) return;
    left.bytes -= keyBytesOf(name);
    spend(value[name], left, depth + 1);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Returns about how many bytes of heap a value takes without what is within it. */
export function ownBytesOf(value: unknown): number {
  if (typeof value === "string") return 24 + value.length;
  if (Array.isArray(value)) return 48 + 8 * value.length;
  return typeof value === "object" && value !== null ? 56 : 8;
}

/** Returns about how many bytes the name of a property takes. */
export function keyBytesOf(name: string): number {
  return 24 + name.length;
}

interface Room {
  bytes: number;
}
