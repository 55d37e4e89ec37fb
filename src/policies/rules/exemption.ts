/**
 * EX rules: exemptions that have ended, and what is done in return for those that hold.
 *
 * EX-001 does not look at objects: it stands beside the refusal of another rule that an exemption lifted until its day
 * (softening.ts), so that whoever is refused learns whose exemption it was. EX-002 looks at NodePools: one that is a compensation is
 * drained in its window only (`compensate` in policies.yaml).
 */
import type { NodePool } from "../../api/node-pool.ts";
import { keeping } from "../compensation.ts";
import { hasExpired, type Exemption } from "../exemption.ts";
import type { Facts } from "../facts.ts";
import { goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

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
  subjects: [],
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

const windowed = 'budgets: [{nodes: "1", schedule: 0 2 * * 6, duration: 2h}, {nodes: "0", schedule: 0 4 * * 6, duration: 166h}]';

export const ex002: Rule = {
  id: "EX-002",
  summary: "A NodePool that is to be drained in a window only, in return for an exemption, and whose budgets say otherwise.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: {
    policies: `exemptions:
  - id: EX-2026-014
    rules: [DRAIN-001]
    match: {namespace: billing, kind: StatefulSet, name: ledger-db}
    owner: dba@example.com
    reason: single-writer database, failover tested (ticket OPS-881)
    approved: "2026-11-01"
    expires: "2027-04-30"
    compensate: [{pool: general-flex, drainWindow: "0 2 * * 6", duration: 2h}]
`,
    admitted: goodPool.replace("budgets: [{nodes: 10%}]", windowed),
    denied: goodPool,
  },
  judge: (facts) => (facts.subject.kind === "node-pool" ? brokenPromises(facts.subject.nodePool, facts) : []),
};

function brokenPromises(nodePool: NodePool, { policySet, now }: Facts): readonly Problem[] {
  return policySet.exemptions
    .filter((exemption) => !hasExpired(exemption, now))
    .flatMap(({ id, owner, compensate }) =>
      compensate
        .filter(({ pool }) => pool === nodePool.metadata.name)
        .flatMap((compensation): readonly Problem[] => {
          const kept = keeping(nodePool, compensation, now);
          if (kept === "kept") return [];
          const promise = `in return for exemption ${id} (owner ${owner}) its nodes are drained ${compensation.windowText} only`;
          return [
            {
              path: "/spec/disruption/budgets",
              message: `${promise}; its budgets allow ${kept === "never-open" ? "none then" : "it at other times"}`,
              fix:
                kept === "never-open"
                  ? "leave the window out of every budget of nodes 0"
                  : 'add a budget of nodes "0" with the schedule and duration of the time outside the window',
            },
          ];
        }),
    );
}
