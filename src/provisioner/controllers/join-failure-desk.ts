/**
 * The join failure desk: notes on a NodePool that a node of it never joined, and why.
 *
 * Reads the instance's evidence from the cloud, and the NodePool from the snapshot. Writes the NodePool's annotation, which the launch
 * breaker reads; returns the Event that tells the cause. Called before the claim is given up, while its instance still shows something.
 */
import type { EventNote } from "../../api/event-note.ts";
import { nodePoolLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { JoinFailure } from "../../api/ports.ts";
import { err, ok, type Result } from "../../api/result.ts";
import { joinFailuresOf, joinFailuresText } from "../lifecycle/launch-breaker.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import type { ProvisionerShell } from "./shell.ts";

/** The reason of the Event. */
export const joinFailedReason = "NodeNeverJoined";

/** Notes the failure once for each claim; the error says why it could not be noted, and the claim is to stand until it is. */
export async function noteJoinFailure(
  { client, provider, names, clock, snapshot }: ProvisionerShell,
  nodeClaim: NodeClaim,
): Promise<Result<readonly EventNote[], string>> {
  const providerID = nodeClaim.status?.providerID;
  const reference = { nodeClaim: nodeClaim.metadata.name ?? "", ...(providerID === undefined ? undefined : { providerID }) };
  const asked = await provider.whyNotJoined?.(reference);
  const failure: JoinFailure =
    asked?.ok === true ? asked.value : { cause: "unknown", message: asked?.error ?? "the provider can't look into an instance" };
  const name = nodeClaim.metadata.labels?.[nodePoolLabel] ?? "";
  const nodePool = snapshot().get("NodePool", { namespace: "", name });
  if (nodePool !== undefined) {
    // The version makes the count a lock: of two claims that fail at once, the second one is noted at its next look.
    const { resourceVersion } = nodePool.metadata;
    const text = joinFailuresText(joinFailuresOf(nodePool, names), { failure, nodeClaim, now: clock.now() });
    const patch = { metadata: { resourceVersion, annotations: { [names.joinFailuresAnnotation]: text } } };
    const written = await client.patch("NodePool", { namespace: "", name }, { body: { kind: "merge", patch } });
    if (!written.ok) return err(`NodePool "${name}": ${written.error.message ?? String(written.error.code)}`);
  }
  const message = `The node never joined (${failure.cause}): ${failure.message}`;
  return ok([claimNote(nodeClaim, { type: "Warning", reason: joinFailedReason, message })]);
}
