/**
 * The write of a NodeClaim's status, whole, by whichever controller changes it.
 *
 * Reads the NodeClaim that the status was decided on. Writes the status as ours, by server-side apply.
 */
import { provisionerFieldManager } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { ClaimStatus } from "../lifecycle/claim-status.ts";
import type { ProvisionerShell } from "./shell.ts";

/** Writes a claim's whole status. */
export function applyClaimStatus({ client }: Pick<ProvisionerShell, "client">, nodeClaim: NodeClaim, status: ClaimStatus) {
  const { name = "", resourceVersion } = nodeClaim.metadata;
  // The version makes the write a lock: two of our processes can't undo each other's conditions.
  const metadata = { name, ...(resourceVersion === undefined ? undefined : { resourceVersion }) };
  return client.applyStatus("NodeClaim", { metadata, status }, { fieldManager: provisionerFieldManager });
}
