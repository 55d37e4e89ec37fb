/**
 * A run of vitest that always ends, and always with the line `N passed, N failed`: where it crashes, hangs or is killed too.
 *
 * The closing reporter writes how far the run is to a file, and prints that line at its end. Where it did not come that far, or where
 * vitest fails without a failed test, the line is made here of what the file says, after a line that says why.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBounded } from "./bounded-run.mjs";

/** More than any machine takes that the tests are made for. */
const minutesMax = 75;

/**
 * Runs `command` with `args`, ends it at the time that PLIMSOLL_TEST_DEADLINE names (seconds since 1970) or after `minutesMax`, and returns
 * the exit status.
 */
export async function runVitest({ command, args, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-tally-"));
  const file = join(folder, "tally.json");
  const ended = await runBounded({ command, args, env: { ...process.env, ...env, PLIMSOLL_TEST_TALLY: file }, msMax: msLeft() });
  const tally = readTally(file);
  rmSync(folder, { recursive: true, force: true });
  const status = ended.isTimedOut ? 1 : (ended.status ?? 1);
  const trouble = troubleOf({ ...ended, status }, tally);
  if (trouble !== undefined) {
    if (tally.running.length > 0) console.log(`not ended: ${tally.running.join(", ")}`);
    console.log(`${trouble}\n${tally.passed} passed, ${tally.failed + 1} failed`);
  }
  return trouble === undefined ? status : status || 1;
}

/** Returns why the reporter's closing line is missing or not the truth; undefined where it is both there and true. */
function troubleOf({ isTimedOut, status, signal }, { hasEnded, failed }) {
  if (isTimedOut) return "the test run took too long and was killed";
  if (!hasEnded) return `the test run broke off (${signal ?? `exit ${status}`})`;
  return status !== 0 && failed === 0 ? `the test run failed (exit ${status}) without a failed test` : undefined;
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0, running: [], hasEnded: false };
  }
}

function msLeft() {
  const deadline = Number(process.env["PLIMSOLL_TEST_DEADLINE"]);
  return deadline > 0 ? Math.max(1_000, deadline * 1_000 - Date.now()) : minutesMax * 60_000;
}
