/**
 * Role policy: the actions that an IAM policy allows.
 *
 * Reads a policy document, or a list of them, as `aws iam get-role-policy` and `get-policy-version` print them. Returns the
 * allowed actions, sorted.
 */
import { err, ok, type Result } from "../api/result.ts";

const depthMax = 8;

/** Returns every action of an Allow statement, at whatever depth the document stands. */
export function roleActions(text: string): Result<readonly string[], string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return err(`is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const actions = [...new Set(allowedIn(value, 0))].sort();
  return actions.length === 0 ? err("has no statement that allows an action") : ok(actions);
}

function allowedIn(value: unknown, depth: number): readonly string[] {
  if (depth > depthMax || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => allowedIn(item, depth + 1));
  const fields = value as Readonly<Record<string, unknown>>;
  const own = fields["Effect"] === "Allow" ? textsOf(fields["Action"]) : [];
  return [...own, ...Object.values(fields).flatMap((inner) => allowedIn(inner, depth + 1))];
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
