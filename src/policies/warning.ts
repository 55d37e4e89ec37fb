/**
 * Warnings: what a person is told who is let in.
 *
 * Reads findings and facts. Returns texts for the Warning header, within its limits (admission.md 2.4): the API server drops a
 * warning with a control character without a word, and cuts them all once their sum is above 4,096.
 */
import type { Facts } from "./facts.ts";
import { notYetCompiled } from "./profile/not-yet-compiled.ts";
import type { PolicySettings } from "./policy-set.ts";
import type { Finding } from "./verdict.ts";

/** Longest single warning: what the API asks of warnings; details stand in the status. */
export const warningLengthMax = 120;
const warningsLengthMax = 4_096;
/** Longest message or fix of a finding: names of users' fields and labels are in it, and those have no bound of ours. */
const plainTextMax = 1_000;

/** Returns one text for each finding that warns: "[RULE] message". */
export function warningTexts(findings: readonly Finding[]): readonly string[] {
  const texts = findings
    .filter(({ action }) => action === "warn")
    .map((finding) => cutText(`[${finding.rule}] ${liftedText(finding)}${finding.message}`, warningLengthMax));
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

/** Returns why a finding only warns, before what it warns of, since it must survive a cut: by whose exemption and for how long yet, or "". */
export function liftedText({ lifted }: { readonly lifted?: Finding["lifted"] | undefined }): string {
  switch (lifted?.kind) {
    case undefined:
      return "";
    case "exemption":
      return `exempted by ${lifted.id}, ${lifted.daysLeft} ${lifted.daysLeft === 1 ? "day" : "days"} left, owner ${lifted.owner}: `;
    case "expired":
      return `exemption ${lifted.id} has expired, owner ${lifted.owner}: `;
    case "waiting":
      // The wait for a profile is a finding of its own.
      return lifted.for === "profile" ? "" : "its Pods are refused until an autoscaler mends this: ";
    case "grandfather":
      return `let be until ${lifted.until}: `;
  }
}

/** The rule that finds a workload without a profile. */
const unprofiledRule = "BIND-004";

/**
 * Returns where a team that has no profile yet reads how to start. It is one text for all workloads, which kubectl shows once a run, and
 * it is not in the warning itself since an address that is cut leads nowhere.
 */
export function startWarnings(findings: readonly Finding[], { docsBase }: PolicySettings): readonly string[] {
  if (docsBase === undefined || !findings.some(({ rule, action }) => rule === unprofiledRule && action === "warn")) return [];
  const text = `how to start with a WorkloadProfile: ${docsBase.replace(/\/*$/, "/")}${unprofiledRule}`;
  return text.length > warningLengthMax ? [] : [text];
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
  const read = text.length > 2 * plainTextMax ? text.slice(0, 2 * plainTextMax) : text;
  // Nearly every text is plain already.
  if (/^[\x20-\x7e]*$/.test(read)) return cutText(read, plainTextMax);
  return cutText(read.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").replace(/\p{Cs}/gu, "\ufffd"), plainTextMax);
}

/** Returns text of at most `lengthMax` characters, cut after a word with an ellipsis, and never inside a surrogate pair. */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const room = Math.max(0, lengthMax - 1);
  // A last word that ends where the room does is whole; one that is longer than half of the room is cut all the same.
  const blank = text[room] === " " ? room : text.lastIndexOf(" ", room - 1);
  const end = blank > room / 2 ? blank : room;
  return `${text
    .slice(0, end)
    .replace(/[\uD800-\uDBFF]$/, "")
    .trimEnd()
    .replace(/[,;:]+$/, "")}…`;
}
