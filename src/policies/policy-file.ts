/**
 * The policies file: the value of policies.yaml as its typed shape.
 *
 * Reads what YAML gave. Returns the file once the schema of src/api/policies-file.ts has accepted it, or every problem of form;
 * this file is a codec, the one place where that value gets its type.
 */
import type { PoliciesFile } from "../api/policies-file.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ShapeError } from "../api/shape-error.ts";
import { shapeValidator } from "../api/validation.ts";
import type { PolicyProblem } from "./policy-problem.ts";

/** Returns a value as a policies file, or what is wrong with its form. */
export function decodePoliciesFile(value: unknown): Result<PoliciesFile, readonly PolicyProblem[]> {
  const errors = shapeValidator().validate("PoliciesFile", value);
  return errors.length > 0 ? err(errors.map(shapeProblem)) : ok(value as PoliciesFile);
}

function shapeProblem(error: ShapeError): PolicyProblem {
  const { path, field, message, keyword, nearest } = error;
  // A missing member of an entry is told of the entry: "exemptions[0]: expires is required".
  const missing = keyword === "required" ? /^(.*\])\.(\w+)$/.exec(field) : null;
  if (missing !== null) return { path: path.slice(0, path.lastIndexOf("/")), field: missing[1] ?? "", message: `${missing[2]} ${message}` };
  if (keyword !== "additionalProperties") return { path, field, message };
  const parent = field.includes(".") ? field.slice(0, field.lastIndexOf(".") + 1) : "";
  const meant = nearest?.startsWith(parent) === true ? nearest.slice(parent.length) : nearest;
  return { path, field, message: `unknown key${meant === undefined ? "" : `; did you mean ${meant}`}` };
}
