/**
 * The Pod that a controller makes from its owner's template.
 *
 * Reads the owner. Returns what the real controllers of ReplicaSets and Jobs send: a generated name, the template's labels and
 * annotations, and a controller reference back.
 */
import type { KubeObject } from "../../api/object.ts";
import type { Pod, PodTemplate } from "../../api/pod.ts";

export interface TemplateOwner extends KubeObject {
  readonly spec: { readonly template: PodTemplate };
}

/** Returns a Pod of an owner's template, with labels beside the template's. */
export function podOfTemplate(owner: TemplateOwner, labels: Readonly<Record<string, string>> = {}): Pod {
  const { apiVersion, kind, metadata, spec } = owner;
  const { name = "", namespace = "", uid = "" } = metadata;
  const said = spec.template.metadata;
  const isLabelled = said?.labels !== undefined || Object.keys(labels).length > 0;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${name}-`,
      namespace,
      ...(isLabelled ? { labels: { ...said?.labels, ...labels } } : {}),
      ...(said?.annotations === undefined ? {} : { annotations: said.annotations }),
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: spec.template.spec,
  };
}
