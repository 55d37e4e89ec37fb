/**
 * Field problems: what is wrong with one field, in the words of apimachinery's field errors.
 *
 * Reads a path, a bad value and a detail. Returns the problem whose texts the Status' causes and message carry.
 */
import type { FieldProblem } from "../api-failure.ts";
import type { JsonValue } from "../json.ts";

/** The field must have a value. */
export function required(field: string, detail = ""): FieldProblem {
  return { reason: "FieldValueRequired", field, message: withDetail("Required value", detail) };
}

/** The value is not one that the field may have. */
export function invalidValue(field: string, value: JsonValue | undefined, detail: string): FieldProblem {
  return { reason: "FieldValueInvalid", field, message: withDetail(`Invalid value: ${valueText(value)}`, detail) };
}

/** The value has the wrong type. */
export function wrongType(field: string, value: JsonValue, detail: string): FieldProblem {
  return { reason: "FieldValueTypeInvalid", field, message: withDetail(`Invalid value: ${valueText(value)}`, detail) };
}

/** The field may not be set or changed. */
export function forbiddenField(field: string, detail: string): FieldProblem {
  return { reason: "FieldValueForbidden", field, message: withDetail("Forbidden", detail) };
}

/** The value is not one of the supported ones. */
export function notSupported(field: string, value: JsonValue | undefined, supported: readonly string[]): FieldProblem {
  const detail = supported.length === 0 ? "" : `supported values: ${supported.map((item) => JSON.stringify(item)).join(", ")}`;
  return { reason: "FieldValueNotSupported", field, message: withDetail(`Unsupported value: ${valueText(value)}`, detail) };
}

/** The value stands twice where it may stand once. */
export function duplicate(field: string, value: JsonValue): FieldProblem {
  return { reason: "FieldValueDuplicate", field, message: `Duplicate value: ${valueText(value)}` };
}

/** The text is too long. */
export function tooLong(field: string, bytesMax: number): FieldProblem {
  return { reason: "FieldValueTooLong", field, message: `Too long: may not be more than ${bytesMax} bytes` };
}

/** The list or map has too many entries. */
export function tooMany(field: string, { found, max }: { readonly found: number; readonly max: number }): FieldProblem {
  return { reason: "FieldValueTooMany", field, message: `Too many: ${found}: must have at most ${max} items` };
}

function withDetail(text: string, detail: string): string {
  return detail === "" ? text : `${text}: ${detail}`;
}

function valueText(value: JsonValue | undefined): string {
  return JSON.stringify(value ?? null);
}
