/**
 * NodeClaim (karpenter.sh/v1): one node that was asked for, from the request to its end.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. Fields, defaults and
 * validations are Karpenter 1.15's. The spec never changes; what happens stands in conditions.
 */
import { laxConditionList } from "./condition-list.ts";
import { requirementList } from "./node-selector-requirement.ts";
import { expireAfter, nodeClassRef, resourceAmounts, startupTaintList, taintList, terminationGracePeriod } from "./node-template.ts";
import type { KubeObject } from "./object.ts";
import { object, optional, text, type Shape } from "./schema-field.ts";

export const nodeClaimSpecSchema = object(
  "The node that is wanted; it never changes.",
  {
    nodeClassRef: nodeClassRef([]),
    requirements: requirementList({ nodePoolLabel: "allowed" }),
    taints: optional(taintList),
    startupTaints: optional(startupTaintList),
    resources: optional(
      object("What the node must have room for.", {
        requests: optional(resourceAmounts("The Pods it was made for, and the least DaemonSet overhead.")),
      }),
    ),
    expireAfter: optional(expireAfter),
    terminationGracePeriod: optional(terminationGracePeriod),
  },
  { "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "the spec of a NodeClaim can't change" }] },
);

export const nodeClaimSchema = object("One node that was asked for, from the request to its end.", {
  spec: nodeClaimSpecSchema,
  status: optional(
    object("What became of it.", {
      conditions: optional(laxConditionList),
      nodeName: optional(text("Name of the Node.")),
      providerID: optional(text("The instance, in the words of the provider.")),
      imageID: optional(text("The image that the instance runs.")),
      capacity: optional(resourceAmounts("What the node has, estimated until it has joined.")),
      allocatable: optional(resourceAmounts("What Pods may use of it.")),
      lastPodEventTime: optional(text("When a Pod last came or went; consolidateAfter counts from it.", { format: "date-time" })),
    }),
  ),
});

/** A NodeClaim, as on the wire. */
export interface NodeClaim extends KubeObject, Shape<typeof nodeClaimSchema> {}
