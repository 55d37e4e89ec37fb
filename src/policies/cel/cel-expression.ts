/**
 * A CEL expression: compiled once, when a policies file is read, and evaluated for each object that it judges.
 *
 * Reads text and the variables that it may use. Returns what it needs and how to evaluate it, or where it is wrong; an evaluation
 * returns a value or what went wrong, and always ends: the budget is counted in steps (cel-budget.ts).
 */
import { err, ok, type Result } from "../../api/result.ts";
import { BudgetSpent, stepsMax, type Allowance } from "./cel-budget.ts";
import { openCelEnvironment, type CelEnvironment } from "./cel-environment.ts";

/** What is wrong with an expression's text; line and column count from 1 within the expression. */
export interface CelProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type CelOutcome =
  | { readonly kind: "value"; readonly value: unknown }
  /** `message` completes "the expression failed: …". */
  | { readonly kind: "error"; readonly message: string; readonly isSpent: boolean };

export interface CelExpression {
  /** CEL's name of what it gives, "dyn" where only an evaluation tells. */
  readonly type: string;
  /** The variables that it uses. */
  readonly variables: ReadonlySet<string>;
  /** Evaluates with the values of those variables, as {@link toCelValue} gives them, within what is left for their object. */
  readonly evaluate: (values: Readonly<Record<string, unknown>>, allowance: Allowance) => CelOutcome;
}

/** Compiles expressions over one set of variables. */
export interface CelCompiler {
  readonly compile: (text: string) => Result<CelExpression, CelProblem>;
}

/** Opens a compiler. */
export function celCompiler(variables: readonly string[]): CelCompiler {
  const opened = openCelEnvironment(variables);
  return { compile: (text) => compile(text, opened) };
}

function compile(text: string, opened: CelEnvironment): Result<CelExpression, CelProblem> {
  const { environment, asked } = opened;
  asked.clear();
  try {
    const parsed = environment.parse(text);
    const checked = parsed.check();
    if (!checked.valid) return err(problemOf(checked.error, text));
    return ok({
      type: checked.type ?? "dyn",
      variables: new Set(asked),
      evaluate: (values, allowance) => run(() => parsed(values), { opened, allowance }),
    });
  } catch (fault) {
    return err(problemOf(fault, text));
  }
}

interface Running {
  readonly opened: CelEnvironment;
  readonly allowance: Allowance;
}

function run(evaluate: () => unknown, { opened: { budget }, allowance }: Running): CelOutcome {
  const allowed = Math.min(stepsMax, allowance.left());
  const spent: CelOutcome = { kind: "error", isSpent: true, message: allowed < stepsMax ? objectSpentMessage : spentMessage };
  if (allowed === 0) return spent;
  budget.restart(allowed);
  try {
    const value = evaluate();
    // An expression may swallow the fault that a spent budget throws: all() goes on to the next member after an error.
    return budget.isSpent() ? spent : { kind: "value", value };
  } catch (fault) {
    return fault instanceof BudgetSpent || budget.isSpent() ? spent : { kind: "error", isSpent: false, message: messageOf(fault) };
  } finally {
    allowance.take(budget.used());
  }
}

const spentMessage = "it takes too many steps; its budget is spent";
const objectSpentMessage = "custom rules take too many steps on this object; their budget is spent";

function problemOf(fault: unknown, text: string): CelProblem {
  const before = text.slice(0, offsetOf(fault)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message: messageOf(fault) };
}

/** The evaluator's errors carry the range of what they are about. */
function offsetOf(fault: unknown): number {
  if (typeof fault !== "object" || fault === null || !("range" in fault)) return 0;
  const { range } = fault;
  return typeof range === "object" && range !== null && "start" in range && typeof range.start === "number" ? range.start : 0;
}

function messageOf(fault: unknown): string {
  const text = summaryOf(fault);
  const undeclared = /^Unknown variable: (.*)$/.exec(text);
  return undeclared === null ? text : `undeclared reference "${undeclared[1] ?? ""}"`;
}

function summaryOf(fault: unknown): string {
  if (typeof fault === "object" && fault !== null && "summary" in fault && typeof fault.summary === "string") return fault.summary;
  return fault instanceof Error ? (fault.message.split("\n")[0] ?? "") : String(fault);
}
