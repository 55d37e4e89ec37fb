/**
 * CEL values: JSON as CEL sees it.
 *
 * Reads JSON. Returns whole numbers as bigint, which is CEL's int, so that `spec.replicas + 1` has a type, and objects as maps: a
 * label named constructor is a key like any other.
 */

/** Integers beyond this have lost digits already and stay what JSON made of them. */
const intMax = Number.MAX_SAFE_INTEGER;

/** Members of one variable, all in all: the Pods of a namespace may each be as large as an object can be. */
const membersMax = 200_000;

/** Returns a JSON value as a CEL value: null, bool, string, int, double, list or map; undefined where it is larger than anybody may ask for. */
export function toCelValue(json: unknown): unknown {
  const left = { members: membersMax };
  const value = converted(json, left);
  return left.members < 0 ? undefined : value;
}

function converted(json: unknown, left: { members: number }): unknown {
  left.members -= 1;
  if (left.members < 0) return null;
  if (typeof json === "number") return Number.isInteger(json) && Math.abs(json) <= intMax ? BigInt(json) : json;
  if (Array.isArray(json)) return json.map((member) => converted(member, left));
  if (typeof json !== "object" || json === null) return json;
  const map = new Map<string, unknown>();
  for (const [key, value] of Object.entries(json)) if (value !== undefined) map.set(key, converted(value, left));
  return map;
}

/** Returns a CEL list; undefined for any other value. */
export function celList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
