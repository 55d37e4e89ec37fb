/**
 * Webhook configurations of admissionregistration.k8s.io/v1, as on the wire: whose process the API server waits for.
 */
import type { KubeObject, LabelSelector } from "./object.ts";

/** Which requests a webhook is asked about; "*" stands for all. */
export interface WebhookRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
}

export interface RegisteredWebhook {
  readonly name: string;
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly rules?: readonly WebhookRule[];
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
  readonly clientConfig: { readonly service?: { readonly namespace: string; readonly name: string } };
}

/** Mutating or validating. */
export interface RegisteredWebhooks extends KubeObject {
  readonly webhooks?: readonly RegisteredWebhook[];
}
