/**
 * `npm run checklist`: each promise of docs/checklist.yaml, the tests that show it, and what is not yet shown.
 *
 * Exits 1 while a row is neither shown by a test nor listed as later with a reason; the last line is the count. With --prove
 * each rule and step that a row stands on is switched off in turn, and a test of that row must fail. Ids as further arguments
 * narrow both.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Proof, proofs } from "./checklist-prove.ts";
import { parseChecklist, type Row } from "./checklist-rows.ts";
import { type NamedTest, namedTests } from "./checklist-tests.ts";

const { values, positionals } = parseArgs({ options: { prove: { type: "boolean", default: false } }, allowPositionals: true });
const all = parseChecklist(readFileSync(new URL("../docs/checklist.yaml", import.meta.url), "utf8"));
const rows = all.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const tests = namedTests();
process.exitCode = values.prove ? prove(rows, tests) : list(rows, tests);

/** Prints the rows; returns the exit code. */
function list(listed: readonly Row[], named: readonly NamedTest[]): number {
  const missing: Row[] = [];
  for (const row of listed) {
    const own = named.filter((test) => test.row === row.id);
    const state = own.length > 0 ? "shown" : row.later === undefined ? "NOT SHOWN" : "later";
    if (state === "NOT SHOWN") missing.push(row);
    console.log(`${row.id} ${state.padEnd(9)} ${row.kinds.join("+")}: ${row.promise}`);
    if (state === "later") console.log(`     later: ${row.later ?? ""}`);
    for (const { path, title } of own) console.log(`     ${path}: ${title}`);
  }
  const unknown = [...new Set(named.map(({ row }) => row))].filter((id) => id < "S900" && !all.some((row) => row.id === id)).sort();
  if (unknown.length > 0) console.log(`\nnamed by tests, and no row of this list: ${unknown.join(", ")}`);
  if (missing.length > 0) console.log(`\nnot yet shown:\n${missing.map(({ id, promise }) => `  ${id} ${promise}`).join("\n")}`);
  const shown = listed.filter(({ id }) => named.some((test) => test.row === id)).length;
  console.log(`\n${shown} shown, ${listed.length - shown - missing.length} later, ${missing.length} not yet, of ${listed.length}`);
  return missing.length === 0 ? 0 : 1;
}

/** Proves the rows that are shown; returns the exit code. */
function prove(listed: readonly Row[], named: readonly NamedTest[]): number {
  const shown = listed.filter(({ id }) => named.some((test) => test.row === id));
  const count = { proven: 0, unproven: 0, "nothing to switch off": 0 };
  for (const proof of proofs({ rows: shown, tests: named })) {
    count[proof.kind] += 1;
    console.log(`${proof.row.id} ${proof.kind === "unproven" ? "NOT PROVEN" : proof.kind}: ${wordsOf(proof)}`);
  }
  const rest = count["nothing to switch off"];
  console.log(
    `\n${count.proven} proven, ${count.unproven} not proven, ${rest} with nothing to switch off, of ${shown.length} that are shown`,
  );
  return count.unproven === 0 ? 0 : 1;
}

function wordsOf(proof: Proof): string {
  switch (proof.kind) {
    case "proven":
      return proof.failed.map(({ part, failed, tests: count }) => `${failed} of ${count} tests fail without ${part}`).join(", ");
    case "unproven":
      return proof.why.join("; ");
    case "nothing to switch off":
      return proof.why;
  }
}
