/**
 * Topology spread over hosts, capacity types and architectures, alone and together, as Karpenter's users count on it (its suite of topology).
 */
import { describe, expect, it } from "vitest";
import { archLabel, capacityTypeLabel, hostnameLabel, zoneLabel } from "../../../../src/api/labels.ts";
import {
  a,
  b,
  c,
  countsBy,
  found,
  full,
  inZone,
  onNodes,
  planned,
  pods,
  poolOf,
  type Row,
  spread,
  spreadOver,
  spreadOverNone,
} from "./suite-world.ts";

const byZone = spreadOver(zoneLabel);
const byHost = spreadOver(hostnameLabel);
const byCapacity = spreadOver(capacityTypeLabel);
const ofCapacity = (type: string, web: number) =>
  full(`on-${type}`, { [capacityTypeLabel]: type, [zoneLabel]: a }, pods(web, { name: type }));

const hosts: readonly Row[] = [
  ["one Pod to a host", { pods: pods(4, { spec: spread(byHost) }) }, { [hostnameLabel]: [1, 1, 1, 1] }],
  ["up to the skew on one host", { pods: pods(4, { spec: spread({ ...byHost, maxSkew: 4 }) }) }, { [hostnameLabel]: [4] }],
  [
    "in two versions of a workload, told apart by matchLabelKeys",
    {
      pods: ["one", "two"].flatMap((version) =>
        pods(2, { name: version, labels: { app: "web", version }, spec: spread({ ...byHost, matchLabelKeys: ["version"] }) }),
      ),
    },
    { [hostnameLabel]: [2, 2] },
  ],
  [
    "with matchLabelKeys that the Pods lack",
    { pods: pods(4, { spec: spread({ ...byHost, matchLabelKeys: ["version"] }) }) },
    { [hostnameLabel]: [1, 1, 1, 1] },
  ],
];

const capacityTypes: readonly Row[] = [
  ["balances both", { pods: pods(4, { spec: spread(byCapacity) }) }, { [capacityTypeLabel]: [2, 2] }],
  [
    "balances both where the NodePool names them",
    { pods: pods(4, { spec: spread(byCapacity) }), nodePools: [poolOf({ [capacityTypeLabel]: ["spot", "on-demand"] })] },
    { [capacityTypeLabel]: [2, 2] },
  ],
  [
    "leaves Pods out rather than break the skew",
    {
      pods: pods(5, { spec: spread(byCapacity) }),
      nodePools: [poolOf({ [capacityTypeLabel]: ["on-demand"] })],
      nodes: [ofCapacity("spot", 1)],
    },
    { [capacityTypeLabel]: [1, 2] },
  ],
  [
    "breaks the skew where the constraint is a wish",
    {
      pods: pods(5, { spec: spread({ ...byCapacity, whenUnsatisfiable: "ScheduleAnyway" }) }),
      nodePools: [poolOf({ [capacityTypeLabel]: ["on-demand"] })],
      nodes: [ofCapacity("spot", 1)],
    },
    { [capacityTypeLabel]: [1, 5] },
  ],
  [
    "counts neither other labels nor other namespaces",
    {
      pods: pods(4, { spec: spread(byCapacity) }),
      nodes: [
        full("spot", { [capacityTypeLabel]: "spot", [zoneLabel]: a }, [
          ...pods(1, { name: "held" }),
          ...pods(3, { name: "x", labels: { app: "x" } }),
          ...pods(3, { namespace: "other" }),
        ]),
      ],
    },
    { [capacityTypeLabel]: [2, 3] },
  ],
  [
    "without a selector counts no Pod",
    { pods: pods(3, { spec: spread(spreadOverNone(capacityTypeLabel)) }) },
    { [capacityTypeLabel]: [3] },
  ],
  [
    "counts only nodes that the Pod's node affinity takes",
    {
      pods: pods(5, { spec: { ...spread(byCapacity), ...onNodes({ [zoneLabel]: [b], [capacityTypeLabel]: ["spot"] }) } }),
      nodes: [ofCapacity("on-demand", 1)],
    },
    { [capacityTypeLabel]: [1, 5] },
  ],
  [
    "counts all nodes where the NodePool alone is restricted",
    {
      pods: pods(5, { spec: spread(byCapacity) }),
      nodePools: [poolOf({ [capacityTypeLabel]: ["spot"] })],
      nodes: [ofCapacity("on-demand", 1)],
    },
    { [capacityTypeLabel]: [1, 2] },
  ],
  [
    "does so for architectures",
    { pods: pods(5, { spec: spread(spreadOver(archLabel)) }), nodePools: [poolOf({ [archLabel]: ["arm64"] })], nodes: [inZone(a, 1)] },
    { [archLabel]: [1, 2] },
  ],
];

const together: readonly Row[] = [
  ...[2, 5, 10, 21].map((count): Row => {
    const each = [0, 1, 2].map((index) => Math.floor((count + index) / 3)).filter((one) => one > 0);
    return [
      `zones and hosts, ${count} Pods`,
      { pods: pods(count, { spec: spread(byZone, { ...byHost, maxSkew: 3 }) }) },
      { [zoneLabel]: each },
    ];
  }),
  ...[2, 5, 10, 21].map((count): Row => [
    `capacity types and hosts, ${count} Pods`,
    { pods: pods(count, { spec: spread(byCapacity, { ...byHost, maxSkew: 3 }) }) },
    { [capacityTypeLabel]: [Math.floor(count / 2), Math.ceil(count / 2)] },
  ]),
  [
    "zones of which one has a NodePool at its limit, and hosts as a wish",
    {
      pods: pods(10, { spec: spread(byZone, { ...byHost, whenUnsatisfiable: "ScheduleAnyway" }) }),
      nodePools: [poolOf({ [zoneLabel]: [a, b] }, { name: "open" }), poolOf({ [zoneLabel]: [c] }, { name: "shut", limits: { cpu: "0" } })],
    },
    // kube-scheduler knows no zone without a node.
    { [zoneLabel]: [5, 5] },
  ],
  [
    "zones and the nodes that a nodeSelector takes",
    {
      pods: [a, b].flatMap((zone, index) =>
        pods(5 + 5 * index, { name: zone, spec: { ...spread(byZone), nodeSelector: { [zoneLabel]: zone } } }),
      ),
    },
    { [zoneLabel]: [5, 10] },
  ],
  [
    "zones and the two that a Pod asks for",
    { pods: pods(10, { spec: { ...spread(byZone), ...onNodes({ [zoneLabel]: [a, b] }) } }) },
    { [zoneLabel]: [5, 5] },
  ],
  [
    "zones and two that a Pod prefers",
    {
      pods: pods(6, {
        spec: {
          ...spread(byZone),
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 1, preference: { matchExpressions: [{ key: zoneLabel, operator: "In", values: [a, b] }] } },
              ],
            },
          },
        },
      }),
    },
    { [zoneLabel]: [2, 2, 2] },
  ],
  [
    "capacity types and the one that a nodeSelector takes",
    {
      pods: ["spot", "on-demand"].flatMap((type, index) =>
        pods(5 + 5 * index, { name: type, spec: { ...spread(byCapacity), nodeSelector: { [capacityTypeLabel]: type } } }),
      ),
    },
    { [capacityTypeLabel]: [5, 10] },
  ],
  [
    "capacity types and the one that a Pod asks for",
    { pods: pods(6, { spec: { ...spread(byCapacity), ...onNodes({ [capacityTypeLabel]: ["spot"] }) } }) },
    { [capacityTypeLabel]: [6] },
  ],
];

describe.each([
  ["a spread over hosts puts", hosts],
  ["a spread over capacity types", capacityTypes],
  ["a spread keeps both:", together],
])("%s", (_what, rows) => {
  it.each(rows)("%s", (_title, given, expected) => {
    expect(found(given, expected)).toEqual(expected);
  });
});

it("no host has more than its skew allows, beside zones", () => {
  const plan = planned({ pods: pods(21, { spec: spread(byZone, { ...byHost, maxSkew: 3 }) }) });
  expect(Math.max(...countsBy(hostnameLabel, plan))).toBeLessThanOrEqual(3);
});

it.each([
  ["share two hosts", ["amd64", "amd64"], 2],
  ["of two architectures take four", ["amd64", "arm64"], 4],
] as const)("two Deployments that each keep their Pods on hosts of their own %s", (_what, archs, count) => {
  const both = archs.flatMap((arch, index) =>
    pods(2, {
      name: `app${index}`,
      labels: { app: `app${index}` },
      spec: { ...spread({ ...byHost, labelSelector: { matchLabels: { app: `app${index}` } } }), nodeSelector: { [archLabel]: arch } },
    }),
  );
  expect(planned({ pods: both }).newNodes).toHaveLength(count);
});
