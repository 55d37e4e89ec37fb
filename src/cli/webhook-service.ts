/**
 * The webhook service of one process: certificate, server, registration, and keeping all three true.
 *
 * One loop: when the policies change, and every minute, the rotation looks at what all replicas share, this process serves what
 * the rotation says, and the configurations are brought to the policies and the CA bundle. So a step of any replica spreads,
 * and configurations that somebody deleted come back. Between looks the process calls its own listener as the API server does.
 */
import { X509Certificate } from "node:crypto";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { denialRecorder, type DenialRecorder } from "../policies/controllers/denial-recorder.ts";
import { surgeDesk, type SurgeDesk } from "../policies/controllers/surge-desk.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import { callerWord, type CallerWords, callerWords } from "../webhook/caller-word.ts";
import { admissionHandler } from "../webhook/admission-handler.ts";
import { type CertificateRotation, certificateRotation, type RotationLook } from "../webhook/certificate-rotation.ts";
import { bundleOf, type CertificateState, fingerprintOf } from "../webhook/certificate-state.ts";
import { signingKeys } from "../webhook/certificate-store.ts";
import { probeListener } from "../webhook/loopback-probe.ts";
import { closedNamespaces } from "../webhook/closed-namespaces.ts";
import { type WebhookConfiguration, webhookConfigurations } from "../webhook/registration.ts";
import { startWebhookServer, type WebhookServer, type WebhookServerOptions } from "../webhook/server.ts";
import { accessReviews } from "../cluster/access-review.ts";
import { metricsRefusal } from "./metrics-guard.ts";
import { capacityAdvisor } from "./capacity-advisor.ts";
import { faultTeller } from "./fault-teller.ts";
import { mergedMetrics } from "./merged-metrics.ts";
import { objectFormer } from "./object-form.ts";
import { ownerInquirer } from "./owner-inquiry.ts";
import { type Presence, startPresence } from "./presence.ts";
import type { ProcessParts } from "./process-parts.ts";

export const certificateSecretName = "plimsoll-certificate";

/** How often the policies are compared with what is registered. */
const policyLookMs = 2_000;
const probeMs = 10_000;
const recordMs = 5_000;

/** Opens the service; the error says why no certificate is to be had. */
export async function openWebhook(parts: ProcessParts): Promise<Result<WebhookServer, string>> {
  const { transport, namespace, clock, webhook } = parts;
  const rotation = certificateRotation({
    ...{ transport, namespace, clock, secretName: certificateSecretName },
    ...{ names: webhook.certificateNames, life: webhook.certificateLife },
  });
  const first = await rotation.look();
  if (!first.ok) return first;
  const { serving } = first.value;
  const denials = denialsOf(parts);
  const state: ServiceState = { look: first.value, isTrusted: false, words: callerWords(), keys: [] };
  learn(parts, state);
  const presence = startPresence(parts, () => ({ keyPem: state.keys[0], bundlePem: bundleOf(state.look.state) }));
  const server = await startWebhookServer({
    host: webhook.host,
    port: webhook.port,
    certificatePem: serving.certificatePem,
    keyPem: serving.keyPem,
    clock,
    metrics: parts.metrics,
    ...(parts.metricsOpen === true ? {} : { metricsGuard: guardOf(parts) }),
    metricsText: async () => mergedMetrics(parts.metrics.registry, await parts.provisioner.metrics()),
    handler: handlerOf(parts, { denials, presence }),
    inquirer: ownerInquirer({
      ...{ transport, clock, ownNamespace: namespace },
      policySet: () => parts.policyFile.current(),
      snapshot: () => parts.cluster.snapshot(),
    }),
    ...(parts.capacity === undefined ? {} : { advisor: capacityAdvisor(parts) }),
    notReady: () => [...notReady(parts, state), ...presence.notReady()],
    isCallerWord: (word) => state.words.isWord(word, clock.now()),
    peerWord: (authorization) => presence.heard(authorization),
    remarks: () => parts.policyFile.errors().map((error) => `policies refused, the last good bundle stays: ${formatPolicyError(error)}`),
    onError: faultTeller(parts),
  }).catch((cause: unknown) => `can't listen on ${webhook.host}:${webhook.port}: ${String(cause)}`);
  if (typeof server === "string") return err(server);
  tell(parts, first.value);
  void keepTrue({ parts, rotation, server, state });
  void keepRecording(parts, denials);
  return ok(server);
}

function guardOf(parts: ProcessParts): NonNullable<WebhookServerOptions["metricsGuard"]> {
  const reviews = accessReviews(parts);
  return (authorization) => metricsRefusal(reviews, authorization);
}

function denialsOf(parts: ProcessParts): DenialRecorder {
  return denialRecorder({
    client: parts.client,
    clock: parts.clock,
    snapshot: () => parts.cluster.snapshot(),
    policySet: () => parts.policyFile.current(),
    instanceTypes: () => parts.instanceTypes(),
    names: parts.names,
    onFailed: (profile, problem) => {
      parts.log.warn({ profile, problem }, "what was refused can't be told on a profile");
    },
  });
}

/** Refusals reach the profile's status a few seconds later; until then kubectl has told whoever was refused. */
async function keepRecording({ clock, signal, log }: ProcessParts, denials: DenialRecorder): Promise<void> {
  for (;;) {
    await clock.sleep(recordMs, signal);
    if (signal.aborted) return;
    await denials.record().catch((error: unknown) => {
      log.error({ err: error }, "what was refused can't be told on profiles");
    });
  }
}

function surgesOf({ client, names, log }: ProcessParts): SurgeDesk {
  return surgeDesk({
    client,
    names,
    onStarted: (deployment, pod) => {
      log.info({ deployment, pod }, "the only Pod of a Deployment is to be evicted: its replacement is started first");
    },
    onFailed: (deployment, problem) => {
      log.warn({ deployment, problem }, "the replacement of a Deployment's only Pod can't be started");
    },
  });
}

function handlerOf(parts: ProcessParts, { denials, presence }: { readonly denials: DenialRecorder; readonly presence: Presence }) {
  const { names, namespace } = parts;
  return admissionHandler({
    surges: surgesOf(parts),
    onDenied: (denied) => {
      denials.note(denied);
    },
    decoded: objectFormer({ names, namespace }),
    policySet: () => parts.policyFile.current(),
    snapshot: () => parts.cluster.snapshot(),
    instanceTypes: parts.instanceTypes,
    neededKinds: parts.kinds,
    names,
    clock: parts.clock,
    metrics: parts.metrics,
    oldView: () => presence.oldView(),
  });
}

interface ServiceState {
  look: RotationLook;
  /** Whether what we serve was ever trusted: from then on a change of it is only served when it is, too. */
  isTrusted: boolean;
  /** What reviews that come from the API server show. */
  readonly words: CallerWords;
  /** The keys of the CAs that sign, now or next. */
  keys: readonly string[];
  /** The policies that were last registered, and when; absent before the first time. */
  registered?: { readonly bundle: string; readonly at: Instant };
  /** When our own listener was last called, and what was wrong with it. */
  probed?: { readonly at: Instant; readonly problem: string | undefined };
}

function notReady({ cluster, kinds }: ProcessParts, { registered, isTrusted, probed }: ServiceState): readonly string[] {
  const unsynced = kinds.filter((kind) => !cluster.hasSynced([kind]));
  return [
    ...(unsynced.length === 0 ? [] : [`caches not synced: ${unsynced.join(", ")}`]),
    ...(registered === undefined ? ["webhook configurations are not registered yet"] : []),
    ...(isTrusted ? [] : ["the API servers may not know our CA yet"]),
    ...(probed?.problem === undefined ? [] : [probed.problem]),
  ];
}

interface Upkeep {
  readonly parts: ProcessParts;
  readonly rotation: CertificateRotation;
  readonly server: WebhookServer;
  readonly state: ServiceState;
}

/** Registers once caches are full: a webhook that would refuse or wave everything through helps nobody. */
async function keepTrue(upkeep: Upkeep): Promise<void> {
  const { parts, state } = upkeep;
  const { signal, clock, log, webhook } = parts;
  const { lookMs } = webhook.certificateLife;
  await parts.cluster.synced();
  while (!signal.aborted) {
    const { bundle } = parts.policyFile.current();
    const freshMs = state.isTrusted ? lookMs : policyLookMs;
    const isFresh = state.registered?.bundle === bundle && clock.now() - state.registered.at < freshMs;
    if (!isFresh) {
      const kept = await bringUpToDate(upkeep);
      if (kept.ok && state.registered?.bundle !== bundle) log.info({ bundle }, "webhook configurations are registered");
      if (kept.ok) state.registered = { bundle, at: clock.now() };
      else log.error({ problem: kept.error }, "webhook configurations can't be registered");
    }
    await probe(upkeep);
    await clock.sleep(Math.min(policyLookMs, lookMs), signal);
  }
}

async function bringUpToDate({ parts, rotation, server, state }: Upkeep): Promise<Result<undefined, string>> {
  const kept = await rotation.keep({
    wanted: (shared) => wantedConfigurations(parts, server.port, shared),
    serve: (look) => {
      if (look.isNew) {
        server.setCertificate(look.serving.certificatePem, look.serving.keyPem);
        delete state.probed;
      }
      if (look.isNew || look.step.kind !== "keep" || look.state.generation !== state.look.state.generation) tell(parts, look);
      state.look = look;
      learn(parts, state);
      state.isTrusted ||= look.isTrusted;
    },
  });
  return kept.ok ? ok(undefined) : kept;
}

/** The announced CA's word is known before it is registered. */
function learn({ clock }: ProcessParts, state: ServiceState): void {
  state.keys = signingKeys(state.look.state);
  state.words.learn(state.keys, clock.now());
}

function wantedConfigurations(parts: ProcessParts, port: number, state: CertificateState): Result<readonly WebhookConfiguration[], string> {
  const closed = closedNamespaces(parts.policyFile.current());
  if (!closed.ok) return closed;
  const address = parts.webhook.address(port);
  const [keyPem] = signingKeys(state);
  if (keyPem === undefined) return err("no CA of the Secret can sign; the next look announces one");
  const trust = { authorityPem: bundleOf(state), word: callerWord(keyPem, parts.clock.now()) };
  return ok(webhookConfigurations({ names: parts.names, address, ...trust, ownNamespace: parts.namespace, closed: closed.value }));
}

/** Calls our own listener as the API server would; a first failure is tried again at once, since a busy moment is no fault. */
async function probe({ parts, server, state }: Upkeep): Promise<void> {
  const { clock, webhook, log } = parts;
  if (state.registered === undefined) return;
  if (state.probed?.problem === undefined && clock.now() - (state.probed?.at ?? 0) < probeMs) return;
  const target = { host: webhook.host, port: server.port, bundlePem: bundleOf(state.look.state), name: webhook.certificateNames[0] ?? "" };
  let outcome = await probeListener(target);
  if (!outcome.ok) outcome = await probeListener(target);
  if (parts.signal.aborted) return;
  const problem = outcome.ok ? undefined : outcome.error;
  if (problem !== undefined && problem !== state.probed?.problem) log.error({ problem }, "not ready");
  state.probed = { at: clock.now(), problem };
}

/** Tells log and metrics what is served and what was done. */
function tell({ log, metrics }: ProcessParts, { state, serving, authorityPem, isNew, step }: RotationLook): void {
  const { validTo, fingerprint256 } = new X509Certificate(serving.certificatePem);
  metrics.certificateExpiry.set(Date.parse(validTo) / 1000);
  metrics.certificateGeneration.set(state.generation);
  metrics.certificateInfo.reset();
  metrics.certificateInfo.set({ fingerprint: fingerprint256, authority: fingerprintOf(authorityPem) }, 1);
  const { generation } = state;
  if (step.kind !== "keep") log.info({ step: step.kind, because: step.because, generation }, "certificates were brought on by a step");
  if (isNew) log.info({ fingerprint: fingerprint256, until: validTo, generation }, "this certificate is served from now on");
}
