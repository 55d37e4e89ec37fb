/**
 * Hashes of canonical JSON: the one place of the core that may hash.
 *
 * Reads any JSON value. Returns hex text that depends on content only, never on key order, so that a policy bundle,
 * a compiled contract or a launch request has one name wherever it is computed.
 */
import { createHash } from "node:crypto";

/** Returns the JSON text of a value with object keys sorted at every depth; undefined members are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** Returns the SHA-256 of a value's canonical JSON as 64 lower-case hex digits. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** Returns the first 8 hex digits of {@link hashOf}: the form shown to people (bundle, contract). */
export function shortHashOf(value: unknown): string {
  return hashOf(value).slice(0, 8);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy with sorted keys: several times cheaper than a replacer, which JSON.stringify calls for every member. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
