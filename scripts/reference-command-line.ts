/**
 * The reference page of the command line: every command, argument, option and default.
 *
 * Reads the program's own description, so that the page and `--help` can't disagree. Returns the text by its path and
 * writes nothing, so that a test can compare it with the file on disk.
 */
import type { Argument, Command, Option } from "commander";
import { describedProgram } from "../src/cli/program.ts";

/** Returns the page by its path from the root of the repository. */
export function commandLinePage(): ReadonlyMap<string, string> {
  const program = describedProgram(
    {
      argv: [],
      env: {},
      stdin: () => Promise.resolve(""),
      stdout: { write: () => true },
      stderr: { write: () => true },
      isTerminal: false,
    },
    { code: 0 },
  );
  const page = [
    "# The command line",
    "<!-- Made from src/cli/program.ts by `npm run generate`; don't edit. -->",
    program.description(),
    "In a checkout, after `npm ci && npm run build`, `npx --no plimsoll` runs the command. (npx takes a flag that follows directly for its own; " +
      "write `npx --no -- plimsoll --version`.)",
    "Answers go to stdout; notes, and the reasons of exit code 2, to stderr.",
    optionTable(program),
    ...program.commands.flatMap((command) => commandSections(command, "plimsoll")),
  ];
  return new Map([["docs/reference/command-line.md", `${page.join("\n\n")}\n`]]);
}

/** A command that only groups others is told by them. */
function commandSections(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((inner) => commandSections(inner, name));
  return [commandSection(command, name)];
}

function commandSection(command: Command, name: string): string {
  const options = optionTable(command);
  return [
    `## ${name}`,
    command.description(),
    `\`${name} ${command.usage()}\``,
    ...command.registeredArguments.map((argument) => argumentLine(argument)),
    ...(options === "" ? [] : [options]),
    `\`\`\`text\n${textAfter(command)}\n\`\`\``,
  ].join("\n\n");
}

function argumentLine(argument: Argument): string {
  return `\`${argument.name()}${argument.variadic ? "..." : ""}\`: ${argument.description}.`;
}

function optionTable(command: Command): string {
  const { options } = command;
  if (options.length === 0) return "";
  const rows = options.map((option) => `| \`${cell(option.flags)}\` | ${defaultOf(option)} | ${cell(meaningOf(option))} |`);
  return ["| option | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

function meaningOf({ description, argChoices }: Option): string {
  return argChoices === undefined ? description : `${description} (${argChoices.join(", ")})`;
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): string {
  return defaultValue === undefined || defaultValue === false ? "" : `\`${defaultValueDescription ?? String(defaultValue)}\``;
}

/** What --help prints below its own part: exit codes and examples. */
function textAfter(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (written) => (text += written) }).outputHelp();
  return text.slice(command.helpInformation().length).trim();
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
