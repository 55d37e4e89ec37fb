/**
 * Runs the program in this process, for tests: files in a folder of their own, streams collected, the exit code.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
// The program loads a command when it is asked for; here that would be on the first test's time.
import "../../src/cli/advise.ts";
import "../../src/cli/audit.ts";
import "../../src/cli/check.ts";
import "../../src/cli/lab.ts";
import "../../src/cli/plan.ts";
import "../../src/cli/render.ts";
import { runProgram } from "../../src/cli/program.ts";

export interface ProgramRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line; paths are as the test writes them, so policies.yaml is the repository's own. */
export async function runPlimsoll(argv: readonly string[], stdin = ""): Promise<ProgramRun> {
  const written = { stdout: "", stderr: "" };
  const code = await runProgram({
    argv,
    env: {},
    stdin: () => Promise.resolve(stdin),
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    isTerminal: false,
  });
  return { code, ...written };
}

/** Writes files into a new folder that goes when the test ends; returns the folder. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-cli-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
