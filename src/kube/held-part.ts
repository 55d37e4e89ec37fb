/**
 * Held part: whether a snapshot holds a stored object whole.
 *
 * Reads an object. A view of the cluster holds no object that is out of all proportion whole (cluster/held-object.ts), and marks what it
 * cut. The mark is a symbol, so that it goes on with copies of the object, and never onto the wire. What judges a whole object asks here
 * first: what was cut must not be judged as if it was all.
 */
import type { KubeObject } from "../api/object.ts";

/**
 * "lean": without what no rule and no plan reads (env, commands and arguments of containers, long texts). "outline": who it is, how many
 * it wants, whom it selects, and what one Pod asks for; constraints may be missing. Of a kind without Pods it is all but most of its
 * metadata and status. "name": of such a kind, where even that is too much; a view then does as if it was not there.
 */
export type HeldPart = "lean" | "outline" | "name";

/** As estimated of its heap: an object that takes more is cut. Rich Pods with sidecars take about half of it. */
export const heldWholeMaxBytes = 128 * 1024;
/** What may be left of one that was cut, as long as it is no outline. */
export const heldLeanMaxBytes = 64 * 1024;
/** Of an outline of a kind without Pods: its spec, which is held whole or not at all. */
export const heldSpecMaxBytes = 64 * 1024;
/** Of an outline: one field, and labels or annotations together. */
export const heldFieldMaxBytes = 4 * 1024;
export const heldMapMaxBytes = 8 * 1024;

const part = Symbol("held in part");

/** Returns how much of an object is held; undefined where all of it is. */
export function heldPartOf(object: KubeObject & { readonly [part]?: HeldPart }): HeldPart | undefined {
  return object[part];
}

/** Returns an object marked as one that is held in part. */
export function markedAsPart(object: KubeObject, held: HeldPart): KubeObject {
  const marked: KubeObject & { readonly [part]: HeldPart } = { ...object, [part]: held };
  return marked;
}
