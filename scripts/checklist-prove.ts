/**
 * Proving: each row's rule or step is switched off in turn, and one of the row's tests must fail.
 *
 * Reads rows, tests and the sources; runs vitest once for each set of rules and steps. Tests on the real control plane run the
 * built product and so can prove nothing here.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sourceTree } from "../test/support/source-tree.ts";
import type { KnockOut, Row } from "./checklist-rows.ts";
import { type NamedTest, rowsNamedBy } from "./checklist-tests.ts";
import { withoutParts } from "./knock-out.ts";

export type Proof = { readonly row: Row } & (
  | { readonly kind: "proven"; readonly failed: number; readonly tests: number }
  | { readonly kind: "unproven"; readonly why: string }
  | { readonly kind: "nothing to switch off" }
);

export interface ProofInput {
  /** Rows that are shown. */
  readonly rows: readonly Row[];
  readonly tests: readonly NamedTest[];
}

const root = resolve(import.meta.dirname, "..");

/** Proves rows group by group; a group shares what is switched off. */
export function* proofs({ rows, tests }: ProofInput): Generator<Proof> {
  const groups = new Map<string, { readonly knockOut: KnockOut; readonly rows: Row[] }>();
  for (const row of rows) {
    if (row.knockOut.rules.length + row.knockOut.steps.length === 0) {
      yield { row, kind: "nothing to switch off" };
      continue;
    }
    const missing = missingParts(row.knockOut);
    if (missing.length > 0) {
      yield { row, kind: "unproven", why: `not in the sources: ${missing.join(", ")}` };
      continue;
    }
    const key = JSON.stringify(row.knockOut);
    const group = groups.get(key) ?? { knockOut: row.knockOut, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  for (const group of groups.values()) yield* proveGroup(group, tests);
}

function* proveGroup(group: { readonly knockOut: KnockOut; readonly rows: readonly Row[] }, tests: readonly NamedTest[]): Generator<Proof> {
  const ids = new Set(group.rows.map(({ id }) => id));
  const files = new Set(tests.filter(({ row }) => ids.has(row)).flatMap(({ testFiles }) => testFiles));
  const fast = [...files].filter((file) => !file.endsWith(".real.test.ts"));
  const results = fast.length === 0 ? [] : runTests({ files: fast, ids: [...ids], knockOut: group.knockOut });
  for (const row of group.rows) {
    const own = results.filter(({ titles }) => titles.some((title) => names(title, row.id)));
    const failed = own.filter(({ status }) => status === "failed").length;
    if (failed > 0) yield { row, kind: "proven", failed, tests: own.length };
    else if (own.length === 0) yield { row, kind: "unproven", why: "its tests run on real parts alone" };
    else yield { row, kind: "unproven", why: `${own.length} tests pass without ${partsOf(row.knockOut).join(", ")}` };
  }
}

/** A table may put more before the words of its row. */
function names(title: string, id: string): boolean {
  return title.includes(id) || rowsNamedBy(title).includes(id);
}

interface TestResult {
  /** Its own title, after those of the suites that it stands in. */
  readonly titles: readonly string[];
  readonly status: string;
}

/** A test in vitest's JSON report. */
interface ReportedTest {
  readonly title: string;
  readonly ancestorTitles: readonly string[];
  readonly status: string;
}

interface Run {
  readonly files: readonly string[];
  readonly ids: readonly string[];
  readonly knockOut: KnockOut;
}

/** Runs the tests of files that name these rows, alone or in a range. */
function runTests({ files, ids, knockOut }: Run): readonly TestResult[] {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-checklist-"));
  const report = join(folder, "report.json");
  const args = ["vitest", "run", "--config", "scripts/checklist-vitest.config.ts", "-t", `${ids.join("|")}|S\\d{3}(-| to )S\\d{3}`];
  const run = spawnSync("npx", ["--no", ...args, "--reporter=json", `--outputFile=${report}`, ...files], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PLIMSOLL_KNOCK_OUT: JSON.stringify(knockOut) },
  });
  try {
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
      readonly testResults: readonly {
        readonly name: string;
        readonly message: string;
        readonly assertionResults: readonly ReportedTest[];
      }[];
    };
    // A file that can't even be loaded proves nothing: the rows would look proven by any mistake of ours.
    const broken = testResults.filter(({ assertionResults }) => assertionResults.length === 0);
    if (broken.length > 0) throw new Error(broken.map(({ name, message }) => `${name}: ${message}`).join("\n"));
    return testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ title, ancestorTitles, status }) => ({ titles: [...ancestorTitles, title], status })),
    );
  } catch (cause) {
    throw new Error(`vitest gave no report: ${String(cause)}\n${run.stderr}`, { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rules and steps that stand nowhere in src/. */
function missingParts({ rules, steps }: KnockOut): readonly string[] {
  const files = sourceTree("src");
  const stands = (part: KnockOut): boolean => files.some((file) => withoutParts(file, part) !== undefined);
  return [
    ...rules.filter((id) => !stands({ rules: [id], steps: [] })),
    ...steps.filter((step) => !stands({ rules: [], steps: [step] })).map((step) => `${step.file} ${step.function}`),
  ];
}

function partsOf({ rules, steps }: KnockOut): readonly string[] {
  return [...rules, ...steps.map((step) => step.function)];
}
