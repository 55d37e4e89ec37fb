/**
 * Tidy: the rules of ARCHITECTURE.md and CONVENTIONS.md that a machine can check. Each message says what to write instead.
 */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { lineOf, type SourceFile, sourceTree, visit } from "./support/source-tree.ts";

const files = sourceTree("src");

/** Rooms, and the rooms that each may import. `controllers` are shells inside a feature. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  api: [],
  kube: ["api"],
  catalog: ["api", "kube"],
  policies: ["api", "kube", "catalog"],
  provisioner: ["api", "kube", "catalog", "policies"],
  webhook: ["api", "kube", "catalog", "policies"],
  dashboard: ["api", "kube", "catalog", "policies"],
  cluster: ["api", "kube", "catalog"],
  ec2: ["api", "kube", "catalog"],
  kwok: ["api", "kube", "catalog"],
  sim: ["api", "kube", "catalog"],
};
/** Composition: the only places that see both features and I/O. */
const compositionRooms = ["cli", "main.ts"];

/** Inside provisioner: controllers -> disruption, lifecycle -> scheduling. Inside policies: controllers see all else. */
const innerRank: Readonly<Record<string, readonly string[]>> = {
  "provisioner/prediction": [],
  "provisioner/scheduling": [],
  "provisioner/lifecycle": ["provisioner/scheduling"],
  "provisioner/disruption": ["provisioner/scheduling"],
  "provisioner/controllers": ["provisioner/scheduling", "provisioner/lifecycle", "provisioner/disruption", "provisioner/prediction"],
};

/** Codecs and edges: files that turn unknown data into typed values, where alone a type may be asserted. */
const codecs: readonly RegExp[] = [
  /^src\/(webhook|cluster|ec2|kwok|sim|cli)\//,
  /^src\/main\.ts$/,
  /^src\/api\/(schema|validation|crd)[^/]*\.ts$/,
  /^src\/kube\/(workload|snapshot-of|snapshot-index|json-patch)\.ts$/,
  /^src\/policies\/policy-(set|file|document)[^/]*\.ts$/,
];

const linesMax = 300;
const functionLinesMax = 50;
const bannedNames = /(^|\/)(utils?|helpers?|common|types?|misc|index)\.ts$/;

describe("the source tree keeps the house rules", () => {
  it("was read", () => {
    expect(files.length).toBeGreaterThan(20);
  });

  check("imports follow ARCHITECTURE.md", (file) =>
    file.imports.flatMap(({ path }) => (importAllowed(file.path, path) ? [] : [`imports ${path}: take a port of api/ports.ts instead`])),
  );

  check("core rooms are pure: no node: modules, clock, randomness, environment, console or async", (file) =>
    isCore(file.path) ? impurities(file) : [],
  );

  check(`a file has at most ${linesMax} lines`, (file) =>
    file.lines > linesMax ? [`${file.lines} lines: move one noun to a file of its own`] : [],
  );

  check(`a function has at most ${functionLinesMax} lines`, longFunctions);

  check("a file is named after one noun", (file) =>
    bannedNames.test(file.path) ? ["is a drawer: name the file after the noun that it holds"] : [],
  );

  check("a file opens with a comment that says what it is", (file) =>
    /^(#!.*\n)?\/\*\*/.test(file.text) ? [] : ["open with what it is, what it reads and returns, why it is shaped so"],
  );

  check("`as` stands only in codecs, and `any` nowhere", typeEscapes);

  check("only main.ts and cli/ read the environment", (file) =>
    room(file.path) === "cli" || room(file.path) === "main.ts"
      ? []
      : matches(file, /\bprocess\.(env|argv|exit)\b/, "take it as an argument"),
  );

  check("no module-level let", (file) =>
    file.tree.statements
      .filter((statement) => ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Let) !== 0)
      .map((statement) => `line ${lineOf(file, statement)}: keep state in an opened resource or on the object`),
  );

  check("an export that another room uses has a docstring", undocumentedExports);

  it("there is no import cycle, not even of types", () => {
    expect(cycles()).toEqual([]);
  });
});

function check(rule: string, judge: (file: SourceFile) => readonly string[]): void {
  it(rule, () => {
    expect(files.flatMap((file) => judge(file).map((problem) => `${file.path}: ${problem}`))).toEqual([]);
  });
}

function room(path: string): string {
  return path.split("/")[1] ?? "";
}

function isCore(path: string): boolean {
  return /^src\/(api|kube|catalog|policies|provisioner)\//.test(path) && !path.includes("/controllers/");
}

function importAllowed(from: string, to: string): boolean {
  if (!to.startsWith("src/")) return false;
  const [a, b] = [room(from), room(to)];
  if (compositionRooms.includes(a)) return b !== "main.ts" || a === "main.ts";
  if (a !== b) return mayImport[a]?.includes(b) ?? false;
  const [innerFrom, innerTo] = [inner(from), inner(to)];
  if (innerTo.endsWith("/controllers") && innerFrom !== innerTo) return false;
  const allowed = innerRank[innerFrom];
  if (allowed === undefined || innerTo === innerFrom || allowed.includes(innerTo)) return true;
  // Files that stand in the room itself (demand) are above scheduling and below controllers.
  return innerTo.endsWith(".ts") && innerFrom.endsWith("/controllers");
}

function inner(path: string): string {
  return path.split("/").slice(1, 3).join("/");
}

function impurities(file: SourceFile): readonly string[] {
  const problems = file.packages
    .filter((name) => name.startsWith("node:") && !(file.path === "src/api/hash.ts" && name === "node:crypto"))
    .map((name) => `imports ${name}: pass the value in`);
  visit(file.tree, (node) => {
    if (ts.isFunctionLike(node) && ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.AsyncKeyword)) {
      problems.push(`line ${lineOf(file, node)}: async: return a value that the shell acts on`);
    }
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments?.length ?? 0) === 0) {
      problems.push(`line ${lineOf(file, node)}: new Date(): pass \`now\``);
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      /^(Date\.now|Math\.random|performance\.now|console\.\w+|process\.\w+)$/.test(node.getText())
    ) {
      problems.push(`line ${lineOf(file, node)}: ${node.getText()}: pass the value in`);
    }
  });
  return problems;
}

function longFunctions(file: SourceFile): readonly string[] {
  const problems: string[] = [];
  visit(file.tree, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
    const lines = file.tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(file, node);
    if (lines > functionLinesMax) problems.push(`line ${lineOf(file, node)}: a function of ${lines} lines: let it read as its steps`);
  });
  return problems;
}

function typeEscapes(file: SourceFile): readonly string[] {
  const problems: string[] = [];
  const isCodec = codecs.some((pattern) => pattern.test(file.path));
  visit(file.tree, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) problems.push(`line ${lineOf(file, node)}: any: write unknown and decode it`);
    if (!ts.isAsExpression(node) || isCodec || node.type.getText() === "const") return;
    problems.push(`line ${lineOf(file, node)}: as: decode at the edge, or narrow with a guard`);
  });
  return problems;
}

function undocumentedExports(file: SourceFile): readonly string[] {
  const usedElsewhere = new Set(
    files
      .filter((other) => room(other.path) !== room(file.path))
      .flatMap((other) => other.imports.filter(({ path }) => path === file.path).flatMap(({ names }) => names)),
  );
  return file.tree.statements.flatMap((statement) => {
    const functionName = ts.isFunctionDeclaration(statement) ? statement.name?.text : undefined;
    if (functionName === undefined || !usedElsewhere.has(functionName)) return [];
    return ts.getJSDocCommentsAndTags(statement).length > 0
      ? []
      : [`line ${lineOf(file, statement)}: ${functionName} is used by another room: say what the types can't`];
  });
}

function matches(file: SourceFile, pattern: RegExp, advice: string): readonly string[] {
  const problems: string[] = [];
  visit(file.tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && pattern.test(node.getText()))
      problems.push(`line ${lineOf(file, node)}: ${node.getText()}: ${advice}`);
  });
  return problems;
}

function cycles(): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const next of byPath.get(path)?.imports ?? []) walk(next.path, [...trail, path]);
    done.add(path);
  };
  for (const file of files) walk(file.path, []);
  return found;
}
