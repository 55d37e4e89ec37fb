/**
 * JsonRecord: an object of foreign JSON, before anybody knows what it is.
 *
 * Reads unknown values. Returns what they are, without a word about what they should be: that is said by who asks.
 */
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
