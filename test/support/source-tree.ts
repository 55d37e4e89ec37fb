/**
 * The source tree as data: every TypeScript file of src/ with its syntax tree, imports and line count.
 *
 * Reads the files once, with the compiler's own parser, so that the tidy tests judge syntax and not text.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly tree: ts.SourceFile;
  /** Paths of our own files that it imports, types included. */
  readonly imports: readonly ImportedFile[];
  /** Packages and node: modules that it imports. */
  readonly packages: readonly string[];
}

export interface ImportedFile {
  readonly path: string;
  readonly names: readonly string[];
}

const root = resolve(import.meta.dirname, "../..");

/** Reads all TypeScript files under a folder of the repository; generated files are left out. */
export function sourceTree(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !path.includes("/generated/"))
    .sort()
    .map(readSource);
}

/** Visits every node below a tree. */
export function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node);
  node.forEachChild((child) => {
    visit(child, each);
  });
}

/** The 1-based line of a node. */
export function lineOf(file: SourceFile, node: ts.Node): number {
  return file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1;
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const imports: ImportedFile[] = [];
  const packages: string[] = [];
  visit(tree, (node) => {
    const specifier = moduleSpecifier(node);
    if (specifier === undefined) return;
    if (!specifier.startsWith(".")) packages.push(specifier);
    else imports.push({ path: relative(root, resolve(root, dirname(path), specifier)).replaceAll("\\", "/"), names: importedNames(node) });
  });
  return { path, text, lines: text.trimEnd().split("\n").length, tree, imports, packages };
}

function moduleSpecifier(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return node.moduleSpecifier.text;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument && ts.isStringLiteral(argument) ? argument.text : undefined;
  }
  return undefined;
}

function importedNames(node: ts.Node): readonly string[] {
  if (!ts.isImportDeclaration(node)) return [];
  const bindings = node.importClause?.namedBindings;
  if (!bindings || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}
