/**
 * Topology spread over zones and labels of one's own, as Karpenter's users count on it (its suite of topology).
 */
import { describe, expect, it } from "vitest";
import { zoneLabel } from "../../../../src/api/labels.ts";
import { pod } from "../../../support/objects.ts";
import { a, b, c, found, full, inZone, planned, pods, poolOf, type Row, spread, spreadOver, spreadOverNone } from "./suite-world.ts";

const byZone = spreadOver(zoneLabel);

const zonal: readonly Row[] = [
  ["without a selector counts no Pod", { pods: pods(2, { spec: spread(spreadOverNone(zoneLabel)) }) }, { [zoneLabel]: [2] }],
  ["by a label's value, balances the zones", { pods: pods(4, { spec: spread(byZone) }) }, { [zoneLabel]: [1, 1, 2] }],
  [
    "by an expression, balances the zones",
    {
      pods: pods(4, {
        spec: spread({ ...byZone, labelSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] } }),
      }),
    },
    { [zoneLabel]: [1, 1, 2] },
  ],
  [
    "keeps to a NodePool of three zones",
    { pods: pods(4, { spec: spread(byZone) }), nodePools: [poolOf({ [zoneLabel]: [a, b, c] })] },
    { [zoneLabel]: [1, 1, 2] },
  ],
  [
    "keeps to a NodePool of two zones",
    { pods: pods(4, { spec: spread(byZone) }), nodePools: [poolOf({ [zoneLabel]: [a, b] })] },
    { [zoneLabel]: [2, 2] },
  ],
  [
    "keeps to the zone that a NodePool's label names",
    { pods: pods(4, { spec: spread(byZone) }), nodePools: [poolOf({}, { labels: { [zoneLabel]: a } })] },
    { [zoneLabel]: [4] },
  ],
  [
    "keeps to the zone that a NodePool's label names among those that it requires",
    { pods: pods(4, { spec: spread(byZone) }), nodePools: [poolOf({ [zoneLabel]: [a, b] }, { labels: { [zoneLabel]: a } })] },
    { [zoneLabel]: [4] },
  ],
  [
    "balances the zones of two NodePools, each with one by its label",
    {
      pods: pods(4, { spec: spread(byZone) }),
      nodePools: [
        poolOf({ [zoneLabel]: [a, b] }, { name: "one", labels: { [zoneLabel]: a } }),
        poolOf({}, { name: "two", labels: { [zoneLabel]: b } }),
      ],
    },
    { [zoneLabel]: [2, 2] },
  ],
  [
    "counts a Pod in a zone that the NodePool can't buy in",
    { pods: pods(6, { spec: spread(byZone) }), nodePools: [poolOf({ [zoneLabel]: [a, b] })], nodes: [inZone(c, 1)] },
    { [zoneLabel]: [1, 2, 2] },
  ],
  [
    "fills a zone that is not the emptiest where it alone is to be had, up to the skew",
    {
      pods: pods(10, { spec: spread({ ...byZone, maxSkew: 5 }) }),
      nodePools: [poolOf({ [zoneLabel]: [c] })],
      nodes: [inZone(a, 1), inZone(b, 1)],
    },
    { [zoneLabel]: [1, 1, 6] },
  ],
  [
    "fills the emptiest zones where the skew is too large already",
    { pods: pods(3, { spec: spread(byZone) }), nodes: [inZone(a, 3)] },
    { [zoneLabel]: [1, 2, 3] },
  ],
  [
    "leaves Pods out rather than break the skew",
    { pods: pods(10, { spec: spread(byZone) }), nodePools: [poolOf({ [zoneLabel]: [b, c] })], nodes: [inZone(a, 1)] },
    { [zoneLabel]: [1, 2, 2] },
  ],
  [
    "counts neither other labels, nor other namespaces, nor Pods that ended or leave, nor nodes without the key",
    {
      pods: pods(3, { spec: spread(byZone) }),
      nodes: [
        full("in-a", { [zoneLabel]: a }, [
          ...pods(1, { name: "held-a" }),
          ...pods(4, { name: "other", labels: { app: "other" } }),
          ...pods(4, { name: "apart", namespace: "other" }),
          leaving("leaving"),
        ]),
        inZone(b, 1),
        full("nowhere", {}, pods(5, { name: "nowhere" })),
      ],
    },
    { [zoneLabel]: [1, 2, 2] },
  ],
  [
    "with more minDomains than zones puts one Pod into each",
    { pods: pods(3, { spec: spread({ ...byZone, minDomains: 3 }) }), nodePools: [poolOf({ [zoneLabel]: [a, b] })] },
    { [zoneLabel]: [1, 1] },
  ],
  [
    "with as many minDomains as zones balances them",
    { pods: pods(11, { spec: spread({ ...byZone, minDomains: 3 }) }) },
    { [zoneLabel]: [3, 4, 4] },
  ],
  [
    "with fewer minDomains than zones balances them",
    { pods: pods(11, { spec: spread({ ...byZone, minDomains: 2 }) }) },
    { [zoneLabel]: [3, 4, 4] },
  ],
];

const rack = "example.com/rack";
const taint = { key: "team", value: "red", effect: "NoSchedule" as const };
const rackOf = (name: string, tainted: boolean) => full(name, { [rack]: name, [zoneLabel]: a }, [], tainted ? [taint] : []);
const labelled: readonly Row[] = [
  [
    "counts domains of tainted nodes where nodeTaintsPolicy ignores taints",
    {
      pods: pods(5, { spec: spread(spreadOver(rack, { nodeTaintsPolicy: "Ignore" })) }),
      nodePools: [poolOf({}, { labels: { [rack]: "new" } })],
      nodes: [rackOf("one", true), rackOf("two", true)],
    },
    { [rack]: [1] },
  ],
  [
    "counts no domain of tainted nodes where nodeTaintsPolicy honors taints",
    {
      pods: pods(5, { spec: spread(spreadOver(rack, { nodeTaintsPolicy: "Honor" })) }),
      nodePools: [poolOf({}, { labels: { [rack]: "new" } })],
      nodes: [rackOf("one", true), rackOf("two", true)],
    },
    { [rack]: [5] },
  ],
  [
    "counts domains that a Pod's selector excludes where nodeAffinityPolicy ignores it",
    {
      pods: pods(5, { spec: { ...spread(spreadOver(rack, { nodeAffinityPolicy: "Ignore" })), nodeSelector: { team: "red" } } }),
      nodePools: [poolOf({}, { labels: { [rack]: "new", team: "red" } })],
      nodes: [rackOf("one", false), rackOf("two", false)],
    },
    { [rack]: [1] },
  ],
  [
    "counts no domain that a Pod's selector excludes where nodeAffinityPolicy honors it",
    {
      pods: pods(5, { spec: { ...spread(spreadOver(rack, { nodeAffinityPolicy: "Honor" })), nodeSelector: { team: "red" } } }),
      nodePools: [poolOf({}, { labels: { [rack]: "new", team: "red" } })],
      nodes: [rackOf("one", false), rackOf("two", false)],
    },
    { [rack]: [5] },
  ],
];

describe.each([
  ["a spread over zones", zonal],
  ["a spread over a label of one's own", labelled],
])("%s", (_what, rows) => {
  it.each(rows)("%s", (_title, given, expected) => {
    expect(found(given, expected)).toEqual(expected);
  });
});

it("a spread over a key that no node has binds nothing", () => {
  expect(planned({ pods: pods(2, { spec: spread(spreadOver("unknown")) }) })).toMatchObject({ newNodes: [], unschedulable: [{}, {}] });
});

function leaving(name: string) {
  const one = pod({ name, namespace: "shop", labels: { app: "web" } });
  return { ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
}
