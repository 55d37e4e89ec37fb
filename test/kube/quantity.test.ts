/** Quantities are read exactly, as the API server reads them. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { QuantityText } from "../../src/api/object.ts";
import {
  canonicalQuantity,
  compareQuantities,
  cpuMillis,
  formatBytes,
  formatCpu,
  isQuantity,
  parseQuantity,
  wholeUnits,
} from "../../src/kube/quantity.ts";

const nano = 1_000_000_000n;

describe("a quantity in nano-units", () => {
  check("0", 0n);
  check("1", nano);
  check(2, 2n * nano);
  check(0.5, nano / 2n);
  check("500m", nano / 2n);
  check("1n", 1n);
  check("0.1n", 1n);
  check("-0.1n", -1n);
  check("7u", 7000n);
  check("1k", 1000n * nano);
  check("1.5Gi", 1_610_612_736n * nano);
  check("1E", 10n ** 18n * nano);
  check("1E3", 1000n * nano);
  check("1e3", 1000n * nano);
  check("12e-3", 12_000_000n);
  check("+5Ki", 5120n * nano);
  check(".5", nano / 2n);
  check("5.", 5n * nano);
  check("0.1Ki", 102_400_000_000n);
  check("10Ei", (2n ** 63n - 1n) * nano);
  check("-100E", -(2n ** 63n - 1n) * nano);
  check("1e999999999", (2n ** 63n - 1n) * nano);
  check("1e-999999999", 1n);
  check("9".repeat(65), (2n ** 63n - 1n) * nano);

  function check(text: QuantityText, expected: bigint): void {
    it(`${JSON.stringify(text)} is ${expected}`, () => {
      expect(parseQuantity(text)).toEqual({ ok: true, value: expected });
    });
  }
});

describe("text that is no quantity", () => {
  for (const text of [
    "",
    " ",
    "1 Gi",
    "1gb",
    "1gi",
    "1K",
    "1KI",
    "m",
    ".",
    "-",
    "1e",
    "1e1.5",
    "--1",
    "1,5",
    "0x10",
    "NaN",
    "Infinity",
    "1Gi ",
    "9".repeat(1025),
  ])
    check(text);

  function check(text: string): void {
    it(`${JSON.stringify(text.slice(0, 12))} is refused in words that quote it`, () => {
      expect(isQuantity(text)).toBe(false);
      expect(parseQuantity(text)).toMatchObject({ ok: false, error: expect.stringContaining("is not a quantity") as string });
    });
  }
});

describe("whole numbers for arithmetic", () => {
  it("round up, so that nothing asked for becomes nothing", () => {
    expect(["0.1", "100m", "1u", "1.0001", 2, "-0.5", "-1u"].map((text) => cpuMillis(text))).toEqual(
      [100, 100, 1, 1001, 2000, -500, -1].map((value) => ({ ok: true, value })),
    );
    expect(["1.5", "1Ki", "100m", "0", "1.5Gi"].map((text) => wholeUnits(text))).toEqual(
      [2, 1024, 1, 0, 1_610_612_736].map((value) => ({ ok: true, value })),
    );
  });
  it("are refused beyond 2^53 instead of losing digits", () => {
    expect(wholeUnits("9Pi").ok).toBe(false);
    expect(wholeUnits("8Pi").ok).toBe(false);
    expect(wholeUnits("7Pi")).toEqual({ ok: true, value: 7 * 1024 ** 5 });
  });
  it("are written back as people write them", () => {
    expect([0, 1, 500, 1000, 7910, 16_000].map(formatCpu)).toEqual(["0", "1m", "500m", "1", "7910m", "16"]);
    expect([0, 1, 1000, 1024, 1500, 805_306_368, 2_147_483_648].map(formatBytes)).toEqual([
      "0",
      "1",
      "1000",
      "1Ki",
      "1500",
      "768Mi",
      "2Gi",
    ]);
  });
  it("are the same for short texts, which are read without BigInt", () => {
    const short = fc
      .tuple(fc.nat({ max: 999_999 }), fc.constantFrom("", "m", "Ki", "Mi", "Gi", "k", ".5"))
      .map(([amount, end]) => `${amount}${end}`);
    fc.assert(
      fc.property(short, (text) => {
        const exact = parseQuantity(text);
        if (!exact.ok) throw new Error(exact.error);
        expect(wholeUnits(text)).toEqual({ ok: true, value: Math.ceil(Number(exact.value) / 1e9) });
        const millis = (exact.value + 999_999n) / 1_000_000n;
        expect(cpuMillis(text)).toEqual(
          millis <= Number.MAX_SAFE_INTEGER ? { ok: true, value: Number(millis) } : expect.objectContaining({ ok: false }),
        );
      }),
    );
  });
  it("round-trip through text", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (amount) => {
        expect(cpuMillis(formatCpu(Math.floor(amount / 1000)))).toEqual({ ok: true, value: Math.floor(amount / 1000) });
        expect(wholeUnits(formatBytes(amount))).toEqual({ ok: true, value: amount });
      }),
    );
  });
});

describe("the text that the API server stores", () => {
  check("1000m", "1");
  check("1500m", "1500m");
  check("0.5", "500m");
  check("1000", "1k");
  check("2000000", "2M");
  check("1024", "1024");
  check("1024Ki", "1Mi");
  check("1.5Gi", "1536Mi");
  check("0.5Ki", "512");
  check("1000Ki", "1000Ki");
  check("1.1Ki", "1126400m");
  check("12e2", "1200");
  check("1e6", "1e6");
  check("0", "0");
  check("0Gi", "0");
  check("-1500m", "-1500m");
  check(3, "3");

  function check(text: QuantityText, expected: string): void {
    it(`for ${JSON.stringify(text)} is ${expected}`, () => {
      expect(canonicalQuantity(text)).toEqual({ ok: true, value: expected });
    });
  }

  it("always means the same, and is its own canonical text", () => {
    const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-3");
    const text = fc
      .tuple(fc.nat({ max: 99_999 }), fc.option(fc.nat({ max: 999 })), suffix)
      .map(([whole, part, end]) => `${whole}${part === null ? "" : `.${part}`}${end}`);
    fc.assert(
      fc.property(text, (original) => {
        const canonical = canonicalQuantity(original);
        if (!canonical.ok) throw new Error(canonical.error);
        const [before, after] = [parseQuantity(original), parseQuantity(canonical.value)];
        expect(after).toEqual(before);
        expect(canonicalQuantity(canonical.value)).toEqual(canonical);
      }),
    );
  });
});

describe("comparison", () => {
  it("is by value, whatever the suffix", () => {
    expect([compareQuantities("1Gi", "1024Mi"), compareQuantities("1G", "1Gi"), compareQuantities("2", "1999m")]).toEqual([0, -1, 1]);
  });
  it("puts invalid text below everything", () => {
    expect([compareQuantities("x", "0"), compareQuantities("0", "x"), compareQuantities("x", "y")]).toEqual([-1, 1, 0]);
  });
});
