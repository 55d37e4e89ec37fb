/**
 * The answer of `plimsoll check` as JUnit XML: a test case an object, failed where admission would refuse it.
 *
 * Reads the outcome. Returns one document. What only warns is the case's output; what could not be judged is an error of a case
 * of its own, so that a build never passes on a file that nobody could read.
 */
import { type CheckOutcome, type LocatedFinding, type LocatedResult, splitProblem, textWithFix } from "./check-outcome.ts";

/** Returns the XML. */
export function junitReport({ results, problems }: CheckOutcome): string {
  const failures = results.filter(({ allowed }) => !allowed).length;
  const counts = `tests="${results.length + problems.length}" failures="${failures}" errors="${problems.length}"`;
  const cases = [...problems.map(problemCase), ...results.map(resultCase)];
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="plimsoll" ${counts}>
  <testsuite name="plimsoll check" ${counts}>
${cases.join("")}  </testsuite>
</testsuites>
`;
}

function resultCase(result: LocatedResult): string {
  const { kind, namespace, name, file, position, findings } = result;
  const place = file === undefined ? "" : ` file="${escaped(file)}" line="${position.line}"`;
  const title = `name="${escaped(`${kind} ${name}`)}" classname="${escaped(namespace === "" ? "cluster" : namespace)}"${place}`;
  const denied = findings.filter(({ action }) => action === "deny");
  const others = findings.filter(({ action }) => action !== "deny");
  const [first] = denied;
  const failure =
    first === undefined
      ? ""
      : `      <failure type="${escaped(first.rule)}" message="${escaped(first.message)}">${escaped(lines(denied))}</failure>\n`;
  const output = others.length === 0 ? "" : `      <system-out>${escaped(lines(others))}</system-out>\n`;
  return failure + output === "" ? `    <testcase ${title}/>\n` : `    <testcase ${title}>\n${failure}${output}    </testcase>\n`;
}

function problemCase(problem: string): string {
  const { file = "input", line, message } = splitProblem(problem);
  const place = line === undefined ? "" : ` file="${escaped(file)}" line="${line}"`;
  return `    <testcase name="${escaped(file)}" classname="input"${place}>\n      <error type="bad input" message="${escaped(message)}"/>\n    </testcase>\n`;
}

function lines(findings: readonly LocatedFinding[]): string {
  return findings.map((finding) => `${finding.action} [${finding.rule}] ${textWithFix(finding)}`).join("\n");
}

function escaped(text: string): string {
  return (
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      // XML 1.0 has no other control characters, escaped or not.
      .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
  );
}
