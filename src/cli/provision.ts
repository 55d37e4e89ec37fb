/**
 * Provisioning while this process leads: the provisioner's controllers, as long as no Karpenter is alive.
 *
 * Reads the parts that a provisioner needs, which are fewer than a process has: the same function runs in a thread of its own
 * (`serve`) and beside the webhooks (the embedded world). Two provisioners would each buy for the same Pods, so it looks for
 * Karpenter's Leases before, and all the time. Who only observes writes nothing, and so needs no fence.
 */
import { setMaxListeners } from "node:events";
import { canonicalJson } from "../api/hash.ts";
import type { KindName } from "../api/kinds.ts";
import { nodePoolLabel } from "../api/labels.ts";
import type { ObjectKey } from "../api/object.ts";
import { eventRecorder } from "../cluster/event-recorder.ts";
import { foreignLeaseHolder, karpenterLeases } from "../cluster/foreign-lease.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { dryRunDesk } from "../provisioner/controllers/dry-run-desk.ts";
import { newcomerDesk } from "../provisioner/controllers/newcomer-desk.ts";
import { observingControllers, provisionerControllers } from "../provisioner/controllers/provisioner-controllers.ts";
import type { PlanSettings } from "../provisioner/plan-settings.ts";
import type { ControllerEntry, ObservedPlan, ProvisionerShell } from "../provisioner/controllers/shell.ts";
import type { Log } from "./log.ts";
import type { Capacity, ProcessParts } from "./process-parts.ts";
import type { ProvisionerMetrics } from "./provisioner-metrics.ts";
import type { ProvisioningMode } from "./provisioning-options.ts";
import { runEntry, type RunEntryParts } from "./run-entry.ts";

/** What provisioning is made of. */
export type ProvisionerParts = RunEntryParts &
  Pick<ProcessParts, "client" | "identity" | "names" | "instanceTypes" | "capacity" | "log"> & {
    /** The policies in force. */
    readonly policySet: () => PolicySet;
    /** Whether webhooks are answered on the same thread: then a long plan is followed by as long a rest. */
    readonly sharesThread: boolean;
    /** Whether the API server is asked what it would make of Pods to come. */
    readonly predictsByDryRun: boolean;
    /** How plans are made; absent: as the solver does by itself. */
    readonly settings?: PlanSettings;
    /** Default: own. */
    readonly mode?: ProvisioningMode | undefined;
    /** Where a live Karpenter is known by; default: where its charts put it. */
    readonly karpenterLeases?: readonly ObjectKey[] | undefined;
    /** Where what is done is told as metrics; absent: nowhere. */
    readonly told?: ProvisionerMetrics | undefined;
    /** Where the record of the API server is kept; absent: nobody keeps one, and nothing is doubted for its sake. */
    readonly recordLease?: ObjectKey | undefined;
    /** Told how many nodes of each NodePool garbage collection holds; absent: nobody counts. */
    readonly removalsHeld?: ProvisionerShell["removalsHeld"];
  };

const foreignLookMs = 10_000;
/** After so many looks without an answer nobody knows whether Karpenter is alive. */
const unansweredMax = 3;
/** Kinds of Karpenter's that the provisioner can't do without. */
const provisionedKinds = ["NodePool", "NodeClaim"] as const satisfies readonly KindName[];

/** Runs the provisioner's controllers until the signal aborts, while nobody else provisions; resolves when none of them works any more. */
export async function provision(parts: ProvisionerParts, signal: AbortSignal): Promise<void> {
  const { capacity, log, clock, client, mode = "own", karpenterLeases: leases = karpenterLeases } = parts;
  if (capacity === undefined || mode === "off" || !provisionedKinds.every((kind) => parts.kinds.includes(kind))) return;
  if (mode === "observe") return observe(parts, { capacity, term: signal });
  while (!signal.aborted) {
    const foreign = await foreignLeaseHolder({ client, clock, leases, signal });
    if (isOver(signal)) return;
    if (!foreign.ok || foreign.value !== undefined) {
      const because = foreign.ok ? `Karpenter's Lease is held by ${foreign.value?.holder ?? ""}` : (foreign.error.message ?? "unanswered");
      log.warn({ because }, "not provisioning: another provisioner may be running");
      await clock.sleep(foreignLookMs, signal);
      continue;
    }
    await provisionUntilForeign(parts, { capacity, term: signal, leases });
  }
}

async function provisionUntilForeign(
  parts: ProvisionerParts,
  of: { readonly capacity: Capacity; readonly term: AbortSignal; readonly leases: readonly ObjectKey[] },
): Promise<void> {
  const { capacity, term, leases } = of;
  const stop = new AbortController();
  const signal = AbortSignal.any([term, stop.signal]);
  setMaxListeners(0, signal);
  const entries = [...provisionerControllers(provisionerShell(parts, capacity), capacity), ...capacity.entries];
  parts.log.info({ provider: capacity.provider.name }, "provisioning");
  const untell = parts.told?.begin({ ...parts, provider: capacity.provider });
  const running = runAll(parts, entries, signal);
  await untilForeign(parts, { leases, signal });
  stop.abort();
  await running;
  untell?.();
  // Whoever provisions next tells the counts.
  parts.removalsHeld?.(new Map());
}

/** Resolves when Karpenter is alive, when nobody knows any more whether it is, or when the term is over. */
async function untilForeign(
  { client, clock, log }: ProvisionerParts,
  { leases, signal }: { readonly leases: readonly ObjectKey[]; readonly signal: AbortSignal },
): Promise<void> {
  for (let unanswered = 0; !signal.aborted;) {
    await clock.sleep(foreignLookMs, signal);
    if (isOver(signal)) return;
    const foreign = await foreignLeaseHolder({ client, clock, leases, signal });
    if (isOver(signal)) return;
    unanswered = foreign.ok ? 0 : unanswered + 1;
    if (foreign.ok && foreign.value !== undefined) {
      log.error({ holder: foreign.value.holder }, "Karpenter has come alive; provisioning stops");
      return;
    }
    if (!foreign.ok && unanswered >= unansweredMax) {
      log.error({ because: foreign.error.message ?? "unanswered" }, "nobody knows whether Karpenter is alive; provisioning stops");
      return;
    }
  }
}

/** Plans and prices, beside whoever provisions. */
async function observe(
  parts: ProvisionerParts,
  { capacity, term }: { readonly capacity: Capacity; readonly term: AbortSignal },
): Promise<void> {
  const shell = { ...provisionerShell(parts, capacity), observed: planTeller(parts.log) };
  parts.log.info({ provider: capacity.provider.name }, "observing: plans are made, and nothing is launched");
  await runAll(parts, observingControllers(shell), term);
}

/** Tells each plan once: without its nodes one like it is made again and again. */
function planTeller(log: Log): (plan: ObservedPlan) => void {
  const told = { text: "" };
  return ({ nodeClaims, offerings, pricePerHour }) => {
    const plan = {
      nodes: nodeClaims.length,
      nodePools: countsOf(nodeClaims.map(({ metadata }) => metadata.labels?.[nodePoolLabel] ?? "")),
      offerings: countsOf(offerings),
      pricePerHour: Number(pricePerHour.toFixed(4)),
    };
    const text = canonicalJson(plan);
    if (text === told.text) return;
    told.text = text;
    if (plan.nodes > 0) log.info(plan, "would launch");
  };
}

/** How often each is there, by name. */
function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function runAll(parts: ProvisionerParts, entries: readonly ControllerEntry[], signal: AbortSignal): Promise<void> {
  const recorder = eventRecorder({ client: parts.client, clock: parts.clock, instance: parts.identity, signal });
  const events = parts.told?.counted(recorder, parts) ?? recorder;
  await Promise.all(entries.map((entry) => runEntry(parts, entry, { events, signal })));
}

/** Returns what the provisioner's controllers, and its advice, are made with. */
export function provisionerShell(parts: ProvisionerParts, { provider: own }: Capacity): ProvisionerShell {
  const provider = parts.told?.timed(own, parts.clock) ?? own;
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
    newcomers: newcomerDesk({ client, clock }),
    ...(parts.settings === undefined ? {} : { settings: parts.settings }),
    ...(parts.recordLease === undefined ? {} : { recordLease: parts.recordLease }),
    ...(parts.removalsHeld === undefined ? {} : { removalsHeld: parts.removalsHeld }),
    ...dryRuns,
  };
}

/** Asked anew after each wait; the compiler would else take the answer of before. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
