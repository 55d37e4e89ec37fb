/**
 * Proven: what was found of a stored value once and need not be looked for again.
 *
 * Reads values and what they were looked at by, such as a schema. The store freezes what it keeps, at every depth, and a change shares what it
 * leaves alone: most of an object that is written is the very part that was decoded, defaulted and validated with the last write. Only a frozen
 * value is remembered, since nothing can change it any more, and only as long as it lives.
 */
import type { JsonValue } from "./json.ts";

/** What is known of values; each is known by one thing at a time. */
export interface Proven {
  has(value: JsonValue, by: object): boolean;
  /** Remembers a value that is frozen; any other is looked at again. */
  add(value: JsonValue, by: object): void;
}

/** Returns an empty memory. */
export function proven(): Proven {
  const known = new WeakMap<object, object>();
  return {
    has: (value, by) => typeof value === "object" && value !== null && known.get(value) === by,
    add: (value, by) => {
      if (typeof value === "object" && value !== null && Object.isFrozen(value)) known.set(value, by);
    },
  };
}
