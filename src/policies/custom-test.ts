/**
 * Tests of custom rules: the cases that an entry of policies.yaml brings, run before the file is taken.
 *
 * Reads a policy set that is not in force yet, and objects, inline or from files beside the policies. Returns a problem for each case
 * that comes out otherwise: a rule that does not do what its author expects protects nobody. A case is about the expression: the
 * class, the namespaces and the stage of the rule are left out, its kinds are not.
 */
import { parseAllDocuments } from "yaml";
import { platformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { CustomRuleEntry } from "../api/policies-file.ts";
import { err, ok, type Result } from "../api/result.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import { openAllowance } from "./cel/cel-budget.ts";
import { isAsked } from "./custom-findings.ts";
import type { CustomRule } from "./custom-rule.ts";
import { customValues } from "./custom-world.ts";
import { gatherFacts } from "./facts.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import type { PolicySet } from "./policy-set.ts";

/** Reads a file beside the policies; the error completes "<path>: …". */
export type ReadFixture = (path: string) => Result<string, string>;

export interface CustomTestInput {
  readonly policySet: PolicySet;
  readonly entries: readonly CustomRuleEntry[];
  readonly domain: string;
  readonly readFixture: ReadFixture;
}

/** How one case came out. */
export interface CustomTestOutcome {
  readonly rule: string;
  readonly name: string;
  /** JSON Pointer of the case in the file. */
  readonly path: string;
  /** Absent where it came out as expected. */
  readonly problem?: string;
}

/** Runs all cases of all custom rules. */
export function runCustomTests(input: CustomTestInput): readonly CustomTestOutcome[] {
  return input.entries.flatMap((entry, index) =>
    (entry.tests ?? []).map((test, testIndex) => {
      const rule = input.policySet.customRules.find(({ id }) => id === entry.id);
      const problem = rule === undefined ? undefined : problemOf(rule, { ...input, test });
      const path = `/custom/${index}/tests/${testIndex}`;
      return { rule: entry.id, name: test.name, path, ...(problem === undefined ? {} : { problem }) };
    }),
  );
}

/** Returns the cases that came out otherwise, as problems of the file. */
export function customTestProblems(input: CustomTestInput): readonly PolicyProblem[] {
  return runCustomTests(input).flatMap(({ rule, name, path, problem }) =>
    problem === undefined ? [] : [{ path, field: `custom ${rule} test "${name}"`, message: problem }],
  );
}

type CustomTest = NonNullable<CustomRuleEntry["tests"]>[number];

function problemOf(rule: CustomRule, input: CustomTestInput & { readonly test: CustomTest }): string | undefined {
  const { test } = input;
  const object = objectOf(test.object, input.readFixture);
  if (!object.ok) return object.error;
  const problems = judged(rule, object.value, input);
  if (problems === undefined) return `the rule does not judge ${object.value.kind}`;
  const [first] = problems;
  const got = first === undefined ? "allow" : "deny";
  if (got === test.expect) return undefined;
  return `expected ${test.expect}, got ${got}${first === undefined ? "" : ` (${first})`}`;
}

/** What the rule says; a failing expression counts as its onError, deny where it has none. Undefined where the rule is not asked. */
function judged(rule: CustomRule, object: KubeObject, { policySet, domain }: CustomTestInput): readonly string[] | undefined {
  const names = platformNames(domain);
  const slash = object.apiVersion.lastIndexOf("/");
  const kind = { group: object.apiVersion.slice(0, Math.max(0, slash)), version: object.apiVersion.slice(slash + 1), kind: object.kind };
  const namespace = object.metadata.namespace ?? (object.kind === "Namespace" ? "" : "default");
  const facts = gatherFacts({
    policySet,
    request: {
      uid: "test",
      operation: "CREATE",
      kind,
      resource: { group: kind.group, version: kind.version, resource: "" },
      name: object.metadata.name ?? "test",
      namespace,
      object,
      userInfo: { username: "test", groups: [] },
      dryRun: true,
    },
    context: { snapshot: snapshotOf([], domain), instanceTypes: [], names, now: 0 },
  });
  if (!isAsked(rule, facts)) return undefined;
  return rule
    .judge(customValues(facts), openAllowance())
    .filter(({ isFault }) => !isFault || rule.onError !== "allow")
    .map(({ message }) => message);
}

function objectOf(written: unknown, readFixture: ReadFixture): Result<KubeObject, string> {
  if (typeof written !== "string")
    return isObject(written) ? ok(written) : err("object must be a file, or an object with apiVersion, kind and metadata");
  const text = readFixture(written);
  if (!text.ok) return err(`${written}: ${text.error}`);
  const documents = parseAllDocuments(text.value, { prettyErrors: false });
  const [document] = documents;
  if (document === undefined || !("errors" in document) || documents.length !== 1) return err(`${written}: must hold one object`);
  const [broken] = document.errors;
  if (broken !== undefined) return err(`${written}: ${broken.message.split("\n")[0] ?? ""}`);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  return isObject(value) ? ok(value) : err(`${written}: must hold an object with apiVersion, kind and metadata`);
}

function isObject(value: unknown): value is KubeObject {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("apiVersion" in value) || !("metadata" in value)) return false;
  const { kind, apiVersion, metadata } = value;
  return typeof kind === "string" && typeof apiVersion === "string" && typeof metadata === "object" && metadata !== null;
}
