/**
 * JSON values as the embedded API server handles them: objects of every kind, without its TypeScript shape.
 *
 * Reads unknown values once, at the door (toJson). Returns frozen-by-type data and the few ways to read and rebuild it. A change is
 * always a new value that shares what did not change, so that a watch event, a list and the store can hold the same object.
 */
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for a list. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Copies an unknown value as JSON would carry it: undefined members left out, dates and other objects by their own toJSON. */
export function toJson(value: unknown): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : toJson(item)));
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object") return null;
  const copy: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined && name !== "__proto__") copy[name] = toJson(member);
  }
  return copy;
}

/** Returns the value at a path of member names, or undefined. */
export function valueAt(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let at = value;
  for (const name of path) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

/** Returns the object at a path; an empty one where there is none. */
export function objectAt(value: JsonValue | undefined, ...path: readonly string[]): JsonObject {
  const found = valueAt(value, ...path);
  return isJsonObject(found) ? found : {};
}

/** Returns the list at a path; an empty one where there is none. */
export function arrayAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] {
  const found = valueAt(value, ...path);
  return isJsonArray(found) ? found : [];
}

/** Returns the text at a path, or undefined. */
export function stringAt(value: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** Returns the number at a path, or undefined. */
export function numberAt(value: JsonValue | undefined, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** Returns the strings of a map at a path: labels, annotations, selectors. Members that are not text are left out. */
export function stringMapAt(value: JsonValue | undefined, ...path: readonly string[]): Readonly<Record<string, string>> {
  const strings: Record<string, string> = {};
  for (const [name, member] of Object.entries(objectAt(value, ...path))) if (typeof member === "string") strings[name] = member;
  return strings;
}

/** Returns the texts of a list at a path. */
export function stringsAt(value: JsonValue | undefined, ...path: readonly string[]): readonly string[] {
  return arrayAt(value, ...path).filter((item): item is string => typeof item === "string");
}

/** Returns a copy with the value at a path set, or removed where it is undefined; missing parents are created only to set. */
export function withValue(object: JsonObject, path: readonly string[], value: JsonValue | undefined): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) return object;
  if (rest.length > 0) {
    if (value === undefined && !isJsonObject(object[name])) return object;
    return { ...object, [name]: withValue(objectAt(object, name), rest, value) };
  }
  if (value !== undefined) return { ...object, [name]: value };
  if (!Object.hasOwn(object, name)) return object;
  return withoutMembers(object, [name]);
}

/** Returns a copy without some members. */
export function withoutMembers(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** Returns a scalar as text, and anything else as its JSON. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Sets defaults: each missing member of an object gets the given value. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  const missing = Object.entries(defaults).filter(([name]) => object[name] === undefined);
  return missing.length === 0 ? object : { ...object, ...Object.fromEntries(missing) };
}

/** Rewrites the object at a path where there is one; all else stays. */
export function mapAt(object: JsonObject, path: readonly string[], change: (part: JsonObject) => JsonObject): JsonObject {
  const part = valueAt(object, ...path);
  if (!isJsonObject(part)) return object;
  const changed = change(part);
  if (changed === part) return object;
  return path.length === 0 ? changed : withValue(object, path, changed);
}

/** Rewrites each object of the list at a path; all else stays. */
export function mapEachAt(object: JsonObject, path: readonly string[], change: (part: JsonObject) => JsonObject): JsonObject {
  const list = valueAt(object, ...path);
  if (!isJsonArray(list)) return object;
  const mapped = list.map((item) => (isJsonObject(item) ? change(item) : item));
  return mapped.every((item, index) => item === list[index]) ? object : withValue(object, path, mapped);
}

/** True where two values are equal as JSON; the order of members does not count, that of lists does. */
export function equalJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (isJsonArray(a)) return isJsonArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equalJson(a[name], b[name]));
}

/** Freezes a value at every depth, so that a reader who writes to it fails at once instead of changing the store. */
export function deepFreeze<T extends JsonValue>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
