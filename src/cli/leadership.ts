/**
 * Leadership: of all replicas one runs the controllers, and it alone provisions.
 *
 * The Lease decides who leads. The profile's controller and the audit run with the leadership, and the provisioner is told of it,
 * wherever it runs. A term that was lost may be another's already: then nobody waits for what the provisioner still does.
 */
import { setMaxListeners } from "node:events";
import type { ControllerStep } from "../api/controller.ts";
import type { ApiClient } from "../api/api-client.ts";
import { apiClient } from "../cluster/api-client.ts";
import type { ObjectKey } from "../api/object.ts";
import { eventRecorder } from "../cluster/event-recorder.ts";
import { type Leadership, runWhenLeading } from "../cluster/leader-election.ts";
import { loopTurns } from "../cluster/loop-turns.ts";
import type { RunControllerOptions } from "../cluster/runner.ts";
import { profileController } from "../policies/controllers/profile-controller.ts";
import { allProfileKeys, profileTriggers } from "../policies/controllers/profile-triggers.ts";
import type { ControllerEntry } from "../provisioner/controllers/shell.ts";
import { auditEntries } from "./audit-entry.ts";
import { leaderLease } from "./leader-lease.ts";
import type { ProcessParts } from "./process-parts.ts";
import { runEntry, type RunEntryParts } from "./run-entry.ts";

/** After a term that broke. */
const againMs = 10_000;
/** Under half of the time in which a leader must have renewed. */
const renewalMaxMs = 4_000;

/** Runs for the Lease, and leads whenever it is ours, until the process stops; a term that broke is told, and run for again. */
export async function runLeadership(parts: ProcessParts): Promise<void> {
  while (!parts.signal.aborted) {
    try {
      await runForLease(parts);
    } catch (error) {
      parts.log.error({ err: error }, "a term of leadership broke an invariant; running for the Lease again");
      await parts.clock.sleep(againMs, parts.signal);
    }
  }
}

async function runForLease(parts: ProcessParts): Promise<void> {
  const { clock, random, identity, namespace, names, signal, log, processMetrics } = parts;
  await runWhenLeading(
    {
      ...{ client: leaseClient(parts), clock, random, identity, signal, lease: leaderLease(namespace) },
      recordAnnotation: names.recordAnnotation,
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

async function lead(parts: ProcessParts, leadership: Leadership): Promise<void> {
  const { signal } = leadership;
  setMaxListeners(0, signal);
  const events = eventRecorder({ client: parts.client, clock: parts.clock, instance: parts.identity, signal });
  const term = { events, signal };
  const common: RunEntryParts = { ...parts, runner: parts.processMetrics.runner };
  // A new leader looks at every profile and every object, and answers reviews meanwhile: they wait for one look at most.
  const pause = loopTurns();
  await Promise.all([
    runEntry(common, { ...profileEntry(parts), pause }, term),
    ...auditEntries(parts, pause).map((entry) => runEntry(common, entry, term)),
    parts.provisioner.lead({ signal, holds: () => leadership.holds(), isStillOurs: () => parts.signal.aborted }),
  ]);
  // Who leads next tells the counts.
  parts.processMetrics.audit.clear();
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
