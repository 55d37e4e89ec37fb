/**
 * EX rules: exemptions that have ended.
 *
 * EX-001 does not look at objects: it stands beside the refusal of another rule that an exemption lifted until its day
 * (softening.ts), so that whoever is refused learns whose exemption it was.
 */
import type { Exemption } from "../exemption.ts";
import type { Rule } from "./rule.ts";

/** Returns the words of EX-001 about one exemption and the rule that it no longer lifts. */
export function expiredProblem(
  { id, owner, expiresText }: Pick<Exemption, "id" | "owner" | "expiresText">,
  rule: string,
): { readonly message: string; readonly fix: string } {
  return { message: `exemption ${id} for ${rule} expired on ${expiresText} (owner ${owner})`, fix: "renew in policies.yaml or fix" };
}

const ledger = `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger-db, namespace: billing}
spec: {minAvailable: 1, selector: {matchLabels: {app: ledger-db}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger-db, namespace: billing}
spec:
  replicas: 1
  serviceName: ledger-db
  selector: {matchLabels: {app: ledger-db}}
  template:
    metadata: {labels: {app: ledger-db}}
    spec:
      containers:
        - {name: db, image: ledger-db:1, resources: {requests: {cpu: 500m, memory: 1Gi}}}
`;

export const ex001: Rule = {
  id: "EX-001",
  summary: "What only an exemption let in is refused once the exemption has ended, and the refusal names it.",
  defaultAction: "deny",
  examples: {
    policies: `exemptions:
  - id: EX-2026-003
    rules: [DRAIN-002]
    match: {namespace: billing, kind: StatefulSet, name: ledger-db}
    owner: dba@example.com
    reason: single-writer database, failover tested (ticket OPS-781)
    approved: "2026-06-01"
    expires: "2026-11-28"
`,
    admitted: ledger.replace("replicas: 1", "replicas: 2"),
    denied: ledger,
  },
  judge: () => [],
};
