/**
 * Foreign webhooks: whose answer a Pod to come depends on.
 */
import { expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { RegisteredWebhook, RegisteredWebhooks } from "../../../src/api/webhook-configuration.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { foreignWebhooks } from "../../../src/provisioner/prediction/foreign-webhooks.ts";
import { namespaceObject, pod } from "../../support/objects.ts";

const ofPods = { operations: ["CREATE"], apiGroups: [""], resources: ["pods"] };

const check = (name: string, webhook: Partial<RegisteredWebhook>, isAsked: boolean): void => {
  test(name, () => {
    const configuration: RegisteredWebhooks = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: "mesh" },
      webhooks: [{ name: "mesh.example.com", clientConfig: {}, rules: [ofPods], ...webhook }],
    };
    const snapshot = snapshotOf([namespaceObject("shop", { mesh: "on" }), configuration]);
    const found = foreignWebhooks({ pod: pod({ labels: { app: "web" } }), snapshot, names: platformNames() });
    expect(found).toEqual(isAsked ? [webhook.name ?? "mesh.example.com"] : []);
  });
};

check("a webhook of new Pods is asked", {}, true);
check("one of everything is asked", { rules: [{ operations: ["*"], apiGroups: ["*"], resources: ["*"] }] }, true);
check("one of other kinds is not", { rules: [{ ...ofPods, apiGroups: ["apps"], resources: ["deployments"] }] }, false);
check("one of Pods that change is not", { rules: [{ ...ofPods, operations: ["UPDATE"] }] }, false);
check("one of a subresource is not", { rules: [{ ...ofPods, resources: ["pods/exec"] }] }, false);
check("one that selects the namespace is asked", { namespaceSelector: { matchLabels: { mesh: "on" } } }, true);
check("one that does not select the namespace is not", { namespaceSelector: { matchLabels: { mesh: "off" } } }, false);
check("one that does not select the Pod is not", { objectSelector: { matchLabels: { app: "db" } } }, false);
check("our own is known", { name: platformNames().mutatingWebhook }, false);
