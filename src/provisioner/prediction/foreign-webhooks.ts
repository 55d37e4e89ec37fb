/**
 * Foreign webhooks: who else may change or refuse a Pod when it is made.
 *
 * Reads the registered webhooks of a snapshot. Returns the names of those besides our own that are asked about the creation of a Pod
 * such as this one. What they answer nobody can tell beforehand, so their conditions in CEL count as met.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { RegisteredWebhook, RegisteredWebhooks, WebhookRule } from "../../api/webhook-configuration.ts";
import { remembered } from "../../kube/remembered.ts";
import { matchesSelector } from "../../kube/selector.ts";

/** Returns the webhooks of other hands that a new Pod will meet, sorted by name. */
export function foreignWebhooks(input: {
  readonly pod: Pod;
  readonly snapshot: ClusterSnapshot;
  readonly names: Pick<PlatformNames, "mutatingWebhook" | "validatingWebhook">;
}): readonly string[] {
  const { pod, snapshot, names } = input;
  const own = new Set([names.mutatingWebhook, names.validatingWebhook]);
  const registered = [...snapshot.list("MutatingWebhookConfiguration"), ...snapshot.list("ValidatingWebhookConfiguration")];
  const asked = registered.flatMap(podWebhooks).filter(({ name }) => !own.has(name));
  if (asked.length === 0) return [];
  const namespace = snapshot.get("Namespace", { namespace: "", name: pod.metadata.namespace ?? "" });
  const namespaceLabels = namespace?.metadata.labels ?? {};
  return asked
    .filter(({ namespaceSelector = {}, objectSelector = {} }) => {
      return matchesSelector(namespaceSelector, namespaceLabels) && matchesSelector(objectSelector, pod.metadata.labels);
    })
    .map(({ name }) => name)
    .sort();
}

/** The webhooks of one configuration that are asked when a Pod is made. */
const podWebhooks = remembered(({ webhooks = [] }: RegisteredWebhooks): readonly RegisteredWebhook[] =>
  webhooks.filter(({ rules = [] }) => rules.some(isOfNewPods)),
);

function isOfNewPods({ operations = [], apiGroups = [], resources = [] }: WebhookRule): boolean {
  const holds = (list: readonly string[], ...words: readonly string[]): boolean => list.some((word) => words.includes(word));
  return holds(operations, "CREATE", "*") && holds(apiGroups, "", "*") && holds(resources, "pods", "*", "*/*");
}
