/**
 * The provisioner on the thread of the webhooks: that of the embedded world, whose API server and clock no other thread could share.
 */
import { err, ok } from "../api/result.ts";
import { adviceDesk } from "../provisioner/controllers/advice-desk.ts";
import { provision, provisionerShell, type ProvisionerParts } from "./provision.ts";
import type { Provisioner } from "./provisioner-port.ts";

/** Returns the provisioner that runs on this thread; its metrics and decisions are this thread's own. */
export function inlineProvisioner(parts: ProvisionerParts): Provisioner {
  const { capacity, clock } = parts;
  const advice = adviceDesk(clock);
  return {
    lead: ({ signal }) => provision(parts, signal),
    advise: async (request, { deadlineMs }) => {
      if (capacity === undefined) return err({ kind: "down", message: "this process provisions nothing" });
      return ok(await advice.answer(provisionerShell(parts, capacity), request, { until: clock.now() + deadlineMs }));
    },
    metrics: () => Promise.resolve([]),
    decisions: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}
