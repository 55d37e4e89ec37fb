// Each validation of NodeOverlay, kept once and broken once.
import { conditionRows } from "./condition-rows.ts";
import { openKeys, restrictedKeys } from "./node-rows.ts";
import { fields, values, type ParityTable, type Row } from "./row.ts";

export const nodeOverlayTable: ParityTable = {
  kind: "NodeOverlay",
  good: {
    apiVersion: "karpenter.sh/v1alpha1",
    kind: "NodeOverlay",
    metadata: { name: "discount" },
    spec: { requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] },
  },
  rows: [
    ...values("/spec", "refused", undefined),
    ...values("/spec/foo", "refused", 1),
    ...requirementRows(),
    ...values("/spec/price", "accepted", "0", "5", "0.25", "12.345678"),
    ...values("/spec/price", "refused", "", "-1", "+1", "1.", ".5", "1e-3", "10%", "$1", 1, 0.5),
    ...values("/spec/priceAdjustment", "accepted", "+1", "-1", "+0.05", "-0.05", "+.5", "-.5", "+10%", "+250.5%", "+.5%", "-15%"),
    ...values("/spec/priceAdjustment", "accepted", "-99.9%", "-0%", "-100%", "-250"),
    ...values(
      "/spec/priceAdjustment",
      "refused",
      "",
      "1",
      "10%",
      "-101%",
      "-100.5%",
      "-.5%",
      "+",
      "-",
      "+1.",
      "+%",
      "++1",
      "+1 %",
      1,
      -0.5,
    ),
    fields("a price beside an adjustment", "refused", { "/spec/price": "1", "/spec/priceAdjustment": "+1" }),
    ...values("/spec/capacity", "accepted", {}, { "example.com/dongle": "2" }, { "example.com/dongle": 2, "smarter-devices/fuse": "1" }),
    ...["cpu", "memory", "ephemeral-storage", "pods"].flatMap((name) => values("/spec/capacity", "refused", { [name]: "1" })),
    ...values("/spec/capacity", "refused", { "example.com/dongle": "many" }, { "example.com/dongle": 1.5 }, "2"),
    ...values("/spec/weight", "accepted", 1, 10_000),
    ...values("/spec/weight", "refused", 0, -1, 10_001, 1.5, "1"),
    ...conditionRows({ reasonNeeded: true, typesUnique: true }),
  ],
};

function requirementRows(): readonly Row[] {
  const list = "/spec/requirements";
  const one = (requirement: object) => [{ key: "team", operator: "In", values: ["a"], ...requirement }];
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `team-${index}`, operator: "Exists" }));
  const isPriced = (key: string) => !/instance-tenancy|capacity-reservation|placement-group/.test(key);
  return [
    ...values(list, "refused", undefined, "a", many(101)),
    ...values(list, "accepted", [], many(100)),
    ...openKeys.flatMap((key) => values(list, isPriced(key) ? "accepted" : "refused", one({ key }))),
    ...restrictedKeys.flatMap((key) => values(list, "refused", one({ key }))),
    ...values(list, "accepted", one({ key: "karpenter.sh/nodepool" })),
    ...values(
      list,
      "refused",
      one({ key: undefined }),
      one({ key: "" }),
      one({ key: "a b" }),
      one({ key: `${"a".repeat(253)}/${"b".repeat(63)}` }),
    ),
    ...values(list, "refused", one({ operator: undefined }), one({ operator: "in" }), one({ values: [1] }), one({ minValues: 1 })),
    ...["In", "NotIn"].flatMap((operator) => values(list, "refused", one({ operator, values: [] }), one({ operator, values: undefined }))),
    ...["In", "NotIn"].flatMap((operator) => values(list, "accepted", one({ operator }), one({ operator, values: ["a", "b"] }))),
    ...["Exists", "DoesNotExist"].flatMap((operator) => values(list, "accepted", one({ operator, values: undefined }), one({ operator }))),
    ...["Gt", "Lt", "Gte", "Lte"].flatMap((operator) => [
      ...values(list, "accepted", one({ operator, values: ["0"] }), one({ operator, values: ["16"] })),
      ...values(list, "refused", one({ operator, values: [] }), one({ operator, values: ["-1"] }), one({ operator, values: ["1", "2"] })),
      ...values(list, "refused", one({ operator, values: ["four"] })),
    ]),
  ];
}
