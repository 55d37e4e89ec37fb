/**
 * Review text: the reviews of `plimsoll review` for people.
 */
import type { Review, ReviewSummary } from "./reviews.ts";

/** Returns the reviews as a block each, and a last line with the counts. */
export function reviewText(reviews: readonly Review[], { reviewed, denied, refused }: ReviewSummary): string {
  const counts = [`${reviewed} reviewed`, `${denied} denied`, ...(refused === 0 ? [] : [`${refused} that the API server would refuse`])];
  return `${reviews.map(blockOf).join("")}${counts.join(", ")}\n`;
}

function blockOf({ kind, name, file, line, refusals, rows, questions, findings }: Review): string {
  const width = Math.max(0, ...rows.map(({ question }) => question.length), ...questions.map(({ question }) => question.length));
  const lines = [
    `${kind} ${name} (${file}:${line})`,
    ...rows.map(({ question, answer, isOpen }) => `  ${isOpen ? "?" : " "} ${question.padEnd(width)}  ${answer}`),
    ...questions.map(
      ({ question, holds, rules }) => `  ${holds ? "+" : "-"} ${question.padEnd(width)}  ${holds ? "yes" : `no: ${rules.join(", ")}`}`,
    ),
    ...refusals.map((refusal) => `  the API server would refuse it: ${refusal}`),
    ...findings.flatMap(({ rule, action, message, fix }) => [
      `  ${action === "deny" ? "DENY " : `${action} `}[${rule}] ${message}`,
      ...(fix === "" || fix === "-" ? [] : [`      fix: ${fix}`]),
    ]),
  ];
  return `${lines.join("\n")}\n\n`;
}
