/**
 * Node selectors, node affinity and preferences as Karpenter's users count on them (its suite of scheduling).
 */
import { describe, expect, it } from "vitest";
import { archLabel, hostnameLabel, instanceTypeLabel, osLabel, zoneLabel } from "../../../../src/api/labels.ts";
import type { NodePool } from "../../../../src/api/node-pool.ts";
import type { NodeSelectorRequirement, PodSpec } from "../../../../src/api/pod.ts";
import { a, b, c, planned, pods, poolOf } from "./suite-world.ts";

type Ask = readonly [key: string, operator: NodeSelectorRequirement["operator"], values?: readonly string[]];

const terms = (...asks: readonly (readonly Ask[])[]) =>
  asks.map((all) => ({
    matchExpressions: all.map(([key, operator, values]) => ({ key, operator, ...(values === undefined ? {} : { values }) })),
  }));

/** A Pod that requires the first asks, and prefers each of the others with less weight than the one before. */
function asking(required: readonly (readonly Ask[])[], preferred: readonly Ask[] = []): Partial<PodSpec> {
  const weighed = preferred.map((ask, index) => ({ weight: 100 - index, preference: terms([ask])[0] ?? {} }));
  return {
    affinity: {
      nodeAffinity: {
        ...(required.length === 0 ? {} : { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms(...required) } }),
        ...(weighed.length === 0 ? {} : { preferredDuringSchedulingIgnoredDuringExecution: weighed }),
      },
    },
  };
}

/** Where a Pod goes: the zone of its node, or nowhere. */
function zoneOf(spec: Partial<PodSpec>, pool: NodePool = poolOf({})): string | undefined {
  return planned({ pods: pods(1, { spec }), nodePools: [pool] }).newNodes[0]?.zone;
}

const team = "example.com/team";
const ofTeam = poolOf({}, { labels: { [team]: "red" } });
const anywhere = expect.stringMatching(/^zone-[abc]$/) as string;

describe("a Pod and the labels of its NodePool", () => {
  it.each<readonly [string, Partial<PodSpec>, NodePool, string | undefined]>([
    ["asks for nothing", {}, ofTeam, anywhere],
    ["asks for another value", { nodeSelector: { [team]: "blue" } }, ofTeam, undefined],
    ["asks for a label that the NodePool lacks", { nodeSelector: { foo: "bar" } }, ofTeam, undefined],
    ["requires the value among others", asking([[[team, "In", ["red", "blue"]]]]), ofTeam, anywhere],
    ["requires another value", asking([[[team, "In", ["blue"]]]]), ofTeam, undefined],
    ["requires another value than the NodePool's", asking([[[team, "NotIn", ["red"]]]]), ofTeam, undefined],
    ["requires any value but another", asking([[[team, "NotIn", ["blue"]]]]), ofTeam, anywhere],
    ["requires that the label is there", asking([[[team, "Exists"]]]), ofTeam, anywhere],
    ["requires that the label is not there", asking([[[team, "DoesNotExist"]]]), ofTeam, undefined],
    ["requires a value of a label that the NodePool lacks", asking([[[team, "In", ["red"]]]]), poolOf({}), undefined],
    ["requires not to have a value of a label that the NodePool lacks", asking([[[team, "NotIn", ["red"]]]]), poolOf({}), anywhere],
    ["requires a label that the NodePool lacks", asking([[[team, "Exists"]]]), poolOf({}), undefined],
    ["requires the absence of a label that the NodePool lacks", asking([[[team, "DoesNotExist"]]]), poolOf({}), anywhere],
    ["asks for a host by its name", { nodeSelector: { [hostnameLabel]: "red-node" } }, poolOf({}), undefined],
    [
      "asks for a label of Karpenter's own domain that nobody knows",
      { nodeSelector: { "karpenter.sh/unknown": "x" } },
      poolOf({}),
      undefined,
    ],
    [
      "asks for a label under kubernetes.io that the NodePool gives",
      { nodeSelector: { "node.kubernetes.io/team": "red" } },
      poolOf({}, { labels: { "node.kubernetes.io/team": "red" } }),
      anywhere,
    ],
    [
      "asks for a label under a subdomain of kubernetes.io that the NodePool gives",
      { nodeSelector: { "sub.node.kubernetes.io/team": "red" } },
      poolOf({}, { labels: { "sub.node.kubernetes.io/team": "red" } }),
      anywhere,
    ],
    ["asks for well-known labels", { nodeSelector: { [archLabel]: "arm64", [osLabel]: "linux", [zoneLabel]: b } }, poolOf({}), b],
  ])("%s", (_what, spec, pool, zone) => {
    expect(zoneOf(spec, pool)).toEqual(zone);
  });
});

describe("a Pod and the zones", () => {
  const all = [a, b, c, "unknown"];
  it.each<readonly [string, Partial<PodSpec>, string | undefined]>([
    ["asks for one that does not exist", { nodeSelector: { [zoneLabel]: "unknown" } }, undefined],
    ["selects one", { nodeSelector: { [zoneLabel]: b } }, b],
    ["requires one of two, of which one exists", asking([[[zoneLabel, "In", [c, "unknown"]]]]), c],
    ["requires one that does not exist", asking([[[zoneLabel, "In", ["unknown"]]]]), undefined],
    ["requires none of two", asking([[[zoneLabel, "NotIn", [a, b, "unknown"]]]]), c],
    ["requires none of all", asking([[[zoneLabel, "NotIn", [a, b, c]]]]), undefined],
    ["prefers one of those that it requires", asking([[[zoneLabel, "In", all]]], [[zoneLabel, "In", [b, "unknown"]]]), b],
    ["prefers one that does not exist", asking([[[zoneLabel, "In", all]]], [[zoneLabel, "In", ["unknown"]]]), anywhere],
    ["prefers none of two", asking([[[zoneLabel, "In", all]]], [[zoneLabel, "NotIn", [a, c]]]), b],
    ["prefers none of all", asking([[[zoneLabel, "In", all]]], [[zoneLabel, "NotIn", [a, b, c]]]), anywhere],
    [
      "selects, requires and prefers",
      { nodeSelector: { [zoneLabel]: c }, ...asking([[[zoneLabel, "In", [a, b, c]]]], [[zoneLabel, "In", [a, b, c]]]) },
      c,
    ],
    [
      "selects, requires and prefers by several labels",
      {
        nodeSelector: { [zoneLabel]: c, [instanceTypeLabel]: "large-arm64" },
        ...asking(
          [
            [
              [zoneLabel, "In", [a, c]],
              [instanceTypeLabel, "In", ["small-amd64", "large-arm64"]],
            ],
          ],
          [
            [zoneLabel, "In", [a, c]],
            [instanceTypeLabel, "NotIn", ["small-arm64"]],
          ],
        ),
      },
      c,
    ],
    ["requires what does not exist, in its only term", asking([[[zoneLabel, "In", ["unknown"]]]]), undefined],
    [
      "requires what exists in its third term alone",
      asking([[[zoneLabel, "In", ["unknown"]]], [[zoneLabel, "In", ["nowhere"]]], [[zoneLabel, "In", [b]]]]),
      b,
    ],
    [
      "prefers only what does not exist",
      asking(
        [],
        [
          [zoneLabel, "In", ["unknown"]],
          [instanceTypeLabel, "In", ["unknown"]],
        ],
      ),
      anywhere,
    ],
    [
      "prefers by less weight what exists",
      asking(
        [],
        [
          [zoneLabel, "In", ["unknown"]],
          [zoneLabel, "In", [b]],
          [zoneLabel, "In", [a]],
        ],
      ),
      b,
    ],
    ["prefers another than it requires", asking([[[zoneLabel, "In", [b]]]], [[zoneLabel, "In", [a]]]), b],
    [
      "prefers a contradiction",
      asking(
        [],
        [
          [zoneLabel, "In", [a]],
          [zoneLabel, "NotIn", [a]],
        ],
      ),
      anywhere,
    ],
  ])("%s", (_what, spec, zone) => {
    expect(zoneOf(spec)).toEqual(zone);
  });

  it.each<readonly [string, Partial<PodSpec>, string | undefined]>([
    ["goes where its NodePool buys", {}, b],
    ["asks for another zone than its NodePool's", { nodeSelector: { [zoneLabel]: a } }, undefined],
    [
      "asks only that a zone be there, which widens nothing",
      asking([
        [
          [zoneLabel, "Exists"],
          [zoneLabel, "In", [a]],
        ],
      ]),
      undefined,
    ],
  ])("of a NodePool of one zone: %s", (_what, spec, zone) => {
    expect(zoneOf(spec, poolOf({ [zoneLabel]: [b] }))).toEqual(zone);
  });
});

it.each([
  ["that agree share a node", asking([[[team, "NotIn", ["blue"]]]]), 1],
  ["that exclude each other go to two", asking([[[team, "In", ["blue"]]]]), 2],
])("two Pods %s", (_what, spec, count) => {
  const both = [...pods(1, { name: "red", spec: asking([[[team, "In", ["red"]]]]) }), ...pods(1, { name: "other", spec })];
  const { newNodes, unschedulable } = planned({ pods: both, nodePools: [poolOf({ [team]: ["red", "blue"] })] });
  expect([newNodes.length, unschedulable.length]).toEqual([count, 0]);
});

describe("instance types", () => {
  const typesOf = (specs: readonly Partial<PodSpec>[], pool = poolOf({})): readonly string[] =>
    planned({ pods: specs.flatMap((spec, index) => pods(1, { name: `p${index}`, spec })), nodePools: [pool] })
      .newNodes.map(({ instanceType, zone }) =>
        specs.some(({ nodeSelector }) => nodeSelector?.[zoneLabel] !== undefined) ? zone : instanceType,
      )
      .sort();
  it.each<readonly [string, readonly Partial<PodSpec>[], NodePool, readonly string[]]>([
    [
      "of two architectures",
      [{ nodeSelector: { [archLabel]: "amd64" } }, { nodeSelector: { [archLabel]: "arm64" } }],
      poolOf({}),
      ["small-amd64", "small-arm64"],
    ],
    [
      "that are not excluded by a Pod",
      [asking([[[instanceTypeLabel, "NotIn", ["small-amd64", "large-amd64", "small-arm64"]]]])],
      poolOf({}),
      ["large-arm64"],
    ],
    ["of an operating system that none has", [asking([[[osLabel, "In", ["windows"]]]])], poolOf({}), []],
    ["that the NodePool's architecture leaves", [{}], poolOf({ [archLabel]: ["arm64"] }), ["small-arm64"]],
    [
      "that two Pods name",
      [{ nodeSelector: { [instanceTypeLabel]: "large-amd64" } }, { nodeSelector: { [instanceTypeLabel]: "small-arm64" } }],
      poolOf({}),
      ["large-amd64", "small-arm64"],
    ],
    ["in the zones that two Pods name", [{ nodeSelector: { [zoneLabel]: a } }, { nodeSelector: { [zoneLabel]: b } }], poolOf({}), [a, b]],
  ])("%s", (_what, specs, pool, expected) => {
    expect(typesOf(specs, pool)).toEqual(expected);
  });
});
