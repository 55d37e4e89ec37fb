/**
 * Check outcome: what every form of the answer of `plimsoll check` is written from. Shapes, and the words that the forms share.
 */
import type { PolicySet } from "../policies/policy-set.ts";
import type { Finding } from "../policies/verdict.ts";
import type { Position } from "./manifest-position.ts";

/** One finding on one object, and where in the files it stands. */
export interface LocatedFinding extends Pick<Finding, "rule" | "action" | "path" | "message" | "fix" | "lifted"> {
  readonly position: Position;
}

/** One judged object. */
export interface LocatedResult {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly allowed: boolean;
  /** Undefined where the object came by standard input, or from the cluster. */
  readonly file: string | undefined;
  readonly position: Position;
  readonly findings: readonly LocatedFinding[];
}

export interface CheckOutcome {
  readonly results: readonly LocatedResult[];
  /** Complete lines about what could not be judged: "file:line: text", or the text alone. */
  readonly problems: readonly string[];
  /** Undefined where the policies file is bad. */
  readonly policySet: PolicySet | undefined;
}

/** Returns "Deployment shop/web". */
export function objectTitle({ kind, namespace, name }: Pick<LocatedResult, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

/** Returns the place and the text of a problem line. */
export function splitProblem(problem: string): { readonly file?: string; readonly line?: number; readonly message: string } {
  const match = /^(.+?):(\d+): (.*)$/s.exec(problem);
  const [, file, line, message] = match ?? [];
  return file === undefined || message === undefined ? { message: problem } : { file, line: Number(line), message };
}

/** Returns a message with its fix, for forms that have one text. */
export function textWithFix({ message, fix }: Pick<Finding, "message" | "fix">): string {
  return fix === "" || fix === "-" ? message : `${message}; fix: ${fix}`;
}
