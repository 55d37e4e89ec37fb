/**
 * Action param: a rule's parameter that is itself an action, such as what to do about a workload without a profile.
 *
 * Reads the parameters of a rule, which are words from policies.yaml that were checked against the rule's choices.
 */
import type { RuleParams } from "./policy-set.ts";
import type { RuleParam } from "./rules/rule.ts";
import type { FindingAction } from "./verdict.ts";

const actions: readonly FindingAction[] = ["deny", "warn", "audit"];

/** Returns the declaration of such a parameter; `meaning` ends what it says, "the action for ...". */
export function actionChoice(of: { readonly default: FindingAction; readonly meaning: string }): RuleParam {
  return { kind: "choice", default: of.default, choices: actions, meaning: `the action for ${of.meaning}` };
}

/** Returns the action that a parameter names; "audit" for a word that is none, since nothing is refused by mistake. */
export function actionParam(params: RuleParams, name: string): FindingAction {
  return actions.find((action) => action === params[name]) ?? "audit";
}
