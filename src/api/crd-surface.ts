/**
 * What kubectl sees of a kind besides its schema: short names, printer columns, the scale subresource.
 *
 * Constants. Columns of priority 1 show with -o wide. Karpenter's kinds show what upstream shows.
 */
import type { CrdKind } from "./json-schema.ts";

/** One column of kubectl get. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date" | "boolean";
  readonly jsonPath: string;
  readonly priority?: 1;
  readonly description?: string;
}

interface CrdSurface {
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string };
}

const ready = conditionColumn("Ready", "Ready");
const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

export const crdSurface: Readonly<Record<CrdKind, CrdSurface>> = {
  // What the spec leaves out is decided by the class, so the columns read status.resolved and never the spec.
  WorkloadProfile: {
    shortNames: ["wlp"],
    columns: [
      { name: "Class", type: "string", jsonPath: ".status.resolved.runtimeClass" },
      { name: "Targets", type: "integer", jsonPath: ".status.targetCount", description: "workloads that the profile binds" },
      { name: "Min", type: "integer", jsonPath: ".status.resolved.availability.minReplicas" },
      { name: "Max", type: "integer", jsonPath: ".status.resolved.scaling.maxReplicas" },
      {
        name: "Evict",
        type: "string",
        jsonPath: ".status.evictionsAllowed.summary",
        description: "Pods that may be evicted at once: now/at minReplicas",
      },
      { name: "Spot", type: "boolean", jsonPath: ".status.resolved.cost.spotAllowed" },
      conditionColumn("Placeable", "Placeable"),
      conditionColumn("DrainSafe", "DrainSafe"),
      ready,
      age,
      wide({ name: "Pool", type: "string", jsonPath: ".status.plan.pool" }),
      wide({ name: "$/H", type: "string", jsonPath: ".status.plan.perReplicaHourly", description: "US dollars an hour for one replica" }),
      wide({ name: "Owner", type: "string", jsonPath: ".status.resolved.cost.owner" }),
      wide({ name: "Exempt-Until", type: "string", jsonPath: ".status.exemptUntil" }),
      wide({ name: "Hash", type: "string", jsonPath: ".status.compiled.hash" }),
    ],
  },
  NodePool: {
    categories: ["karpenter"],
    columns: [
      { name: "NodeClass", type: "string", jsonPath: ".spec.template.spec.nodeClassRef.name" },
      { name: "Nodes", type: "string", jsonPath: ".status.nodes" },
      ready,
      age,
      wide({ name: "Weight", type: "integer", jsonPath: ".spec.weight" }),
      wide({ name: "CPU", type: "string", jsonPath: ".status.resources.cpu" }),
      wide({ name: "Memory", type: "string", jsonPath: ".status.resources.memory" }),
    ],
    scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.nodes" },
  },
  NodeClaim: {
    categories: ["karpenter"],
    columns: [
      labelColumn("Type", "node.kubernetes.io/instance-type"),
      labelColumn("Capacity", "karpenter.sh/capacity-type"),
      labelColumn("Zone", "topology.kubernetes.io/zone"),
      { name: "Node", type: "string", jsonPath: ".status.nodeName" },
      ready,
      age,
      wide({ name: "ImageID", type: "string", jsonPath: ".status.imageID" }),
      wide({ name: "ID", type: "string", jsonPath: ".status.providerID" }),
      wide(labelColumn("NodePool", "karpenter.sh/nodepool")),
      wide({ name: "NodeClass", type: "string", jsonPath: ".spec.nodeClassRef.name" }),
      wide(conditionColumn("Drifted", "Drifted")),
    ],
  },
  EC2NodeClass: {
    shortNames: ["ec2nc", "ec2ncs"],
    categories: ["karpenter"],
    columns: [ready, age, wide({ name: "Role", type: "string", jsonPath: ".spec.role" })],
  },
  NodeOverlay: {
    shortNames: ["overlays"],
    categories: ["karpenter"],
    columns: [ready, age, wide({ name: "Weight", type: "integer", jsonPath: ".spec.weight" })],
  },
  CapacityBuffer: {
    shortNames: ["cb"],
    categories: ["autoscaling"],
    columns: [
      { name: "Strategy", type: "string", jsonPath: ".spec.provisioningStrategy", description: "how the room is kept" },
      { name: "PodTemplate", type: "string", jsonPath: ".status.podTemplateRef.name", description: "what a chunk is made from" },
      { name: "Replicas", type: "integer", jsonPath: ".status.replicas", description: "how many chunks there are" },
      { name: "ConditionsType", type: "string", jsonPath: ".status.conditions[*].type", description: "types of all conditions" },
      { name: "ConditionsStatus", type: "string", jsonPath: ".status.conditions[*].status", description: "their status" },
      { name: "ConditionsReason", type: "string", jsonPath: ".status.conditions[*].reason", description: "their reasons" },
      age,
    ],
  },
};

function conditionColumn(name: string, type: string): PrinterColumn {
  return { name, type: "string", jsonPath: `.status.conditions[?(@.type=="${type}")].status` };
}

function labelColumn(name: string, label: string): PrinterColumn {
  return { name, type: "string", jsonPath: `.metadata.labels.${label.replaceAll(".", "\\.")}` };
}

function wide(column: PrinterColumn): PrinterColumn {
  return { ...column, priority: 1 };
}
