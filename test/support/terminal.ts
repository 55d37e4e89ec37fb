/**
 * A person at a terminal of a real control plane, for golden files: commands as they are typed, and what they print.
 *
 * Reads commands (kubectl, plimsoll) and the files that the person wrote before. Returns the transcript: each command with all that it
 * printed, less what depends on the run. `vitest run -u FILE` writes the golden files anew.
 */
import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";
import type { CommandResult, ControlPlane } from "./control-plane.ts";

const root = resolve(import.meta.dirname, "../..");
const seenMaxMs = 60_000;

export interface Terminal {
  /** Saves a file: text as it is, or objects as YAML documents. */
  file(name: string, ...content: readonly (string | object)[]): Promise<void>;
  /** Runs a command and shows it. Files and folders of the repository are named from its root. */
  type(command: string): Promise<CommandResult>;
  /** Runs a command again until its output is as a person waits for; shows the last time. */
  watch(command: string, seen: RegExp): Promise<void>;
  /** Runs a command that must succeed and that the golden file leaves out. */
  prepare(command: string): Promise<void>;
  /** Shows a line that came another way, such as one of the log. */
  show(line: string): void;
  /** All that was shown so far. */
  transcript(): string;
}

/** Opens a terminal in a new namespace; its labels say who pays for it, unless told otherwise. */
export async function openTerminal(of: {
  readonly controlPlane: ControlPlane;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
}): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), "plimsoll-terminal-"));
  const shown: string[] = [];
  const run = (command: string): Promise<CommandResult> => {
    const [program, ...words] = (command.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ""));
    const args = words.map((word) => pathOf(word, folder));
    if (program === "plimsoll") return runPlimsoll(args);
    if (program !== "kubectl") throw new Error(`no such program: ${command}`);
    return of.controlPlane.kubectl([...(args.includes("-n") ? [] : ["--namespace", of.namespace]), ...args]);
  };
  const show = (command: string, result: CommandResult): void => {
    shown.push(
      `$ ${plain(command, folder)}\n${plain(`${result.stderr}${result.stdout}`, folder)}${result.code === 0 ? "" : `(exit ${result.code ?? "none"})\n`}`,
    );
  };
  const labels = of.labels ?? { "platform.example.com/cost-owner": "billing" };
  await succeed(
    of.controlPlane.kubectl(["apply", "-f", "-"], {
      stdin: stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: of.namespace, labels } }),
    }),
  );
  return {
    file: (name, ...content) =>
      writeFile(join(folder, name), content.map((one) => (typeof one === "string" ? one : stringify(one))).join("---\n")),
    type: async (command) => {
      const result = await run(command);
      show(command, result);
      return result;
    },
    watch: async (command, seen) => {
      let last = await run(command);
      for (const start = Date.now(); !seen.test(last.stdout) && Date.now() - start < seenMaxMs; last = await run(command)) {
        await new Promise((later) => setTimeout(later, 200));
      }
      show(command, last);
      expect(last.stdout, command).toMatch(seen);
    },
    prepare: async (command) => {
      await succeed(run(command));
    },
    show: (line) => {
      shown.push(`${plain(line, folder)}\n`);
    },
    transcript: () => shown.join("\n"),
  };
}

async function succeed(running: Promise<CommandResult>): Promise<void> {
  const { code, stderr } = await running;
  expect(code, stderr).toBe(0);
}

/** A person's own file, or one of the repository. */
function pathOf(word: string, folder: string): string {
  if (!/^[^:=]+\.(yaml|json)$/.test(word)) return word;
  return /^(examples|test)\//.test(word) ? resolve(root, word) : join(folder, word);
}

function runPlimsoll(args: readonly string[]): Promise<CommandResult> {
  return new Promise((ended) => {
    const child = execFile(process.execPath, [resolve(root, "dist/main.js"), ...args], { cwd: root }, (_, stdout, stderr) => {
      ended({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** What a run decides: where files are, the bundle's hash, lines of the policies file, days, ages, generated names. */
function plain(text: string, folder: string): string {
  return text
    .replaceAll(`${folder}/`, "")
    .replaceAll(`${root}/`, "")
    .replaceAll(/bundle [0-9a-f]{8}/g, "bundle <hash>")
    .replaceAll(/policies\.yaml:\d+(?=[:;])/g, "policies.yaml:<line>")
    .replaceAll(/expired on \d{4}-\d\d-\d\d/g, "expired on <day>")
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uid>")
    .replaceAll(/ {3,}(\d+[dhms]){1,2}$/gm, "   <age>")
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "-<pod>");
}
