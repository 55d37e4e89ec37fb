/**
 * Evaluate: the verdict on one admission request.
 *
 * Two phases, as the API server has them. `mutate` writes the contract into a Pod and never refuses; `validate` judges the
 * object as it stands and never writes. `evaluate` is both in a row, for a file instead of a request. Pure and synchronous:
 * the same request, policies and snapshot always give the same verdict, and mutating a mutated Pod changes nothing.
 */
import { canonicalJson } from "../api/hash.ts";
import type { KubeObject } from "../api/object.ts";
import type { Job } from "../api/workload.ts";
import { applyJsonPatch } from "../kube/json-patch.ts";
import { controllerOf } from "../kube/owner.ts";
import { matchesSelector } from "../kube/selector.ts";
import { workloadOf } from "../kube/workload.ts";
import { isController } from "./admission-request.ts";
import { matchesGlob } from "./class.ts";
import { gatherFacts, type Facts, type FactsInput } from "./facts.ts";
import { isObjectOf } from "./overlay-snapshot.ts";
import { workloadOfPod } from "./pod-owner.ts";
import type { PolicySet, RuleAction, RuleScope, RuleSetting } from "./policy-set.ts";
import { compileJob } from "./profile/job-patch.ts";
import { needsOnDemand } from "./profile/on-demand-floor.ts";
import { compilePod } from "./profile/pod-patch.ts";
import { workloadContract } from "./profile/workload-contract.ts";
import { allRules } from "./rules/all-rules.ts";
import { usualSubjects, type Problem, type Rule } from "./rules/rule.ts";
import { allowedVerdict, type Finding, type FindingAction, type Verdict } from "./verdict.ts";
import { adjustmentWarnings, plainText, warningTexts } from "./warning.ts";

/** Actions from weakest to strongest. */
const actionOrder: readonly RuleAction[] = ["off", "audit", "warn", "deny"];

/**
 * Returns the patch that brings a Pod, or the Job of a CronJob, under its contract; always allowed. Empty for every other request,
 * and for an object whose profile cannot be told (validate refuses its workload).
 */
export function mutate({ policySet, request, context }: FactsInput): Verdict {
  const { object, namespace } = request;
  if (request.operation !== "CREATE" || request.subResource !== undefined || object === undefined) return allowedVerdict;
  if (isObjectOf("Job", object, context.names.domain)) return mutateJob(object, { policySet, request, context });
  if (!isObjectOf("Pod", object, context.names.domain)) return allowedVerdict;
  const workload = workloadOfPod({ pod: object, namespace, snapshot: context.snapshot });
  if (workload === undefined) return allowedVerdict;
  const answer = workloadContract({ workload, policySet, ...context });
  if (answer.kind !== "compiled") return allowedVerdict;
  const { contract } = answer;
  const onDemand = needsOnDemand({ pod: object, contract, ...context });
  return { ...allowedVerdict, patch: compilePod({ pod: object, contract, names: context.names, onDemand }) };
}

/** A Job enters after its CronJob was seen: one that is not known makes none. */
function mutateJob(job: Job, { policySet, request, context }: FactsInput): Verdict {
  const owner = controllerOf(job);
  if (owner?.kind !== "CronJob") return allowedVerdict;
  const cronJob = context.snapshot.get("CronJob", { namespace: request.namespace, name: owner.name });
  const workload = cronJob === undefined ? undefined : workloadOf(cronJob);
  const answer = workload === undefined ? undefined : workloadContract({ workload, policySet, ...context });
  if (answer?.kind !== "compiled") return allowedVerdict;
  return { ...allowedVerdict, patch: compileJob({ job, ...answer }) };
}

/**
 * Judges the object as it stands: findings, warnings, and whether it may enter; the patch is empty. Deletions, objects that
 * are being deleted, and updates that leave spec and our own labels alone always pass (admission.md 3.4).
 */
export function validate(input: FactsInput): Verdict {
  if (!isJudged(input)) return allowedVerdict;
  const facts = gatherFacts(input);
  if (facts.subject.kind === "none") return allowedVerdict;
  const known = knownFindings(input, facts);
  const findings = findingsOf(facts, input).map((finding) => softened(finding, { known, facts }));
  const told = isController(input.request.userInfo) ? [] : [...warningTexts(findings), ...adjustmentWarnings(facts)];
  return { allowed: !findings.some(({ action }) => action === "deny"), findings, warnings: told, patch: [] };
}

/** Both phases in a row: the verdict on the object as it would be stored, and the patch that makes it so. */
export function evaluate(input: FactsInput): Verdict {
  const { patch } = mutate(input);
  const { object } = input.request;
  if (patch.length === 0 || object === undefined) return validate(input);
  const patched = applyJsonPatch(object, patch);
  return patched.ok ? { ...validate({ ...input, request: { ...input.request, object: patched.value } }), patch } : validate(input);
}

function isJudged({ request, context }: FactsInput): boolean {
  const { operation, subResource, object, oldObject } = request;
  if (operation !== "CREATE" && operation !== "UPDATE") return false;
  if (object === undefined || (subResource !== undefined && !judgedSubresources.has(subResource))) return false;
  if (object.metadata.deletionTimestamp !== undefined || oldObject?.metadata.deletionTimestamp !== undefined) return false;
  if (operation === "CREATE" || oldObject === undefined) return true;
  // A Pod's judged parts change after its creation through its subresources only.
  if (object.kind === "Pod" && subResource === undefined) return false;
  return checkedPart(object, context.names.domain) !== checkedPart(oldObject, context.names.domain);
}

const judgedSubresources: ReadonlySet<string> = new Set(["scale", "resize", "ephemeralcontainers"]);

/** What rules read of an object: its spec and the labels of our domain; of a Namespace, which grants may name, all labels. */
function checkedPart(object: KubeObject & { readonly spec?: unknown }, domain: string): string {
  const all = object.kind === "Namespace";
  const labels = Object.entries(object.metadata.labels ?? {}).filter(([key]) => all || key.startsWith(`${domain}/`));
  return canonicalJson({ spec: object.spec, labels: Object.fromEntries(labels) });
}

/**
 * The findings that stood before an update, by their words. What was wrong already is told again, but does not hold up a
 * change beside it; an edit of a workload's Pod template is judged as a new workload.
 */
function knownFindings(input: FactsInput, facts: Facts): ReadonlySet<string> {
  const { request } = input;
  if (request.operation !== "UPDATE" || request.oldObject === undefined || request.object === undefined) return new Set();
  if (facts.subject.kind === "workload" && hasOtherTemplate(request.object, request.oldObject)) return new Set();
  const { oldObject, ...rest } = request;
  const before = { ...input, request: { ...rest, object: oldObject } };
  return new Set(findingsOf(gatherFacts(before), before).map(wordsOf));
}

function hasOtherTemplate(object: KubeObject, before: KubeObject): boolean {
  return canonicalJson(workloadOf(object)?.template) !== canonicalJson(workloadOf(before)?.template);
}

function softened(finding: Finding, { known, facts }: { readonly known: ReadonlySet<string>; readonly facts: Facts }): Finding {
  if (finding.action !== "deny") return finding;
  if (known.has(wordsOf(finding))) return { ...finding, action: "warn" };
  // An autoscaler inside the profile's bounds is never held up: only a person can act on the reason (contract.md 3.4).
  const byAutoscaler = facts.subject.kind === "scale" && isController(facts.request.userInfo) && finding.rule !== "SCALE-001";
  return byAutoscaler ? { ...finding, action: "audit" } : finding;
}

function wordsOf({ rule, path, message }: Finding): string {
  return `${rule} ${path} ${message}`;
}

/** Findings of all rules, sorted by rule id, then path, then text: the order of views and lists must not show. */
function findingsOf(facts: Facts, input: FactsInput): readonly Finding[] {
  const findings = allRules.flatMap((rule) => findingsOfRule(rule, facts, input));
  const unique = [...new Map(findings.map((finding) => [wordsOf(finding), finding])).values()];
  return unique.sort((a, b) => compare(a.rule, b.rule) || compare(a.path, b.path) || compare(a.message, b.message));
}

function findingsOfRule(rule: Rule, facts: Facts, { policySet, request, context }: FactsInput): readonly Finding[] {
  const setting = policySet.rules.get(rule.id);
  if (setting === undefined) return [];
  if (!(rule.subjects ?? usualSubjects).some((kind) => kind === facts.subject.kind)) return [];
  const action = actionAt(setting, context.now);
  if (action === "off") return [];
  return rule.judge(facts, setting.params).flatMap((problem): readonly Finding[] => {
    if (!isInScope(setting.scope, { problem, request, policySet })) return [];
    const { path, message, fix, patch } = problem;
    return [
      {
        rule: rule.id,
        action: weaker(action, problem.action ?? action),
        path,
        message: plainText(message),
        fix: plainText(fix),
        ...(patch === undefined ? undefined : { patch }),
      },
    ];
  });
}

function actionAt({ action, staged }: RuleSetting, now: number): RuleAction {
  return staged !== undefined && now >= staged.until ? staged.then : action;
}

/** A case may soften its rule (a class that only warns of singletons), never sharpen it beyond what policies.yaml says. */
function weaker(a: Exclude<RuleAction, "off">, b: FindingAction): FindingAction {
  return actionOrder.indexOf(a) < actionOrder.indexOf(b) ? a : b;
}

function isInScope(
  scope: RuleScope,
  at: { readonly problem: Problem; readonly request: FactsInput["request"]; readonly policySet: PolicySet },
): boolean {
  const { problem, request } = at;
  if (scope.classes.length > 0 && !scope.classes.includes(problem.className ?? "")) return false;
  if (scope.labels !== undefined && !matchesSelector(scope.labels, request.object?.metadata.labels)) return false;
  const excluding = scope.namespaces.filter((glob) => glob.startsWith("!"));
  const including = scope.namespaces.filter((glob) => !glob.startsWith("!"));
  const isNamed = (glob: string): boolean => matchesGlob({ glob: glob.replace(/^!/, ""), text: request.namespace });
  return !excluding.some(isNamed) && (including.length === 0 || including.some(isNamed));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
