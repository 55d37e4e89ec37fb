/**
 * PolicyProblem: something wrong between the entries of a policies file, before it has a line.
 */
import { pointer } from "../kube/json-patch.ts";

/** One problem; `path` is a JSON Pointer into the file, `field` the same for people. */
export interface PolicyProblem {
  readonly path: string;
  readonly field: string;
  readonly message: string;
}

/** Returns a problem at a place; the field is written as in the file. */
export function problemAt(tokens: readonly string[], message: string): PolicyProblem {
  return { path: pointer(...tokens), field: tokens.join("."), message };
}
