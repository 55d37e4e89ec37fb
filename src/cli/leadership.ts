/**
 * Leadership: of all replicas one runs the controllers, and it provisions only while no Karpenter does.
 *
 * The Lease decides who leads. The profile's controller and the audit run with the leadership; the provisioner's run inside it, and stop
 * as soon as a Lease of Karpenter's is held: two provisioners would each buy for the same Pods.
 */
import { setMaxListeners } from "node:events";
import type { ControllerStep } from "../api/controller.ts";
import type { ApiClient } from "../api/api-client.ts";
import type { KindName } from "../api/kinds.ts";
import { apiClient } from "../cluster/api-client.ts";
import type { ObjectKey } from "../api/object.ts";
import { eventRecorder, type EventRecorder } from "../cluster/event-recorder.ts";
import { foreignLeaseHolder, karpenterLeases } from "../cluster/foreign-lease.ts";
import { type Leadership, runWhenLeading } from "../cluster/leader-election.ts";
import { runController, type RunControllerOptions } from "../cluster/runner.ts";
import { profileController } from "../policies/controllers/profile-controller.ts";
import { allProfileKeys, profileTriggers } from "../policies/controllers/profile-triggers.ts";
import { provisionerControllers } from "../provisioner/controllers/provisioner-controllers.ts";
import type { ControllerEntry } from "../provisioner/controllers/shell.ts";
import { auditEntry } from "./audit-entry.ts";
import type { Capacity, ProcessParts } from "./process-parts.ts";

export const leaseName = "plimsoll";

const foreignLookMs = 10_000;
/** Under half of the time in which a leader must have renewed. */
const renewalMaxMs = 4_000;
/** Kinds of Karpenter's that the provisioner can't do without. */
const provisionedKinds = ["NodePool", "NodeClaim"] as const satisfies readonly KindName[];

/** Runs for the Lease, and leads whenever it is ours, until the process stops; a term that broke is told, and run for again. */
export async function runLeadership(parts: ProcessParts): Promise<void> {
  while (!parts.signal.aborted) {
    try {
      await runForLease(parts);
    } catch (error) {
      parts.log.error({ err: error }, "a term of leadership broke an invariant; running for the Lease again");
      await parts.clock.sleep(foreignLookMs, parts.signal);
    }
  }
}

async function runForLease(parts: ProcessParts): Promise<void> {
  const { clock, random, identity, namespace, signal, log, processMetrics } = parts;
  await runWhenLeading(
    {
      ...{ client: leaseClient(parts), clock, random, identity, signal, lease: { namespace, name: leaseName } },
      onNote: ({ kind, message }) => {
        log.info({ note: kind, detail: message }, "leadership");
        if (kind === "leading" || kind === "lost" || kind === "released") processMetrics.leading.set(kind === "leading" ? 1 : 0);
      },
    },
    (leadership) => lead(parts, leadership),
  );
}

/** One hung connection must not use up a whole term: a renewal is given up early enough to try again. */
function leaseClient({ transport, domain }: ProcessParts): ApiClient {
  return apiClient({
    domain,
    transport: { ...transport, request: (request) => transport.request({ timeoutMs: renewalMaxMs, ...request }) },
  });
}

async function lead(parts: ProcessParts, { signal }: Leadership): Promise<void> {
  setMaxListeners(0, signal);
  const events = eventRecorder({ client: parts.client, clock: parts.clock, instance: parts.identity, signal });
  const term = { events, signal };
  await Promise.all([runEntry(parts, profileEntry(parts), term), runEntry(parts, auditEntry(parts), term), provision(parts, term)]);
  // Who leads next tells the counts.
  parts.processMetrics.audit.clear();
}

interface Term {
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
}

function profileEntry(parts: ProcessParts): ControllerEntry & Pick<RunControllerOptions<unknown, ControllerStep>, "wake"> {
  const ports = {
    client: parts.client,
    snapshot: () => parts.cluster.snapshot(),
    policySet: () => parts.policyFile.current(),
    instanceTypes: parts.instanceTypes,
    names: parts.names,
  };
  // New policies compile every profile anew.
  const wake = (enqueue: (key: ObjectKey) => void) =>
    parts.policyFile.onSwap(() => {
      for (const key of allProfileKeys(parts.cluster.snapshot())) enqueue(key);
    });
  return { controller: profileController(ports), triggers: profileTriggers(ports), needs: [], wake };
}

/** Runs the provisioner's controllers while nobody else provisions; looks for Karpenter before, and all the time. */
async function provision(parts: ProcessParts, term: Term): Promise<void> {
  const { capacity, log, clock, client } = parts;
  if (capacity === undefined || !provisionedKinds.every((kind) => parts.kinds.includes(kind))) return;
  while (!term.signal.aborted) {
    const foreign = await foreignLeaseHolder({ client, clock, leases: karpenterLeases, signal: term.signal });
    if (isOver(term.signal)) return;
    if (!foreign.ok || foreign.value !== undefined) {
      const because = foreign.ok ? `Karpenter's Lease is held by ${foreign.value?.holder ?? ""}` : (foreign.error.message ?? "unanswered");
      log.warn({ because }, "not provisioning: another provisioner may be running");
      await clock.sleep(foreignLookMs, term.signal);
      continue;
    }
    await provisionUntilForeign(parts, term, capacity);
  }
}

async function provisionUntilForeign(parts: ProcessParts, term: Term, { provider, entries: own }: Capacity): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([term.signal, stop.signal]);
  setMaxListeners(0, signal);
  const entries = provisionerControllers({
    client: parts.client,
    snapshot: () => parts.cluster.snapshot(),
    world: () => ({
      policySet: parts.policyFile.current(),
      snapshot: parts.cluster.snapshot(),
      names: parts.names,
      instanceTypes: parts.instanceTypes(),
    }),
    provider,
    names: parts.names,
    clock: parts.clock,
  });
  parts.log.info({ provider: provider.name }, "provisioning");
  const running = Promise.all([...entries, ...own].map((entry) => runEntry(parts, entry, { events: term.events, signal })));
  while (!signal.aborted) {
    await parts.clock.sleep(foreignLookMs, signal);
    const foreign = isOver(signal)
      ? undefined
      : await foreignLeaseHolder({ client: parts.client, clock: parts.clock, leases: karpenterLeases, signal });
    if (foreign?.ok === true && foreign.value !== undefined) {
      parts.log.error({ holder: foreign.value.holder }, "Karpenter has come alive; provisioning stops");
      stop.abort();
    }
  }
  await running;
}

/** Asked anew after each wait; the compiler would else take the answer of before. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function runEntry(
  parts: ProcessParts,
  entry: ControllerEntry & Pick<RunControllerOptions<unknown, ControllerStep>, "wake" | "workersMax">,
  { events, signal }: Term,
): Promise<void> {
  const { cluster, clock, random, decisions, processMetrics } = parts;
  // A cluster may lack Karpenter's CRDs: what is not watched wakes nobody.
  const triggers = entry.triggers.filter(({ watches }) => parts.kinds.includes(watches));
  const needs = entry.needs.filter((kind) => parts.kinds.includes(kind));
  return runController({ ...entry, triggers, needs, cluster, clock, random, events, decisions, signal, metrics: processMetrics.runner });
}
