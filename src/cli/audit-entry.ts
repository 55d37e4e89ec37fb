/**
 * The audit in a process that leads: its controller over the informers' snapshot, its reports and its metrics.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { ControllerStep } from "../api/controller.ts";
import { isKindName } from "../api/kinds.ts";
import type { KubeObject, ObjectKey } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { err, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { RunControllerOptions } from "../cluster/runner.ts";
import { auditController, auditNeeds } from "../policies/controllers/audit-controller.ts";
import { reportShelf } from "../policies/controllers/audit-shelf.ts";
import { auditKeys, auditTriggers } from "../policies/controllers/audit-triggers.ts";
import type { ControllerEntry } from "../provisioner/controllers/shell.ts";
import { configurationNames, exemptNamespaces } from "../webhook/registration.ts";
import type { ProcessParts } from "./process-parts.ts";

/** Returns the audit for the runner; one namespace at a time, and a slice of it in each of the turns. */
export function auditEntry(
  parts: ProcessParts,
  pause: () => Promise<void>,
): ControllerEntry & Pick<RunControllerOptions<unknown, ControllerStep>, "wake" | "workersMax"> {
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
    exempt: new Set([...exemptNamespaces, parts.namespace]),
    registeredAt,
    pause,
    wholeOf: (object) => wholeOf(parts.client, object),
    onAudited: (namespace, tally) => {
      processMetrics.audit.tell(namespace, tally, parts.policyFile.current().exemptions);
    },
  });
  const wake = (enqueue: (key: ObjectKey) => void) =>
    parts.policyFile.onSwap(() => {
      for (const key of auditKeys(cluster.snapshot())) enqueue(key);
    });
  return { controller, triggers: auditTriggers(sources), needs: auditNeeds, wake, workersMax: 1 };
}

async function wholeOf(client: Pick<ApiClient, "get">, { kind, metadata }: KubeObject): Promise<Result<KubeObject, string>> {
  if (!isKindName(kind)) return err(`${kind} is no kind that is watched`);
  const read = await client.get(kind, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" });
  return read.ok ? read : err(read.error.message ?? read.error.reason ?? `status ${read.error.code}`);
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
