/**
 * The other forms of the answer of `plimsoll check`: SARIF, JUnit, annotations, colours.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { githubReport } from "../../src/cli/check-github.ts";
import { junitReport } from "../../src/cli/check-junit.ts";
import type { CheckOutcome, LocatedResult } from "../../src/cli/check-outcome.ts";
import { sarifReport } from "../../src/cli/check-sarif.ts";
import { objectTitle } from "../../src/cli/check-outcome.ts";
import { textReport } from "../../src/cli/check-text.ts";
import { policySet } from "../support/admission.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const budgetOfNobody = `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: web
  namespace: shop
spec:
  maxUnavailable: 0
  selector:
    matchLabels: {app: web}
`;

interface SarifLog {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly rules: readonly { readonly id: string; readonly helpUri?: string; readonly shortDescription?: object }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly locations: readonly object[];
    }[];
    readonly invocations: readonly { readonly executionSuccessful: boolean; readonly toolExecutionNotifications: readonly object[] }[];
  }[];
}

async function answer(format: string, files: Readonly<Record<string, string>>) {
  const folder = folderOf(files);
  const run = await runPlimsoll(["check", "-o", format, ...Object.keys(files).map((name) => join(folder, name))]);
  return { ...run, stdout: run.stdout.replaceAll(`file://${folder}/`, "").replaceAll(`${folder}/`, "") };
}

describe("SARIF 2.1.0", () => {
  it("names each rule once with its documentation, and each finding with the line and column of its field", async () => {
    const { code, stdout } = await answer("sarif", { "web.yaml": budgetOfNobody });
    const log = JSON.parse(stdout) as SarifLog;
    const [run] = log.runs;
    expect([code, log.version]).toEqual([1, "2.1.0"]);
    const result = run?.results.find(({ ruleId }) => ruleId === "DRAIN-004");
    expect(result).toMatchObject({
      level: "error",
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: "web.yaml" }, region: { startLine: 7, startColumn: 3 } },
          logicalLocations: [{ fullyQualifiedName: "PodDisruptionBudget shop/web/spec/maxUnavailable" }],
        },
      ],
    });
    expect(run?.tool.driver.rules[result?.ruleIndex ?? -1]).toMatchObject({
      id: "DRAIN-004",
      helpUri: "https://platform.example.com/rules/DRAIN-004",
      shortDescription: { text: expect.stringContaining("PodDisruptionBudget") as unknown },
    });
  });
  it("tells what could not be read, as a run that did not succeed", async () => {
    const { code, stdout } = await answer("sarif", { "web.yaml": budgetOfNobody, "bad.yaml": "a: 1\nb: [\n" });
    const [run] = (JSON.parse(stdout) as SarifLog).runs;
    expect(code).toBe(2);
    expect(run?.invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ level: "error", locations: [{ physicalLocation: { artifactLocation: { uri: "bad.yaml" } } }] }],
    });
  });
  it("suppresses what an exemption lifts, with whose it is, and has no place in files for what was piped in", () => {
    const lifted = { kind: "exemption", id: "EX-1", owner: "dba", daysLeft: 3 } as const;
    const text = sarifReport({
      ...outcomeOf([{ ...found, findings: [{ ...finding, action: "warn", lifted }], file: undefined }]),
      version: "1",
    });
    expect(text).toContain('"justification": "exemption EX-1, owner dba"');
    expect(text).not.toContain("physicalLocation");
  });
});

describe("annotations", () => {
  it("stand on the line of the field, errors for what is denied", async () => {
    const { stdout } = await answer("github", { "web.yaml": budgetOfNobody });
    expect(stdout.split("\n")).toContainEqual(
      expect.stringMatching(/^::error file=web\.yaml,line=7,col=3,title=DRAIN-004::PodDisruptionBudget shop\/web: .*; fix: /),
    );
  });
  it("escape what would end a property or a command", () => {
    const text = githubReport(outcomeOf([{ ...found, file: "a,b:c%.yaml", findings: [{ ...finding, message: "100%\nof it", fix: "" }] }]));
    expect(text).toBe("::error file=a%2Cb%3Ac%25.yaml,line=3,col=5,title=R-1::Deployment shop/web: 100%25%0Aof it\n");
  });
  it("tell bad input too", () => {
    expect(githubReport({ ...outcomeOf([]), problems: ["bad.yaml:2: is odd", "no objects to judge"] })).toBe(
      "::error file=bad.yaml,line=2,title=bad input::is odd\n::error title=bad input::no objects to judge\n",
    );
  });
});

describe("JUnit", () => {
  it("has a case an object, failed where it is denied, and an error for what could not be read", async () => {
    const service = "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\nspec: {}\n";
    const { code, stdout } = await answer("junit", { "web.yaml": `${budgetOfNobody}---\n${service}`, "bad.yaml": "hello" });
    expect(code).toBe(2);
    expect(stdout).toContain('<testsuites name="plimsoll" tests="3" failures="1" errors="1">');
    expect(stdout).toContain(
      '<testcase name="PodDisruptionBudget web" classname="shop" file="web.yaml" line="1">\n      <failure type="DRAIN-004"',
    );
    expect(stdout).toContain('<testcase name="Service s" classname="shop" file="web.yaml" line="11"/>');
    expect(stdout).toContain('<error type="bad input" message="is not a Kubernetes object"/>');
  });
  it("is XML whatever users write", () => {
    const message = 'a <b> & "c" \u0000\u001b ]]> \u{1F600}';
    const text = junitReport(outcomeOf([{ ...found, allowed: false, findings: [{ ...finding, message }] }]));
    expect(text).toContain("a &lt;b&gt; &amp; &quot;c&quot; \uFFFD\uFFFD ]]&gt; \u{1F600}");
  });
});

describe("text", () => {
  it("counts audit findings in one line an object, and tells them where they are asked for", () => {
    const [warned, audited] = [finding, { ...finding, rule: "R-2", action: "audit" as const, message: "only counted" }];
    const outcome = outcomeOf([
      { ...found, findings: [warned, audited, audited] },
      { ...found, name: "second", findings: [audited] },
    ]);
    const folded = textReport(outcome, { isColoured: false, withAudit: false });
    expect(folded).toContain("  audit: 2 findings (--audit tells them)\n");
    expect(folded).toContain("  audit: 1 finding (--audit tells them)\n");
    expect(folded).not.toContain("only counted");
    const told = textReport(outcome, { isColoured: false, withAudit: true });
    expect(told.match(/audit: \[R-2\] only counted\n/g)?.length).toBe(2);
    expect(told).toContain(`  audit: [R-2] as told of ${objectTitle(found)}\n`);
    expect(told).not.toContain("--audit");
  });
  it("tells the same fault of several objects once, with the others named; the verdicts stay their own", () => {
    const of = (name: string, message = "no readinessProbe") => ({ ...found, name, findings: [{ ...finding, message }] });
    const outcome = outcomeOf([of("a", "Deployment a: no readinessProbe"), of("b", "Deployment b: no readinessProbe"), of("c", "another")]);
    const text = textReport(outcome, { isColoured: false, withAudit: false });
    expect(text.match(/no readinessProbe/g)).toHaveLength(1);
    expect(text).toContain(`    also: ${objectTitle({ ...found, name: "b" })}\n`);
    expect(text).toContain(`as told of ${objectTitle({ ...found, name: "a" })}\n`);
    expect(text).toContain("another\n");
    const many = textReport(outcomeOf(Array.from({ length: 9 }, (_, index) => of(`web-${index}`))), {
      isColoured: false,
      withAudit: false,
    });
    expect(many).toMatch(/also: .*web-5 and 3 more\n/);
  });
  it("has colours only where it is asked for them", () => {
    const plain = textReport(outcomeOf([found]), { isColoured: false, withAudit: false });
    const coloured = textReport(outcomeOf([found]), { isColoured: true, withAudit: false });
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[31m");
    // Without its colours it is the same text.
    expect(
      coloured
        .split("\u001b")
        .map((part) => part.replace(/^\[\d+m/, ""))
        .join(""),
    ).toBe(plain);
  });
});

const finding = {
  rule: "R-1",
  action: "deny",
  path: "/spec",
  message: "is wrong",
  fix: "mend it",
  position: { line: 3, column: 5 },
} as const;
const found: LocatedResult = {
  ...{ kind: "Deployment", namespace: "shop", name: "web", allowed: false, file: "app.yaml", position: { line: 1, column: 1 } },
  findings: [finding],
};

function outcomeOf(results: readonly LocatedResult[]): CheckOutcome {
  return { results, problems: [], policySet: policySet() };
}
