/**
 * Rule action: what a rule does at an instant, and in which namespaces.
 *
 * Reads a rule's setting of policies.yaml. Apart from findings.ts, because the provisioner holds a rule's bound too.
 */
import type { Instant } from "../api/ports.ts";
import { matchesGlob } from "./class.ts";
import type { RuleAction, RuleSetting } from "./policy-set.ts";

/** Returns what a rule does at an instant: its action, or the staged one once its day has come. */
export function actionAt({ action, staged }: RuleSetting, now: Instant): RuleAction {
  return staged !== undefined && now >= staged.until ? staged.then : action;
}

/** Says whether a rule's scope holds a namespace: globs, those with "!" taken out; none at all is everywhere. */
export function isNamespaceInScope(globs: readonly string[], namespace: string): boolean {
  if (globs.length === 0) return true;
  const excluding = globs.filter((glob) => glob.startsWith("!"));
  const including = globs.filter((glob) => !glob.startsWith("!"));
  const isNamed = (glob: string): boolean => matchesGlob({ glob: glob.replace(/^!/, ""), text: namespace });
  return !excluding.some(isNamed) && (including.length === 0 || including.some(isNamed));
}
