/**
 * Closed namespaces: where requests are refused while nobody can judge them.
 *
 * Reads the grants of policies.yaml. Returns them as what the API server can tell apart, for the registration of the webhooks.
 */
import { err, ok, type Result } from "../api/result.ts";
import { closedLabel } from "../policies/closed-label.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { closedLabelsMax, type ClosedNamespaces } from "./registration.ts";

/**
 * Returns the namespaces of the fail-closed classes, or why they can't be told apart by the API server.
 *
 * A label grant must come down to one label with given values: the complement of two labels together is no selector.
 */
export function closedNamespaces(policySet: Pick<PolicySet, "settings" | "grants">): Result<ClosedNamespaces, string> {
  const names = new Set<string>();
  const labels = new Map<string, { readonly key: string; readonly value: string }>();
  for (const [className, policy] of policySet.settings.failurePolicy) {
    if (policy !== "closed") continue;
    const grant = policySet.grants.get(className);
    for (const name of grant?.namespaces ?? []) names.add(name);
    if (grant?.namespaceSelector === undefined) continue;
    const label = closedLabel(grant.namespaceSelector);
    if (label === undefined) {
      return err(`grants.${className}.namespaceSelector: a fail-closed class is granted by one label with given values, not by several`);
    }
    for (const value of label.values) labels.set(`${label.key}=${value}`, { key: label.key, value });
  }
  if (labels.size > closedLabelsMax) {
    return err(`grants: fail-closed classes are granted by ${labels.size} labels, and at most ${closedLabelsMax} can be told apart`);
  }
  return ok({ names: [...names].sort(), labels: [...labels.values()] });
}
