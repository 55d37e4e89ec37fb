// Each validation and default of NodeClaim, kept once and broken once.
import { conditionRows } from "./condition-rows.ts";
import { nodeRows } from "./node-rows.ts";
import { statusValues, update, values, type ParityTable } from "./row.ts";

export const nodeClaimTable: ParityTable = {
  kind: "NodeClaim",
  good: {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-abcde" },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }],
    },
  },
  rows: [
    ...values("/spec", "refused", undefined),
    ...values("/spec/foo", "refused", 1),
    ...nodeRows("/spec"),
    ...values("/spec/requirements", "accepted", [{ key: "karpenter.sh/nodepool", operator: "In", values: ["general"] }]),
    ...values("/spec/resources", "accepted", {}, { requests: {} }, { requests: { cpu: "1500m", memory: "2Gi", pods: 5 } }),
    ...values("/spec/resources", "refused", { requests: { cpu: "1 core" } }, { requests: { cpu: 1.5 } }, { limits: { cpu: "1" } }),
    update("a change of the spec", "refused", { to: { "/spec/expireAfter": "24h" } }),
    update("a change of requirements", "refused", { to: { "/spec/requirements": [] } }),
    update("a change of labels", "accepted", { to: { "/metadata/labels": { team: "a" } } }),
    ...conditionRows({ reasonNeeded: false, typesUnique: true }),
    ...["nodeName", "providerID", "imageID"].flatMap((field) => [
      ...statusValues(`/status/${field}`, "accepted", "a"),
      ...statusValues(`/status/${field}`, "refused", 1),
    ]),
    ...["capacity", "allocatable"].flatMap((field) => [
      ...statusValues(`/status/${field}`, "accepted", { cpu: "2", memory: "7576Mi", pods: 29 }),
      ...statusValues(`/status/${field}`, "refused", { cpu: "two" }),
    ]),
    ...statusValues("/status/lastPodEventTime", "accepted", "2026-01-01T00:00:00Z"),
    ...statusValues("/status/lastPodEventTime", "refused", "now"),
  ],
};
