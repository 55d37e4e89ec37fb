/**
 * The CEL environment: the evaluator with Kubernetes' libraries, a budget, and only such patterns as are safe.
 *
 * Reads which variables there are. Returns how to compile an expression, and how to run one within a budget. The evaluator offers
 * neither a count of steps nor another `matches`, so two of its own doors are used: it hands itself to the functions and macros that
 * it calls, and both of its walkers, over types and over values, pass every node through one method. If a later version had other
 * doors, no environment would open, and no policies file with custom rules be accepted.
 */
import { Environment } from "@marcbachmann/cel-js";
import { openBudget, stepsOfValue, type Budget } from "./cel-budget.ts";
import { registerLists } from "./cel-lists.ts";
import { registerNetwork } from "./cel-network.ts";
import { registerQuantities } from "./cel-quantity.ts";
import { patternFunctions, registerStrings, safeMatches } from "./cel-strings.ts";
import { compilePattern } from "./pattern.ts";

/** A node of an expression, as far as it is looked at here. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  /** Offset in the expression. */
  readonly start: number;
  readonly evaluate: (evaluator: unknown, node: Node, context: unknown) => unknown;
}

/** Thrown through the evaluator's type check, as its own errors are, with the place that they carry. */
class PatternFault extends Error {
  readonly range: { readonly start: number };
  constructor(message: string, start: number) {
    super(message);
    this.range = { start };
  }
}

interface TypeWalker {
  check: (node: Node, context: unknown) => unknown;
}

interface ValueWalker {
  run: (node: Node, context: unknown) => unknown;
}

/** An open environment. One expression at a time is evaluated in it. */
export interface CelEnvironment {
  readonly environment: Environment;
  readonly budget: Budget;
  /** Names of the variables that expressions have asked for since it was last emptied. */
  readonly asked: Set<string>;
}

/** Opens an environment with variables of any type. */
export function openCelEnvironment(variables: readonly string[]): CelEnvironment {
  const budget = openBudget();
  const asked = new Set<string>();
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 2_000, maxDepth: 50 },
  });
  registerQuantities(environment);
  registerLists(environment);
  registerNetwork(environment);
  registerStrings(environment, budget.spend);
  for (const name of variables) environment.registerVariable(name, "dyn");
  const walkers = walkersOf(environment);
  const check = walkers.types.check.bind(walkers.types);
  walkers.types.check = (node, context) => {
    inspect(node, asked);
    return check(node, context);
  };
  walkers.values.run = (node, context) => {
    budget.spend(1);
    const value = node.evaluate(walkers.values, node, context);
    budget.spend(stepsOfValue(value));
    return value;
  };
  return { environment, budget, asked };
}

/** A node is looked at before its type is: it notes variables, and sees to it that each pattern is safe. */
function inspect({ op, args, start }: Node, asked: Set<string>): void {
  if (op === "id" && typeof args === "string") asked.add(args);
  if (op !== "rcall" || !Array.isArray(args) || typeof args[0] !== "string" || !patternFunctions.has(args[0])) return;
  const call: unknown[] = args;
  if (call[0] === "matches") call[0] = safeMatches;
  const parameters: readonly unknown[] = Array.isArray(call[2]) ? call[2] : [];
  const [pattern] = parameters;
  if (!isNode(pattern) || pattern.op !== "value" || typeof pattern.args !== "string") {
    throw new PatternFault("the pattern must be written out, so that it can be made sure of", start);
  }
  const compiled = compilePattern(pattern.args);
  if (!compiled.ok) throw new PatternFault(`"${pattern.args}" is not RE2-safe: ${compiled.error}`, start);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** Names that no expression can write, since CEL's begin with a letter or an underscore and these are checked after. */
const probeFunction = "__plimsollValues";
const probeMacro = "__plimsollTypes";

function walkersOf(environment: Environment): { readonly types: TypeWalker; readonly values: ValueWalker } {
  const seen: { types?: TypeWalker; values?: ValueWalker } = {};
  environment.registerFunction(`${probeFunction}(): bool`, function probe(this: unknown) {
    if (isValueWalker(this)) seen.values = this;
    return true;
  });
  environment.registerFunction(`${probeMacro}(ast): bool`, () => ({
    typeCheck: (walker: unknown) => {
      if (isTypeWalker(walker)) seen.types = walker;
      return isTypeSource(walker) ? walker.getType("bool") : undefined;
    },
    evaluate: () => true,
  }));
  environment.evaluate(`${probeFunction}()`);
  environment.check(`${probeMacro}(true)`);
  const { types, values } = seen;
  if (types === undefined || values === undefined) throw new Error("the CEL evaluator has other doors than it had");
  return { types, values };
}

function isValueWalker(value: unknown): value is ValueWalker {
  return typeof value === "object" && value !== null && "run" in value && typeof value.run === "function";
}

function isTypeWalker(value: unknown): value is TypeWalker {
  return typeof value === "object" && value !== null && "check" in value && typeof value.check === "function";
}

function isTypeSource(value: unknown): value is { readonly getType: (name: string) => unknown } {
  return typeof value === "object" && value !== null && "getType" in value && typeof value.getType === "function";
}
