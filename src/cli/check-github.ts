/**
 * The answer of `plimsoll check` as GitHub workflow commands: annotations on the lines of a pull request.
 *
 * Reads the outcome. Returns one command a finding. Texts are escaped as the runner unescapes them: percent, carriage return and
 * newline everywhere, colon and comma in properties too.
 */
import { assertNever } from "../api/assert.ts";
import type { FindingAction } from "../policies/verdict.ts";
import { type CheckOutcome, objectTitle, splitProblem, textWithFix } from "./check-outcome.ts";

/** Returns the commands, one a line. */
export function githubReport({ results, problems }: CheckOutcome): string {
  const found = results.flatMap((result) =>
    result.findings.map((finding) => {
      const { line, column } = finding.position;
      const place = result.file === undefined ? {} : { file: result.file, line: String(line), col: String(column) };
      return command(levelOf(finding.action), { ...place, title: finding.rule }, `${objectTitle(result)}: ${textWithFix(finding)}`);
    }),
  );
  const unjudged = problems.map((problem) => {
    const { file, line, message } = splitProblem(problem);
    const place = file === undefined || line === undefined ? {} : { file, line: String(line) };
    return command("error", { ...place, title: "bad input" }, message);
  });
  return [...unjudged, ...found].join("");
}

function levelOf(action: FindingAction): string {
  switch (action) {
    case "deny":
      return "error";
    case "warn":
      return "warning";
    case "audit":
      return "notice";
    default:
      return assertNever(action);
  }
}

function command(level: string, properties: Readonly<Record<string, string>>, message: string): string {
  const written = Object.entries(properties).map(
    ([name, value]) => `${name}=${escaped(value).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
  );
  return `::${level} ${written.join(",")}::${escaped(message)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
