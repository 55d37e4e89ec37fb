/**
 * The answer of `plimsoll check` for people: each object once, each finding with its fix below, and the counts.
 *
 * Audit findings ask nothing of whoever applies the object: they are counted in one line, unless they are asked for.
 * Reads the outcome. Returns the text; colours only where a terminal shows it and nobody asked for none (NO_COLOR).
 */
import pico from "picocolors";
import { liftedText } from "../policies/warning.ts";
import { type CheckOutcome, type LocatedFinding, objectTitle } from "./check-outcome.ts";

export interface TextOptions {
  readonly isColoured: boolean;
  /** Whether audit findings are told one by one. */
  readonly withAudit: boolean;
}

/** Returns the text. */
export function textReport({ results }: Pick<CheckOutcome, "results">, options: TextOptions): string {
  const paint = pico.createColors(options.isColoured);
  const findingText = ({ rule, action, message, fix, lifted }: LocatedFinding): string => {
    const id = `[${rule}]`;
    const head = action === "deny" ? paint.red(id) : `${action}: ${action === "warn" ? paint.yellow(id) : id}`;
    return `  ${head} ${liftedText({ lifted })}${message}\n${fix === "" || fix === "-" ? "" : `    ${paint.dim("fix:")} ${fix}\n`}`;
  };
  const blocks = results.map((result) => {
    const verdict = result.allowed ? paint.green("allowed") : paint.bold(paint.red("DENIED "));
    const told = result.findings.filter(({ action }) => options.withAudit || action !== "audit");
    const audited = result.findings.length - told.length;
    const counted = audited === 0 ? "" : `  audit: ${audited} ${audited === 1 ? "finding" : "findings"} (--audit tells them)\n`;
    return `${verdict}  ${objectTitle(result)}\n${told.map(findingText).join("")}${counted}`;
  });
  const denied = results.filter(({ allowed }) => !allowed).length;
  return `${blocks.join("")}${results.length - denied} allowed, ${denied} denied\n`;
}
