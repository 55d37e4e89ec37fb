/**
 * The audit in a process that leads: its controller over the informers' snapshot, its reports and its metrics.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { ControllerStep } from "../api/controller.ts";
import { isKindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Enqueue, RunControllerOptions } from "../cluster/runner.ts";
import { arrivalController } from "../policies/controllers/arrival-controller.ts";
import { auditController, auditNeeds } from "../policies/controllers/audit-controller.ts";
import { reportShelf } from "../policies/controllers/audit-shelf.ts";
import { auditKey, auditKeys, auditTriggers } from "../policies/controllers/audit-triggers.ts";
import type { ControllerEntry } from "../provisioner/controllers/shell.ts";
import { configurationNames, exemptNamespaces } from "../webhook/registration.ts";
import type { ProcessParts } from "./process-parts.ts";

type AuditEntry = ControllerEntry & Pick<RunControllerOptions<unknown, ControllerStep>, "wake" | "workersMax" | "pause">;

/**
 * Returns the audit for the runner: what the watches bring, object by object and at once; and what stands, one namespace at a time and a
 * slice of it in each of the turns.
 */
export function auditEntries(parts: ProcessParts, pause: () => Promise<void>): readonly AuditEntry[] {
  const urgent = urgentNamespaces();
  const { controller, triggers } = arrivalController({
    ...{ snapshot: () => parts.cluster.snapshot(), names: parts.names, clock: parts.clock },
    policySet: () => parts.policyFile.current(),
    instanceTypes: () => parts.instanceTypes(),
    exempt: exemptOf(parts),
    onFound: urgent.add,
  });
  return [{ controller, triggers, needs: auditNeeds, pause }, auditEntry(parts, { pause, urgent })];
}

interface UrgentNamespaces {
  readonly add: (namespace: string) => void;
  readonly take: (namespace: string) => boolean;
  readonly onAdd: (wake: (namespace: string) => void) => () => void;
}

/** Namespaces whose report is to say at once what was found; there are never more than there are namespaces. */
function urgentNamespaces(): UrgentNamespaces {
  const waiting = new Set<string>();
  const listeners = new Set<(namespace: string) => void>();
  return {
    add: (namespace) => {
      waiting.add(namespace);
      for (const wake of listeners) wake(namespace);
    },
    take: (namespace) => waiting.delete(namespace),
    onAdd: (wake) => {
      listeners.add(wake);
      return () => listeners.delete(wake);
    },
  };
}

function exemptOf({ namespace }: ProcessParts): ReadonlySet<string> {
  return new Set([...exemptNamespaces, namespace]);
}

function auditEntry(
  parts: ProcessParts,
  { pause, urgent }: { readonly pause: () => Promise<void>; readonly urgent: UrgentNamespaces },
): AuditEntry {
  const { cluster, names, clock, log, processMetrics } = parts;
  const sources = { snapshot: () => cluster.snapshot(), names };
  const shelf = reportShelf({
    ...{ client: parts.client, clock, domain: names.domain },
    onAbsent: () => {
      log.info({}, "the cluster serves no PolicyReports (deploy/policy-reports): the audit is told by metrics alone");
    },
  });
  const controller = auditController({
    ...sources,
    policySet: () => parts.policyFile.current(),
    instanceTypes: parts.instanceTypes,
    clock,
    shelf,
    exempt: exemptOf(parts),
    takeUrgent: urgent.take,
    registeredAt,
    pause,
    wholeOf: (object) => wholeOf(parts.client, object),
    onAudited: (namespace, tally) => {
      processMetrics.audit.tell(namespace, tally, parts.policyFile.current().exemptions);
    },
  });
  const wake = (enqueue: Enqueue): (() => void) => {
    const stops = [
      parts.policyFile.onSwap(() => {
        for (const key of auditKeys(cluster.snapshot())) enqueue(key);
      }),
      urgent.onAdd((namespace) => {
        enqueue(auditKey(namespace), { first: true });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };
  return { controller, triggers: auditTriggers(sources), needs: auditNeeds, wake, workersMax: 1 };
}

/** By a list of one: our role lets us list what is watched, and get none of it. */
async function wholeOf(client: Pick<ApiClient, "list">, { kind, metadata }: KubeObject): Promise<Result<KubeObject, string>> {
  if (!isKindName(kind)) return err(`${kind} is no kind that is watched`);
  const { name = "", namespace } = metadata;
  const read = await client.list(kind, { ...(namespace === undefined ? {} : { namespace }), fieldSelector: `metadata.name=${name}` });
  if (!read.ok) return err(read.error.message ?? read.error.reason ?? `status ${read.error.code}`);
  const [whole] = read.value;
  return whole === undefined ? err(`${kind} ${name} is gone`) : ok(whole);
}

/** When the first of our validating webhooks was registered: what is older cannot have been asked about. */
function registeredAt(snapshot: ClusterSnapshot): Instant | undefined {
  const times = snapshot
    .list("ValidatingWebhookConfiguration")
    .filter(({ metadata }) => configurationNames.includes(metadata.name ?? ""))
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ""))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.min(...times);
}
