/**
 * Custom findings: what a rule of the platform team's own says of one request.
 *
 * Reads the rule and facts. Returns problems as a built-in rule does, so that stages, scopes and exemptions treat both alike.
 */
import { pointer } from "../kube/json-patch.ts";
import { isWorkloadKind } from "../kube/workload.ts";
import { podSpecPath } from "./container-path.ts";
import type { CustomProblem, CustomRule, CustomValues } from "./custom-rule.ts";
import { classNameOf } from "./custom-world.ts";
import type { Facts } from "./facts.ts";
import type { Problem } from "./rules/rule.ts";

/** Is true where a custom rule is asked about a request: a scale has no object of a person's to look at. */
export function isAsked({ kinds }: Pick<CustomRule, "kinds">, { subject, request }: Facts): boolean {
  if (subject.kind === "none" || subject.kind === "scale") return false;
  const kind = request.object?.kind ?? "";
  return kinds.length === 0 ? subject.kind === "workload" : kinds.includes(kind);
}

/** Returns the problems that a custom rule finds. */
export function customProblems(rule: CustomRule, facts: Facts, values: CustomValues): readonly Problem[] {
  const problems = rule.judge(values);
  if (problems.length === 0) return [];
  const className = classNameOf(facts);
  return problems.map((problem) => ({
    path: pathOf(problem, facts),
    message: problem.message,
    fix: rule.fix,
    ...(problem.isFault && onErrorOf(rule, { className, facts }) === "allow" ? { action: "audit" as const } : {}),
    ...(className === undefined ? {} : { className }),
  }));
}

function onErrorOf({ onError }: CustomRule, at: { readonly className: string | undefined; readonly facts: Facts }): "deny" | "allow" {
  if (onError !== undefined) return onError;
  return at.facts.policySet.settings.failurePolicy.get(at.className ?? "") === "closed" ? "deny" : "allow";
}

function pathOf({ place }: CustomProblem, { request, views }: Facts): string {
  if (place === undefined) return "";
  const below = pointer(...place.tokens);
  if (place.root === "object") return below;
  const kind = views[0]?.workload.kind ?? request.object?.kind ?? "";
  const own = request.object?.kind === "Pod" || isWorkloadKind(request.object?.kind ?? "");
  return own ? `${podSpecPath(request.object?.kind === "Pod" ? "Pod" : kind)}${below}` : "";
}
