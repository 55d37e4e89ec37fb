/**
 * JSON tokens: reads JSON as its bytes come, and holds no more of it than one short text.
 *
 * Reads chunks of bytes, cut anywhere. Hands tokens over, in order: names, values, and where objects and lists open and close. Of a long
 * text only its length is passed on; what is nested deeper than any kind is passed over. Whoever reads so decides what to keep, while
 * JSON.parse makes twenty times as many bytes of it first. It trusts that the API server writes JSON: only what it would misread throws.
 */
import { depthMax } from "../kube/heap-bytes.ts";

export interface Token {
  /** "long": a text of more than the asked length, which is not handed over. */
  readonly kind: "name" | "text" | "long" | "other" | "open" | "close";
  /** Of a name, a text (both strings; "" where it is too long) and of other scalars. */
  readonly value: unknown;
  /** Of a name and a text, in UTF-16 units as `length` of a string is. */
  readonly length: number;
  readonly isList: boolean;
  /** How many objects and lists are around it; the same where one opens and closes. */
  readonly depth: number;
}

export interface JsonTokens {
  /** Throws where it is no JSON. */
  take(chunk: Uint8Array): void;
  /** Throws where the value has not ended. */
  end(): void;
}

/** Deeper than anybody looks, whose own value begins a few levels within. */
const nestingMax = depthMax + 8;
/** The longest number. */
const bareMax = 1_024;

const [quote, backslash, comma, colon, openList, closeList, openObject, closeObject] = [34, 92, 44, 58, 91, 93, 123, 125];

/** Starts reading; a token is valid until the next one. */
export function jsonTokens(onToken: (token: Token) => void, textMax: number): JsonTokens {
  const text = longText(textMax);
  const place = jsonPlace(onToken);
  let isText = false;
  return {
    take: (chunk) => {
      for (let index = 0; index < chunk.length; index++) {
        if (isText) {
          index = text.take(chunk, index);
          if (index >= chunk.length) continue;
          isText = false;
          place.text(text.end());
        } else if (chunk[index] === quote) isText = true;
        else place.mark(chunk[index] ?? 0);
      }
    },
    end: () => {
      place.endBare();
      if (place.depth() !== 0 || isText) throw new Error("the JSON ends within a value");
    },
  };
}

interface JsonPlace {
  /** What is no text: punctuation, blanks, numbers and words. */
  mark(byte: number): void;
  text(text: Ended): void;
  endBare(): void;
  depth(): number;
}

/** Where within objects and lists the reader is. */
function jsonPlace(onToken: (token: Token) => void): JsonPlace {
  const token = { kind: "other" as Token["kind"], value: undefined as unknown, length: 0, isList: false, depth: 0 };
  const lists: boolean[] = [];
  const at = { depth: 0, isNameNext: false, bare: "" };
  const emit = (kind: Token["kind"], value: unknown, length = 0): void => {
    if (at.depth <= nestingMax) onToken(Object.assign(token, { kind, value, length, depth: at.depth }));
  };
  const endBare = (): void => {
    if (at.bare === "") return;
    emit("other", JSON.parse(at.bare));
    at.bare = "";
  };
  const open = (isList: boolean): void => {
    token.isList = isList;
    emit("open", undefined);
    if (at.depth <= nestingMax) lists[at.depth] = isList;
    at.depth += 1;
    at.isNameNext = !isList;
  };
  const close = (): void => {
    at.depth -= 1;
    if (at.depth < 0) throw new Error("the JSON closes what it did not open");
    token.isList = lists[at.depth] === true;
    emit("close", undefined);
  };
  /** Below the depth that is passed on, names and texts need no distinction. */
  const isWithinObject = (): boolean => at.depth > 0 && at.depth <= nestingMax + 1 && lists[at.depth - 1] === false;
  return {
    mark: (byte) => {
      const isBare = !isPunctuation(byte);
      if (isBare && at.bare.length > bareMax) throw new Error(`a number of the JSON is longer than ${bareMax} characters`);
      if (isBare) at.bare += String.fromCharCode(byte);
      else endBare();
      if (byte === openObject || byte === openList) open(byte === openList);
      else if (byte === closeObject || byte === closeList) close();
      else if (byte === comma) at.isNameNext = isWithinObject();
      else if (byte === colon) at.isNameNext = false;
    },
    text: ({ value, length }) => {
      if (at.isNameNext) emit("name", value ?? "", length);
      else emit(value === undefined ? "long" : "text", value, length);
    },
    endBare,
    depth: () => at.depth,
  };
}

const punctuation: ReadonlySet<number> = new Set([comma, colon, openList, closeList, openObject, closeObject, 32, 10, 13, 9]);

function isPunctuation(byte: number): boolean {
  return punctuation.has(byte);
}

/** A text that has ended: undefined where it was too long. */
interface Ended {
  readonly value: string | undefined;
  readonly length: number;
}

interface LongText {
  /** Reads on from a place; returns where the closing quote is, or the chunk's length. */
  take(chunk: Uint8Array, from: number): number;
  end(): Ended;
}

/** A text with its escapes: kept as bytes until it ends, and counted alone once it is too long. */
function longText(textMax: number): LongText {
  let parts: Uint8Array[] = [];
  const at = { length: 0, isEscaped: false, hasEscapes: false, hexLeft: 0 };
  const takeByte = (byte: number): boolean => {
    if (at.isEscaped) {
      at.isEscaped = false;
      at.hexLeft = byte === 117 ? 4 : 0;
      at.length += 1;
    } else if (byte === backslash) at.isEscaped = at.hasEscapes = true;
    else if (byte === quote) return true;
    else if (at.hexLeft > 0) at.hexLeft -= 1;
    // The first byte of a character counts; of four bytes it is two units.
    else if ((byte & 0xc0) !== 0x80) at.length += byte >= 0xf0 ? 2 : 1;
    return false;
  };
  return {
    take: (chunk, from) => {
      let index = from;
      while (index < chunk.length && !takeByte(chunk[index] ?? 0)) index++;
      if (at.length <= textMax) parts.push(chunk.subarray(from, index));
      else parts = [];
      return index;
    },
    end: () => {
      const { length, hasEscapes } = at;
      const bytes =
        parts.length === 1 && parts[0] !== undefined
          ? Buffer.from(parts[0].buffer, parts[0].byteOffset, parts[0].length)
          : Buffer.concat(parts);
      parts = [];
      at.length = 0;
      at.hasEscapes = false;
      if (length > textMax) return { value: undefined, length };
      const written = bytes.toString("utf8");
      return { value: hasEscapes ? (JSON.parse(`"${written}"`) as string) : written, length };
    },
  };
}
