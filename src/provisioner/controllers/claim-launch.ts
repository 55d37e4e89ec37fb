/**
 * A NodeClaim's launch: asks the provider, and writes what came of it.
 *
 * Reads what the claim may become. Writes labels and status after a launch, why there was none, or the deletion of a claim that can't be
 * had as it is. A claim for which there is no capacity is kept, and looked at again when there may be some.
 */
import { assertNever } from "../../api/assert.ts";
import type { Requeue } from "../../api/controller.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { LaunchOutcome } from "../../api/ports.ts";
import { keyOf } from "../../kube/object-key.ts";
import { isTrue, type ClaimStatus } from "../lifecycle/claim-status.ts";
import { launchCandidates, launchResult } from "../lifecycle/launch.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import { notesForWaiting } from "../lifecycle/waiting-pods.ts";
import { applyClaimStatus } from "./claim-status-write.ts";
import { claimOffers } from "./pool-offers.ts";
import { requeueAfter, type ProvisionerShell } from "./shell.ts";

/** Labels first, status second: a claim that says Launched has its labels; one that only has labels is launched again, alike. */
export async function launchClaim(shell: ProvisionerShell, nodeClaim: NodeClaim): Promise<Requeue> {
  const { client, clock } = shell;
  const key = keyOf(nodeClaim);
  const result = launchResult({ nodeClaim, outcome: await outcomeOf(shell, nodeClaim), now: clock.now() });
  switch (result.kind) {
    case "launched": {
      // Refused of another claim that has got the name meanwhile.
      const labels = { metadata: { uid: nodeClaim.metadata.uid, labels: result.labels } };
      const labelled = await client.patch("NodeClaim", key, { body: { kind: "merge", patch: labels } });
      return requeueAfter(labelled.ok ? await applyClaimStatus(shell, labelled.value, result.status) : labelled);
    }
    case "given-up": {
      const events = [claimNote(nodeClaim, { type: "Warning", ...result.reason })];
      const { uid } = nodeClaim.metadata;
      return requeueAfter(await client.delete("NodeClaim", key, uid === undefined ? {} : { uid }), { kind: "done", events });
    }
    case "lacking": {
      const { isNews, reason, retryAfterMs, status } = result;
      if (isNews) await applyLaunchText(shell, nodeClaim, status);
      if (!isNews) return { kind: "after", delayMs: retryAfterMs, events: [] };
      const waiting = notesForWaiting(shell.snapshot().list("Pod"), { nodeClaim, names: shell.names, reason });
      return { kind: "after", delayMs: retryAfterMs, events: [claimNote(nodeClaim, { type: "Warning", ...reason }), ...waiting] };
    }
    case "failed":
      await applyLaunchText(shell, nodeClaim, result.status);
      return { kind: "retry", reason: result.message };
    default:
      return assertNever(result);
  }
}

/**
 * Tells on the claim why it has no instance. That is for people: a failed write of it must not hide why. The launch may have kept an
 * attempt on the claim, which then is another version than the one that was read.
 */
async function applyLaunchText(shell: ProvisionerShell, nodeClaim: NodeClaim, status: ClaimStatus): Promise<void> {
  const newest = await shell.client.get("NodeClaim", keyOf(nodeClaim));
  if (!newest.ok || newest.value.metadata.uid !== nodeClaim.metadata.uid || isTrue(newest.value, "Launched")) return;
  await applyClaimStatus(shell, newest.value, status);
}

async function outcomeOf(shell: ProvisionerShell, nodeClaim: NodeClaim): Promise<LaunchOutcome> {
  const types = await claimOffers(shell, nodeClaim);
  // Without types there are no candidates; the provider knows whether that is for good, and may have launched before.
  return shell.provider.create(nodeClaim, types.ok ? launchCandidates(nodeClaim, types.value) : []);
}
