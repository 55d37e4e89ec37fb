/**
 * Consistency: whether a node is what was bought.
 *
 * Reads an initialized NodeClaim and its Node. Returns the condition ConsistentStateFound, and what is wrong: a Node that has clearly less of
 * a requested resource than its instance type promised holds fewer Pods than were planned for it (Karpenter's
 * pkg/controllers/nodeclaim/consistency).
 */
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import { toResources } from "../../kube/resources.ts";
import type { ConditionChange } from "./claim-status.ts";

/** A Node may lack a tenth of what was promised: what firmware and hypervisor keep is only estimated. */
const foundShareMin = 0.9;

export interface Consistency {
  readonly condition: ConditionChange;
  /** One sentence each; empty where the Node is as it should be. */
  readonly issues: readonly string[];
}

/** Compares a Node with what its NodeClaim was told at the launch. */
export function consistencyOf({ spec, status }: NodeClaim, node: Node): Consistency {
  const [expected, found] = [toResources(status?.capacity), toResources(node.status?.capacity)];
  const issues = Object.entries(toResources(spec.resources?.requests)).flatMap(([name, requested]) => {
    const [wanted, has] = [expected[name] ?? 0, found[name] ?? 0];
    if (requested <= 0 || wanted <= 0 || has >= wanted * foundShareMin) return [];
    const [wantedText, hasText] = [status?.capacity?.[name] ?? "0", node.status?.capacity?.[name] ?? "0"];
    return [`expected ${wantedText} of resource ${name}, but found ${hasText} (${((has / wanted) * 100).toFixed(1)}% of expected)`];
  });
  const type = "ConsistentStateFound";
  if (issues.length === 0) return { condition: { type, status: "True", reason: type, message: "" }, issues };
  return { condition: { type, status: "False", reason: "ConsistencyCheckFailed", message: issues.join("; ") }, issues };
}
