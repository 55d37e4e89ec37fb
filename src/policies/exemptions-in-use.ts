/**
 * Exemptions in use: those without which a verdict would refuse.
 *
 * Reads the findings of a verdict. Returns each exemption that lifted one, for the condition Exempted of a WorkloadProfile and for
 * reports; an exemption that names a workload and lifts nothing is not in use.
 */
import type { Instant } from "../api/ports.ts";
import { daysLeft, type Exemption } from "./exemption.ts";
import type { PolicySet } from "./policy-set.ts";
import type { Finding } from "./verdict.ts";

export interface ExemptionInUse {
  readonly id: string;
  readonly owner: string;
  /** Rules that it lifts here, sorted. */
  readonly rules: readonly string[];
  /** As written in policies.yaml. */
  readonly expires: string;
  readonly daysLeft: number;
}

/** Returns the exemptions that the findings were lifted by, in the order of policies.yaml. */
export function exemptionsInUse(findings: readonly Finding[], policySet: PolicySet, now: Instant): readonly ExemptionInUse[] {
  return policySet.exemptions.flatMap((exemption) => {
    const lifted = findings.filter((finding) => finding.lifted?.kind === "exemption" && finding.lifted.id === exemption.id);
    return lifted.length === 0 ? [] : [inUse(exemption, { rules: lifted.map(({ rule }) => rule), now })];
  });
}

function inUse(exemption: Exemption, of: { readonly rules: readonly string[]; readonly now: Instant }): ExemptionInUse {
  const { id, owner, expiresText } = exemption;
  return { id, owner, rules: [...new Set(of.rules)].sort(), expires: expiresText, daysLeft: daysLeft(exemption, of.now) };
}

/** Returns the message of the condition Exempted: "EX-2026-014 lifts DRAIN-001 until 2027-04-30 (26 days left, owner dba)". */
export function exemptedMessage(used: readonly ExemptionInUse[]): string {
  return used
    .map(
      ({ id, rules, expires, daysLeft: days, owner }) =>
        `${id} lifts ${rules.join(", ")} until ${expires} (${days} days left, owner ${owner})`,
    )
    .join("; ");
}
