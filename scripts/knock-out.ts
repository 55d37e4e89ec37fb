/**
 * Knocking out: source text in which rules and steps carry a switch, so that one of them can be off while tests run.
 *
 * Reads a file's text and the parts that may be switched off. Returns the changed text, or undefined where the file holds none
 * of them. A rule that is off judges nothing, a step only returns a given value. The product carries no such switch: the tests
 * that `npm run checklist -- --prove` runs load their sources through here.
 */
import ts from "typescript";
import type { Part } from "./checklist-rows.ts";

/** The global variable that holds the name of the part that is off. */
export const switchName = "plimsollSwitchedOff";

export interface SourceText {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Returns the text with a switch in front of each of the parts that stand in it. */
export function withSwitches({ path, text }: SourceText, parts: readonly Part[]): string | undefined {
  const wanted = parts.filter((part) => (part.kind === "rule" ? text.includes(`"${part.name}"`) : part.file === path));
  if (wanted.length === 0) return undefined;
  const insertions = switchesIn(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true), wanted).flatMap(({ edits }) => edits);
  if (insertions.length === 0) return undefined;
  // The last first, so that the places of those before them stay what they are.
  return insertions.sort((a, b) => b.at - a.at).reduce((kept, { at, text: put }) => kept.slice(0, at) + put + kept.slice(at), text);
}

/** Returns the names of the parts that stand in a tree. */
export function partsIn(tree: ts.SourceFile, parts: readonly Part[]): readonly string[] {
  return switchesIn(tree, parts).map(({ name }) => name);
}

interface Switch {
  readonly name: string;
  readonly edits: readonly Insertion[];
}

function switchesIn(tree: ts.SourceFile, parts: readonly Part[]): readonly Switch[] {
  const found: Switch[] = [];
  const walk = (node: ts.Node): void => {
    for (const part of parts) {
      const edits = part.kind === "rule" ? ruleEdits(node, part.name) : stepEdits(node, part);
      if (edits !== undefined) found.push({ name: part.name, edits });
    }
    node.forEachChild(walk);
  };
  walk(tree);
  return found;
}

/** A rule is an object literal with its id and a `judge`. */
function ruleEdits(node: ts.Node, rule: string): readonly Insertion[] | undefined {
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const id = node.properties.find((property) => nameOf(property) === "id");
  if (id === undefined || !ts.isPropertyAssignment(id) || !ts.isStringLiteral(id.initializer) || id.initializer.text !== rule)
    return undefined;
  const judge = node.properties.find((property) => nameOf(property) === "judge");
  if (judge === undefined) return undefined;
  if (ts.isMethodDeclaration(judge) && judge.body !== undefined) return atTop(judge.body, { name: rule, returns: "[]" });
  const open = `(...given) => ${isOff(rule)} ? [] : (`;
  if (ts.isShorthandPropertyAssignment(judge))
    return [
      { at: judge.getStart(), text: `judge: ${open}` },
      { at: judge.end, text: ")(...given)" },
    ];
  if (!ts.isPropertyAssignment(judge)) return undefined;
  return [
    { at: judge.initializer.getStart(), text: open },
    { at: judge.initializer.end, text: ")(...given)" },
  ];
}

function stepEdits(node: ts.Node, step: Extract<Part, { kind: "step" }>): readonly Insertion[] | undefined {
  if (!ts.isFunctionDeclaration(node) || node.body === undefined || node.name?.text !== step.function) return undefined;
  return node.getSourceFile().fileName === step.file ? atTop(node.body, step) : undefined;
}

function atTop(body: ts.Block, { name, returns }: { readonly name: string; readonly returns: string }): readonly Insertion[] {
  return [{ at: body.getStart() + 1, text: ` if (${isOff(name)}) return ${returns};` }];
}

function isOff(name: string): string {
  return `globalThis.${switchName} === ${JSON.stringify(name)}`;
}

function nameOf({ name }: ts.ObjectLiteralElementLike): string | undefined {
  return name !== undefined && ts.isIdentifier(name) ? name.text : undefined;
}
