/**
 * Register: brings the cluster's webhook configurations to what registration.ts returns, and takes them away.
 *
 * Reads and writes admissionregistration.k8s.io. Every write carries the resourceVersion under which the configuration was
 * listed, so that of two processes the one that knows less can't win (certificate-rotation.ts says why that matters). Applies
 * each configuration (server-side: a repetition changes nothing), then deletes ours that are no longer wanted: in that order,
 * so that no request goes unseen between.
 */
import type { ApiTransport } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { registrationLabel, type WebhookConfiguration } from "./registration.ts";

const fieldManager = "plimsoll-webhook";
/** Makes empty configurations; a manager of its own, so that one made meanwhile by another process loses none of its webhooks. */
const makingManager = "plimsoll-webhook-making";
const resources = {
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
} as const;
const configurationKinds = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const;

type ConfigurationKind = keyof typeof resources;

/** A configuration of ours that is in force. */
export interface RegisteredConfiguration {
  readonly kind: ConfigurationKind;
  readonly name: string;
  readonly resourceVersion: string;
  /** The CA bundle of each of its webhooks, PEM. */
  readonly bundles: readonly string[];
}

/** Lists the configurations that carry our label. */
export async function listRegistered(transport: ApiTransport): Promise<Result<readonly RegisteredConfiguration[], string>> {
  const labelSelector = Object.entries(registrationLabel)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const found: RegisteredConfiguration[] = [];
  for (const kind of configurationKinds) {
    const listed = await transport.request({ method: "GET", path: pathOf(kind), query: { labelSelector } });
    if (!listed.ok) return err(`${kind}: ${listed.error.message ?? `answered ${listed.status}`}`);
    const { items = [] } = listed.body as { readonly items?: readonly WebhookConfiguration[] };
    for (const item of items) found.push(decodeConfiguration(kind, item));
  }
  return ok(found);
}

function decodeConfiguration(kind: ConfigurationKind, { metadata, webhooks = [] }: Partial<WebhookConfiguration>): RegisteredConfiguration {
  const bundles = webhooks.map((webhook) => {
    const { clientConfig } = webhook as { readonly clientConfig?: { readonly caBundle?: string } };
    return Buffer.from(clientConfig?.caBundle ?? "", "base64").toString("utf8");
  });
  return { kind, name: metadata?.name ?? "", resourceVersion: metadata?.resourceVersion ?? "", bundles };
}

/**
 * Applies the configurations over those that were listed, and removes ours that are not wanted. Returns "again" where the
 * caller must list anew first: another process was quicker, or a configuration was missing and has just been made, empty.
 */
export async function registerWebhooks(
  transport: ApiTransport,
  configurations: readonly WebhookConfiguration[],
  registered: readonly RegisteredConfiguration[],
): Promise<Result<"registered" | "again", string>> {
  const found = new Map(registered.map((one) => [keyOf(one.kind, one.name), one]));
  const missing = configurations.filter(({ kind, metadata }) => !found.has(keyOf(kind, metadata.name ?? "")));
  for (const { apiVersion, kind, metadata } of missing) {
    const made = await apply(transport, { apiVersion, kind, metadata }, makingManager);
    if (!made.ok) return made;
  }
  if (missing.length > 0) return ok("again");
  for (const configuration of configurations) {
    const { kind, metadata } = configuration;
    const resourceVersion = found.get(keyOf(kind, metadata.name ?? ""))?.resourceVersion ?? "";
    const applied = await apply(transport, { ...configuration, metadata: { ...metadata, resourceVersion } }, fieldManager);
    if (!applied.ok) return applied;
    if (applied.value === "lost") return ok("again");
  }
  const wanted = new Set(configurations.map(({ kind, metadata }) => keyOf(kind, metadata.name ?? "")));
  const stale = registered.filter(({ kind, name }) => !wanted.has(keyOf(kind, name)));
  const removed = await removeWebhooks(transport, stale);
  return removed.ok ? ok("registered") : removed;
}

/** Deletes configurations of ours; one that is gone already is no error. */
export async function removeWebhooks(
  transport: ApiTransport,
  registered: readonly Pick<RegisteredConfiguration, "kind" | "name">[],
): Promise<Result<undefined, string>> {
  for (const { kind, name } of registered) {
    const answer = await transport.request({ method: "DELETE", path: pathOf(kind, name) });
    if (!answer.ok && answer.status !== 404) return err(`${kind} ${name}: ${answer.error.message ?? `answered ${answer.status}`}`);
  }
  return ok(undefined);
}

async function apply(
  transport: ApiTransport,
  body: Omit<WebhookConfiguration, "webhooks">,
  manager: string,
): Promise<Result<"applied" | "lost", string>> {
  const answer = await transport.request({
    method: "PATCH",
    path: pathOf(body.kind, body.metadata.name),
    query: { fieldManager: manager, force: "true" },
    contentType: "application/apply-patch+yaml",
    body,
  });
  if (answer.ok) return ok("applied");
  if (answer.status === 409) return ok("lost");
  return err(`${body.kind} ${body.metadata.name ?? ""}: ${answer.error.message ?? `answered ${answer.status}`}`);
}

function keyOf(kind: ConfigurationKind, name: string): string {
  return `${kind}/${name}`;
}

function pathOf(kind: ConfigurationKind, name?: string): string {
  const collection = `/apis/admissionregistration.k8s.io/v1/${resources[kind]}`;
  return name === undefined ? collection : `${collection}/${name}`;
}
