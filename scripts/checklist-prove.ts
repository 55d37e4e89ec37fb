/**
 * Proving: each rule and step is switched off in turn, and each row that stands on it must have a test that then fails.
 *
 * Reads rows, tests and the sources; runs vitest once, over files that we write: one for each part, which imports the tests of
 * its rows with that part off, and one of all with nothing off, since a test that fails anyway proves nothing.
 * Tests on the real control plane run the built product and so can prove nothing here.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { sourceTree } from "../test/support/source-tree.ts";
import type { Part, Row } from "./checklist-rows.ts";
import { type NamedTest, rowsNamedBy } from "./checklist-tests.ts";
import { partsIn, switchName } from "./knock-out.ts";

export type Proof = { readonly row: Row } & (
  | { readonly kind: "proven"; readonly failed: readonly PartFailures[] }
  | { readonly kind: "unproven"; readonly why: readonly string[] }
  | { readonly kind: "nothing to switch off"; readonly why: string }
);

interface PartFailures {
  readonly part: string;
  /** How many of the row's tests fail without it, and how many tests there are. */
  readonly failed: number;
  readonly tests: number;
}

export interface ProofInput {
  /** Rows that are shown. */
  readonly rows: readonly Row[];
  readonly tests: readonly NamedTest[];
}

const root = resolve(import.meta.dirname, "..");

/** Proves the rows, in their order. */
export function proofs({ rows, tests }: ProofInput): readonly Proof[] {
  const parts = [...new Map(rows.flatMap((row) => row.parts).map((part) => [part.name, part])).values()];
  const sources = sourceTree("src");
  const standing = new Set(sources.flatMap(({ tree }) => partsIn(tree, parts)));
  const runs = [
    { off: nothing, files: quickFiles(rows, tests) },
    ...parts.filter(({ name }) => standing.has(name)).map((part) => ({ off: part.name, files: filesOf(part, { rows, tests }) })),
  ];
  const results = runTests(
    runs.filter(({ files }) => files.length > 0),
    parts,
  );
  return rows.map((row) => proofOf({ row, standing, results }));
}

/** The name of the run with nothing off. */
const nothing = "nothing";

function filesOf(part: Part, { rows, tests }: ProofInput): readonly string[] {
  return quickFiles(
    rows.filter((row) => row.parts.some(({ name }) => name === part.name)),
    tests,
  );
}

function quickFiles(rows: readonly Row[], tests: readonly NamedTest[]): readonly string[] {
  const ids = new Set(rows.filter(({ parts }) => parts.length > 0).map(({ id }) => id));
  const files = tests.filter(({ row }) => ids.has(row)).flatMap(({ testFiles }) => testFiles);
  return [...new Set(files)].filter((file) => !file.endsWith(".real.test.ts")).sort();
}

interface RowInput {
  readonly row: Row;
  /** Names of the parts that stand in the sources. */
  readonly standing: ReadonlySet<string>;
  readonly results: readonly TestResult[];
}

function proofOf({ row, standing, results }: RowInput): Proof {
  if (row.parts.length === 0) return { row, kind: "nothing to switch off", why: row.unswitchable ?? row.later ?? "" };
  const own = results.filter(({ titles }) => titles.some((title) => names(title, row.id)));
  const failing = own.filter(({ off, passes }) => off === nothing && !passes);
  if (failing.length > 0)
    return { row, kind: "unproven", why: failing.map(({ titles }) => `fails with nothing off: ${titles.join(" > ")}`) };
  const seen = row.parts.map(({ name: part }) => {
    const without = own.filter(({ off }) => off === part);
    return { part, failed: without.filter(({ passes }) => !passes).length, tests: without.length };
  });
  const unseen = seen.filter(({ failed }) => failed === 0);
  if (unseen.length === 0) return { row, kind: "proven", failed: seen };
  return {
    row,
    kind: "unproven",
    why: unseen.map(({ part, tests: count }) => {
      if (!standing.has(part)) return `${part} stands nowhere in src/`;
      return count === 0 ? "its tests run on real parts alone" : `${count} tests pass without ${part}`;
    }),
  };
}

/** A table may put more before the words of its row. */
function names(title: string, id: string): boolean {
  return title.includes(id) || rowsNamedBy(title).includes(id);
}

interface TestResult {
  /** The run that it stood in: a part's name, or nothing. */
  readonly off: string;
  /** Its own title, after those of the suites that it stands in. */
  readonly titles: readonly string[];
  readonly passes: boolean;
}

/** A part of vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly ancestorTitles: readonly string[]; readonly status: string }[];
  }[];
}

interface TestRun {
  readonly off: string;
  readonly files: readonly string[];
}

/** Runs the tests that name rows, each run in a module world of its own. */
function runTests(runs: readonly TestRun[], parts: readonly Part[]): readonly TestResult[] {
  // Inside the repository, for the packages; its name is one that no other run takes for tests.
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "checklist-"));
  runs.forEach((run, index) => {
    writeFileSync(join(folder, `${index}.proof.ts`), proofFile(run));
  });
  const report = join(folder, "report.json");
  const args = ["vitest", "run", "--config", "scripts/checklist-vitest.config.ts", "--reporter=json", `--outputFile=${report}`];
  const ended = spawnSync("npx", ["--no", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PLIMSOLL_CHECKLIST: JSON.stringify({ folder, parts }) },
  });
  try {
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
    // A file that can't even be loaded proves nothing: the rows would look proven by any mistake of ours.
    const broken = testResults.filter(({ assertionResults }) => assertionResults.length === 0);
    if (broken.length > 0) throw new Error(broken.map(({ name, message }) => `${runs[indexOf(name)]?.off ?? name}: ${message}`).join("\n"));
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === "passed" || status === "failed")
        .map(({ title, ancestorTitles, status }) => ({
          off: runs[indexOf(name)]?.off ?? name,
          titles: [...ancestorTitles, title],
          passes: status === "passed",
        })),
    );
  } catch (cause) {
    throw new Error(`vitest gave no report: ${String(cause)}\n${ended.stderr}`, { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function indexOf(path: string): number {
  return Number.parseInt(basename(path), 10);
}

/** Imports come after the switch: what modules do when they are loaded is switched off too. */
function proofFile({ off, files }: TestRun): string {
  const suites = files.map(
    (file) => `describe(${JSON.stringify(file)}, async () => { await import(${JSON.stringify(join(root, file))}); });`,
  );
  return ['import { describe } from "vitest";', `globalThis.${switchName} = ${JSON.stringify(off)};`, ...suites, ""].join("\n");
}
