/**
 * List items: takes the JSON of a list apart as it comes, item by item.
 *
 * Reads chunks of bytes. Hands each item of `items` over, parsed, and returns the rest of the list in the end, its items as they were
 * answered for. No page is ever held whole: five hundred objects may be 700 MB. The API server writes `items` as the only list
 * directly within the answer.
 */
import type { ByteReader } from "../api/ports.ts";
import { jsonBytes } from "./json-bytes.ts";

/** The rest of a list: kind, apiVersion, metadata. */
const restMaxBytes = 1024 * 1024;

export interface ListItems {
  /** Throws where an item or the rest is too long, or an item is no JSON. */
  take(chunk: Buffer): void;
  /** Returns the list with what each item became; throws where it is no JSON. */
  end(): unknown;
}

const [quote, backslash, openList, closeList, openObject, closeObject] = [34, 92, 91, 93, 123, 125];

export interface ListItemsOptions {
  /** What becomes of each item, of so many bytes. */
  readonly itemOf: (item: unknown, bytes: number) => unknown;
  readonly itemMaxBytes: number;
  /** Reads an item that is too long to be parsed at once; default: any is parsed. */
  readonly readLarge?: (() => ByteReader) | undefined;
}

/** Starts a list. */
export function listItems({ itemOf, itemMaxBytes, readLarge }: ListItemsOptions): ListItems {
  const items: unknown[] = [];
  const rest = jsonBytes({ maxBytes: restMaxBytes, what: "the rest of the list" });
  const item = jsonBytes({ maxBytes: itemMaxBytes, what: "an item of the list", readLarge });
  const at = { depth: 0, isText: false, isEscaped: false, isWithin: false };

  const take = (chunk: Buffer): void => {
    let from = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      if (at.isText) {
        if (at.isEscaped) at.isEscaped = false;
        else if (byte === backslash) at.isEscaped = true;
        else if (byte === quote) at.isText = false;
        continue;
      }
      if (byte === quote) at.isText = true;
      else if (byte === openObject || byte === openList) {
        // An item begins: what was before it is of the list itself.
        if (at.isWithin && at.depth === 2) from = index;
        at.depth += 1;
        if (byte === openList && at.depth === 2) {
          at.isWithin = true;
          rest.add(chunk.subarray(from, index + 1));
          from = index + 1;
        }
      } else if (byte === closeObject || byte === closeList) {
        at.depth -= 1;
        if (at.isWithin && at.depth === 2) {
          item.add(chunk.subarray(from, index + 1));
          from = index + 1;
          const { value, bytes } = item.takeAll();
          items.push(itemOf(value, bytes));
        } else if (at.isWithin && at.depth === 1) {
          at.isWithin = false;
          from = index;
        }
      }
    }
    (at.isWithin && at.depth > 2 ? item : at.isWithin ? ignored : rest).add(chunk.subarray(from));
  };

  return {
    take,
    end: () => ({ ...(rest.takeAll().value as object), ...(items.length === 0 ? {} : { items }) }),
  };
}

/** Commas and blanks between items. */
const ignored = { add: (): void => undefined };
