/**
 * Knocking out: source text in which one rule judges nothing, or one function only returns a given value.
 *
 * Reads a file's text and what to switch off. Returns the changed text, or undefined where the file holds none of it. The
 * product carries no switch for this: the tests that `npm run checklist -- --prove` runs load their sources through here.
 */
import ts from "typescript";
import type { KnockOut, Step } from "./checklist-rows.ts";

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface SourceText {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Returns the text with everything of the knock-out that stands in it switched off. */
export function withoutParts({ path, text }: SourceText, { rules, steps }: KnockOut): string | undefined {
  const wantedSteps = steps.filter((step) => step.file === path);
  if (wantedSteps.length === 0 && !rules.some((id) => text.includes(`"${id}"`))) return undefined;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const edits: Edit[] = [];
  const walk = (node: ts.Node): void => {
    const edit = ruleEdit(node, rules) ?? stepEdit(node, wantedSteps);
    if (edit !== undefined) edits.push(edit);
    node.forEachChild(walk);
  };
  walk(tree);
  if (edits.length === 0) return undefined;
  return edits.sort((a, b) => b.from - a.from).reduce((kept, { from, to, text: put }) => kept.slice(0, from) + put + kept.slice(to), text);
}

/** A rule is an object literal with its id and a `judge`. */
function ruleEdit(node: ts.Node, rules: readonly string[]): Edit | undefined {
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const id = node.properties.find((property) => nameOf(property) === "id");
  if (id === undefined || !ts.isPropertyAssignment(id) || !ts.isStringLiteral(id.initializer)) return undefined;
  const judge = node.properties.find((property) => nameOf(property) === "judge");
  if (judge === undefined || !rules.includes(id.initializer.text)) return undefined;
  return { from: judge.getStart(), to: judge.end, text: "judge: () => []" };
}

function stepEdit(node: ts.Node, steps: readonly Step[]): Edit | undefined {
  if (!ts.isFunctionDeclaration(node) || node.body === undefined) return undefined;
  const step = steps.find((wanted) => wanted.function === node.name?.text);
  return step === undefined ? undefined : { from: node.body.getStart(), to: node.body.end, text: `{ return ${step.returns}; }` };
}

function nameOf({ name }: ts.ObjectLiteralElementLike): string | undefined {
  return name !== undefined && ts.isIdentifier(name) ? name.text : undefined;
}
