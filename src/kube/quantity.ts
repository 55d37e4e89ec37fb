/**
 * Quantity: Kubernetes' numbers with suffixes ("500m", "2Gi", "1e3"), read exactly.
 *
 * Reads the text or number of a manifest. Returns nano-units as a BigInt, or whole numbers for arithmetic (millicores,
 * bytes). BigInt, because a float turns "0.1" or "9Ei" into another number and admission would then disagree with the
 * API server. The grammar and the rounding (away from zero, to nano-units) are those of apimachinery's resource.Quantity.
 */
import type { QuantityText } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import { rememberedText } from "./remembered.ts";

const nanoPerUnit = 1_000_000_000n;
/** Quantities saturate at the largest 64-bit integer; apimachinery does so for most texts, and none of them is meant. */
const nanoMax = (2n ** 63n - 1n) * nanoPerUnit;
/** Longer texts are refused: no honest quantity needs them, and BigInt arithmetic must stay bounded. */
const textLengthMax = 1024;
/** Exponents beyond this saturate or vanish whatever the mantissa, which is shorter. */
const exponentMax = 2000;

const decimalExponents: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const binaryExponents: ReadonlyMap<string, number> = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const quantityPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;
/** Up to five digits, so that as many Gi still are an exact number. */
const simplePattern = /^(\d{1,5})(m|Ki|Mi|Gi)?$/;

type QuantityFormat = "decimal" | "binary" | "exponent";

/**
 * Reads a quantity exactly. Returns nano-units (1 = 1_000_000_000n), rounded away from zero below that and capped at
 * 2^63-1 units; the error is a sentence that quotes the text.
 */
export function parseQuantity(text: QuantityText): Result<bigint, string> {
  return nanoOf(String(text));
}

const nanoOf = rememberedText((text): Result<bigint, string> => {
  const parsed = parseWithFormat(text);
  return parsed.ok ? ok(parsed.value.nano) : parsed;
});

/** Says whether a text is a quantity that the API server would accept. */
export function isQuantity(text: QuantityText): boolean {
  return parseQuantity(text).ok;
}

/** Returns a CPU quantity in millicores, rounded up as the scheduler does ("0.1" is 100, "1u" is 1). */
export function cpuMillis(text: QuantityText): Result<number, string> {
  return milliOf(String(text));
}

/** Returns a quantity in whole units (bytes for memory), rounded up. */
export function wholeUnits(text: QuantityText): Result<number, string> {
  return unitsOf(String(text));
}

const milliOf = rememberedText((text) => roundedUp(text, 1000));
const unitsOf = rememberedText((text) => roundedUp(text, 1));

/** Returns millicores as a canonical quantity: 500 is "500m", 2000 is "2". */
export function formatCpu(millis: number): string {
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** Returns bytes with the largest binary suffix that divides them: 805306368 is "768Mi", 1500 is "1500". */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let suffix = "";
  for (const next of binaryExponents.keys()) {
    if (amount === 0 || amount % 1024 !== 0) break;
    amount /= 1024;
    suffix = next;
  }
  return `${amount}${suffix}`;
}

/** Compares two valid quantities by value: negative, 0 or positive. An invalid one sorts below every valid one. */
export function compareQuantities(a: QuantityText, b: QuantityText): number {
  if (a === b) return 0;
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  if (!left.ok || !right.ok) return Number(left.ok) - Number(right.ok);
  if (left.value === right.value) return 0;
  return left.value < right.value ? -1 : 1;
}

/**
 * Returns the text that the API server would store: no fraction, the largest suffix of the same family that keeps the
 * value ("1000m" is "1", "1.5Gi" is "1536Mi", "0.5Ki" is "512", "12e2" is "1200").
 */
export function canonicalQuantity(text: QuantityText): Result<string, string> {
  const parsed = parseWithFormat(text);
  if (!parsed.ok) return parsed;
  const { nano, format } = parsed.value;
  const size = absolute(nano);
  const sign = nano < 0n ? "-" : "";
  // As in apimachinery, binary suffixes are only for whole amounts from 1Ki on.
  const isBinary = format === "binary" && size >= 1024n * nanoPerUnit && size % nanoPerUnit === 0n;
  if (isBinary) return ok(sign + binaryText(size / nanoPerUnit));
  return ok(sign + decimalText(size, format === "exponent"));
}

function parseWithFormat(text: QuantityText): Result<{ nano: bigint; format: QuantityFormat }, string> {
  const trimmed = String(text);
  const match = trimmed.length > textLengthMax ? null : quantityPattern.exec(trimmed);
  if (match === null) return err(notAQuantity(trimmed));
  const [, sign, whole = "", fraction = "", exponentMark, exponentDigits = "", suffix = ""] = match;
  // The API server reads a suffix without digits as 0 and stores "0"; where we are the first to read it, it is a slip.
  if (whole === "" && fraction === "") return err(notAQuantity(trimmed));

  const mantissa = BigInt(whole + fraction);
  const binary = binaryExponents.get(suffix);
  const exponent = exponentMark === undefined ? (decimalExponents.get(suffix) ?? 0) : Number(exponentDigits);
  const size =
    binary === undefined
      ? scaleByTen(mantissa, clamp(exponent) + 9 - fraction.length)
      : scaleByTen(mantissa * 2n ** BigInt(binary), 9 - fraction.length);
  const capped = size > nanoMax ? nanoMax : size;
  return ok({ nano: sign === "-" ? -capped : capped, format: formatOf(exponentMark, binary) });
}

function formatOf(exponentMark: string | undefined, binary: number | undefined): QuantityFormat {
  if (exponentMark !== undefined) return "exponent";
  return binary === undefined ? "decimal" : "binary";
}

function clamp(exponent: number): number {
  return Math.max(-exponentMax, Math.min(exponentMax, exponent));
}

/** Multiplies by a power of ten; a remainder rounds up, so a positive quantity never becomes 0. */
function scaleByTen(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  return ceilDivide(value, 10n ** BigInt(-exponent));
}

/** Of values that are not negative. */
function ceilDivide(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Most quantities are short whole numbers, and the solver reads tens of thousands: those need no BigInt (and give the same). */
function simpleAmount(text: QuantityText, stepsPerUnit: number): number | undefined {
  const match = simplePattern.exec(String(text));
  if (match === null) return undefined;
  const amount = Number(match[1]);
  if (match[2] === "m") return stepsPerUnit === 1000 ? amount : Math.ceil(amount / 1000);
  const binary = match[2] === undefined ? 0 : binaryExponents.get(match[2]);
  // Millicores by the Gi (nobody writes them) could pass 2^53, so they take the exact way.
  if (binary === undefined || (binary > 0 && stepsPerUnit === 1000)) return undefined;
  return amount * stepsPerUnit * 2 ** binary;
}

function roundedUp(text: QuantityText, stepsPerUnit: 1 | 1000): Result<number, string> {
  const simple = simpleAmount(text, stepsPerUnit);
  if (simple !== undefined) return ok(simple);
  const parsed = parseQuantity(text);
  if (!parsed.ok) return parsed;
  const size = Number(ceilDivide(absolute(parsed.value), nanoPerUnit / BigInt(stepsPerUnit)));
  const amount = parsed.value < 0n ? -size : size;
  if (!Number.isSafeInteger(amount))
    return err(`quantity ${JSON.stringify(text)} is beyond 2^53, the largest amount this program counts with`);
  return ok(amount);
}

function binaryText(units: bigint): string {
  let amount = units;
  let suffix = "";
  for (const next of binaryExponents.keys()) {
    if (amount % 1024n !== 0n) break;
    amount /= 1024n;
    suffix = next;
  }
  return `${amount}${suffix}`;
}

function decimalText(nano: bigint, asExponent: boolean): string {
  if (nano === 0n) return "0";
  let amount = nano;
  let exponent = -9;
  while (amount % 1000n === 0n && exponent < 18) {
    amount /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? String(amount) : `${amount}e${exponent}`;
  return `${amount}${[...decimalExponents].find(([, power]) => power === exponent)?.[0] ?? ""}`;
}

function notAQuantity(text: string): string {
  return `${JSON.stringify(text.slice(0, textLengthMax))} is not a quantity; write a number with an optional suffix, such as 500m, 2 or 768Mi`;
}
