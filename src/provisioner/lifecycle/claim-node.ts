/**
 * Which Node belongs to which NodeClaim.
 *
 * Reads a snapshot. Returns the one for the other, where the cluster has it.
 */
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";

/** Returns the Node of a claim: by the name in its status unless another instance goes by it now, else by providerID. */
export function nodeOf(snapshot: ClusterSnapshot, { status }: NodeClaim): Node | undefined {
  const named = status?.nodeName ? snapshot.get("Node", { namespace: "", name: status.nodeName }) : undefined;
  const providerID = status?.providerID;
  if (named !== undefined && !isOfAnother(named, providerID)) return named;
  return providerID ? snapshot.list("Node").find(({ spec }) => spec?.providerID === providerID) : undefined;
}

/** Returns the claim of a Node: by providerID, else by the name that the claim remembers. */
export function claimOf(snapshot: ClusterSnapshot, node: Node): NodeClaim | undefined {
  const providerID = node.spec?.providerID;
  const claims = snapshot.list("NodeClaim");
  return (
    claims.find(({ status }) => Boolean(providerID) && status?.providerID === providerID) ??
    claims.find(({ status }) => status?.nodeName === node.metadata.name && !isOfAnother(node, status?.providerID))
  );
}

/** A Node's name is the address of its instance, and EC2 gives addresses again. */
function isOfAnother({ spec }: Node, providerID: string | undefined): boolean {
  return Boolean(providerID) && Boolean(spec?.providerID) && spec?.providerID !== providerID;
}
