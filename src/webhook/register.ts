/**
 * Register: brings the cluster's webhook configurations to what registration.ts returns.
 *
 * Reads and writes admissionregistration.k8s.io. Applies each configuration (server-side, so that a replica repeating it
 * changes nothing), then deletes ours that are no longer wanted: in that order, so that no request goes unseen between.
 */
import type { ApiTransport } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { registrationLabel, type WebhookConfiguration } from "./registration.ts";

const fieldManager = "plimsoll-webhook";
const resources = {
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
} as const;

/** Applies the configurations and removes stale ones of ours; the error names the first that could not be written. */
export async function registerWebhooks(
  transport: ApiTransport,
  configurations: readonly WebhookConfiguration[],
): Promise<Result<undefined, string>> {
  for (const configuration of configurations) {
    const answer = await transport.request({
      method: "PATCH",
      path: pathOf(configuration.kind, configuration.metadata.name),
      query: { fieldManager, force: "true" },
      contentType: "application/apply-patch+yaml",
      body: configuration,
    });
    if (!answer.ok)
      return err(`${configuration.kind} ${configuration.metadata.name ?? ""}: ${answer.error.message ?? `answered ${answer.status}`}`);
  }
  for (const kind of ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const) {
    const wanted = new Set(configurations.filter((one) => one.kind === kind).map((one) => one.metadata.name));
    const removed = await deleteStale(transport, kind, wanted);
    if (!removed.ok) return removed;
  }
  return ok(undefined);
}

async function deleteStale(
  transport: ApiTransport,
  kind: keyof typeof resources,
  wanted: ReadonlySet<string | undefined>,
): Promise<Result<undefined, string>> {
  const labelSelector = Object.entries(registrationLabel)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const listed = await transport.request({ method: "GET", path: pathOf(kind), query: { labelSelector } });
  if (!listed.ok) return err(`${kind}: ${listed.error.message ?? `answered ${listed.status}`}`);
  const { items = [] } = listed.body as { readonly items?: readonly WebhookConfiguration[] };
  for (const { metadata } of items) {
    if (wanted.has(metadata.name)) continue;
    const answer = await transport.request({ method: "DELETE", path: pathOf(kind, metadata.name) });
    if (!answer.ok && answer.status !== 404)
      return err(`${kind} ${metadata.name ?? ""}: ${answer.error.message ?? `answered ${answer.status}`}`);
  }
  return ok(undefined);
}

function pathOf(kind: keyof typeof resources, name?: string): string {
  const collection = `/apis/admissionregistration.k8s.io/v1/${resources[kind]}`;
  return name === undefined ? collection : `${collection}/${name}`;
}
