/**
 * NodePool (karpenter.sh/v1): what nodes may be bought for Pods, and how they may be disrupted.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. Fields, defaults and
 * validations are Karpenter 1.15's, so that its manifests apply unchanged.
 */
import { conditionList } from "./condition-list.ts";
import { requirementList, restrictedKeyRules } from "./node-selector-requirement.ts";
import { expireAfter, nodeClassRef, resourceAmounts, startupTaintList, taintList, terminationGracePeriod } from "./node-template.ts";
import type { KubeObject } from "./object.ts";
import { choice, list, mapOf, object, optional, text, whole, type Shape } from "./schema-field.ts";

const immutable = (field: string) => ({
  rule: `self.${field} == oldSelf.${field}`,
  message: `nodeClassRef.${field} can't change; make a new NodePool`,
});

const template = object("What each node gets.", {
  metadata: optional(
    object("Labels and annotations of the nodes.", {
      labels: optional(
        mapOf("Labels of the nodes; Pods may select them.", text("The value of the label.", { maxLength: 63, pattern: "labelValue" }), {
          maxProperties: 100,
          "x-kubernetes-map-type": "atomic",
          "x-kubernetes-validations": restrictedKeyRules({ over: "labels", nodePoolLabel: "refused" }),
        }),
      ),
      annotations: optional(
        mapOf("Annotations of the nodes.", text("The value of the annotation."), { "x-kubernetes-map-type": "granular" }),
      ),
    }),
  ),
  spec: object("The nodes themselves.", {
    nodeClassRef: nodeClassRef([immutable("group"), immutable("kind")]),
    requirements: requirementList({ nodePoolLabel: "refused" }),
    taints: optional(taintList),
    startupTaints: optional(startupTaintList),
    expireAfter: optional(expireAfter),
    terminationGracePeriod: optional(terminationGracePeriod),
  }),
});

const budget = object("One limit on how many nodes may be disrupted at once.", {
  nodes: text("How many: a count, or a percentage of the pool's nodes, rounded up.", { default: "10%", pattern: "budgetNodes" }),
  reasons: optional(
    list("The reasons that it limits; without it, all.", choice("A reason.", ["Underutilized", "Empty", "Drifted", "Unhealthy"]), {
      maxItems: 50,
      "x-kubernetes-list-type": "set",
    }),
  ),
  schedule: optional(text("When it starts to apply: cron in UTC; without it, always.", { pattern: "budgetSchedule" })),
  duration: optional(text("How long it applies from each start.", { pattern: "budgetDuration" })),
});

const disruption = object(
  "How nodes may be disrupted.",
  {
    consolidateAfter: optional(
      text("How long a node must have had no Pod come or go before it is consolidated, or Never.", {
        default: "0s",
        pattern: "durationOrNever",
      }),
    ),
    consolidationPolicy: optional(
      choice("Which nodes are consolidated.", ["WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"], {
        default: "WhenEmptyOrUnderutilized",
      }),
    ),
    budgets: optional(
      list("Limits on nodes disrupted at once; the smallest that applies wins.", budget, {
        default: [{ nodes: "10%" }],
        maxItems: 50,
        "x-kubernetes-list-type": "atomic",
        "x-kubernetes-validations": [
          { rule: "self.all(x, has(x.schedule) == has(x.duration))", message: "schedule and duration go together" },
        ],
      }),
    ),
  },
  { default: { consolidateAfter: "0s" } },
);

export const nodePoolSpecSchema = object(
  "What nodes may be bought.",
  {
    template,
    disruption: optional(disruption),
    limits: optional(resourceAmounts("Most resources that the pool's nodes may have together; nodes counts them.")),
    weight: optional(whole("Pools of more weight are tried first.", { format: "int32", minimum: 1, maximum: 100 })),
    replicas: optional(
      whole("Makes the pool static: this many nodes, whatever the Pods.", {
        format: "int64",
        minimum: 0,
        "x-plimsoll-check": "not built yet: the pool makes no nodes, and its status says so",
      }),
    ),
  },
  {
    "x-kubernetes-validations": [
      {
        rule: "has(self.replicas) == has(oldSelf.replicas)",
        message: "a NodePool can't become static (replicas) or stop being it; make a new one",
      },
      {
        rule: "!has(self.replicas) || !has(self.limits) || self.limits.all(name, name == 'nodes')",
        message: "a static NodePool (replicas) may only limit nodes",
      },
      { rule: "!has(self.replicas) || !has(self.weight)", message: "a static NodePool (replicas) takes no weight" },
    ],
  },
);

export const nodePoolSchema = object("What nodes may be bought for Pods, and how they may be disrupted.", {
  spec: nodePoolSpecSchema,
  status: optional(
    object("What there is.", {
      conditions: optional(conditionList),
      nodes: optional(whole("Nodes of the pool.", { default: 0, format: "int64" })),
      resources: optional(resourceAmounts("Capacity of the pool's nodes together.")),
      nodeClassObservedGeneration: optional(
        whole("The generation of the NodeClass that registration health was last measured with.", { format: "int64" }),
      ),
    }),
  ),
});

/** A NodePool, as on the wire. */
export interface NodePool extends KubeObject, Shape<typeof nodePoolSchema> {}
