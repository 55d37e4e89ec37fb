/**
 * COST-001: capacity that nobody pays for.
 *
 * Reads the profile's owner, else its label, else its namespace's label, against costOwners. It warns, so that a profile from
 * before the list is never refused for it.
 */
import { termsOf } from "../profile-terms.ts";
import type { Rule } from "./rule.ts";

const profileOf = (labels: string): string => `
apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: web, namespace: shop, labels: {${labels}}}
spec: {runtimeClass: general}
`;

export const cost001: Rule = {
  id: "COST-001",
  summary: "A profile without a cost owner from the list; its capacity would be on nobody's account.",
  defaultAction: "warn",
  examples: { admitted: profileOf("platform.example.com/cost-owner: billing"), denied: profileOf("") },
  judge(facts) {
    const { subject, policySet, names } = facts;
    const { values, requiredOn } = policySet.costOwners;
    if (subject.kind !== "profile" || !requiredOn.includes("profile")) return [];
    const terms = termsOf(subject.profile, facts);
    if (terms === undefined) return [];
    const { costOwner } = terms.resolved;
    if (costOwner !== undefined && (values.length === 0 || values.includes(costOwner))) return [];
    const what = costOwner === undefined ? "no cost owner" : `cost owner "${costOwner}" is not known`;
    return [
      {
        path: subject.profile.spec.cost?.owner === undefined ? "/metadata/labels" : "/spec/cost/owner",
        message: `${what}: set label ${names.costOwnerLabel} on the profile or namespace`,
        fix: values.length === 0 ? "name a cost owner" : `one of: ${values.join(", ")}`,
        className: terms.workloadClass.name,
      },
    ];
  },
};
