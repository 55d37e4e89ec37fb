/**
 * Warnings: what a person is told who is let in.
 *
 * Reads findings and facts. Returns texts for the Warning header, within its limits (admission.md 2.4): the API server drops a
 * warning with a control character without a word, and cuts them all once their sum is above 4,096.
 */
import type { Facts } from "./facts.ts";
import { notYetCompiled } from "./profile/not-yet-compiled.ts";
import type { Finding } from "./verdict.ts";

/** Longest single warning; most are below 120. */
const warningLengthMax = 256;
const warningsLengthMax = 4_096;
/** Longest message or fix of a finding: names of users' fields and labels are in it, and those have no bound of ours. */
const plainTextMax = 1_000;

/** Returns one text for each finding that warns: "[RULE] message". */
export function warningTexts(findings: readonly Finding[]): readonly string[] {
  const texts = findings
    .filter(({ action }) => action === "warn")
    .map(({ rule, message }) => cutText(`[${rule}] ${message}`, warningLengthMax));
  const kept: string[] = [];
  let length = 0;
  for (const text of texts) {
    length += text.length;
    // Room for the last line, which counts the rest.
    if (length > warningsLengthMax - warningLengthMax) return [...kept, `${texts.length - kept.length} more warnings`];
    kept.push(text);
  }
  return kept;
}

/** Returns the warning that a profile sets fields which are accepted and not compiled yet. */
export function adjustmentWarnings({ subject }: Facts): readonly string[] {
  if (subject.kind !== "profile") return [];
  const fields = notYetCompiled(subject.profile.spec);
  return fields.length === 0
    ? []
    : [cutText(`not compiled yet by this version: ${fields.map((field) => `spec.${field}`).join(", ")}`, warningLengthMax)];
}

/** Returns text without control, formatting and broken characters, at most 1,000 long: it may hold words of users. */
export function plainText(text: string): string {
  return cutText(text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").replace(/\p{Cs}/gu, "\ufffd"), plainTextMax);
}

/** Returns text of at most `lengthMax` characters, cut with an ellipsis and never inside a surrogate pair. */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  return `${text
    .slice(0, Math.max(0, lengthMax - 1))
    .replace(/[\uD800-\uDBFF]$/, "")
    .trimEnd()}…`;
}
