/** The line before the owner inquiry: light callers always find places, none is passed over, and leaving frees what was taken. */
import { describe, expect, it } from "vitest";
import { inquiryLine } from "../../src/cli/inquiry-line.ts";
import fc from "../support/properties.ts";

const bounds = { placesMax: 4, reviewsMax: 8, bytesMax: 100 };

describe("the inquiry line", () => {
  it("serves those who wait in the order in which they came", () => {
    const { enter, began } = line();
    const leave = ["a", "b", "c", "d", "e", "f"].map((name) => enter(name));
    expect(began).toEqual(["a", "b", "c", "d"]);
    leave[1]?.();
    leave[0]?.();
    expect(began).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  it("keeps half of its places for those who use little", () => {
    const { enter, began } = line();
    const leave = ["h1", "h2", "h3"].map((name) => enter(name, { isHeavy: true }));
    enter("l1");
    expect(began).toEqual(["h1", "h2", "l1"]);
    leave[0]?.();
    expect(began).toEqual(["h1", "h2", "l1"]);
    leave[1]?.();
    expect(began).toEqual(["h1", "h2", "l1", "h3"]);
  });

  it("serves who left the line no more", () => {
    const { enter, began } = line();
    const leave = ["a", "b", "c", "d", "e", "f"].map((name) => enter(name));
    leave[4]?.();
    leave[0]?.();
    expect(began).toEqual(["a", "b", "c", "d", "f"]);
  });

  it("turns away where it is full, of reviews or of bytes, and of those who use much at half of the reviews", () => {
    const heavy = line();
    for (let index = 0; index < 4; index++) expect(heavy.enter(`h${index}`, { isHeavy: true })).toBeDefined();
    expect(heavy.enter("h4", { isHeavy: true })).toBeUndefined();
    for (let index = 0; index < 4; index++) expect(heavy.enter(`l${index}`)).toBeDefined();
    expect(heavy.enter("l4")).toBeUndefined();
    const large = line();
    const leave = large.enter("large", { bytes: 99 });
    expect(large.enter("more", { bytes: 2 })).toBeUndefined();
    leave?.();
    expect(large.enter("more", { bytes: 2 })).toBeDefined();
  });

  it("never has more at once than it has places, and never lets one stand beside a place that is theirs", () => {
    const step = fc.record({ isHeavy: fc.boolean(), leaves: fc.option(fc.nat(20), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const open = line({ placesMax: 4, reviewsMax: 1_000, bytesMax: 1_000_000 });
        const inside: { readonly name: string; readonly isHeavy: boolean; readonly leave: (() => void) | undefined }[] = [];
        for (const [index, { isHeavy, leaves }] of steps.entries()) {
          if (leaves === undefined) inside.push({ name: `${index}`, isHeavy, leave: open.enter(`${index}`, { isHeavy }) });
          else inside.splice(leaves % Math.max(1, inside.length), 1).forEach(({ leave }) => leave?.());
          const placed = inside.filter(({ name }) => open.began.includes(name));
          const waiting = inside.filter(({ name }) => !open.began.includes(name));
          expect(placed.length).toBeLessThanOrEqual(4);
          if (placed.length < 4) expect(waiting.filter((one) => !one.isHeavy)).toEqual([]);
          if (placed.length < 2) expect(waiting).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function line(of = bounds) {
  const began: string[] = [];
  const opened = inquiryLine(of);
  return {
    began,
    enter: (name: string, entry: { readonly isHeavy?: boolean; readonly bytes?: number } = {}) =>
      opened.enter({ isHeavy: false, bytes: 1, ...entry }, () => began.push(name)),
  };
}
