/**
 * The JSONPath of printer columns: member names, indices, wildcards and one-key filters.
 *
 * Reads a path such as `.status.conditions[?(@.type=="Ready")].status`. Returns every value it leads to; a path that is not understood leads
 * to none, as a missing member does.
 */
import { isJsonArray, isJsonObject, textOf, valueAt, type JsonValue } from "../json.ts";

/** One step: a name, an index, every item, or the items whose member equals a value. */
const stepPattern =
  /\.([A-Za-z0-9_-]+(?:\\\.[A-Za-z0-9_/-]+)*)|\[(\d+)\]|\[\*\]|\['([^']+)'\]|\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]/gy;

/** Returns the values at a JSONPath. */
export function valuesAtPath(value: JsonValue, path: string): readonly JsonValue[] {
  const text = path.replace(/^\{|\}$/g, "");
  const steps = [...text.matchAll(stepPattern)];
  if (steps.map(([step]) => step).join("") !== text) return [];
  let found: readonly JsonValue[] = [value];
  for (const [step, name, index, quoted, key, wanted] of steps) {
    const member = quoted ?? name?.replaceAll("\\.", ".");
    found = found.flatMap((at): readonly JsonValue[] => {
      if (member !== undefined) return present(valueAt(at, member));
      if (!isJsonArray(at)) return step === "[*]" && isJsonObject(at) ? Object.values(at) : [];
      if (index !== undefined) return present(at[Number(index)]);
      return key === undefined ? at : at.filter((item) => textOf(valueAt(item, ...key.split("."))) === wanted);
    });
  }
  return found;
}

function present(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined ? [] : [value];
}
