/**
 * One Plimsoll process: every replica answers webhooks; the one that holds the Lease also runs the controllers.
 *
 * Reads a transport, a clock and settings: a real cluster (`serve`) and the embedded world (`demo`) get the same process.
 * What can fail at the start fails the start, in words; what fails later is tried again and told.
 */
import { setMaxListeners } from "node:events";
import { kindTable, resourcePath, type KindName } from "../api/kinds.ts";
import { platformNames } from "../api/labels.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { ApiTransport } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { zonesOfNodePools } from "../catalog/zones.ts";
import { apiClient } from "../cluster/api-client.ts";
import { decisionLog, type DecisionLog } from "../cluster/decision-log.ts";
import { type ClusterWatch, watchCluster } from "../cluster/watch-cluster.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import { type PolicyFile, watchPolicyFile } from "../webhook/policy-file.ts";
import { type WebhookMetrics, webhookMetrics } from "../webhook/metrics.ts";
import { runLeadership } from "./leadership.ts";
import { processMetrics } from "./process-metrics.ts";
import type { ProcessParts, ProcessSettings } from "./process-parts.ts";
import { openWebhook } from "./webhook-service.ts";

export interface PlimsollProcess {
  readonly webhookPort: number;
  readonly cluster: ClusterWatch;
  readonly decisions: DecisionLog;
  /** Gives the Lease up and fails readiness, answers while endpoints move on, closes. */
  close(lameDuckMs: number): Promise<void>;
}

/** Kinds of CRDs that a cluster may lack: without them the rest still works. */
const optionalKinds = ["NodePool", "NodeClaim", "EC2NodeClass"] as const satisfies readonly KindName[];
const watchedKinds = [
  "WorkloadProfile",
  "Namespace",
  "Node",
  "Pod",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
  "PodDisruptionBudget",
  "HorizontalPodAutoscaler",
] as const satisfies readonly KindName[];

/** Starts a process; the error says what the start needs and did not find. */
export async function startPlimsoll(settings: ProcessSettings): Promise<Result<PlimsollProcess, string>> {
  const { transport, domain, log } = settings;
  const stop = new AbortController();
  // Every watch, controller and wait of the process listens to it.
  setMaxListeners(0, stop.signal);
  const metrics = webhookMetrics();
  const kinds = await servedKinds(transport, domain);
  if (!kinds.ok) return kinds;
  const policyFile = await openPolicies(settings, metrics, stop.signal);
  if (!policyFile.ok) return policyFile;
  const missing = optionalKinds.filter((kind) => !kinds.value.includes(kind));
  if (missing.length > 0) log.warn({ missing }, "the cluster lacks CRDs; these kinds are neither judged nor provisioned");
  const cluster = openWatch(settings, kinds.value);
  const client = apiClient({ transport, domain });
  const names = platformNames(domain);
  const instanceTypes = instanceTypesOf(cluster);
  const parts: ProcessParts = {
    ...settings,
    client,
    cluster,
    policyFile: policyFile.value,
    names,
    instanceTypes,
    kinds: kinds.value,
    capacity: settings.capacity?.({ client, clock: settings.clock, names, snapshot: () => cluster.snapshot(), instanceTypes }),
    decisions: decisionLog(),
    metrics,
    processMetrics: processMetrics(metrics.registry, log),
    signal: stop.signal,
  };
  return run(parts, stop);
}

function openPolicies(
  { policies, clock, log }: ProcessSettings,
  metrics: WebhookMetrics,
  signal: AbortSignal,
): Promise<Result<PolicyFile, string>> {
  return watchPolicyFile({
    path: policies,
    clock,
    signal,
    onChange: ({ set: { bundle }, errors }) => {
      metrics.policyLoadFailed.set(errors.length > 0 ? 1 : 0);
      if (errors.length === 0) log.info({ bundle }, "policies.yaml is in force");
      else log.error({ errors: errors.map(formatPolicyError), bundle }, "policies.yaml was refused; the last good bundle stays");
    },
  });
}

function openWatch({ transport, clock, random, domain, log }: ProcessSettings, kinds: readonly KindName[]): ClusterWatch {
  return watchCluster({
    ...{ transport, clock, random, domain, kinds },
    onTrouble: (trouble) => {
      log.warn({ trouble }, "a watch is in trouble and goes on trying");
    },
    onHandlerError: (error, kind) => {
      log.error({ err: error, kind }, "a change handler failed");
    },
  });
}

async function run(parts: ProcessParts, stop: AbortController): Promise<Result<PlimsollProcess, string>> {
  const webhook = await openWebhook(parts);
  if (!webhook.ok) {
    stop.abort();
    await parts.cluster.close();
    return webhook;
  }
  const standDown = new AbortController();
  setMaxListeners(0, standDown.signal);
  const leading = runLeadership({ ...parts, signal: standDown.signal });
  return ok({
    webhookPort: webhook.value.port,
    cluster: parts.cluster,
    decisions: parts.decisions,
    close: async (lameDuckMs) => {
      // Another may lead from now on: reviews are answered meanwhile, but nothing is bought by a process that goes.
      standDown.abort();
      await Promise.all([leading, webhook.value.close(lameDuckMs)]);
      stop.abort();
      await parts.cluster.close();
    },
  });
}

/** Which kinds the API server serves, found by listing them as the watches will; our own CRD is the one that must be there. */
async function servedKinds(transport: ApiTransport, domain: string): Promise<Result<readonly KindName[], string>> {
  const kinds = kindTable(domain);
  const served: KindName[] = [...watchedKinds];
  for (const kind of ["WorkloadProfile", ...optionalKinds] as const) {
    const answer = await transport.request({ method: "GET", path: resourcePath(kinds[kind]), query: { limit: "1" } });
    if (!answer.ok && answer.status !== 404) {
      return err(`the API server does not let us list ${kinds[kind].resource}: ${answer.error.message ?? `status ${answer.status}`}`);
    }
    if (kind === "WorkloadProfile" && !answer.ok) {
      return err(`the cluster has no CRD workloadprofiles.${domain}; install it first: kubectl apply -k deploy/crds`);
    }
    if (kind !== "WorkloadProfile" && answer.ok) served.push(kind);
  }
  return ok(served);
}

/** The catalog's types in the zones that NodePools name; made again only when the NodePools are others. */
function instanceTypesOf(cluster: ClusterWatch): () => readonly InstanceType[] {
  let known: { readonly zones: string; readonly types: readonly InstanceType[] } | undefined;
  return () => {
    const zones = zonesOfNodePools(cluster.snapshot().list("NodePool"));
    if (known?.zones !== zones.join()) known = { zones: zones.join(), types: catalogInstanceTypes({ zones }) };
    return known.types;
  };
}
