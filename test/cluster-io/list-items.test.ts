/**
 * A list is taken apart as it comes, however its bytes are cut, and is the same list.
 */
import { describe, expect, test } from "vitest";
import { listItems } from "../../src/cluster/list-items.ts";
import fc from "../support/properties.ts";

const anyItem = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 3, noUnicodeString: false }), { maxKeys: 4 });
const anyList = fc.record({
  kind: fc.constant("PodList"),
  metadata: fc.record({ resourceVersion: fc.string(), continue: fc.string({ unit: "binary" }) }),
  items: fc.array(anyItem, { maxLength: 6 }),
});

/** Cuts bytes at the given places. */
function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe("a list in pieces", () => {
  test("is what JSON.parse makes of it whole, with each item's own bytes", () => {
    fc.assert(
      fc.property(anyList, fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom(undefined, 2), (list, cuts, indent) => {
        const text = JSON.stringify(list, undefined, indent);
        const sizes: number[] = [];
        const read = listItems({
          itemOf: (item, bytes) => {
            sizes.push(bytes);
            return item;
          },
          itemMaxBytes: 1_000_000,
        });
        for (const piece of pieces(Buffer.from(text), cuts)) read.take(piece);
        expect(read.end()).toEqual(JSON.parse(text));
        expect(sizes).toHaveLength(list.items.length);
        if (indent === undefined) expect(sizes).toEqual(list.items.map((item) => Buffer.byteLength(JSON.stringify(item))));
      }),
      { numRuns: 500 },
    );
  });

  test("answers with what its items became, and without items as it is", () => {
    const read = listItems({ itemOf: () => "taken", itemMaxBytes: 1_000 });
    read.take(Buffer.from('{"kind":"List","items":[{"a":[1]},{"b":"]}"}],"metadata":{}}'));
    expect(read.end()).toEqual({ kind: "List", items: ["taken", "taken"], metadata: {} });
    for (const text of ['{"items":null}', '{"items":[]}', '{"kind":"Status","details":{"causes":[{"a":1}]}}']) {
      const other = listItems({ itemOf: () => "taken", itemMaxBytes: 1_000 });
      other.take(Buffer.from(text));
      expect(other.end()).toEqual(JSON.parse(text));
    }
  });

  test("that is cut off, or has an item that is too long, is none", () => {
    const cut = listItems({ itemOf: (item) => item, itemMaxBytes: 1_000 });
    cut.take(Buffer.from('{"items":[{"a":1'));
    expect(() => cut.end()).toThrow();
    const long = listItems({ itemOf: (item) => item, itemMaxBytes: 10 });
    expect(() => {
      long.take(Buffer.from('{"items":[{"a":"0123456789"}]}'));
    }).toThrow("an item of the list is longer than 10 bytes");
  });
});
