/**
 * Strategic merge patch: the patch of `kubectl apply`, edit, scale, cordon and label on built-in kinds.
 *
 * Reads the current object, the patch and the schema, whose merge keys and strategies say how a list is merged. Returns the merged object, or
 * why the patch can't be. Directives: $patch (replace, delete, merge), $retainKeys, $setElementOrder/FIELD, $deleteFromPrimitiveList/FIELD.
 * The order of a merged list follows apimachinery's strategicpatch.
 */
import { err, ok, type Result } from "../../api/result.ts";
import { equalJson, isJsonArray, isJsonObject, stringsAt, textOf, valueAt, type JsonObject, type JsonValue } from "../json.ts";
import { memberSchema, type Schema } from "../schema.ts";
import { ordered } from "./list-order.ts";

const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/** Merges a strategic merge patch into an object of a built-in kind. */
export function applyStrategicMergePatch(current: JsonObject, patch: JsonObject, schema: Schema): Result<JsonObject, string> {
  const problem = directiveProblem(patch, schema);
  return problem === undefined ? ok(mergeObject(current, patch, schema)) : err(problem);
}

/** Finds an element without its merge key, or an unknown directive, before anything is merged. */
function directiveProblem(patch: JsonObject, schema: Schema | undefined): string | undefined {
  for (const [name, value] of Object.entries(patch)) {
    if (name === "$patch" && !["replace", "delete", "merge"].includes(textOf(value)))
      return `unknown patch type found: ${JSON.stringify(value)}`;
    const member = memberSchema(schema, name);
    if (isJsonObject(value)) {
      const found = directiveProblem(value, member);
      if (found !== undefined) return found;
    }
    if (isJsonArray(value) && member?.mergeKey !== undefined && mergesLists(member)) {
      const found = listProblem(value, member.mergeKey, member.items);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function listProblem(list: readonly JsonValue[], mergeKey: string, items: Schema | undefined): string | undefined {
  for (const item of list) {
    if (!isJsonObject(item)) return `expected an object in the list, found ${JSON.stringify(item)}`;
    if (item[mergeKey] === undefined && item["$patch"] !== "replace") {
      return `map: ${goText(item)} does not contain declared merge key: ${mergeKey}`;
    }
    const found = directiveProblem(item, items);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Writes a value as Go's %v does. */
export function goText(value: JsonValue): string {
  if (isJsonArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isJsonObject(value)) return String(value);
  const members = Object.entries(value).map(([name, member]) => `${name}:${goText(member)}`);
  return `map[${members.sort().join(" ")}]`;
}

function mergeObject(current: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  if (patch["$patch"] === "replace") return withoutDirectives(patch);
  if (patch["$patch"] === "delete") return {};
  const retained = patch["$retainKeys"];
  const merged: Record<string, JsonValue> = isJsonArray(retained) ? retainKeys(current, stringsAt(patch, "$retainKeys")) : { ...current };
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith("$")) continue;
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = mergeMember(merged[name], value, { schema: memberSchema(schema, name), order: valueAt(patch, orderPrefix + name) });
  }
  for (const name of Object.keys(patch)) {
    if (name.startsWith(deletePrefix)) deletePrimitives(merged, name.slice(deletePrefix.length), patch[name]);
    if (name.startsWith(orderPrefix)) reorderUntouched(merged, name.slice(orderPrefix.length), { patch, schema, current });
  }
  return merged;
}

function retainKeys(current: JsonObject, names: readonly string[]): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(current).filter(([name]) => names.includes(name)));
}

interface Member {
  readonly schema: Schema | undefined;
  readonly order: JsonValue | undefined;
}

function mergeMember(current: JsonValue | undefined, patch: JsonValue, { schema, order }: Member): JsonValue {
  if (isJsonObject(patch)) {
    const replaces = schema?.patchStrategies.includes("replace") === true;
    return isJsonObject(current) && !replaces ? mergeObject(current, patch, schema) : withoutDirectives(patch);
  }
  if (!isJsonArray(patch)) return patch;
  if (schema === undefined || !mergesLists(schema)) return patch.map((item) => (isJsonObject(item) ? withoutDirectives(item) : item));
  const list = isJsonArray(current) ? current : [];
  if (schema.mergeKey === undefined) return unionOf(list, patch, order);
  return mergeList(list, patch, { mergeKey: schema.mergeKey, items: schema.items, order });
}

function mergesLists({ patchStrategies }: Schema): boolean {
  return patchStrategies.includes("merge");
}

function unionOf(current: readonly JsonValue[], patch: readonly JsonValue[], order: JsonValue | undefined): readonly JsonValue[] {
  const merged = [...current];
  for (const item of patch) if (!merged.some((present) => equalJson(present, item))) merged.push(item);
  return isJsonArray(order) ? ordered(merged, order, { identity: (item) => JSON.stringify(item), before: current }) : merged;
}

interface ListMerge {
  readonly mergeKey: string;
  readonly items: Schema | undefined;
  readonly order: JsonValue | undefined;
}

function mergeList(
  current: readonly JsonValue[],
  patch: readonly JsonValue[],
  { mergeKey, items, order }: ListMerge,
): readonly JsonValue[] {
  const identity = (item: JsonValue): string => JSON.stringify(valueAt(item, mergeKey) ?? null);
  const objects = patch.filter(isJsonObject);
  if (objects.some((item) => item["$patch"] === "replace"))
    return objects.filter((item) => item["$patch"] !== "replace").map(withoutDirectives);
  const deleted = new Set(objects.filter((item) => item["$patch"] === "delete").map(identity));
  const merged = current.filter((item) => !deleted.has(identity(item)));
  for (const item of objects) {
    if (item["$patch"] === "delete") continue;
    const at = merged.findIndex((present) => identity(present) === identity(item));
    const present = merged[at];
    if (isJsonObject(present)) merged[at] = mergeObject(present, item, items);
    else merged.push(withoutDirectives(item));
  }
  return ordered(merged, isJsonArray(order) ? order : objects, { identity, before: current });
}

function deletePrimitives(merged: Record<string, JsonValue>, name: string, doomed: JsonValue | undefined): void {
  const list = merged[name];
  if (!isJsonArray(list) || !isJsonArray(doomed)) return;
  merged[name] = list.filter((item) => !doomed.some((gone) => equalJson(gone, item)));
}

/** A patch may order a list that it does not change. */
function reorderUntouched(
  merged: Record<string, JsonValue>,
  name: string,
  { patch, schema, current }: { readonly patch: JsonObject; readonly schema: Schema | undefined; readonly current: JsonObject },
): void {
  const list = merged[name];
  const order = patch[orderPrefix + name];
  if (patch[name] !== undefined || !isJsonArray(list) || !isJsonArray(order)) return;
  const mergeKey = memberSchema(schema, name)?.mergeKey;
  const identity = (item: JsonValue): string => JSON.stringify(mergeKey === undefined ? item : (valueAt(item, mergeKey) ?? null));
  const before = current[name];
  merged[name] = ordered(list, order, { identity, before: isJsonArray(before) ? before : [] });
}

/** A value of the patch that meets nothing: its directives and nulls have done their work. */
function withoutDirectives(patch: JsonObject): JsonObject {
  if (patch["$patch"] === "delete") return {};
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith("$") || value === null) continue;
    if (isJsonObject(value)) kept[name] = withoutDirectives(value);
    else if (isJsonArray(value))
      kept[name] = value
        .filter((item) => valueAt(item, "$patch") === undefined)
        .map((item) => (isJsonObject(item) ? withoutDirectives(item) : item));
    else kept[name] = value;
  }
  return kept;
}
