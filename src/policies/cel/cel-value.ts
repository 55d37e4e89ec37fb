/**
 * CEL values: JSON as CEL sees it.
 *
 * Reads JSON. Returns whole numbers as bigint, which is CEL's int, so that `spec.replicas + 1` has a type, and objects as maps: a
 * label named constructor is a key like any other.
 */

/** Integers beyond this have lost digits already and stay what JSON made of them. */
const intMax = Number.MAX_SAFE_INTEGER;

/** Returns a JSON value as a CEL value: null, bool, string, int, double, list or map. */
export function toCelValue(json: unknown): unknown {
  if (typeof json === "number") return Number.isInteger(json) && Math.abs(json) <= intMax ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map(toCelValue);
  if (typeof json !== "object" || json === null) return json;
  const map = new Map<string, unknown>();
  for (const [key, value] of Object.entries(json)) if (value !== undefined) map.set(key, toCelValue(value));
  return map;
}

/** Returns a CEL list; undefined for any other value. */
export function celList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
