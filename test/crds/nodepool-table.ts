// Each validation and default of NodePool, kept once and broken once.
import { conditionRows } from "./condition-rows.ts";
import { nodeRows, openKeys, restrictedKeys } from "./node-rows.ts";
import { fields, statusValues, update, values, type ParityTable, type Row } from "./row.ts";

const nodes = "/spec/template/spec";

export const nodePoolTable: ParityTable = {
  kind: "NodePool",
  good: {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "general" },
    spec: {
      template: {
        spec: {
          nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
          requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }],
        },
      },
    },
  },
  rows: [
    ...values("/spec", "refused", undefined),
    ...values("/spec/template", "refused", undefined, {}),
    ...values("/spec/foo", "refused", 1),
    ...nodeRows(nodes),
    ...values(`${nodes}/requirements`, "refused", [{ key: "karpenter.sh/nodepool", operator: "Exists" }]),
    ...labelRows(),
    ...disruptionRows(),
    ...limitRows(),
    ...staticRows(),
    ...transitionRows(),
    ...statusRows(),
  ],
};

function labelRows(): readonly Row[] {
  const labels = "/spec/template/metadata/labels";
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`label-${index}`, "a"]));
  return [
    ...openKeys.flatMap((key) => values(labels, "accepted", { [key]: "a" })),
    ...restrictedKeys.flatMap((key) => values(labels, "refused", { [key]: "a" })),
    ...values(labels, "refused", { "karpenter.sh/nodepool": "a" }, many(101), { team: "a b" }, { team: "a".repeat(64) }, { team: 1 }),
    ...values(labels, "accepted", {}, many(100), { team: "" }, { team: "a".repeat(63) }),
    ...values("/spec/template/metadata/annotations", "accepted", {}, { "example.com/note": "any text" }),
    ...values("/spec/template/metadata/annotations", "refused", { "example.com/note": 1 }),
    ...values("/spec/template/metadata/name", "refused", "unknown"),
  ];
}

function disruptionRows(): readonly Row[] {
  const budgets = "/spec/disruption/budgets";
  const one = (budget: object) => [{ nodes: "1", ...budget }];
  const window = { schedule: "0 9 * * 1-5", duration: "8h" };
  return [
    ...values("/spec/disruption", "accepted", undefined, {}, { consolidateAfter: "30s" }),
    ...values("/spec/disruption/consolidateAfter", "accepted", "Never", "0s", "1h30m"),
    ...values("/spec/disruption/consolidateAfter", "refused", "", "never", "30", "1d", 30),
    ...values("/spec/disruption/consolidationPolicy", "accepted", "WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"),
    ...values("/spec/disruption/consolidationPolicy", "refused", "", "WhenUnderutilized", "Never"),
    ...values(
      budgets,
      "accepted",
      [],
      Array.from({ length: 50 }, () => ({ nodes: "1" })),
      [{}],
    ),
    ...values(
      budgets,
      "refused",
      Array.from({ length: 51 }, () => ({ nodes: "1" })),
    ),
    ...values(budgets, "accepted", ...["0", "5", "1000", "0%", "10%", "99%", "100%"].map((count) => one({ nodes: count }))),
    ...values(budgets, "refused", ...["", "101%", "-1", "1.5", "5.5%", "five", "1000%", 5].map((count) => one({ nodes: count }))),
    ...values(budgets, "accepted", one({ reasons: ["Underutilized", "Empty", "Drifted", "Unhealthy"] }), one({ reasons: [] })),
    ...values(budgets, "refused", one({ reasons: ["Expired"] }), one({ reasons: ["Empty", "Empty"] }), one({ reasons: "Empty" })),
    ...values(budgets, "refused", one({ reasons: Array.from({ length: 51 }, () => "Empty") })),
    ...values(budgets, "refused", one({ schedule: "@daily" }), one({ duration: "8h" })),
    ...schedules("accepted", "@annually", "@yearly", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "0 9 * * 1-5", "*/5 * * * *"),
    // The names need not end there, and a sixth field passes: the controller reads schedules again.
    ...schedules("accepted", "@dailyish", "0 9 * * 1 2", "a b c d e", "a  b  c  d  e", "0 9 * * 1-5 "),
    ...schedules("refused", "", "@every 1h", "daily", " @daily", "0 9 * *", "0 9 * * ", "a  b  c"),
    ...values(budgets, "accepted", ...["30m", "8h", "1h30m", "8h0s", "0h"].map((duration) => one({ ...window, duration }))),
    ...values(
      budgets,
      "refused",
      ...["", "30s", "1d", "1h30", "30m1h", "1.5h", "Never", 8].map((duration) => one({ ...window, duration })),
    ),
    ...values(budgets, "refused", one({ foo: 1 })),
  ];
}

function schedules(verdict: "accepted" | "refused", ...given: readonly string[]): readonly Row[] {
  return given.flatMap((schedule) => values("/spec/disruption/budgets", verdict, [{ nodes: "1", schedule, duration: "1h" }]));
}

function limitRows(): readonly Row[] {
  return [
    ...["10", 10, "1500m", "2Gi", "1e3", ".5", "+1", "-1", "0"].flatMap((cpu) => values("/spec/limits", "accepted", { cpu })),
    ...["", "10x", "1 Gi", "Gi", 1.5, true].flatMap((cpu) => values("/spec/limits", "refused", { cpu })),
    ...values("/spec/weight", "accepted", 1, 100),
    ...values("/spec/weight", "refused", 0, 101, -1, "1", 1.5),
    ...values("/spec/replicas", "accepted", 0, 5),
    ...values("/spec/replicas", "refused", -1, "5", 1.5),
  ];
}

function staticRows(): readonly Row[] {
  const replicas = { "/spec/replicas": 3 };
  return [
    fields("a static pool with a weight", "refused", { ...replicas, "/spec/weight": 10 }),
    fields("a static pool with a limit on cpu", "refused", { ...replicas, "/spec/limits": { cpu: "10" } }),
    fields("a static pool with limits on cpu and nodes", "refused", { ...replicas, "/spec/limits": { cpu: "10", nodes: "5" } }),
    fields("a static pool with a limit on nodes", "accepted", { ...replicas, "/spec/limits": { nodes: "5" } }),
    fields("a static pool with empty limits", "accepted", { ...replicas, "/spec/limits": {} }),
  ];
}

function transitionRows(): readonly Row[] {
  const replicas = { "/spec/replicas": 3 };
  return [
    update("a dynamic pool that becomes static", "refused", { to: replicas }),
    update("a static pool that becomes dynamic", "refused", { from: replicas, to: { "/spec/replicas": undefined } }),
    update("a static pool that changes its replicas", "accepted", { from: replicas, to: { "/spec/replicas": 5 } }),
    update("a change of nodeClassRef.group", "refused", { to: { [`${nodes}/nodeClassRef/group`]: "example.com" } }),
    update("a change of nodeClassRef.kind", "refused", { to: { [`${nodes}/nodeClassRef/kind`]: "Other" } }),
    update("a change of nodeClassRef.name", "accepted", { to: { [`${nodes}/nodeClassRef/name`]: "other" } }),
    update("a change of the requirements", "accepted", { to: { [`${nodes}/requirements`]: [] } }),
  ];
}

function statusRows(): readonly Row[] {
  return [
    ...conditionRows({ reasonNeeded: true, typesUnique: true }),
    ...statusValues("/status/nodes", "accepted", 3),
    ...statusValues("/status/nodes", "refused", "3", 1.5),
    ...statusValues("/status/resources", "accepted", { cpu: "10", memory: "20Gi", nodes: 2 }),
    ...statusValues("/status/resources", "refused", { cpu: "ten" }),
    ...statusValues("/status/nodeClassObservedGeneration", "accepted", 2),
    ...statusValues("/status/nodeClassObservedGeneration", "refused", "2"),
  ];
}
