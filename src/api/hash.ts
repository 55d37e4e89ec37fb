/**
 * Hashes of canonical JSON: the one place of the core that may hash.
 *
 * Reads any JSON value. Returns hex text that depends on content only, never on key order, so that a policy bundle,
 * a compiled contract or a launch request has one name wherever it is computed.
 */
import { createHash } from "node:crypto";

/** Returns the JSON text of a value with object keys sorted at every depth; undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(memberText).join(",")}]`;
  return isPlainObject(value) ? objectText(value) : JSON.stringify(value);
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

/** Written by hand: a replacer, or a sorted copy, costs several times as much. */
function objectText(object: Record<string, unknown>): string {
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

/** A hole in an array is null, as JSON.stringify writes it. */
function memberText(member: unknown): string {
  return member === undefined ? "null" : canonicalJson(member);
}
