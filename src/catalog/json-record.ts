/**
 * JsonRecord: an object of foreign JSON, before anybody knows what it is.
 *
 * Reads unknown values. Returns what they are, without a word about what they should be: that is said by who asks.
 */
import { err, ok, type Result } from "../api/result.ts";

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Says whether a value is an object with fields. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a field that is a text which is not empty. */
export function textAt(record: JsonRecord, field: string): string | undefined {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Parses JSON text; the error is the parser's, without the text that it quotes: a wrong file may hold what nobody wants in a log. */
export function parsedJson(text: string): Result<unknown, string> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return err(message.replace(/,? ?(?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, ""));
  }
}
