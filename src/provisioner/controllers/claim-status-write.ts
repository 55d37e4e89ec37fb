/**
 * The write of a NodeClaim's status, whole, by whichever controller changes it.
 *
 * Reads the NodeClaim that the status was decided on. Writes the status as ours, by server-side apply. A condition that another manager
 * wrote (Karpenter, before the take-over) is still its own where an apply leaves it out, and stays: what is left of those is taken away.
 */
import type { ApiStatus } from "../../api/api-status.ts";
import { provisionerFieldManager } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Result } from "../../api/result.ts";
import { keyOf } from "../../kube/object-key.ts";
import type { ClaimStatus } from "../lifecycle/claim-status.ts";
import type { ProvisionerShell } from "./shell.ts";

/** Writes a claim's whole status: afterwards the claim has these conditions and no others. */
export async function applyClaimStatus(
  { client }: Pick<ProvisionerShell, "client">,
  nodeClaim: NodeClaim,
  status: ClaimStatus,
): Promise<Result<NodeClaim, ApiStatus>> {
  const { name = "", resourceVersion } = nodeClaim.metadata;
  // The version makes the write a lock: two of our processes can't undo each other's conditions.
  const metadata = { name, ...(resourceVersion === undefined ? undefined : { resourceVersion }) };
  const applied = await client.applyStatus("NodeClaim", { metadata, status }, { fieldManager: provisionerFieldManager });
  if (!applied.ok) return applied;
  const shown = applied.value.status?.conditions ?? [];
  const wanted = new Set(status.conditions?.map(({ type }) => type));
  const conditions = shown.filter(({ type }) => wanted.has(type));
  if (conditions.length === shown.length) return applied;
  // A patch takes a member away whoever owns it.
  const patch = { metadata: { resourceVersion: applied.value.metadata.resourceVersion }, status: { conditions } };
  const options = { subresource: "status", fieldManager: provisionerFieldManager, body: { kind: "merge", patch } } as const;
  return client.patch("NodeClaim", keyOf(nodeClaim), options);
}
