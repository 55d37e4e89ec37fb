/**
 * Field sets: which fields of an object a manager owns, as paths.
 *
 * Reads an object under its schema, or the FieldsV1 of a managedFields entry. Returns paths of the elements that server-side apply uses:
 * f:NAME for a member, k:{…} for a list item by its keys, v:VALUE for an item of a set. A path with all its elements is one text, so that
 * union, difference and intersection are those of plain sets.
 */
import { canonicalJson } from "../../api/hash.ts";
import { isJsonArray, isJsonObject, valueAt, type JsonObject, type JsonValue } from "../json.ts";
import { memberSchema, type Schema } from "../schema.ts";

/** Owned paths; see pathText. */
export type FieldSet = ReadonlySet<string>;

const separator = "\n";

/** Returns a path with one more element. */
export function pathText(parent: string, element: string): string {
  return parent === "" ? element : parent + separator + element;
}

/** Returns the leaves of an object with their values: what is owned as one. A keyed list item stands for itself too. */
export function leavesOf(object: JsonObject, schema: Schema): ReadonlyMap<string, JsonValue> {
  const leaves = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(object)) {
    if (name === "apiVersion" || name === "kind") continue;
    if (name !== "metadata") addLeaves(leaves, value, { schema: memberSchema(schema, name), path: `f:${name}` });
    else addMetadata(leaves, value, memberSchema(schema, name));
  }
  return leaves;
}

/** Members of metadata that nobody owns: they are the object's identity or the server's. */
const unownedMetadata: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "uid",
  "generation",
  "managedFields",
  "resourceVersion",
]);

function addMetadata(leaves: Map<string, JsonValue>, metadata: JsonValue, schema: Schema | undefined): void {
  if (!isJsonObject(metadata)) return;
  for (const [name, value] of Object.entries(metadata)) {
    if (!unownedMetadata.has(name))
      addLeaves(leaves, value, { schema: memberSchema(schema, name), path: pathText("f:metadata", `f:${name}`) });
  }
}

function addLeaves(
  leaves: Map<string, JsonValue>,
  value: JsonValue,
  { schema, path }: { readonly schema: Schema | undefined; readonly path: string },
): void {
  if (isJsonObject(value) && schema?.ownership.kind !== "atomic") {
    const members = Object.entries(value);
    if (members.length === 0) leaves.set(path, value);
    for (const [name, member] of members)
      addLeaves(leaves, member, { schema: memberSchema(schema, name), path: pathText(path, `f:${name}`) });
    return;
  }
  if (isJsonArray(value) && schema !== undefined && isGranularList(schema)) {
    for (const item of value) {
      const itemPath = pathText(path, itemElement(item, schema));
      leaves.set(itemPath, schema.ownership.kind === "set" ? item : true);
      if (schema.ownership.kind === "map") addLeaves(leaves, item, { schema: schema.items, path: itemPath });
    }
    return;
  }
  leaves.set(path, value);
}

/** True for a list whose items are owned one by one. */
export function isGranularList(schema: Schema): boolean {
  return schema.ownership.kind === "map" || schema.ownership.kind === "set";
}

/** Returns the path element of a list item: its keys (with their defaults), or its value. */
export function itemElement(item: JsonValue, schema: Schema): string {
  if (schema.ownership.kind !== "map") return `v:${JSON.stringify(item)}`;
  const keys = schema.ownership.keys.flatMap((key) => {
    const value = valueAt(item, key) ?? schema.items?.properties?.get(key)?.default;
    return value === undefined ? [] : [[key, value] as const];
  });
  return `k:${canonicalJson(Object.fromEntries(keys))}`;
}

/** Returns every path of a set and every path above one. */
export function withParents(set: Iterable<string>): FieldSet {
  const all = new Set<string>();
  for (const path of set) {
    for (let at = path.length; at > 0; at = path.lastIndexOf(separator, at - 1)) {
      const prefix = path.slice(0, at);
      if (all.has(prefix)) break;
      all.add(prefix);
    }
  }
  return all;
}

/** Sets beside their FieldsV1: a stored entry that a write leaves alone is neither read nor written again. */
const readSets = new WeakMap<JsonObject, FieldSet>();
const writtenFields = new WeakMap<FieldSet, JsonObject>();

/** Reads the FieldsV1 of a managedFields entry. */
export function decodeFieldsV1(fields: JsonValue | undefined): FieldSet {
  const known = isJsonObject(fields) ? readSets.get(fields) : undefined;
  if (known !== undefined) return known;
  const set = new Set<string>();
  const walk = (node: JsonValue | undefined, path: string): void => {
    if (!isJsonObject(node)) return;
    const names = Object.keys(node);
    if (names.length === 0 && path !== "") set.add(path);
    for (const name of names) {
      if (name === ".") set.add(path);
      else walk(node[name], pathText(path, name));
    }
  };
  walk(fields, "");
  if (isJsonObject(fields) && Object.isFrozen(fields)) {
    readSets.set(fields, set);
    writtenFields.set(set, fields);
  }
  return set;
}

/** One path element and what is below it. */
interface FieldTree {
  [element: string]: FieldTree;
}

/** Writes a set as FieldsV1: a leaf is {}, a path that others go through is marked by ".". */
export function encodeFieldsV1(set: FieldSet): JsonObject {
  const known = writtenFields.get(set);
  if (known !== undefined) return known;
  const root: FieldTree = {};
  const owned = new Set<FieldTree>();
  // In order, so that a path comes before those that go through it.
  for (const path of [...set].sort()) {
    let node = root;
    for (const element of path.split(separator)) {
      const below = node[element] ?? {};
      if (owned.has(node)) node["."] ??= {};
      node[element] = below;
      node = below;
    }
    owned.add(node);
  }
  return root;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a path as an error names it: .spec.containers[name="app"].image. */
export function pathForPeople(path: string): string {
  return path
    .split(separator)
    .map((element) => {
      if (element.startsWith("f:")) return `.${element.slice(2)}`;
      if (element.startsWith("v:")) return `[=${element.slice(2)}]`;
      const keys: unknown = JSON.parse(element.slice(2));
      const pairs = isRecord(keys) ? Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`) : [];
      return `[${pairs.join(",")}]`;
    })
    .join("");
}
