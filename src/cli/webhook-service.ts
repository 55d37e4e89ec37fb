/**
 * The webhook service of one process: certificate, server, registration, and keeping all three true.
 *
 * The shared certificate is looked at again every ten minutes; a replacement by any replica is served by all, and the
 * configurations carry its CA. Registration is tried until it succeeds, and again when the policies change.
 */
import { X509Certificate } from "node:crypto";
import { err, ok, type Result } from "../api/result.ts";
import { admissionHandler } from "../webhook/admission-handler.ts";
import { ensureCertificate, type EnsuredCertificate } from "../webhook/certificate-store.ts";
import { closedNamespaces, webhookConfigurations } from "../webhook/registration.ts";
import { registerWebhooks } from "../webhook/register.ts";
import { startWebhookServer, type WebhookServer } from "../webhook/server.ts";
import type { ProcessParts } from "./process-parts.ts";

export const certificateSecretName = "plimsoll-certificate";

const lookAgainMs = 600_000;
const registerRetryMs = 2_000;
const registerLookMs = 5_000;

/** Opens the service; the error says why no certificate is to be had. */
export async function openWebhook(parts: ProcessParts): Promise<Result<WebhookServer, string>> {
  const first = await certificateOf(parts);
  if (!first.ok) return first;
  const state = { certificate: first.value, registered: "" };
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
  void keepCertificate(parts, server, state);
  void keepRegistered(parts, server, state);
  return ok(server);
}

interface ServiceState {
  certificate: EnsuredCertificate;
  /** What was last registered: bundle and CA. */
  registered: string;
}

function notReady({ cluster, kinds }: ProcessParts, state: ServiceState): readonly string[] {
  const unsynced = kinds.filter((kind) => !cluster.hasSynced([kind]));
  return [
    ...(unsynced.length === 0 ? [] : [`caches not synced: ${unsynced.join(", ")}`]),
    ...(state.registered === "" ? ["webhook configurations are not registered yet"] : []),
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

async function keepCertificate(parts: ProcessParts, server: WebhookServer, state: ServiceState): Promise<void> {
  while (!parts.signal.aborted) {
    await parts.clock.sleep(lookAgainMs, parts.signal);
    if (parts.signal.aborted) return;
    const ensured = await certificateOf(parts);
    if (!ensured.ok) {
      parts.log.error({ problem: ensured.error }, "the certificate can't be looked at");
      continue;
    }
    const { serving } = ensured.value.certificate;
    if (serving.certificatePem !== state.certificate.certificate.serving.certificatePem) {
      server.setCertificate(serving.certificatePem, serving.keyPem);
      parts.log.info("another serving certificate is served from now on");
    }
    state.certificate = ensured.value;
  }
}

/** Registers once caches are full: a webhook that would refuse or wave everything through helps nobody. */
async function keepRegistered(parts: ProcessParts, server: WebhookServer, state: ServiceState): Promise<void> {
  await parts.cluster.synced();
  while (!parts.signal.aborted) {
    const { bundle } = parts.policyFile.current();
    const authorityPem = state.certificate.certificate.authority.certificatePem;
    const wanted = `${bundle} ${authorityPem}`;
    if (wanted === state.registered) {
      await parts.clock.sleep(registerLookMs, parts.signal);
      continue;
    }
    const registered = await register(parts, server, authorityPem);
    if (registered.ok) {
      state.registered = wanted;
      parts.log.info({ bundle }, "webhook configurations are registered");
      continue;
    }
    parts.log.error({ problem: registered.error }, "webhook configurations can't be registered");
    await parts.clock.sleep(registerRetryMs, parts.signal);
  }
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
