/**
 * The command line of a bench: options with a value, and a help that teaches.
 *
 * Reads the process's arguments. Returns the options by name, or undefined once the help or what is wrong has been told:
 * a bench then ends, with exit code 0 or 2.
 */
import { parseArgs } from "node:util";

export interface BenchCommand {
  /** Names of the options, without dashes; each takes a value. */
  readonly options: readonly string[];
  /** Names of the options that take no value; the value of one that was given is "". */
  readonly switches?: readonly string[];
  readonly help: string;
}

/** Reads the arguments of this process; tells the help, or in one line what is wrong with them. */
export function benchArguments({ options, switches = [], help }: BenchCommand): Readonly<Record<string, string | undefined>> | undefined {
  try {
    const known = Object.fromEntries(options.map((name) => [name, { type: "string" as const }]));
    const flags = Object.fromEntries(switches.map((name) => [name, { type: "boolean" as const }]));
    const { values } = parseArgs({ options: { ...known, ...flags, help: { type: "boolean", short: "h" } } });
    if (values.help === undefined) return Object.fromEntries([...options, ...switches].map((name) => [name, textOf(values, name)]));
    console.log(help);
  } catch (cause) {
    console.error(
      `${cause instanceof Error ? cause.message.replace(/\.? To specify [^]*$/, "") : String(cause)}; --help shows the options`,
    );
    process.exitCode = 2;
  }
  return undefined;
}

function textOf(values: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = values[name];
  if (value === true) return "";
  return typeof value === "string" ? value : undefined;
}
