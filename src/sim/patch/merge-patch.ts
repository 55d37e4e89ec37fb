/**
 * JSON merge patch (RFC 7396).
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

/** Merges a patch into an object: null removes, objects merge, all else replaces. */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const current = merged[name];
    if (value === null) Reflect.deleteProperty(merged, name);
    else if (isJsonObject(value)) merged[name] = applyMergePatch(isJsonObject(current) ? current : {}, value);
    else merged[name] = value;
  }
  return merged;
}
