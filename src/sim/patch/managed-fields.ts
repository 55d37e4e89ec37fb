/**
 * Managed fields: who owns which field.
 */
import type { Call } from "../api-server.ts";
import { equalJson, valueAt, withValue, type JsonObject, type JsonValue } from "../json.ts";

export interface Ownership {
  readonly managedFields: readonly JsonValue[];
}

export function withCreateOwnership({
  object,
  ownership,
}: {
  readonly call: Call;
  readonly object: JsonObject;
  readonly ownership?: Ownership;
}): JsonObject {
  return ownership === undefined ? object : withValue(object, ["metadata", "managedFields"], ownership.managedFields);
}

export function withUpdateOwnership({
  next,
  ownership,
}: {
  readonly call: Call;
  readonly next: JsonObject;
  readonly current: JsonObject;
  readonly ownership?: Ownership;
}): JsonObject {
  return ownership === undefined ? next : withValue(next, ["metadata", "managedFields"], ownership.managedFields);
}

export function sameButTimes(next: JsonObject, current: JsonObject): boolean {
  const bare = (object: JsonObject): JsonObject =>
    withValue(withValue(object, ["metadata", "managedFields"], undefined), ["metadata", "resourceVersion"], undefined);
  return (
    equalJson(bare(next), bare(current)) &&
    equalJson(valueAt(next, "metadata", "managedFields"), valueAt(current, "metadata", "managedFields"))
  );
}
