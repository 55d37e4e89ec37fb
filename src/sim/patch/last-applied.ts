/**
 * The annotation of client-side apply, where kubectl's server-side apply meets it.
 *
 * Reads the live object and the conflicts of an apply by manager "kubectl". Fields that kubectl itself applied from the client's side are no
 * conflict for it, and the annotation follows its configuration, so that a person can go from one way to the other and back.
 */
import { isJsonObject, stringAt, toJson, valueAt, withValue, type JsonObject } from "../json.ts";
import type { Schema } from "../schema.ts";
import type { FieldConflict } from "./apply.ts";
import { leavesOf } from "./field-set.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";
const manager = "kubectl";

/** True where every conflict is with what the same person applied from the client's side. */
export function isOwnHistory(
  live: JsonObject,
  conflicts: readonly FieldConflict[],
  applier: { readonly name: string; readonly schema: Schema },
): boolean {
  const text = stringAt(live, "metadata", "annotations", annotation);
  if (applier.name !== manager || text === undefined) return false;
  const last = parseObject(text);
  const paths = last === undefined ? new Map<string, unknown>() : leavesOf(last, applier.schema);
  return conflicts.every((conflict) => paths.has(conflict.path));
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const parsed = toJson(JSON.parse(text));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the applied object with the annotation brought up to the configuration, where the live object has one. */
export function withLastApplied(object: JsonObject, config: JsonObject, applierName: string): JsonObject {
  if (applierName !== manager || valueAt(object, "metadata", "annotations", annotation) === undefined) return object;
  const bare = withValue(withValue(config, ["metadata", "annotations", annotation], undefined), ["metadata", "uid"], undefined);
  return withValue(object, ["metadata", "annotations", annotation], `${JSON.stringify(bare)}\n`);
}
