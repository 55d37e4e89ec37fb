/**
 * Mutated reviews: what a broken, hostile or merely newer API server might post.
 *
 * Takes a good review and a source of random numbers; returns the text of a body. Most mutations leave an AdmissionReview whose object
 * is odd somewhere inside: of another type, missing, deep, huge, named like a member of every object. Some break the JSON itself.
 */

type Random = () => number;

const longText = "x".repeat(20_000);

/** Values that code forgets: of every JSON type, at their edges. */
const oddValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1e308, -1e-308, 2 ** 53 + 1, 2_147_483_648, 0.1, Number.MAX_SAFE_INTEGER],
  ...[
    "",
    " ",
    "0",
    "-1",
    "100%",
    "101%",
    "1e9",
    "NaN",
    "Infinity",
    "1Ei",
    "\u0000",
    "\ud800",
    "\u202egnp",
    "é\u0301",
    "%s${x}",
    "../..",
    "__proto__",
  ],
  ...["2026-11-21T12:00:00Z", "9999-99-99T99:99:99Z", "constructor", "*", "a=b,c=d", "🙂".repeat(300), longText],
  ...[[], [null], [[]], [{}], {}, { toString: 1 }, { length: 3 }, { kind: "Pod" }],
];
const oddKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "",
  "length",
  "a".repeat(300),
  "ключ",
  "metadata",
  "spec",
];

/** Returns the text of a mutated review. */
export function mutatedReview(review: object, random: Random): string {
  const copy: unknown = structuredClone(review);
  const times = 1 + pick(random, 4);
  for (let time = 0; time < times; time++) mutate(copy, random);
  const text = JSON.stringify(copy);
  const draw = random();
  if (draw < 0.04) return text.slice(0, pick(random, text.length));
  if (draw < 0.07) return flipped(text, random);
  if (draw < 0.1) return repeatedKey(text, random);
  if (draw < 0.12) return text.replace(/:(\d+)/, ":1e400");
  // Written as text: what builds such a value by calls would itself run out of stack. Go reads JSON 10,000 deep.
  if (draw < 0.15) return replacedValue(text, `${"[".repeat(9_000)}${"]".repeat(9_000)}`, random);
  return text;
}

function pick(random: Random, length: number): number {
  return Math.floor(random() * length);
}

function oneOf<T>(random: Random, values: readonly T[]): T | undefined {
  return values[pick(random, values.length)];
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Changes one place; mostly below the request's object, which is what rules read. */
function mutate(review: unknown, random: Random): void {
  const places = placesOf(review);
  const inside = places.filter(({ depth }) => depth > 2);
  const place = oneOf(random, random() < 0.85 && inside.length > 0 ? inside : places);
  if (place === undefined) return;
  const { holder, key } = place;
  const draw = random();
  if (draw < 0.35) put({ holder, key }, oneOf(random, oddValues));
  else if (draw < 0.5) remove({ holder, key });
  else if (draw < 0.6) put({ holder, key: oneOf(random, oddKeys) ?? "" }, holder[key]);
  else if (draw < 0.68) put({ holder, key }, [holder[key], holder[key]]);
  else if (draw < 0.76) put({ holder, key }, { [key]: holder[key] });
  else if (draw < 0.84) put({ holder, key }, oneOf(random, places)?.value);
  else if (draw < 0.9) put({ holder, key }, retyped(holder[key]));
  else if (draw < 0.93) put({ holder, key }, deep(random));
  else if (draw < 0.96)
    put(
      { holder, key },
      Array.from({ length: 200 }, () => holder[key]),
    );
  else put({ holder, key: `${key}X` }, oneOf(random, oddValues));
}

/** As JSON.parse does it: `__proto__` becomes a key like any other. */
function put({ holder, key }: Place, value: unknown): void {
  // A list in JSON has no such members.
  if (Array.isArray(holder) && !/^\d+$/.test(key)) return;
  Object.defineProperty(holder, key, { value: structuredClone(value), writable: true, enumerable: true, configurable: true });
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

function retyped(value: unknown): unknown {
  if (typeof value === "string") return Number(value) || 7;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return Object.fromEntries(value.entries());
  if (typeof value === "object" && value !== null) return Object.values(value);
  return value === true ? "true" : {};
}

function deep(random: Random): unknown {
  let value: unknown = "end";
  const isList = random() < 0.5;
  for (let depth = 0; depth < 200; depth++) value = isList ? [value] : { a: value };
  return value;
}

const placesMax = 3_000;

function placesOf(root: unknown): readonly (Place & { readonly value: unknown; readonly depth: number })[] {
  const places: (Place & { readonly value: unknown; readonly depth: number })[] = [];
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined && places.length < placesMax; next = pending.pop()) {
    const { value: holder, depth } = next;
    if (!isHolder(holder) || depth > 40) continue;
    for (const [key, value] of Object.entries(holder)) {
      places.push({ holder, key, value, depth });
      pending.push({ value, depth: depth + 1 });
    }
  }
  return places;
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function flipped(text: string, random: Random): string {
  const at = pick(random, text.length);
  return `${text.slice(0, at)}${String.fromCharCode(32 + pick(random, 95))}${text.slice(at + 1)}`;
}

/** Another value in the place of a text or number. */
function replacedValue(text: string, value: string, random: Random): string {
  const found = oneOf(random, [...text.matchAll(/":("[^"]*"|\d+)/g)]);
  if (found === undefined) return text;
  return `${text.slice(0, found.index)}":${value}${text.slice(found.index + found[0].length)}`;
}

/** A key twice in one object: JSON.parse takes the last, and so must whoever is asked about it. */
function repeatedKey(text: string, random: Random): string {
  const keys = [...text.matchAll(/"[a-zA-Z]+":/g)];
  const key = oneOf(random, keys);
  if (key === undefined) return text;
  return `${text.slice(0, key.index)}${key[0]}${JSON.stringify(oneOf(random, oddValues) ?? null)},${text.slice(key.index)}`;
}
