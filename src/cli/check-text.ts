/**
 * The answer of `plimsoll check` for people: each object once, each finding with its fix below, and the counts.
 *
 * Reads the outcome. Returns the text; colours only where a terminal shows it and nobody asked for none (NO_COLOR).
 */
import pico from "picocolors";
import { type CheckOutcome, type LocatedFinding, objectTitle } from "./check-outcome.ts";

/** Returns the text. */
export function textReport({ results }: Pick<CheckOutcome, "results">, options: { readonly isColoured: boolean }): string {
  const paint = pico.createColors(options.isColoured);
  const findingText = ({ rule, action, message, fix }: LocatedFinding): string => {
    const id = `[${rule}]`;
    const head = action === "deny" ? paint.red(id) : `${action}: ${action === "warn" ? paint.yellow(id) : id}`;
    return `  ${head} ${message}\n${fix === "" || fix === "-" ? "" : `    ${paint.dim("fix:")} ${fix}\n`}`;
  };
  const blocks = results.map((result) => {
    const verdict = result.allowed ? paint.green("allowed") : paint.bold(paint.red("DENIED "));
    return `${verdict}  ${objectTitle(result)}\n${result.findings.map(findingText).join("")}`;
  });
  const denied = results.filter(({ allowed }) => !allowed).length;
  return `${blocks.join("")}${results.length - denied} allowed, ${denied} denied\n`;
}
