/**
 * Held reader: reads a large object as its bytes come, and keeps of it what a view of the cluster holds.
 *
 * Returns what heldObject makes of the whole object, and never has the whole object: up to three copies grow beside one another (whole,
 * lean, outline), and each is let go once it is too large. However long the object is, reading it takes a few
 * hundred KiB.
 */
import type { KindInfo } from "../api/kinds.ts";
import type { ByteReader } from "../api/ports.ts";
import type { Container } from "../api/pod.ts";
import { depthMax, heapBytesOf, keyBytesOf, ownBytesOf } from "../kube/heap-bytes.ts";
import {
  heldFieldMaxBytes,
  heldLeanMaxBytes,
  heldMapMaxBytes,
  heldSpecMaxBytes,
  heldWholeMaxBytes,
  markedAsPart,
} from "../kube/held-part.ts";
import { heldObject, isUnread, lastApplied, leanText, placeOfItems } from "./held-object.ts";
import {
  amountsOf,
  askedOf,
  containerLists,
  fittingTexts,
  foldedContainers,
  hasPods,
  type Json,
  outlineOf,
  smallFields,
} from "./held-outline.ts";
import { type Token, jsonTokens } from "./json-tokens.ts";
import { decodeObject } from "./wire-object.ts";

/** What a copy wants next: the next token (undefined), the close at a depth, or the last token of the value that follows a name. */
type Want = undefined | number | "no value";
type Copy<T = unknown> = Generator<Want, T, Token>;

/** Starts to read an object of a kind. */
export function heldReader(info: Pick<KindInfo, "group" | "version" | "kind">): ByteReader {
  const whole = fed(treeCopy({ room: { bytes: heldWholeMaxBytes }, isLean: false }));
  const lean = fed(treeCopy({ room: { bytes: hasPods(info.kind) ? heldLeanMaxBytes : -1 }, isLean: true }));
  const outline = fed(outlineCopy(info.kind));
  const unread = unreadFilter((token) => {
    whole.take(token);
    lean.take(token);
    outline.take(token);
  });
  const tokens = jsonTokens(unread, heldWholeMaxBytes);
  return {
    take: (chunk) => {
      tokens.take(chunk);
    },
    end: () => {
      tokens.end();
      const all = decodeObject(whole.result(), info);
      if (all !== undefined) return heldObject(all);
      const most = decodeObject(lean.result(), info);
      // The kind and its version may have been added.
      if (most !== undefined && heapBytesOf(most, heldLeanMaxBytes) <= heldLeanMaxBytes) return markedAsPart(most, "lean");
      const least = decodeObject(outline.result(), info);
      return least === undefined ? undefined : outlineOf(least);
    },
  };
}

/** Gives a copy the tokens that it wants. */
function fed<T>(copy: Copy<T>): { take(token: Token): void; result(): T | undefined } {
  const at: { isOver: boolean; result: T | undefined } = { isOver: false, result: undefined };
  let want: Want;
  copy.next();
  return {
    take: (token) => {
      if (at.isOver) return;
      if (want === "no value" && token.kind === "open") want = token.depth;
      if (typeof want === "number" && !(token.kind === "close" && token.depth === want)) return;
      const step = copy.next(token);
      if (step.done !== true) {
        want = step.value;
        return;
      }
      at.isOver = true;
      at.result = step.value;
    },
    result: () => at.result,
  };
}

/** Passes on all but managedFields and the copy that kubectl apply keeps. */
function unreadFilter(onToken: (token: Token) => void): (token: Token) => void {
  const path = ["", "", ""];
  const filter = fed(
    (function* (): Copy {
      for (;;) {
        const token = yield;
        const isName = token.kind === "name" && token.depth <= path.length;
        if (isName) path[token.depth - 1] = String(token.value);
        const isWithin = isName && path[0] === "metadata";
        if (isWithin && token.depth === 2 && path[1] === "managedFields") yield "no value";
        else if (isWithin && token.depth === 3 && path[1] === "annotations" && path[2] === lastApplied) yield "no value";
        else onToken(token);
      }
    })(),
  );
  return (token) => {
    filter.take(token);
  };
}

interface Room {
  bytes: number;
}

interface Growing {
  readonly room: Room;
  readonly isLean: boolean;
  /** The depth of the value that the room is for. */
  readonly base?: number;
}

/** A copy of the next value; undefined once its room is spent. */
function* treeCopy(of: Growing): Copy {
  return yield* treeFrom(yield, of, "");
}

/** The same of a value whose first token is here. The tokens that follow are as they come: of what is too large some are left. */
function* treeFrom(first: Token, of: Growing, within: string): Copy {
  const { room, isLean, base = 0 } = of;
  if (first.depth - base > depthMax) room.bytes = -1;
  if (first.kind !== "open") return scalarFrom(first, room, isLean);
  const { isList } = first;
  room.bytes -= ownBytesOf(isList ? [] : {});
  const items: unknown[] = [];
  const fields: Record<string, unknown> = {};
  while (room.bytes >= 0) {
    const token = yield;
    if (token.kind === "close") return isList ? items : fields;
    if (isList) {
      room.bytes -= itemBytes;
      items.push(yield* treeFrom(token, of, placeOfItems(within)));
      continue;
    }
    const name = String(token.value);
    if (name === "__proto__" || (isLean && isUnread(within, name))) {
      yield "no value";
      continue;
    }
    room.bytes -= keyBytesOf("") + token.length;
    fields[name] = yield* treeFrom(yield, of, name);
  }
  return undefined;
}

const itemBytes = ownBytesOf([undefined]) - ownBytesOf([]);

function scalarFrom({ kind, value, length }: Token, room: Room, isLean: boolean): unknown {
  const isText = kind === "text" || kind === "long";
  const kept = isText && isLean ? leanText(length, value) : value;
  room.bytes -= isText && kept === value ? ownBytesOf("") + length : ownBytesOf(kept);
  return kept;
}

/** Returns a value that takes no more than so many bytes; undefined where it takes more. In either case all its tokens are spent. */
function* smallFrom(first: Token, most: number): Copy {
  const { kind, depth } = first;
  const room = { bytes: most };
  const tree: unknown = yield* treeFrom(first, { room, isLean: false, base: depth }, "");
  if (room.bytes >= 0) return tree;
  if (kind === "open") yield depth;
  return undefined;
}

/** How a copy is made of the value of a field. */
type Shape = (first: Token) => Copy;

const small: Shape = (first) => smallFrom(first, heldFieldMaxBytes);

/** An object with fields of given shapes; of all others what fits. */
function fieldsOf(
  shapes: Readonly<Record<string, Shape>>,
  { rest, fit }: { readonly rest: Shape; readonly fit: (of: Json) => Json },
): Shape {
  return function* (first) {
    if (first.kind !== "open" || first.isList) return yield* small(first);
    const shaped: Record<string, unknown> = {};
    let others: Record<string, unknown> = {};
    let bytes = 0;
    for (;;) {
      const token = yield;
      if (token.kind === "close") return { ...fit(others), ...shaped };
      const [name, { length }] = [String(token.value), token];
      if (name === "__proto__" || length > heldMapMaxBytes) {
        yield "no value";
        continue;
      }
      const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
      const value: unknown = yield* (shape ?? rest)(yield);
      if (shape !== undefined) shaped[name] = value;
      if (shape !== undefined || value === undefined) continue;
      others[name] = value;
      bytes += keyBytesOf(name) + heapBytesOf(value, heldMapMaxBytes);
      if (bytes <= cutAtBytes) continue;
      others = { ...fit(others) };
      bytes = 0;
    }
  };
}

/** What does not fit is cut each time that so much has come. */
const cutAtBytes = 32 * 1024;
/** So many containers are held at once. */
const containersMax = 32;

function containersIn(field: string): Shape {
  const asked = fieldsOf({ resources }, { rest: small, fit: ({ name, restartPolicy }) => ({ name, restartPolicy }) });
  return function* (first) {
    if (first.kind !== "open" || !first.isList) return yield* small(first);
    let containers: Container[] = [];
    for (;;) {
      const token = yield;
      if (token.kind === "close") return containers;
      containers.push(askedOf(yield* asked(token)));
      if (containers.length > containersMax) containers = [...foldedContainers(containers, field)];
    }
  };
}

const textMap: Shape = fieldsOf({}, { rest: (first) => smallFrom(first, heldMapMaxBytes), fit: fittingTexts });
const fields = (shapes: Readonly<Record<string, Shape>>): Shape => fieldsOf(shapes, { rest: small, fit: smallFields });
const amounts: Shape = fieldsOf({}, { rest: small, fit: amountsOf });
const resources: Shape = fieldsOf({ requests: amounts, limits: amounts }, { rest: small, fit: () => ({}) });
const metadata = fields({ labels: textMap, annotations: textMap });
const lists = Object.fromEntries([...containerLists].map((name) => [name, containersIn(name)]));
const pod = fields({ ...lists, overhead: amounts, resources });
const template = fields({ metadata, spec: pod });
const jobs = fields({ template });
const spec = fields({ template, jobTemplate: fields({ spec: jobs }) });
const wholeSpec: Shape = (first) => smallFrom(first, heldSpecMaxBytes);

function* outlineCopy(kind: string): Copy {
  const ofKind = hasPods(kind) ? (kind === "Pod" ? pod : spec) : wholeSpec;
  return yield* fields({ metadata, spec: ofKind, status: fields({}), ...(hasPods(kind) ? { template } : {}) })(yield);
}
