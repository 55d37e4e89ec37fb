/**
 * Held objects: what a view of the cluster keeps of a stored object.
 *
 * Reads an object off the wire. Returns it whole where it is of any usual size, else without what nobody reads, else an outline of
 * bounded size. Two threads hold each object, and a replica has room for thousands; etcd takes 1.5 MB each, which as objects of a heap
 * may be twenty times as much. Objects in namespaces are cut: a tenant may write them as large and as often as its quota lets it. What is
 * known to be large from its bytes is read by held-reader.ts, to the same end. A codec of unknown JSON.
 */
import type { KubeObject } from "../api/object.ts";
import { depthMax, heapBytesOf, keyBytesOf, ownBytesOf } from "../kube/heap-bytes.ts";
import { heldLeanMaxBytes, heldPartOf, heldWholeMaxBytes, markedAsPart } from "../kube/held-part.ts";
import { containerLists, hasPods, type Json, outlineOf } from "./held-outline.ts";

/** Longer texts of an object that is cut become a marker. */
const textLengthMax = 4_096;

export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Returns what is kept of an object: itself, or a part that says so (kube/held-part.ts). */
export function heldObject(object: KubeObject): KubeObject {
  if (heldPartOf(object) !== undefined) return object;
  const own = withoutLastApplied(object);
  if (own.metadata.namespace === undefined || heapBytesOf(own, heldWholeMaxBytes) <= heldWholeMaxBytes) return own;
  if (!hasPods(own.kind)) return outlineOf(own);
  const left = { bytes: heldLeanMaxBytes };
  const lean = leanOf(own, left, { depth: 0, within: "" }) as KubeObject;
  return left.bytes >= 0 ? markedAsPart(lean, "lean") : outlineOf(own);
}

/** A copy of the whole object in one string, that nothing of ours reads from a view. */
function withoutLastApplied(object: KubeObject): KubeObject {
  if (object.metadata.annotations?.[lastApplied] === undefined) return object;
  const annotations = Object.fromEntries(Object.entries(object.metadata.annotations).filter(([name]) => name !== lastApplied));
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Where a value is an item of a list of containers; no field has such a name. */
const aContainer = "(container)";
const unreadOfContainers: ReadonlySet<string> = new Set(["env", "envFrom", "command", "args"]);

/** Returns what the items of a list are, by the field that it is the value of. */
export function placeOfItems(field: string): string {
  return containerLists.has(field) ? aContainer : "";
}

/** Says whether no rule and no plan reads a field of what is in such a place. */
export function isUnread(place: string, name: string): boolean {
  return place === aContainer && unreadOfContainers.has(name);
}

/** Returns a text of such a length, or a marker for it. */
export function leanText(length: number, text: unknown): unknown {
  return length > textLengthMax ? `(${length} characters, not held)` : text;
}

interface Room {
  bytes: number;
}

/** Without what containers are told, and with markers for long texts; all else as it is. Given up once the room is spent. */
function leanOf(value: unknown, left: Room, { depth, within }: { readonly depth: number; readonly within: string }): unknown {
  const text = typeof value === "string" ? leanText(value.length, value) : value;
  left.bytes -= ownBytesOf(text);
  if (depth > depthMax) left.bytes = -1;
  if (typeof text !== "object" || text === null || left.bytes < 0) return text;
  if (Array.isArray(text)) {
    const inner = { depth: depth + 1, within: placeOfItems(within) };
    const items: unknown[] = [];
    for (const item of text) {
      items.push(leanOf(item, left, inner));
      if (left.bytes < 0) break;
    }
    return items;
  }
  const kept: Record<string, unknown> = {};
  for (const name in text) {
    if (isUnread(within, name)) continue;
    left.bytes -= keyBytesOf(name);
    kept[name] = leanOf((text as Json)[name], left, { depth: depth + 1, within: name });
    if (left.bytes < 0) break;
  }
  return kept;
}
