/**
 * Custom findings: what a rule of the platform team's own says of one request.
 *
 * Reads the rule and facts. Returns problems as a built-in rule does, so that stages, scopes and exemptions treat both alike.
 */
import type { Allowance } from "./cel/cel-budget.ts";
import { heldPartOf } from "../kube/held-part.ts";
import { pointer } from "../kube/json-patch.ts";
import { rememberedInBursts } from "../kube/remembered.ts";
import { isWorkloadKind } from "../kube/workload.ts";
import { podSpecPath } from "./container-path.ts";
import { countText } from "./count-words.ts";
import type { CustomProblem, CustomRule, CustomValues } from "./custom-rule.ts";
import { classNameOf } from "./custom-world.ts";
import type { Facts } from "./facts.ts";
import type { Problem } from "./rules/rule.ts";
import type { FindingAction } from "./verdict.ts";

/**
 * Is true where a custom rule is asked about a request; a scale request is one about its workload, with other replicas. A rule that names
 * Pod and reads only `pod` is asked about every workload: its Pods are made by controllers, and are judged where their template is written.
 */
export function isAsked({ kinds, readsObject }: Pick<CustomRule, "kinds" | "readsObject">, { subject, request }: Facts): boolean {
  if (subject.kind === "none") return false;
  // A scale request does not carry the workload: what is held of it in part is not judged as if it was all; the audit reads it whole.
  if (subject.kind === "scale" && heldPartOf(subject.workload.object) !== undefined) return false;
  const kind = subject.kind === "scale" ? subject.workload.kind : (request.object?.kind ?? "");
  if (kinds.includes(kind)) return true;
  if (kinds.length > 0 && (readsObject || !kinds.includes("Pod"))) return false;
  return subject.kind === "workload" || subject.kind === "scale" || subject.kind === "pod-update";
}

/** What a custom rule is asked with: the variables of the request, and the steps that are left for it. */
export interface CustomWorld {
  readonly facts: Facts;
  readonly values: CustomValues;
  readonly allowance: Allowance;
}

/** Returns the problems that a custom rule finds. */
export function customProblems(rule: CustomRule, { facts, values, allowance }: CustomWorld): readonly Problem[] {
  const problems = rule.judge(values, allowance);
  if (problems.length === 0) return [];
  const className = classNameOf(facts);
  return problems.map((problem) => ({
    path: pathOf(problem, facts),
    ...(problem.isFault ? faultWords(rule, { problem, facts }) : { message: problem.message, fix: rule.fix }),
    ...(className === undefined ? {} : { className }),
  }));
}

/**
 * A rule that fails is its owner's to mend, and who meets it can only tell: where the object enters unjudged, the warning says whom
 * before it says why, since it may be cut.
 */
function faultWords(
  rule: CustomRule,
  at: { readonly problem: CustomProblem; readonly facts: Facts },
): { readonly message: string; readonly fix: string; readonly action?: FindingAction } {
  const { message, isSpent } = at.problem;
  if (isSpent) return { message: `${message}; ${largestText(at.facts)}`, fix: "make the object smaller" };
  const owner = rule.owner ?? `the owners of ${fileOf(rule, at.facts)}`;
  const fix = `tell ${owner}, who can mend the rule`;
  if (rule.onError !== "allow") return { message, fix };
  return { message: `not judged, tell ${owner}: ${message}`, fix, action: "warn" };
}

function fileOf({ id }: CustomRule, { policySet }: Facts): string {
  const file = policySet.rules.get(id)?.fileName ?? policySet.fileName;
  return file.split("/").at(-1) ?? file;
}

/** What is largest in the judged object, since that is mostly what was too much. */
const largestText = rememberedInBursts(({ request }: Facts): string => {
  let largest = { path: "", members: 0 };
  const look = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    const members = Object.entries(value);
    if (members.length > largest.members) largest = { path, members: members.length };
    for (const [name, member] of members) look(member, `${path}${pointer(name)}`);
  };
  look(request.object, "");
  return `the largest list of the object is ${largest.path} with ${countText(largest.members, "member")}`;
}, 2);

function pathOf({ place }: CustomProblem, { request, subject, views }: Facts): string {
  // What a scale request carries is a Scale, which has none of the workload's fields.
  if (place === undefined || subject.kind === "scale") return "";
  const below = pointer(...place.tokens);
  if (place.root === "object") return below;
  const kind = views[0]?.workload.kind ?? request.object?.kind ?? "";
  const own = request.object?.kind === "Pod" || isWorkloadKind(request.object?.kind ?? "");
  return own ? `${podSpecPath(request.object?.kind === "Pod" ? "Pod" : kind)}${below}` : "";
}
