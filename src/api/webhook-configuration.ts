/**
 * Webhook configurations of admissionregistration.k8s.io/v1, as on the wire: whose process the API server waits for.
 */
import type { KubeObject } from "./object.ts";

interface RegisteredWebhook {
  readonly name: string;
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly clientConfig: { readonly service?: { readonly namespace: string; readonly name: string } };
}

/** Mutating or validating. */
export interface RegisteredWebhooks extends KubeObject {
  readonly webhooks?: readonly RegisteredWebhook[];
}
