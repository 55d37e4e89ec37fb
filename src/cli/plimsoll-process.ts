/**
 * One Plimsoll process: every replica answers webhooks; the one that holds the Lease also runs the controllers.
 *
 * Reads a transport, a clock and settings: a real cluster (`serve`) and the embedded world (`demo`) get the same process.
 * What can fail at the start fails the start, in words; what fails later is tried again and told.
 */
import { setMaxListeners } from "node:events";
import { kindTable, resourcePath, type KindName } from "../api/kinds.ts";
import { platformNames } from "../api/labels.ts";
import type { ApiTransport } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { apiClient } from "../cluster/api-client.ts";
import { decisionLog, type DecisionEntry } from "../cluster/decision-log.ts";
import type { ClusterWatch } from "../cluster/watch-cluster.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import { type PolicyFile, watchPolicyFile } from "../webhook/policy-file.ts";
import { policyMemory } from "../webhook/policy-memory.ts";
import { type WebhookMetrics, webhookMetrics } from "../webhook/metrics.ts";
import { inlineProvisioner } from "./inline-provisioner.ts";
import { leaderLease } from "./leader-lease.ts";
import { runLeadership } from "./leadership.ts";
import { catalogTypesOf, providerTypesOf } from "./offered-types.ts";
import { processMetrics } from "./process-metrics.ts";
import { recordPolicyRefusal, reviewPolicyEdit } from "./policy-review.ts";
import type { ProcessParts, ProcessSettings } from "./process-parts.ts";
import { withWriteTurns } from "../cluster/write-turns.ts";
import { openProcessWatch } from "./process-watch.ts";
import type { Provisioner } from "./provisioner-port.ts";
import { provisionerMetrics } from "./provisioner-metrics.ts";
import { provisionerThread } from "./provisioner-thread.ts";
import { refusals } from "./refusals.ts";
import { removalMetrics } from "./removal-metrics.ts";
import { openWebhook } from "./webhook-service.ts";

export interface PlimsollProcess {
  readonly webhookPort: number;
  /** Resolves when the cluster has got CRDs that it lacked: then the process should be started again. */
  readonly kindsChanged: Promise<void>;
  readonly cluster: ClusterWatch;
  readonly provisioner: Provisioner;
  /** The last decisions of every controller, oldest first. */
  decisions(): Promise<readonly DecisionEntry[]>;
  /** Gives the Lease up and fails readiness, answers while endpoints move on, closes. */
  close(lameDuckMs: number): Promise<void>;
}

/** Kinds that provisioning needs; a cluster may lack their CRDs, and the rest still works. */
const provisioningKinds = ["NodePool", "NodeClaim", "EC2NodeClass"] as const satisfies readonly KindName[];
/** Every kind that a cluster may lack: rules that look at them then have nothing to judge. */
const optionalKinds = [
  ...provisioningKinds,
  "NodeOverlay",
  "CapacityBuffer",
  "PodTemplate",
  "ReplicationController",
  "NodeClass",
  "Rollout",
  "ScaledObject",
  "ScaledJob",
  "VerticalPodAutoscaler",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "StorageClass",
  "CSINode",
  "VolumeAttachment",
] as const satisfies readonly KindName[];
/** How often missing CRDs are looked for. */
const kindsLookMs = 15_000;
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
  "Service",
  "LimitRange",
  "ResourceQuota",
  "PriorityClass",
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
] as const satisfies readonly KindName[];

/** Starts a process; the error says what the start needs and did not find. */
export async function startPlimsoll(given: ProcessSettings): Promise<Result<PlimsollProcess, string>> {
  const { domain, log, clock } = given;
  const stop = new AbortController();
  // Every watch, controller and wait of the process listens to it.
  setMaxListeners(0, stop.signal);
  const metrics = webhookMetrics();
  const ownMetrics = processMetrics(metrics.registry, log);
  const refused = refusals({ metrics: ownMetrics.refusals, log, clock });
  const transport = refused.heardOver(given.transport);
  const settings: ProcessSettings = { ...given, transport };
  const kinds = await servedKinds(transport, domain);
  if (!kinds.ok) return kinds;
  const reviewed: { parts?: ProcessParts } = {};
  const policyFile = await openPolicies(settings, { metrics, signal: stop.signal, reviewed });
  if (!policyFile.ok) return policyFile;
  const missing = provisioningKinds.filter((kind) => !kinds.value.includes(kind));
  if (missing.length > 0) log.warn({ missing }, "the cluster lacks CRDs; these kinds are neither judged nor provisioned");
  const cluster = openProcessWatch(settings, kinds.value);
  const client = apiClient({ transport: withWriteTurns(transport), domain });
  const names = platformNames(domain);
  const prices = settings.prices === undefined ? {} : { prices: settings.prices };
  const catalogTypes = catalogTypesOf(cluster, prices);
  const told = { clock, log, onRefused: refused.onCall };
  // With a thread of its own the provider tells of itself there, and answers questions here.
  const registered = settings.thread === undefined ? { registry: metrics.registry } : {};
  const sources = { client, names, ...told, snapshot: () => cluster.snapshot(), instanceTypes: catalogTypes, ...prices, ...registered };
  const capacity = settings.capacity?.(sources);
  const offered = { cluster, clock, signal: stop.signal, log, otherwise: catalogTypes };
  const parts: Omit<ProcessParts, "provisioner"> = {
    ...settings,
    ...{ client, cluster, names, capacity },
    policyFile: policyFile.value,
    instanceTypes: capacity === undefined ? catalogTypes : providerTypesOf({ ...offered, provider: capacity.provider }),
    kinds: kinds.value,
    decisions: decisionLog(),
    metrics,
    processMetrics: ownMetrics,
    signal: stop.signal,
  };
  reviewed.parts = { ...parts, provisioner: provisionerOf(parts, settings.thread) };
  recordPolicyRefusal(policyFile.value.errors(), reviewed.parts);
  return run(reviewed.parts, stop);
}

function provisionerOf(parts: Omit<ProcessParts, "provisioner">, settings: ProcessSettings["thread"]): Provisioner {
  const { policyFile, processMetrics: metrics } = parts;
  if (settings !== undefined) return provisionerThread({ ...parts, settings, metrics: metrics.thread });
  return inlineProvisioner({
    ...parts,
    runner: metrics.runner,
    told: provisionerMetrics(parts.metrics.registry),
    policySet: () => policyFile.current(),
    sharesThread: true,
    predictsByDryRun: false,
    recordLease: leaderLease(parts.namespace),
    removalsHeld: removalMetrics(parts.metrics.registry),
  });
}

interface PolicyOpening {
  readonly metrics: WebhookMetrics;
  readonly signal: AbortSignal;
  /** Filled once the process has a view of its cluster: before that there is nothing that an edit could newly deny. */
  readonly reviewed: { parts?: ProcessParts };
}

function openPolicies(
  { policies, namespace, clock, log, transport, domain }: ProcessSettings,
  { metrics, signal, reviewed }: PolicyOpening,
): Promise<Result<PolicyFile, string>> {
  return watchPolicyFile({
    path: policies,
    ownNamespace: namespace,
    clock,
    signal,
    memory: policyMemory({ transport, namespace, acceptAnnotation: platformNames(domain).acceptPoliciesAnnotation }),
    onTrouble: (problem) => {
      log.warn({ problem }, "the policies in force can't be kept for a restart");
    },
    review: (edit) => reviewPolicyEdit(edit, reviewed.parts),
    onChange: ({ set: { bundle }, errors }) => {
      metrics.policyLoadFailed.set(errors.length > 0 ? 1 : 0);
      if (errors.length === 0) log.info({ bundle }, "policies.yaml is in force");
      else log.error({ errors: errors.map(formatPolicyError), bundle }, "policies.yaml was refused; the last good bundle stays");
      if (reviewed.parts !== undefined && errors.length > 0) recordPolicyRefusal(errors, reviewed.parts);
    },
  });
}

async function run(parts: ProcessParts, stop: AbortController): Promise<Result<PlimsollProcess, string>> {
  const webhook = await openWebhook(parts);
  if (!webhook.ok) {
    stop.abort();
    await Promise.all([parts.provisioner.close(), parts.cluster.close()]);
    return webhook;
  }
  const standDown = new AbortController();
  setMaxListeners(0, standDown.signal);
  const leading = runLeadership({ ...parts, signal: standDown.signal });
  return ok({
    webhookPort: webhook.value.port,
    kindsChanged: kindsChanged(parts),
    cluster: parts.cluster,
    provisioner: parts.provisioner,
    decisions: async () => {
      const entries = [...parts.decisions.entries(), ...(await parts.provisioner.decisions())];
      return entries.sort((a, b) => a.lastAt - b.lastAt);
    },
    close: async (lameDuckMs) => {
      // Another may lead from now on: reviews are answered meanwhile, but nothing is bought by a process that goes.
      standDown.abort();
      await Promise.all([leading, webhook.value.close(lameDuckMs)]);
      stop.abort();
      await Promise.all([parts.provisioner.close(), parts.cluster.close()]);
    },
  });
}

/** Looks for the CRDs that were missing at the start; never resolves where none was. */
async function kindsChanged({ transport, domain, kinds, clock, signal }: ProcessParts): Promise<void> {
  if (optionalKinds.every((kind) => kinds.includes(kind))) return new Promise(() => undefined);
  while (!signal.aborted) {
    await clock.sleep(kindsLookMs, signal);
    const served = await servedKinds(transport, domain);
    if (served.ok && served.value.length > kinds.length) return;
  }
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
