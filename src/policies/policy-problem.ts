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

/** Returns a problem at a place; the field is written as people write it: "exemptions[0].rules[1]". */
export function problemAt(tokens: readonly string[], message: string): PolicyProblem {
  const field = tokens.reduce(
    (text, token) => (/^\d+$/.test(token) ? `${text}[${token}]` : `${text}${text === "" ? "" : "."}${token}`),
    "",
  );
  return { path: pointer(...tokens), field, message };
}
