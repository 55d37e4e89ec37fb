/**
 * Command line: what the descriptions of several commands share.
 */
import { type Command, Option } from "commander";
import { defaultDomain } from "../api/labels.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

/** A fault of ours is no verdict: it is told in one line, and the exit code says that there is no answer. */
export async function guarded({ stderr }: ProgramSurroundings, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (fault) {
    stderr.write(`plimsoll: can't go on, a fault of ours: ${String(fault)}\n`);
    return 2;
  }
}

/** Describes a command that reads manifests and judges by policies. */
export function manifestCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("<files...>", "manifests: files, folders, or - for standard input")
    .option("--policies <file>", "the policies to judge by", "policies.yaml")
    .option("-n, --namespace <name>", "where objects go that name no namespace, as with kubectl", "default")
    .option("--domain <domain>", "API domain of WorkloadProfiles and of our labels", defaultDomain);
}

/** Describes the option that chooses the form of an answer; the first choice is the default. */
export function outputOption(meaning: string, formats: readonly string[] = ["text", "json"]): Option {
  return new Option("-o, --output <format>", meaning).choices(formats).default("text");
}

/** Returns the examples at the end of a command's help, in two columns. */
export function examples(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([command]) => command.length));
  return `\n${title}\n${rows.map(([command, meaning]) => `  ${command.padEnd(width)}  ${meaning}`).join("\n")}\n`;
}
