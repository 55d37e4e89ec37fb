/**
 * Provisioning while this process leads: the provisioner's controllers, as long as no Karpenter is alive.
 *
 * Reads the parts that a provisioner needs, which are fewer than a process has: the same function runs in a thread of its own
 * (`serve`) and beside the webhooks (the embedded world). Two provisioners would each buy for the same Pods, so it looks for
 * Karpenter's Leases before, and all the time.
 */
import { setMaxListeners } from "node:events";
import type { KindName } from "../api/kinds.ts";
import { eventRecorder } from "../cluster/event-recorder.ts";
import { foreignLeaseHolder, karpenterLeases } from "../cluster/foreign-lease.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { AdmittedDesk } from "../provisioner/controllers/admitted-desk.ts";
import { dryRunDesk } from "../provisioner/controllers/dry-run-desk.ts";
import { provisionerControllers } from "../provisioner/controllers/provisioner-controllers.ts";
import type { PreferencePolicy } from "../provisioner/scheduling/preference.ts";
import type { ProvisionerShell } from "../provisioner/controllers/shell.ts";
import type { Capacity, ProcessParts } from "./process-parts.ts";
import { runEntry, type RunEntryParts } from "./run-entry.ts";

/** What provisioning is made of. */
export type ProvisionerParts = RunEntryParts &
  Pick<ProcessParts, "client" | "identity" | "names" | "instanceTypes" | "capacity" | "log"> & {
    /** The policies in force. */
    readonly policySet: () => PolicySet;
    /** Whether webhooks are answered on the same thread: then a long plan is followed by as long a rest. */
    readonly sharesThread: boolean;
    /** What admission has just let in. */
    readonly admitted: AdmittedDesk;
    /** Whether the API server is asked what it would make of Pods to come. */
    readonly predictsByDryRun: boolean;
    /** What preferences are worth; absent: the solver's default. */
    readonly preferencePolicy?: PreferencePolicy | undefined;
  };

const foreignLookMs = 10_000;
/** Kinds of Karpenter's that the provisioner can't do without. */
const provisionedKinds = ["NodePool", "NodeClaim"] as const satisfies readonly KindName[];

/** Runs the provisioner's controllers until the signal aborts, while nobody else provisions; resolves when none of them works any more. */
export async function provision(parts: ProvisionerParts, signal: AbortSignal): Promise<void> {
  const { capacity, log, clock, client } = parts;
  if (capacity === undefined || !provisionedKinds.every((kind) => parts.kinds.includes(kind))) return;
  while (!signal.aborted) {
    const foreign = await foreignLeaseHolder({ client, clock, leases: karpenterLeases, signal });
    if (isOver(signal)) return;
    if (!foreign.ok || foreign.value !== undefined) {
      const because = foreign.ok ? `Karpenter's Lease is held by ${foreign.value?.holder ?? ""}` : (foreign.error.message ?? "unanswered");
      log.warn({ because }, "not provisioning: another provisioner may be running");
      await clock.sleep(foreignLookMs, signal);
      continue;
    }
    await provisionUntilForeign(parts, { capacity, term: signal });
  }
}

async function provisionUntilForeign(
  parts: ProvisionerParts,
  { capacity, term }: { readonly capacity: Capacity; readonly term: AbortSignal },
): Promise<void> {
  const { client, clock, identity, log } = parts;
  const stop = new AbortController();
  const signal = AbortSignal.any([term, stop.signal]);
  setMaxListeners(0, signal);
  const events = eventRecorder({ client, clock, instance: identity, signal });
  const entries = [...provisionerControllers(provisionerShell(parts, capacity)), ...capacity.entries];
  log.info({ provider: capacity.provider.name }, "provisioning");
  const running = Promise.all(entries.map((entry) => runEntry(parts, entry, { events, signal })));
  while (!signal.aborted) {
    await clock.sleep(foreignLookMs, signal);
    const foreign = isOver(signal) ? undefined : await foreignLeaseHolder({ client, clock, leases: karpenterLeases, signal });
    if (foreign?.ok === true && foreign.value !== undefined) {
      log.error({ holder: foreign.value.holder }, "Karpenter has come alive; provisioning stops");
      stop.abort();
    }
  }
  await running;
}

/** Returns what the provisioner's controllers, and its advice, are made with. */
export function provisionerShell(parts: ProvisionerParts, { provider }: Capacity): ProvisionerShell {
  const { client, cluster, names, clock, sharesThread } = parts;
  const snapshot = () => cluster.snapshot();
  const world = () => ({ policySet: parts.policySet(), snapshot: snapshot(), names, instanceTypes: parts.instanceTypes() });
  const dryRuns = parts.predictsByDryRun ? { dryRuns: dryRunDesk({ client, clock }) } : {};
  return {
    client,
    snapshot,
    world,
    provider,
    names,
    clock,
    sharesThread,
    admitted: parts.admitted,
    preferencePolicy: parts.preferencePolicy,
    ...dryRuns,
  };
}

/** Asked anew after each wait; the compiler would else take the answer of before. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
