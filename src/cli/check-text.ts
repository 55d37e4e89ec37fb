/**
 * The answer of `plimsoll check` for people: each object once, each finding with its fix below, and the counts.
 *
 * Audit findings ask nothing of the author: one line counts them, unless `--audit` asks for them. A fault that several objects share is
 * printed in full for the first one, which names the others; each of those has one line that points back.
 * Reads the outcome. Returns the text; colours only where a terminal shows it and nobody asked for none (NO_COLOR).
 */
import pico from "picocolors";
import { liftedText } from "../policies/warning.ts";
import { type CheckOutcome, type LocatedFinding, type LocatedResult, objectTitle } from "./check-outcome.ts";

export interface TextOptions {
  readonly isColoured: boolean;
  /** Whether audit findings are told one by one. */
  readonly withAudit: boolean;
}

/** Returns the text. */
export function textReport({ results }: Pick<CheckOutcome, "results">, options: TextOptions): string {
  const paint = pico.createColors(options.isColoured);
  const isTold = ({ action }: LocatedFinding): boolean => options.withAudit || action !== "audit";
  const titlesOf = alikeIn(results, isTold);
  const findingText = (finding: LocatedFinding, title: string): string => {
    const { rule, action, message, fix, lifted } = finding;
    const id = `[${rule}]`;
    const head = action === "deny" ? paint.red(id) : `${action}: ${action === "warn" ? paint.yellow(id) : id}`;
    const [first = title, ...others] = titlesOf.get(wordsOf(finding)) ?? [];
    if (first !== title) return `  ${head} as told of ${first}\n`;
    const also = others.length === 0 ? "" : `    ${paint.dim("also:")} ${namesText(others)}\n`;
    return `  ${head} ${liftedText({ lifted })}${message}\n${fix === "" || fix === "-" ? "" : `    ${paint.dim("fix:")} ${fix}\n`}${also}`;
  };
  const blocks = results.map((result) => {
    const verdict = result.allowed ? paint.green("allowed") : paint.bold(paint.red("DENIED "));
    const told = result.findings.filter(isTold);
    const title = objectTitle(result);
    const audited = result.findings.length - told.length;
    const counted = audited === 0 ? "" : `  audit: ${audited} ${audited === 1 ? "finding" : "findings"} (--audit tells them)\n`;
    return `${verdict}  ${title}\n${told.map((finding) => findingText(finding, title)).join("")}${counted}`;
  });
  const denied = results.filter(({ allowed }) => !allowed).length;
  return `${blocks.join("")}${results.length - denied} allowed, ${denied} denied\n`;
}

/** Returns the titles of the objects that share a fault in the same words, in their order, each once. */
function alikeIn(results: readonly LocatedResult[], isTold: (finding: LocatedFinding) => boolean): ReadonlyMap<string, readonly string[]> {
  const titles = new Map<string, string[]>();
  for (const result of results) {
    for (const words of new Set(result.findings.filter(isTold).map(wordsOf))) {
      const known = titles.get(words);
      if (known === undefined) titles.set(words, [objectTitle(result)]);
      else known.push(objectTitle(result));
    }
  }
  return titles;
}

/** What the reader reads, but for the name of a workload that stands before what is wrong of it. */
function wordsOf({ rule, action, message, fix, lifted }: LocatedFinding): string {
  return JSON.stringify([rule, action, message.replace(/^[A-Z][A-Za-z]+ [a-z0-9.-]+: /, ""), fix, lifted]);
}

const namesMax = 5;

function namesText(names: readonly string[]): string {
  const more = names.length - namesMax;
  return more > 0 ? `${names.slice(0, namesMax).join(", ")} and ${more} more` : names.join(", ");
}
