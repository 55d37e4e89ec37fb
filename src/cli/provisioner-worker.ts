/**
 * The provisioner's thread: a whole provisioner with its own view of the cluster, told by messages when to lead.
 *
 * Reads what it was started with, and a kubeconfig. Answers questions whether it leads or not. Whatever it writes to the API server
 * goes through the leading token: without it a request is refused here, before it is sent. What it can't do without ends it, and
 * whoever started it tells why.
 */
import { setMaxListeners } from "node:events";
import { constants, setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Registry } from "prom-client";
import { assertNever } from "../api/assert.ts";
import { platformNames } from "../api/labels.ts";
import type { ApiTransport } from "../api/ports.ts";
import { apiClient } from "../cluster/api-client.ts";
import { decisionLog } from "../cluster/decision-log.ts";
import { httpsTransport } from "../cluster/https-transport.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { withWriteTurns } from "../cluster/write-turns.ts";
import { testPolicyFiles } from "../policies/parse-policy-set.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { adviceDesk, type AdviceDesk } from "../provisioner/controllers/advice-desk.ts";
import { planSettingsOf } from "../provisioner/plan-settings.ts";
import type { PoliciesInForce } from "../webhook/policy-source.ts";
import { capacityMaker, ratesOf } from "./capacity-maker.ts";
import { loadKubeConfig } from "./kube-config.ts";
import { leaderLease } from "./leader-lease.ts";
import { mayWrite } from "./leading-token.ts";
import { catalogTypesOf, providerTypesOf } from "./offered-types.ts";
import { refusalMetrics, runnerMetrics } from "./process-metrics.ts";
import { openProcessWatch } from "./process-watch.ts";
import { provision, provisionerShell, type ProvisionerParts } from "./provision.ts";
import { provisionerMetrics } from "./provisioner-metrics.ts";
import { refusals } from "./refusals.ts";
import { removalMetrics } from "./removal-metrics.ts";
import { threadLog } from "./thread-log.ts";
import type { FromThread, ThreadAnswer, ThreadQuestion, ThreadStart, ToThread } from "./thread-messages.ts";
import { plimsollVersion } from "./version.ts";

interface Desk {
  readonly parts: ProvisionerParts;
  readonly registry: Registry;
  readonly advice: AdviceDesk;
  readonly post: (message: FromThread) => void;
  readonly policies: { current: PolicySet };
  term: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
}

/** Opens everything and answers messages until the thread is ended. */
async function runThread(port: MessagePort, start: ThreadStart): Promise<void> {
  yieldToWebhooks();
  const post = (message: FromThread): void => {
    port.postMessage(message);
  };
  const registry = new Registry();
  const policies = { current: policySetOf(start.policies) };
  const parts = await openParts(start, { registry, policies, post });
  const desk: Desk = { parts, registry, policies, post, advice: adviceDesk(parts.clock), term: undefined };
  port.on("message", (message: ToThread) => {
    take(desk, message);
  });
  await parts.cluster.synced();
  post({ kind: "synced" });
}

/** Where cores are few, a review goes first; on Linux alone a priority is that of the thread that asks, not of the process. */
function yieldToWebhooks(): void {
  if (process.platform === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}

async function openParts(
  { options, identity, kinds, token }: ThreadStart,
  of: { readonly registry: Registry; readonly policies: { readonly current: PolicySet }; readonly post: (message: FromThread) => void },
): Promise<ProvisionerParts> {
  const { domain, logLevel } = options;
  const env = process.env;
  const log = threadLog(logLevel, (line) => {
    of.post({ kind: "log", line });
  });
  const clock = wallClock();
  const random = Math.random;
  const kubeConfig = orThrow(loadKubeConfig({ ...options, env }));
  const refused = refusals({ metrics: refusalMetrics(of.registry), log, clock });
  const transport = refused.heardOver(httpsTransport({ kubeConfig, userAgent: `plimsoll/${plimsollVersion()}`, clock, random }));
  const cluster = openProcessWatch({ transport, clock, random, domain, log }, kinds);
  const prices = orThrow(ratesOf(options));
  const rates = prices === undefined ? {} : { prices };
  // Whether this thread may write is asked when a write's turn has come.
  const client = apiClient({ transport: withWriteTurns(fenced(transport, token)), domain });
  const names = platformNames(domain);
  const catalogTypes = catalogTypesOf(cluster, rates);
  const makeCapacity = orThrow(await capacityMaker({ ...options, env }));
  const capacity = makeCapacity?.({
    client,
    clock,
    names,
    log,
    snapshot: () => cluster.snapshot(),
    instanceTypes: catalogTypes,
    registry: of.registry,
    mayChange: () => mayWrite(token),
    onRefused: refused.onCall,
    ...rates,
  });
  if (capacity === undefined) throw new Error(`--provider ${options.provider} makes no nodes: there is nothing to do on this thread`);
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return {
    ...{ client, cluster, clock, random, names, kinds, log, identity, capacity, sharesThread: false },
    predictsByDryRun: options.predictByDryRun === true,
    settings: planSettingsOf(options),
    ...{ mode: options.mode, karpenterLeases: options.karpenterLease },
    ...{ recordLease: leaderLease(options.namespace), removalsHeld: removalMetrics(of.registry) },
    instanceTypes: providerTypesOf({ provider: capacity.provider, cluster, clock, signal, log, otherwise: catalogTypes }),
    decisions: decisionLog(),
    policySet: () => of.policies.current,
    runner: runnerMetrics(of.registry, log),
    told: provisionerMetrics(of.registry),
  };
}

/** Refuses what would change anything while this thread may not write; reads always pass. */
function fenced(transport: ApiTransport, token: SharedArrayBuffer): ApiTransport {
  const message = "this replica does not lead (any more): nothing was sent";
  return {
    watch: (request) => transport.watch(request),
    request: (request) =>
      request.method === "GET" || mayWrite(token)
        ? transport.request(request)
        : Promise.resolve({ ok: false, status: 0, error: { code: 0, reason: "NotLeading", message } }),
  };
}

function orThrow<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** The text was accepted where it was read; its cases may stand beside files that are not read again here. */
function policySetOf({ name, files, readAt, ownNamespace }: PoliciesInForce): PolicySet {
  const tested = testPolicyFiles({ name, files, now: readAt, ...(ownNamespace === undefined ? {} : { ownNamespace }) });
  if (!tested.ok) throw new Error(`the policies in force can't be read again: ${tested.error.map(formatPolicyError).join("\n")}`);
  return tested.value.policySet;
}

function take(desk: Desk, message: ToThread): void {
  switch (message.kind) {
    case "lead":
      beginTerm(desk);
      return;
    case "stand-down":
      void endTerm(desk);
      return;
    case "policies":
      desk.policies.current = policySetOf(message.policies);
      return;
    case "ask":
      void answer(desk, message);
      return;
    default:
      assertNever(message);
  }
}

function beginTerm(desk: Desk): void {
  if (desk.term !== undefined) return;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  desk.term = { stop, ended: provision(desk.parts, stop.signal) };
  // A broken invariant ends the thread, and its successor begins with a fresh view.
  desk.term.ended.catch((error: unknown) => {
    throw error;
  });
}

async function endTerm(desk: Desk): Promise<void> {
  const { term } = desk;
  term?.stop.abort();
  await term?.ended;
  desk.term = undefined;
  desk.post({ kind: "stood-down" });
}

async function answer(desk: Desk, { id, until, question }: Extract<ToThread, { kind: "ask" }>): Promise<void> {
  // The thread was busy, and whoever asked has gone on.
  if (Date.now() >= until) return;
  const told = await answerTo(desk, question, until).catch((error: unknown): ThreadAnswer => ({
    kind: "failed",
    message: error instanceof Error ? error.message : String(error),
  }));
  desk.post({ kind: "answer", id, answer: told });
}

async function answerTo({ parts, registry, advice }: Desk, question: ThreadQuestion, until: number): Promise<ThreadAnswer> {
  switch (question.kind) {
    case "metrics":
      return { kind: "metrics", metrics: await registry.getMetricsAsJSON() };
    case "decisions":
      return { kind: "decisions", entries: parts.decisions.entries() };
    case "advice": {
      if (parts.capacity === undefined) return { kind: "failed", message: "this process provisions nothing" };
      if (!parts.cluster.hasSynced()) return { kind: "failed", message: "the provisioner's thread does not know the cluster yet" };
      return { kind: "advice", answer: await advice.answer(provisionerShell(parts, parts.capacity), question.request, { until }) };
    }
    default:
      return assertNever(question);
  }
}

if (parentPort !== null) await runThread(parentPort, workerData as ThreadStart);
