/**
 * The answer of `plimsoll check` as SARIF 2.1.0, for code scanning.
 *
 * Reads the outcome. Returns one log with one run: the rules that found something with their reason and documentation, a result a
 * finding with the line of its field, and what could not be read as notifications. What an exemption lifts is suppressed, not left out.
 */
import { assertNever } from "../api/assert.ts";
import { shortHashOf } from "../api/hash.ts";
import { allRules } from "../policies/rules/all-rules.ts";
import type { FindingAction } from "../policies/verdict.ts";
import { type CheckOutcome, type LocatedFinding, type LocatedResult, objectTitle, splitProblem, textWithFix } from "./check-outcome.ts";

export interface SarifRequest extends CheckOutcome {
  /** Of this program. */
  readonly version: string;
}

/** Returns the log as JSON text. */
export function sarifReport(request: SarifRequest): string {
  const { results, problems, policySet, version } = request;
  const found = results.flatMap((result) => result.findings.map((finding) => ({ result, finding })));
  const ruleIds = [...new Set(found.map(({ finding }) => finding.rule))].sort();
  const run = {
    tool: { driver: { name: "plimsoll", version, rules: ruleIds.map((id) => ruleOf(id, policySet?.settings.docsBase)) } },
    invocations: [{ executionSuccessful: problems.length === 0, toolExecutionNotifications: problems.map(notificationOf) }],
    ...(policySet === undefined ? {} : { properties: { policyBundle: policySet.bundle } }),
    results: found.map(({ result, finding }) => sarifResult(result, finding, ruleIds)),
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ruleOf(id: string, docsBase: string | undefined): object {
  const rule = allRules.find((known) => known.id === id);
  return {
    id,
    ...(rule === undefined ? {} : { shortDescription: { text: rule.summary } }),
    ...(docsBase === undefined ? {} : { helpUri: `${docsBase.replace(/\/*$/, "/")}${id}` }),
  };
}

function sarifResult(result: LocatedResult, finding: LocatedFinding, ruleIds: readonly string[]): object {
  const { rule, action, path, lifted } = finding;
  const { kind, namespace, name } = result;
  return {
    ruleId: rule,
    ruleIndex: ruleIds.indexOf(rule),
    level: levelOf(action),
    message: { text: `${objectTitle(result)}: ${textWithFix(finding)}` },
    locations: [locationOf(result, finding)],
    // The same finding after an edit elsewhere in the file.
    partialFingerprints: { "plimsollFinding/v1": shortHashOf([rule, kind, namespace, name, path]) },
    ...(lifted?.kind === "exemption"
      ? { suppressions: [{ kind: "external", status: "accepted", justification: `exemption ${lifted.id}, owner ${lifted.owner}` }] }
      : {}),
  };
}

function levelOf(action: FindingAction): string {
  switch (action) {
    case "deny":
      return "error";
    case "warn":
      return "warning";
    case "audit":
      return "note";
    default:
      return assertNever(action);
  }
}

function locationOf(result: LocatedResult, { position, path }: LocatedFinding): object {
  const { line, column } = position;
  return {
    ...(result.file === undefined
      ? {}
      : { physicalLocation: { artifactLocation: { uri: uriOf(result.file) }, region: { startLine: line, startColumn: column } } }),
    logicalLocations: [{ fullyQualifiedName: `${objectTitle(result)}${path}`, kind: "object" }],
  };
}

function notificationOf(problem: string): object {
  const { file, line, message } = splitProblem(problem);
  const at =
    file === undefined || line === undefined
      ? {}
      : { locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } } }] };
  return { level: "error", message: { text: message }, ...at };
}

/** Paths are told as they were given, relative ones stay relative: code scanning resolves them against the checkout. */
function uriOf(file: string): string {
  return file
    .split(/[\\/]/)
    .map((segment) => encodeURIComponent(segment))
    .join("/")
    .replace(/^\.\//, "")
    .replace(/^\//, "file:///");
}
