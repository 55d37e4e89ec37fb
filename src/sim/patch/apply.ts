/**
 * Server-side apply: the merge of an applied configuration into a live object, and what it does to ownership.
 *
 * Reads the live object, the configuration and the managers. Returns the merged object and its managers, or the conflicts. Fields of the last
 * configuration of the same manager that this one leaves out go, unless another manager owns them (structured-merge-diff's Apply).
 */
import { err, ok, type Result } from "../../api/result.ts";
import { equalJson, isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { memberSchema, type Schema } from "../schema.ts";
import { isGranularList, itemElement, leavesOf, pathText, withParents, type FieldSet } from "./field-set.ts";
import { ordered } from "./list-order.ts";
import { isSame, unlike, without, type Manager, type Ownership } from "./managed-fields.ts";

/** One apply. */
export interface Application {
  readonly live: JsonObject;
  readonly config: JsonObject;
  readonly schema: Schema;
  readonly managers: readonly Manager[];
  /** The applying manager; its fields are those of the configuration. */
  readonly applier: Manager;
  readonly force: boolean;
}

/** A field that another manager owns with another value. */
export interface FieldConflict {
  readonly manager: Manager;
  readonly path: string;
}

/** Applies a configuration. */
export function applyConfiguration(
  application: Application,
): Result<{ readonly object: JsonObject } & Ownership, readonly FieldConflict[]> {
  const { live, config, schema, managers, applier, force } = application;
  const merged = mergeObject(live, config, schema);
  const others = managers.filter((manager) => !isSame(manager, applier));
  const changed = changedLeaves(live, merged, schema);
  const conflicts = others.flatMap((manager) =>
    [...manager.fields].filter((path) => changed.has(path) && applier.fields.has(path)).map((path) => ({ manager, path })),
  );
  if (conflicts.length > 0 && !force) return err(conflicts);
  const last = managers.find((manager) => isSame(manager, applier));
  const pruned = last === undefined ? merged : pruneObject(merged, schema, pruningOf(last, applier, others));
  const alive = others.length === 0 ? new Set<string>() : withParents(leavesOf(pruned, schema).keys());
  const left = others.map((manager) => ({ ...manager, fields: keep(without(manager.fields, conflictSets(conflicts, manager)), alive) }));
  const unchanged = last !== undefined && sameSet(last.fields, applier.fields);
  return ok({ object: pruned, managers: [...left, unchanged ? last : applier] });
}

function conflictSets(conflicts: readonly FieldConflict[], manager: Manager): readonly FieldSet[] {
  return [new Set(conflicts.filter((conflict) => conflict.manager === manager).map((conflict) => conflict.path))];
}

/** Paths under a field that became atomic or went with its parent are owned no more; intermediate paths stay. */
function keep(fields: FieldSet, alive: FieldSet): FieldSet {
  const left = [...fields].filter((path) => alive.has(path));
  return left.length === fields.size ? fields : new Set(left);
}

function sameSet(a: FieldSet, b: FieldSet): boolean {
  return a.size === b.size && [...a].every((path) => b.has(path));
}

function changedLeaves(live: JsonObject, merged: JsonObject, schema: Schema): FieldSet {
  const before = leavesOf(unlike(live, merged), schema);
  return new Set(
    [...leavesOf(unlike(merged, live), schema)].filter(([path, value]) => !equalJson(before.get(path), value)).map(([path]) => path),
  );
}

function mergeObject(live: JsonObject, config: JsonObject, schema: Schema | undefined): JsonObject {
  const merged: Record<string, JsonValue> = { ...live };
  for (const [name, value] of Object.entries(config)) merged[name] = mergeValue(merged[name], value, memberSchema(schema, name));
  return merged;
}

function mergeValue(live: JsonValue | undefined, config: JsonValue, schema: Schema | undefined): JsonValue {
  if (isJsonObject(config) && isJsonObject(live) && schema?.ownership.kind !== "atomic") return mergeObject(live, config, schema);
  if (isJsonArray(config) && isJsonArray(live) && schema !== undefined && isGranularList(schema)) return mergeList(live, config, schema);
  return config;
}

function mergeList(live: readonly JsonValue[], config: readonly JsonValue[], schema: Schema): readonly JsonValue[] {
  const identity = (item: JsonValue): string => itemElement(item, schema);
  const present = new Map(live.map((item) => [identity(item), item]));
  const applied = config.map((item) => mergeValue(present.get(identity(item)), item, schema.items));
  const names = new Set(config.map(identity));
  const kept = live.filter((item) => !names.has(identity(item)));
  return ordered([...applied, ...kept], applied, { identity, before: live });
}

/** What goes: paths of the last configuration and not of this one; and what others hold. */
interface Pruning {
  readonly doomed: FieldSet;
  readonly held: FieldSet;
}

function pruningOf(last: Manager, applier: Manager, others: readonly Manager[]): Pruning {
  const applied = withParents(applier.fields);
  return {
    doomed: new Set([...withParents(last.fields)].filter((path) => !applied.has(path))),
    held: withParents(others.flatMap((manager) => [...manager.fields])),
  };
}

function pruneObject(object: JsonObject, schema: Schema | undefined, pruning: Pruning, path = ""): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(object)) {
    const at = pathText(path, `f:${name}`);
    const pruned = pruneValue(value, { schema: memberSchema(schema, name), pruning, path: at });
    if (pruned !== undefined) kept[name] = pruned;
  }
  return kept;
}

interface PruningPlace {
  readonly schema: Schema | undefined;
  readonly pruning: Pruning;
  readonly path: string;
}

function pruneValue(value: JsonValue, { schema, pruning, path }: PruningPlace): JsonValue | undefined {
  if (pruning.doomed.has(path) && !pruning.held.has(path)) return undefined;
  if (isJsonObject(value) && schema?.ownership.kind !== "atomic") return pruneObject(value, schema, pruning, path);
  if (!isJsonArray(value) || schema === undefined || !isGranularList(schema)) return value;
  return value.flatMap((item) => {
    const pruned = pruneValue(item, { schema: schema.items, pruning, path: pathText(path, itemElement(item, schema)) });
    return pruned === undefined ? [] : [pruned];
  });
}
