/**
 * CustomRule: a rule of the platform team's own, as CEL.
 *
 * Reads an entry of policies.yaml whose form is right. Returns it compiled, or every problem with its place in the expression; a rule
 * that does not compile refuses the whole file. What it judges by is a set of CEL values (custom-world.ts), so it knows nothing of
 * requests; its action, its stage and its scope are a rule setting like any other's.
 */
import type { CustomRuleEntry } from "../api/policies-file.ts";
import { err, ok, type Result } from "../api/result.ts";
import { pointer } from "../kube/json-patch.ts";
import type { Allowance } from "./cel/cel-budget.ts";
import { celCompiler, type CelCompiler, type CelExpression, type CelOutcome, type CelProblem } from "./cel/cel-expression.ts";
import { celList } from "./cel/cel-value.ts";

/** What an expression may name; `pod` is the spec of the Pod as it will run. */
export const customVariables = [
  "object",
  "oldObject",
  "request",
  "profile",
  "class",
  "pod",
  "pods",
  "pdbs",
  "namespaceObject",
  "item",
] as const;

export type CustomVariable = (typeof customVariables)[number];

/** Gives the CEL value of a variable; asked only for those that an expression names. */
export type CustomValues = (name: Exclude<CustomVariable, "item">) => unknown;

export interface CustomRule {
  readonly id: string;
  /** Empty: every kind that is a workload. */
  readonly kinds: readonly string[];
  /** Whether its expressions read `object` or `oldObject`: a rule that doesn't can judge the Pod of any workload. */
  readonly readsObject: boolean;
  readonly fix: string;
  /** Whether the file shows by a case what it refuses and what not. */
  readonly isTested: boolean;
  /** What follows where the expression fails on what an object says; absent: deny. A spent budget always counts as a finding. */
  readonly onError?: "deny" | "allow";
  /** Who mends the rule; absent: whoever owns the file. */
  readonly owner?: string;
  /** Returns what is wrong with the object that the values are about; empty where nothing is. */
  readonly judge: (values: CustomValues, allowance: Allowance) => readonly CustomProblem[];
}

export interface CustomProblem {
  /** Where in the object, as far as forEach is a path: its root, and the tokens below it. */
  readonly place: { readonly root: "object" | "pod"; readonly tokens: readonly (string | number)[] } | undefined;
  readonly message: string;
  /** True where the expression itself failed. */
  readonly isFault: boolean;
  /** True where it failed since it may take no more steps: an object that is large on purpose must not pass. */
  readonly isSpent: boolean;
}

/** A mistake in one of a rule's expressions. */
export interface CustomMistake {
  readonly field: "expression" | "messageExpression" | "forEach";
  readonly message: string;
}

/** As many failing elements of one list are told one by one. */
const problemsMax = 20;

/** Opens the compiler that all rules of one file share. */
export function customCompiler(): CelCompiler {
  return celCompiler(customVariables);
}

/** Compiles one rule; the errors are those of all its expressions. */
export function compileCustomRule(entry: CustomRuleEntry, compiler: CelCompiler): Result<CustomRule, readonly CustomMistake[]> {
  const expression = compiler.compile(entry.expression);
  const message = entry.messageExpression === undefined ? ok(undefined) : compiler.compile(entry.messageExpression);
  const forEach = entry.forEach === undefined ? ok(undefined) : compileForEach(entry.forEach, compiler);
  const mistakes = [
    ...mistakesOf("expression", expression, ["bool", "dyn"]),
    ...mistakesOf("messageExpression", message, ["string", "dyn"]),
    ...mistakesOf("forEach", forEach, undefined),
    ...(entry.forEach === undefined && expression.ok && expression.value.variables.has("item")
      ? [{ field: "expression", message: "item is of a rule with forEach" } as const]
      : []),
  ];
  if (mistakes.length > 0 || !expression.ok || !message.ok || !forEach.ok) return err(mistakes);
  const parts: Parts = { text: entry.expression, expression: expression.value, message: message.value, forEach: forEach.value };
  return ok({
    id: entry.id,
    kinds: entry.match?.kinds ?? [],
    readsObject: readsObject(parts),
    isTested: (entry.tests ?? []).length > 0,
    fix: entry.fix ?? `see ${entry.id} in the policies file`,
    ...(entry.onError === undefined ? {} : { onError: entry.onError }),
    ...(entry.owner === undefined ? {} : { owner: entry.owner }),
    judge: (values, allowance) => judge(parts, { values, allowance }),
  });
}

/** The elements of a rule: a plain path, whose elements have a place in the object, or any expression. */
type ForEach =
  | { readonly kind: "path"; readonly root: "object" | "pod"; readonly names: readonly string[] }
  | { readonly kind: "expression"; readonly expression: CelExpression; readonly type: string };

interface Parts {
  readonly text: string;
  readonly expression: CelExpression;
  readonly message: CelExpression | undefined;
  readonly forEach: ForEach | undefined;
}

function readsObject({ expression, message, forEach }: Parts): boolean {
  if (forEach?.kind === "path" && forEach.root === "object") return true;
  const all = [expression, message, forEach?.kind === "expression" ? forEach.expression : undefined];
  return all.some((one) => one?.variables.has("object") === true || one?.variables.has("oldObject") === true);
}

function compileForEach(text: string, compiler: CelCompiler): Result<ForEach, CelProblem> {
  const [root, ...names] = text.trim().split(".");
  if ((root === "object" || root === "pod") && names.every((name) => /^[A-Za-z_]\w*$/.test(name)) && names.length > 0) {
    return ok({ kind: "path", root, names });
  }
  const compiled = compiler.compile(text);
  if (!compiled.ok) return compiled;
  const { type } = compiled.value;
  if (type !== "dyn" && !type.startsWith("list")) return err({ line: 1, column: 1, message: `gives ${type}, not a list` });
  return ok({ kind: "expression", expression: compiled.value, type });
}

function mistakesOf(
  field: CustomMistake["field"],
  compiled: Result<{ readonly type?: string } | CelExpression | ForEach | undefined, CelProblem>,
  types: readonly string[] | undefined,
): readonly CustomMistake[] {
  if (!compiled.ok) return [{ field, message: `${compiled.error.line}:${compiled.error.column} ${compiled.error.message}` }];
  const type = compiled.value !== undefined && "type" in compiled.value ? compiled.value.type : undefined;
  if (types === undefined || type === undefined || types.includes(type)) return [];
  return [{ field, message: `1:1 gives ${type}, not ${types[0] ?? ""}` }];
}

/** What expressions are evaluated with. */
interface World {
  readonly values: CustomValues;
  readonly allowance: Allowance;
}

function judge(parts: Parts, world: World): readonly CustomProblem[] {
  if (parts.forEach === undefined) return judgeOne(parts, world, undefined);
  const elements = elementsOf(parts.forEach, world);
  if (elements.kind === "fault") return [fault(elements, undefined)];
  const problems: CustomProblem[] = [];
  for (const [index, item] of elements.items.entries()) {
    if (problems.length >= problemsMax) break;
    for (const problem of judgeOne(parts, world, { item, place: elements.placeOf(index) })) {
      // A rule that fails on one element mostly fails on each, in the same words: once is enough to have it mended.
      if (!problem.isFault || !problems.some(({ isFault, isSpent }) => isFault && isSpent === problem.isSpent)) problems.push(problem);
    }
    if (world.allowance.left() === 0 && problems.some(({ isFault }) => isFault)) break;
  }
  return problems;
}

type Elements =
  | { readonly kind: "items"; readonly items: readonly unknown[]; readonly placeOf: (index: number) => CustomProblem["place"] }
  | { readonly kind: "fault"; readonly message: string; readonly isSpent: boolean };

/** A path that ends nowhere has no elements: a Pod without initContainers breaks no rule about them. */
function elementsOf(forEach: ForEach, world: World): Elements {
  if (forEach.kind === "path") {
    const { root, names } = forEach;
    const found = names.reduce<unknown>((at, name) => (at instanceof Map ? at.get(name) : undefined), world.values(root));
    const items = celList(found);
    if (items === undefined && found !== undefined && found !== null)
      return { kind: "fault", isSpent: false, message: `forEach ${root}.${names.join(".")} is not a list` };
    return { kind: "items", items: items ?? [], placeOf: (index) => ({ root, tokens: [...names, index] }) };
  }
  const outcome = evaluated(forEach.expression, world, undefined);
  if (outcome.kind === "error") return { ...outcome, kind: "fault" };
  const items = celList(outcome.value);
  return items === undefined
    ? { kind: "fault", isSpent: false, message: "forEach gives no list" }
    : { kind: "items", items, placeOf: () => undefined };
}

interface Element {
  readonly item: unknown;
  readonly place: CustomProblem["place"];
}

function judgeOne(parts: Parts, world: World, element: Element | undefined): readonly CustomProblem[] {
  const outcome = evaluated(parts.expression, world, element);
  if (outcome.kind === "error") return [fault(outcome, element?.place)];
  if (outcome.value === true) return [];
  if (outcome.value !== false) return [fault({ message: "it gives neither true nor false", isSpent: false }, element?.place)];
  return [{ place: element?.place, message: messageOf(parts, world, element), isFault: false, isSpent: false }];
}

/** A message that can't be made is no reason to let the object in: the expression then speaks for itself. */
function messageOf({ message, text }: Parts, world: World, element: Element | undefined): string {
  const outcome = message === undefined ? undefined : evaluated(message, world, element);
  if (outcome?.kind === "value" && typeof outcome.value === "string" && outcome.value.trim() !== "") return outcome.value;
  return `does not hold${element?.place === undefined ? "" : ` for ${pointer(...element.place.tokens)}`}: ${text.trim()}`;
}

function fault(
  { message, isSpent }: { readonly message: string; readonly isSpent: boolean },
  place: CustomProblem["place"],
): CustomProblem {
  return { place, message: `the expression failed: ${message}`, isFault: true, isSpent };
}

function evaluated(expression: CelExpression, { values, allowance }: World, element: Element | undefined): CelOutcome {
  const given: Record<string, unknown> = {};
  for (const name of customVariables) {
    if (!expression.variables.has(name)) continue;
    given[name] = name === "item" ? element?.item : values(name);
    if (given[name] === undefined && name !== "item") {
      return { kind: "error", isSpent: true, message: `${name} has too many members to look at` };
    }
  }
  return expression.evaluate(given, allowance);
}
