/**
 * The webhook service of one process: certificate, server, registration, and keeping all three true.
 *
 * One loop: when the policies change, and every minute, the shared certificate is read again, served, and the
 * configurations are applied with its CA. So a replacement by any replica spreads, no replica registers a CA that is not
 * in the Secret, and configurations that somebody deleted come back.
 */
import { X509Certificate } from "node:crypto";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { admissionHandler } from "../webhook/admission-handler.ts";
import { ensureCertificate, type EnsuredCertificate } from "../webhook/certificate-store.ts";
import { closedNamespaces, webhookConfigurations } from "../webhook/registration.ts";
import { registerWebhooks } from "../webhook/register.ts";
import { startWebhookServer, type WebhookServer } from "../webhook/server.ts";
import type { ProcessParts } from "./process-parts.ts";

export const certificateSecretName = "plimsoll-certificate";

const lookMs = 2_000;
const reapplyMs = 60_000;

/** Opens the service; the error says why no certificate is to be had. */
export async function openWebhook(parts: ProcessParts): Promise<Result<WebhookServer, string>> {
  const first = await certificateOf(parts);
  if (!first.ok) return first;
  const state: ServiceState = { certificate: first.value };
  const { serving } = first.value.certificate;
  const server = await startWebhookServer({
    host: parts.webhook.host,
    port: parts.webhook.port,
    certificatePem: serving.certificatePem,
    keyPem: serving.keyPem,
    clock: parts.clock,
    metrics: parts.metrics,
    handler: admissionHandler({
      policySet: () => parts.policyFile.current(),
      snapshot: () => parts.cluster.snapshot(),
      instanceTypes: parts.instanceTypes,
      neededKinds: parts.kinds,
      names: parts.names,
      clock: parts.clock,
      metrics: parts.metrics,
    }),
    notReady: () => notReady(parts, state),
    onError: (error) => {
      parts.log.error({ err: error }, "a review could not be judged");
    },
  }).catch((cause: unknown) => `can't listen on ${parts.webhook.host}:${parts.webhook.port}: ${String(cause)}`);
  if (typeof server === "string") return err(server);
  void keepTrue(parts, server, state);
  return ok(server);
}

interface ServiceState {
  certificate: EnsuredCertificate;
  /** What was last registered, and when; absent before the first time. */
  registered?: { readonly bundle: string; readonly at: Instant };
}

function notReady({ cluster, kinds }: ProcessParts, state: ServiceState): readonly string[] {
  const unsynced = kinds.filter((kind) => !cluster.hasSynced([kind]));
  return [
    ...(unsynced.length === 0 ? [] : [`caches not synced: ${unsynced.join(", ")}`]),
    ...(state.registered === undefined ? ["webhook configurations are not registered yet"] : []),
  ];
}

async function certificateOf(parts: ProcessParts): Promise<Result<EnsuredCertificate, string>> {
  const { transport, namespace, webhook, clock, log, metrics } = parts;
  const ensured = await ensureCertificate(
    { transport, namespace, secretName: certificateSecretName, names: webhook.certificateNames },
    clock.now(),
  );
  if (!ensured.ok) return ensured;
  if (ensured.value.how !== "read")
    log.info({ how: ensured.value.how, because: ensured.value.because }, "the serving certificate was issued");
  const { validTo } = new X509Certificate(ensured.value.certificate.serving.certificatePem);
  metrics.certificateExpiry.set(Date.parse(validTo) / 1000);
  return ensured;
}

/** Registers once caches are full: a webhook that would refuse or wave everything through helps nobody. */
async function keepTrue(parts: ProcessParts, server: WebhookServer, state: ServiceState): Promise<void> {
  const { signal, clock, log } = parts;
  await parts.cluster.synced();
  while (!signal.aborted) {
    const { bundle } = parts.policyFile.current();
    const isFresh = state.registered?.bundle === bundle && clock.now() - state.registered.at < reapplyMs;
    if (!isFresh) {
      const done = await renew(parts, server, state);
      if (done.ok && state.registered?.bundle !== bundle) log.info({ bundle }, "webhook configurations are registered");
      if (done.ok) state.registered = { bundle, at: clock.now() };
      else log.error({ problem: done.error }, "webhook configurations can't be registered");
    }
    await clock.sleep(lookMs, signal);
  }
}

/** Serves the certificate that the Secret holds now, and registers under its CA. */
async function renew(parts: ProcessParts, server: WebhookServer, state: ServiceState): Promise<Result<undefined, string>> {
  const ensured = await certificateOf(parts);
  if (!ensured.ok) return ensured;
  const { serving, authority } = ensured.value.certificate;
  if (serving.certificatePem !== state.certificate.certificate.serving.certificatePem) {
    server.setCertificate(serving.certificatePem, serving.keyPem);
    parts.log.info("another serving certificate is served from now on");
  }
  state.certificate = ensured.value;
  return register(parts, server, authority.certificatePem);
}

async function register(parts: ProcessParts, server: WebhookServer, authorityPem: string): Promise<Result<undefined, string>> {
  const closed = closedNamespaces(parts.policyFile.current());
  if (!closed.ok) return closed;
  const address = parts.webhook.address(server.port);
  const configurations = webhookConfigurations({
    names: parts.names,
    address,
    authorityPem,
    ownNamespace: parts.namespace,
    closed: closed.value,
  });
  return registerWebhooks(parts.transport, configurations);
}
