/**
 * The advice desk: answers admission's questions from what the provisioner knows now.
 *
 * Reads the snapshot and what each NodePool may launch. Writes nothing.
 */
import { adviceOn, type AdviceAnswer, type AdviceRequest } from "../advice.ts";
import { poolOffers } from "./pool-offers.ts";
import type { ProvisionerShell } from "./shell.ts";

/** Returns the answer to a question; whoever asks has a deadline of its own. */
export async function adviceNow(shell: ProvisionerShell, request: AdviceRequest): Promise<AdviceAnswer> {
  const { provider, clock } = shell;
  const world = shell.world();
  const nodePools = world.snapshot.list("NodePool").filter(({ spec }) => provider.serves(spec.template.spec.nodeClassRef));
  const { instanceTypes } = await poolOffers(shell, world.snapshot);
  return adviceOn(
    request,
    { world, nodeClaims: world.snapshot.list("NodeClaim"), nodePools, instanceTypes, preferencePolicy: shell.preferencePolicy },
    clock.now(),
  );
}
