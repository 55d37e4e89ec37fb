// Each validation and default of CapacityBuffer, kept once and broken once.
import { conditionRows } from "./condition-rows.ts";
import { fields, statusValues, values, type ParityTable, type Row } from "./row.ts";

export const capacityBufferTable: ParityTable = {
  kind: "CapacityBuffer",
  good: {
    apiVersion: "autoscaling.x-k8s.io/v1beta1",
    kind: "CapacityBuffer",
    metadata: { name: "spare", namespace: "default" },
    spec: { podTemplateRef: { name: "web" }, replicas: 2 },
  },
  rows: [
    ...values("/spec", "refused", undefined),
    ...values("/spec", "accepted", {}),
    ...values("/spec/foo", "refused", 1),
    ...values("/spec/provisioningStrategy", "accepted", undefined, "", "example.com/other"),
    ...values("/spec/provisioningStrategy", "refused", 1),
    ...values("/spec/podTemplateRef", "accepted", undefined, { name: "other" }),
    ...values("/spec/podTemplateRef", "refused", {}, { name: "" }, "web"),
    ...scalableRows(),
    ...["replicas", "percentage"].flatMap((field) => [
      ...values(`/spec/${field}`, "accepted", 0, 1, 2_147_483_647),
      ...values(`/spec/${field}`, "refused", -1, 1.5, "1", 2_147_483_648),
    ]),
    ...values("/spec/limits", "accepted", {}, { cpu: "4", memory: "16Gi" }, { cpu: 4 }),
    ...values("/spec/limits", "refused", { cpu: "four" }, { cpu: 1.5 }, "4"),
    fields("a template with neither replicas nor limits", "refused", { "/spec/replicas": undefined }),
    fields("a template with limits alone", "accepted", { "/spec/replicas": undefined, "/spec/limits": { cpu: "4" } }),
    fields("a template with a percentage alone", "refused", { "/spec/replicas": undefined, "/spec/percentage": 10 }),
    ...conditionRows({ reasonNeeded: true, typesUnique: true }),
    ...statusValues("/status/podTemplateRef", "accepted", { name: "web" }),
    ...statusValues("/status/podTemplateRef", "refused", {}, { name: "" }),
    ...statusValues("/status/podTemplateGeneration", "accepted", 0, 3),
    ...statusValues("/status/podTemplateGeneration", "refused", "3"),
    ...statusValues("/status/provisioningStrategy", "accepted", "buffer.x-k8s.io/active-capacity"),
    ...statusValues("/status/replicas", "accepted", 0, 3),
    ...statusValues("/status/replicas", "refused", "3"),
  ],
};

function scalableRows(): readonly Row[] {
  const of = (scalableRef: unknown) => ({ "/spec/podTemplateRef": undefined, "/spec/scalableRef": scalableRef });
  const web = { apiGroup: "apps", kind: "Deployment", name: "web" };
  return [
    fields("a workload", "accepted", of(web)),
    fields("a workload of the core group", "accepted", of({ kind: "ReplicationController", name: "web" })),
    fields("a workload without replicas, percentage and limits", "accepted", { ...of(web), "/spec/replicas": undefined }),
    fields("a workload without a kind", "refused", of({ name: "web" })),
    fields("a workload without a name", "refused", of({ kind: "Deployment" })),
    fields("a workload of an empty kind", "refused", of({ ...web, kind: "" })),
    fields("a workload of an empty name", "refused", of({ ...web, name: "" })),
    fields("a workload beside a template", "refused", { "/spec/scalableRef": web }),
  ];
}
