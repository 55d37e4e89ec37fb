/**
 * Findings: what all rules say of one request, each with the action that policies.yaml gives it at this moment.
 *
 * Reads facts and policies. Returns findings sorted by rule id, then path, then text, so that the order of views and lists never
 * shows. Nothing is softened here: what was wrong before, exemptions and grandfathering are softening.ts.
 */
import { remembered } from "../kube/remembered.ts";
import { matchesSelector } from "../kube/selector.ts";
import { chunkFacts, isChunkRule } from "./chunk-facts.ts";
import { openAllowance } from "./cel/cel-budget.ts";
import { customProblems, isAsked } from "./custom-findings.ts";
import type { CustomRule } from "./custom-rule.ts";
import { classNameOf, customValues } from "./custom-world.ts";
import type { Facts, FactsInput } from "./facts.ts";
import type { SubjectKind } from "./subject.ts";
import type { PolicySet, RuleAction, RuleScope, RuleSetting } from "./policy-set.ts";
import { actionAt, isNamespaceInScope } from "./rule-action.ts";
import { allRules } from "./rules/all-rules.ts";
import { usualSubjects, type Problem, type Rule } from "./rules/rule.ts";
import { meetsNeeds, traitsOf } from "./traits.ts";
import type { Finding, FindingAction } from "./verdict.ts";
import { plainText } from "./warning.ts";

/** Actions from weakest to strongest. */
const actionOrder: readonly RuleAction[] = ["off", "audit", "warn", "deny"];

/** A finding with the workloads that it is about, as "Kind/name"; its words name them only where a person needs it. */
export interface JudgedFinding extends Finding {
  readonly about?: readonly string[];
}

/** Returns the findings of all rules, or of those with the given ids. */
export function findingsOf(facts: Facts, input: FactsInput, only?: ReadonlySet<string>): readonly JudgedFinding[] {
  const findings: JudgedFinding[] = [];
  for (const { rule, setting } of facts.subject.kind === "none" ? [] : rulesFor(facts, facts.subject.kind)) {
    if (only !== undefined && !only.has(rule.id)) continue;
    const action = actionAt(setting, input.context.now);
    if (action === "off") continue;
    const problems = rule.judge(facts, setting.params);
    if (problems.length > problemsMax) return [tooManyProblems(rule.id, problems.length)];
    for (const problem of problems) findings.push(...findingOf(problem, { id: rule.id, action, setting, facts }));
  }
  if (facts.subject.kind === "buffer") findings.push(...findingsOfChunk(facts, input, only));
  const { customRules } = input.policySet;
  if (customRules.length > 0) findings.push(...findingsOfCustom(customRules, facts, { input, only }));
  return findings.length < 2 ? findings : sortedFindings(findings);
}

/** No rule of policies.yaml: who could switch it off could be walked past by size. */
export const tooMuchRule = "SYS-003";

/** What one rule may find in one object: which of them were there before, and which are exempt, is asked of each. */
const problemsMax = 2_000;

/** The refusal in place of all else where an object is wrong in one way too often to be judged. */
function tooManyProblems(rule: string, count: number): JudgedFinding {
  const message = `too much to judge: ${count} problems of ${rule}, of at most ${problemsMax}`;
  return { rule: tooMuchRule, action: "deny", path: "", message, fix: `write less of what ${rule} is about` };
}

/** What the rules on Pods say of the template that a buffer's chunks are made from. */
function findingsOfChunk(of: Facts, input: FactsInput, only: ReadonlySet<string> | undefined): readonly JudgedFinding[] {
  const chunk = chunkFacts(of);
  if (chunk === undefined) return [];
  const { facts, told } = chunk;
  return rulesFor(facts, "workload").flatMap(({ rule, setting }) => {
    const action = actionAt(setting, input.context.now);
    if (!isChunkRule(rule) || action === "off" || only?.has(rule.id) === false) return [];
    const problems = rule.judge(facts, setting.params);
    if (problems.length > problemsMax) return [tooManyProblems(rule.id, problems.length)];
    return problems.flatMap((problem) => findingOf(told(problem), { id: rule.id, action, setting, facts }));
  });
}

/** Returns the words that tell one finding from another. */
export function wordsOf({ rule, path, message }: Finding): string {
  return `${rule} ${path} ${message}`;
}

/** Returns findings sorted by rule id, path and text, each once: the strongest of those with the same words, about all that they are about. */
export function sortedFindings(findings: readonly JudgedFinding[]): readonly JudgedFinding[] {
  const byWords = new Map<string, JudgedFinding[]>();
  for (const finding of findings) {
    const words = wordsOf(finding);
    const same = byWords.get(words);
    if (same === undefined) byWords.set(words, [finding]);
    else same.push(finding);
  }
  const unique = [...byWords.values()].flatMap((same) => (same.length === 1 ? same : together(same)));
  return unique.sort((a, b) => compare(a.rule, b.rule) || compare(a.path, b.path) || compare(a.message, b.message));
}

function together(same: readonly JudgedFinding[]): readonly JudgedFinding[] {
  const [strongest] = [...same].sort(strongestFirst);
  if (strongest === undefined) return [];
  const about = [...new Set(same.flatMap((finding) => finding.about ?? []))];
  return [about.length === 0 ? strongest : { ...strongest, about }];
}

function strongestFirst(a: Finding, b: Finding): number {
  return actionOrder.indexOf(b.action) - actionOrder.indexOf(a.action);
}

/** A request that breaks one rule more often than this has been told enough; its answer must not grow with it. */
const findingsOfRuleMax = 200;

/** Returns what is told of findings: of each rule a bounded number, its strongest ones, and one that counts the rest. */
export function toldFindings(judged: readonly JudgedFinding[]): readonly Finding[] {
  const findings = judged.map(({ rule, action, path, message, fix, lifted, patch }): Finding => ({
    ...{ rule, action, path, message, fix },
    ...(lifted === undefined ? undefined : { lifted }),
    ...(patch === undefined ? undefined : { patch }),
  }));
  if (findings.length <= findingsOfRuleMax) return findings;
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) {
    const known = byRule.get(finding.rule);
    if (known === undefined) byRule.set(finding.rule, [finding]);
    else known.push(finding);
  }
  return sortedFindings([...byRule.values()].flatMap(boundedOfRule));
}

function boundedOfRule(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= findingsOfRuleMax) return findings;
  const sorted = [...findings].sort(strongestFirst);
  const [first, ...rest] = sorted.slice(findingsOfRuleMax);
  if (first === undefined) return findings;
  const message = `${rest.length + 1} more problems of this rule`;
  return [
    ...sorted.slice(0, findingsOfRuleMax),
    { rule: first.rule, action: first.action, path: "", message, fix: "mend those that are told first" },
  ];
}

interface AskedRule {
  readonly rule: Rule;
  readonly setting: RuleSetting;
}

/** The rules that can find anything, which few sets of traits decide: a cluster's workloads are alike. */
function rulesFor(facts: Facts, kind: SubjectKind): readonly AskedRule[] {
  const ofKind = askedRules(facts.policySet).get(kind);
  if (ofKind === undefined) return [];
  const { byTraits, all } = ofKind;
  const traits = traitsOf(facts);
  const known = byTraits.get(traits);
  if (known !== undefined) return known;
  const asked = all.filter(({ rule: { needs } }) => needs === undefined || meetsNeeds(needs, traits));
  if (byTraits.size >= traitSetsMax) byTraits.clear();
  byTraits.set(traits, asked);
  return asked;
}

/** How many sets of traits are remembered for each kind of subject. */
const traitSetsMax = 500;

interface AskedRules {
  readonly all: AskedRule[];
  readonly byTraits: Map<number, readonly AskedRule[]>;
}

/** The rules that are asked about each kind of subject; one that is off for good is asked about none. */
const askedRules = remembered(({ rules }: PolicySet): ReadonlyMap<SubjectKind, AskedRules> => {
  const asked = new Map<SubjectKind, AskedRules>();
  for (const rule of allRules) {
    const setting = rules.get(rule.id);
    if (setting === undefined || (setting.action === "off" && setting.staged === undefined)) continue;
    for (const kind of rule.subjects ?? usualSubjects) {
      const known = asked.get(kind);
      if (known === undefined) asked.set(kind, { all: [{ rule, setting }], byTraits: new Map() });
      else known.all.push({ rule, setting });
    }
  }
  return asked;
});

function findingsOfCustom(
  rules: readonly CustomRule[],
  facts: Facts,
  { input, only }: { readonly input: FactsInput; readonly only: ReadonlySet<string> | undefined },
): readonly JudgedFinding[] {
  if (only !== undefined && !rules.some(({ id }) => only.has(id))) return [];
  const world = { facts, values: customValues(facts), allowance: openAllowance() };
  // They share their steps, so every one of them is asked: else one that starved after a change would not have before it.
  const found = rules.flatMap((rule) => {
    const setting = input.policySet.rules.get(rule.id);
    if (setting === undefined || !isAsked(rule, facts)) return [];
    const action = actionAt(setting, input.context.now);
    if (action === "off" || !isRequestInScope(setting.scope, { className: classNameOf(facts), facts })) return [];
    return customProblems(rule, world).flatMap((problem) => findingOf(problem, { id: rule.id, action, setting, facts }));
  });
  return only === undefined ? found : found.filter(({ rule }) => only.has(rule));
}

interface JudgedBy {
  readonly id: string;
  readonly action: FindingAction;
  readonly setting: RuleSetting;
  readonly facts: Facts;
}

function findingOf(problem: Problem, { id, action, setting, facts }: JudgedBy): readonly JudgedFinding[] {
  if (!isInScope(setting.scope, { problem, facts })) return [];
  const { path, message, fix, patch, about } = problem;
  return [
    {
      rule: id,
      action: weaker(action, problem.action ?? action),
      path,
      message: plainText(message),
      fix: plainText(fix),
      ...(patch === undefined ? undefined : { patch }),
      ...(about === undefined ? undefined : { about }),
    },
  ];
}

/** A case may soften its rule (a class that only warns of singletons), never sharpen it beyond what policies.yaml says. */
function weaker(a: FindingAction, b: FindingAction): FindingAction {
  return actionOrder.indexOf(a) < actionOrder.indexOf(b) ? a : b;
}

function isInScope(scope: RuleScope, { problem, facts }: { readonly problem: Problem; readonly facts: Facts }): boolean {
  return isRequestInScope(scope, { className: problem.className, facts });
}

function isRequestInScope(
  scope: RuleScope,
  { className, facts }: { readonly className: string | undefined; readonly facts: Facts },
): boolean {
  const { request } = facts;
  if (scope.classes.length > 0 && !scope.classes.includes(className ?? "")) return false;
  if (scope.labels !== undefined && !matchesSelector(scope.labels, labelsOf(facts))) return false;
  return isNamespaceInScope(scope.namespaces, request.namespace);
}

/** A Scale carries no labels of its workload. */
function labelsOf({ request, subject }: Facts): Readonly<Record<string, string>> | undefined {
  return subject.kind === "scale" ? subject.workload.labels : request.object?.metadata.labels;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
