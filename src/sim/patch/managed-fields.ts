/**
 * Managed fields: who owns which field of an object, kept on the object itself.
 *
 * Reads the object before and after a write and the writer. Returns the object with its metadata.managedFields: a plain write takes what it
 * added or changed from every other manager, as structured-merge-diff's Update does; an apply brings its own ownership (apply.ts).
 */
import { timeText } from "../../kube/time-text.ts";
import type { Call } from "../api-server.ts";
import {
  arrayAt,
  equalJson,
  isJsonObject,
  objectAt,
  stringAt,
  valueAt,
  withoutMembers,
  withValue,
  type JsonObject,
  type JsonValue,
} from "../json.ts";
import { apiVersionOf } from "../served-resource.ts";
import { decodeFieldsV1, encodeFieldsV1, leavesOf, type FieldSet } from "./field-set.ts";

/** One manager's part of an object. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
}

/** The managers that an apply leaves on an object. */
export interface Ownership {
  readonly managers: readonly Manager[];
}

/** Returns the managers written on an object. */
export function managersOf(object: JsonObject): readonly Manager[] {
  return arrayAt(object, "metadata", "managedFields").map((entry) => ({
    name: stringAt(entry, "manager") ?? "",
    operation: stringAt(entry, "operation") === "Apply" ? "Apply" : "Update",
    apiVersion: stringAt(entry, "apiVersion") ?? "",
    subresource: stringAt(entry, "subresource") ?? "",
    time: stringAt(entry, "time") ?? "",
    fields: decodeFieldsV1(valueAt(entry, "fieldsV1")),
  }));
}

/** Returns a new object with its first manager's ownership. */
export function withCreateOwnership({
  call,
  object,
  ownership,
}: {
  readonly call: Call;
  readonly object: JsonObject;
  readonly ownership?: Ownership;
}): JsonObject {
  if (ownership !== undefined) return withManagers(object, ownership.managers);
  const fields = new Set(leavesOf(object, call.served.schema()).keys());
  return withManagers(object, [writerOf(call, fields)]);
}

/** Returns a changed object with the ownership that the change leads to. */
export function withUpdateOwnership(change: {
  readonly call: Call;
  readonly next: JsonObject;
  readonly current: JsonObject;
  readonly ownership?: Ownership;
}): JsonObject {
  const { call, next, current, ownership } = change;
  if (ownership !== undefined) return withManagers(next, ownership.managers);
  const kept = withValue(next, ["metadata", "managedFields"], valueAt(current, "metadata", "managedFields"));
  const { changed, removed } = changesOf(current, next, call);
  if (changed.size === 0 && removed.size === 0) return kept;
  const writer = writerOf(call, changed);
  const managers = managersOf(current);
  const others = managers.filter((manager) => !isSame(manager, writer));
  const before = managers.find((manager) => isSame(manager, writer))?.fields ?? new Set();
  const grows = [...changed].some((path) => !before.has(path)) || [...removed].some((path) => before.has(path));
  const own = grows ? new Set([...before, ...changed].filter((path) => !removed.has(path))) : before;
  const left = others.map((manager) => ({ ...manager, fields: without(manager.fields, [changed, removed]) }));
  return withManagers(kept, [...left, { ...writer, fields: own }]);
}

/** Returns which leaves a change set, and which it removed. */
export function changesOf(
  current: JsonObject,
  next: JsonObject,
  { served }: Pick<Call, "served">,
): { readonly changed: FieldSet; readonly removed: FieldSet } {
  const before = leavesOf(unlike(current, next), served.schema());
  const after = leavesOf(unlike(next, current), served.schema());
  const changed = [...after].filter(([path, value]) => !equalJson(before.get(path), value)).map(([path]) => path);
  return { changed: new Set(changed), removed: new Set([...before.keys()].filter((path) => !after.has(path))) };
}

/** The parts of an object that another has otherwise; of the metadata, its members. */
export function unlike(object: JsonObject, other: JsonObject): JsonObject {
  const differing = Object.entries(object).filter(([name, value]) => !equalJson(value, other[name]));
  return Object.fromEntries(
    differing.map(([name, value]) => {
      const beside = other[name];
      return [name, name === "metadata" && isJsonObject(value) && isJsonObject(beside) ? unlike(value, beside) : value];
    }),
  );
}

/** Returns the manager that a call writes as. */
export function writerOf(call: Call, fields: FieldSet, operation: Manager["operation"] = "Update"): Manager {
  return {
    name: call.request.query["fieldManager"] ?? (call.request.userAgent.split("/")[0] || "unknown"),
    operation,
    apiVersion: apiVersionOf(call.served),
    subresource: call.subresource === "binding" ? "" : call.subresource,
    time: timeText(call.server.clock.now()),
    fields,
  };
}

/** True for two entries of one manager. */
export function isSame(a: Manager, b: Manager): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource && a.apiVersion === b.apiVersion;
}

/** Returns a set without the paths of other sets. */
export function without(set: FieldSet, others: readonly FieldSet[]): FieldSet {
  const isHeld = (path: string): boolean => others.some((other) => other.has(path));
  return [...set].some(isHeld) ? new Set([...set].filter((path) => !isHeld(path))) : set;
}

/** Returns an object with managers written on it; one without a field is left out. */
export function withManagers(object: JsonObject, managers: readonly Manager[]): JsonObject {
  const entries: JsonValue[] = managers
    .filter((manager) => manager.fields.size > 0)
    .map((manager) => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      time: manager.time,
      fieldsType: "FieldsV1",
      fieldsV1: encodeFieldsV1(manager.fields),
      ...(manager.subresource === "" ? {} : { subresource: manager.subresource }),
    }));
  return withValue(object, ["metadata", "managedFields"], entries.length === 0 ? undefined : entries);
}

/** True where a write changed nothing but times of ownership: such a write is not stored. */
export function sameButTimes(next: JsonObject, current: JsonObject): boolean {
  return equalJson(unversioned(next), unversioned(current)) && equalJson(ownersOf(next), ownersOf(current));
}

function unversioned(object: JsonObject): JsonObject {
  const metadata = withoutMembers(objectAt(object, "metadata"), ["managedFields", "resourceVersion"]);
  return { ...object, metadata };
}

/** Who owns what, in an order of its own and whenever it was. */
function ownersOf(object: JsonObject): readonly JsonValue[] {
  const entries = arrayAt(object, "metadata", "managedFields").map((entry) =>
    isJsonObject(entry) ? withValue(entry, ["time"], undefined) : entry,
  );
  return [...entries].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
