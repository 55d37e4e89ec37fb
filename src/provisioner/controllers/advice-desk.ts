/**
 * The advice desk: answers admission's questions from what the provisioner knows now.
 *
 * Reads the snapshot and what each NodePool may launch. Writes nothing. Anybody who reaches the webhook's port may ask what a workload
 * would cost, so the plans for that have a share of this thread's time and no more; beyond it nothing is told, and real plans go on.
 */
import type { Clock, Instant } from "../../api/ports.ts";
import { adviceOn, type AdviceAnswer, type AdviceRequest } from "../advice.ts";
import { poolOffers } from "./pool-offers.ts";
import type { ProvisionerShell } from "./shell.ts";

export interface AdviceDesk {
  /** Answers a question; a plan for it ends, and nothing is told, once nobody waits any more. */
  answer(shell: ProvisionerShell, request: AdviceRequest, limits: { readonly until: Instant }): Promise<AdviceAnswer>;
}

/** What is saved up for a burst of questions, and the share of the time at which it comes back. */
const adviceTimeMaxMs = 2_000;
const adviceShareMax = 0.1;

/** Opens a desk, one for a thread. */
export function adviceDesk(clock: Pick<Clock, "now">): AdviceDesk {
  const state = { leftMs: adviceTimeMaxMs, at: clock.now() };
  const leftNow = (): number => {
    const now = clock.now();
    state.leftMs = Math.min(adviceTimeMaxMs, state.leftMs + (now - state.at) * adviceShareMax);
    state.at = now;
    return state.leftMs;
  };
  return {
    answer: async (shell, request, { until }) => {
      if (request.kind !== "capacity") return adviceNow(shell, request, {});
      const isAborted = (): boolean => clock.now() >= until;
      if (leftNow() <= 0 || isAborted()) return { kind: request.kind };
      const startedAt = clock.now();
      const answer = await adviceNow(shell, request, { isAborted });
      state.leftMs -= clock.now() - startedAt;
      return answer;
    },
  };
}

async function adviceNow(
  shell: ProvisionerShell,
  request: AdviceRequest,
  limits: { readonly isAborted?: () => boolean },
): Promise<AdviceAnswer> {
  const { provider, clock } = shell;
  const world = shell.world();
  const nodePools = world.snapshot.list("NodePool").filter(({ spec }) => provider.serves(spec.template.spec.nodeClassRef));
  const { instanceTypes } = await poolOffers(shell, world.snapshot);
  return adviceOn(
    request,
    { world, nodeClaims: world.snapshot.list("NodeClaim"), nodePools, instanceTypes, ...shell.settings },
    { now: clock.now(), ...limits },
  );
}
