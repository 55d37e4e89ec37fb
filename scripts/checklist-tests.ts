/**
 * The tests that name rows of the checklist: string literals of test sources that open with ids ("S093: refuses ...").
 *
 * Reads syntax, runs nothing. Titles of it(), test() and it.each rows look alike, so each literal that opens with an id counts:
 * a title, a row of a table, or the id alone as a cell of one. "S072-S078: ..." names each of them.
 */
import ts from "typescript";
import { sourceTree, type SourceFile, visit } from "../test/support/source-tree.ts";

export interface NamedTest {
  readonly row: string;
  readonly title: string;
  /** The file that the literal stands in, from the root of the repository. */
  readonly path: string;
  /** The test files that run it: the file itself, or those that import the table. */
  readonly testFiles: readonly string[];
}

const opening = /^S\d{3}(?:(?:, ?| and |-| to |\/)S\d{3})*(?=:|,|$| )/;

/** Returns every naming of a row below test/, in the order of files. */
export function namedTests(): readonly NamedTest[] {
  const files = sourceTree("test");
  return files.flatMap((file) => {
    const literals = literalsOf(file);
    if (literals.length === 0) return [];
    const testFiles = runnersOf(file.path, files);
    return literals.flatMap((title) => rowsNamedBy(title).map((row) => ({ row, title, path: file.path, testFiles })));
  });
}

/** Returns the ids that a title opens with, ranges written out. */
export function rowsNamedBy(title: string): readonly string[] {
  const found = opening.exec(title)?.[0];
  if (found === undefined) return [];
  return found.split(/, ?| and |\//).flatMap((part) => {
    const [from = 0, to = from] = part.split(/-| to /).map((id) => Number(id.slice(1)));
    return Array.from({ length: to - from + 1 }, (_, index) => `S${String(from + index).padStart(3, "0")}`);
  });
}

function literalsOf(file: SourceFile): readonly string[] {
  const found: string[] = [];
  visit(file.tree, (node) => {
    if ((ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && opening.test(node.text)) found.push(node.text);
  });
  return found;
}

/** A table beside the tests is run by the files that import it, directly or not. */
function runnersOf(path: string, files: readonly SourceFile[]): readonly string[] {
  const runners = new Set<string>();
  const seen = new Set<string>();
  const walk = (at: string): void => {
    if (seen.has(at)) return;
    seen.add(at);
    if (at.endsWith(".test.ts")) runners.add(at);
    else for (const file of files) if (file.imports.some((imported) => imported.path === at)) walk(file.path);
  };
  walk(path);
  return [...runners].sort();
}
