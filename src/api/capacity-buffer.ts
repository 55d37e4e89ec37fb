/**
 * CapacityBuffer (autoscaling.x-k8s.io/v1beta1): room that is kept free for Pods to come.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. The kind is shared with the
 * Cluster Autoscaler; fields, defaults and validations are those of the CRD that Karpenter 1.15 ships.
 */
import { conditionList } from "./condition-list.ts";
import { resourceAmounts } from "./node-template.ts";
import type { KubeObject } from "./object.ts";
import { object, optional, text, whole, type Shape } from "./schema-field.ts";

const podTemplateRef = (description: string) => object(description, { name: text("Name of the PodTemplate.", { minLength: 1 }) });

export const capacityBufferSpecSchema = object(
  "The room that is wanted.",
  {
    provisioningStrategy: optional(
      text("How the room is kept; Karpenter and we know only the default, in which nodes are bought for it.", {
        default: "buffer.x-k8s.io/active-capacity",
      }),
    ),
    podTemplateRef: optional(podTemplateRef("The PodTemplate of one chunk of the buffer, in the same namespace.")),
    scalableRef: optional(
      object("The workload whose Pods are the chunks of the buffer, in the same namespace.", {
        apiGroup: optional(text("API group of the workload; empty for core kinds.")),
        kind: text("Kind of the workload.", { minLength: 1 }),
        name: text("Name of the workload.", { minLength: 1 }),
      }),
    ),
    replicas: optional(whole("How many chunks.", { format: "int32", minimum: 0 })),
    percentage: optional(whole("How many chunks, in percent of the replicas of scalableRef, rounded up.", { format: "int32", minimum: 0 })),
    limits: optional(resourceAmounts("Most resources that all chunks may ask for together.")),
  },
  {
    "x-kubernetes-validations": [
      {
        rule: "!has(self.podTemplateRef) || has(self.replicas) || has(self.limits)",
        message: "a buffer of a podTemplateRef needs replicas or limits",
      },
      { rule: "!(has(self.podTemplateRef) && has(self.scalableRef))", message: "podTemplateRef and scalableRef exclude each other" },
    ],
  },
);

export const capacityBufferSchema = object("Room that is kept free for Pods to come.", {
  spec: capacityBufferSpecSchema,
  status: optional(
    object("What there is.", {
      conditions: optional(conditionList),
      podTemplateRef: optional(podTemplateRef("The PodTemplate that the chunks were made from.")),
      podTemplateGeneration: optional(whole("The generation of that PodTemplate.", { format: "int64" })),
      provisioningStrategy: optional(text("How the room is kept.")),
      replicas: optional(whole("How many chunks there are.", { format: "int32" })),
    }),
  ),
});

/** A CapacityBuffer, as on the wire. */
export interface CapacityBuffer extends KubeObject, Shape<typeof capacityBufferSchema> {}
