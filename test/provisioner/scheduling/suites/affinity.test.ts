/**
 * Pod affinity and anti-affinity as Karpenter's users count on them (its suite of topology).
 */
import { describe, expect, it } from "vitest";
import { archLabel, hostnameLabel, zoneLabel } from "../../../../src/api/labels.ts";
import type { PodAffinityTerm, PodSpec } from "../../../../src/api/pod.ts";
import type { SchedulingResults } from "../../../../src/provisioner/scheduling/solve.ts";
import { a, avoids, b, c, type Case, countsBy, full, inZone, near, planned, pods, seeks, spread, spreadOver } from "./suite-world.ts";

const db = (count: number, spec: Partial<PodSpec> = {}) => pods(count, { name: "db", labels: { app: "db" }, spec });
const inZones = (app: string) =>
  [a, b, c].flatMap((zone) => pods(1, { name: `${app}-${zone}`, cpu: "2", labels: { app }, spec: pinned(zone) }));
const pinned = (zone: string): Partial<PodSpec> => ({ nodeSelector: { [zoneLabel]: zone } });
const prefers = (kind: "podAffinity" | "podAntiAffinity", podAffinityTerm: PodAffinityTerm): Partial<PodSpec> => ({
  affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, podAffinityTerm }] } },
});

/** The nodes that hold Pods, by the names of their workloads. */
function sharing({ newNodes }: SchedulingResults): readonly string[] {
  const names = newNodes.map((one) => [...new Set(one.pods.map(({ key }) => key.replace(/^.*\/|-\d+$/g, "")))].sort().join(" "));
  return names.sort();
}

describe("a Pod that seeks others", () => {
  it("by no terms goes anywhere", () => {
    const spec = { affinity: { podAffinity: {}, podAntiAffinity: {} } };
    expect(planned({ pods: pods(1, { spec }) }).unschedulable).toEqual([]);
  });
  it("shares their host", () => {
    const plan = planned({
      pods: [
        ...pods(10, { cpu: "1", labels: { app: "x" } }),
        ...db(1),
        ...pods(1, { name: "by", labels: { app: "by" }, spec: seeks(near(hostnameLabel, "db")) }),
      ],
    });
    expect(sharing(plan).filter((names) => /\bby\b/.test(names))).toEqual([expect.stringContaining("db")]);
  });
  it("shares their architecture, if not their host", () => {
    const own = {
      nodeSelector: { [archLabel]: "arm64" },
      ...spread({ ...spreadOver(hostnameLabel), labelSelector: { matchLabels: { tier: "one" } } }),
    };
    const labels = { tier: "one" };
    const plan = planned({
      pods: [
        ...pods(1, { name: "db", labels: { ...labels, app: "db" }, spec: own }),
        ...pods(1, { name: "by", labels: { ...labels, app: "by" }, spec: { ...own, nodeSelector: {}, ...seeks(near(archLabel, "db")) } }),
      ],
    });
    expect(plan.newNodes.map(({ instanceType }) => instanceType)).toEqual(["small-arm64", "small-arm64"]);
  });
  it("of their own kind share one host", () => {
    const plan = planned({ pods: pods(3, { spec: seeks(near(hostnameLabel, "web")) }) });
    expect([plan.newNodes.length, plan.unschedulable.length]).toEqual([1, 0]);
  });
  it.each([
    ["", {}],
    [" within a zone", pinned(c)],
  ])("of their own kind fill one host%s, and those beyond it have no place", (_where, narrow) => {
    const plan = planned({ pods: pods(20, { cpu: "2", spec: { ...seeks(near(hostnameLabel, "web")), ...narrow } }) });
    expect([countsBy(hostnameLabel, plan), plan.unschedulable.length]).toEqual([[8], 12]);
  });
  it("of their own kind share a zone, on several hosts", () => {
    const plan = planned({ pods: pods(20, { cpu: "2", spec: seeks(near(zoneLabel, "web")) }) });
    expect([countsBy(zoneLabel, plan), plan.newNodes.length > 1]).toEqual([[20], true]);
  });
  it("of their own kind share the zone that they ask for", () => {
    const plan = planned({ pods: pods(3, { spec: { ...seeks(near(zoneLabel, "web")), ...pinned(c) } }) });
    expect(plan.newNodes.map(({ zone }) => zone)).toEqual([c]);
  });
  it.each([
    ["wherever those are", {}, /^zone-[abc]$/],
    ["where those must be", pinned(b), /^zone-b$/],
  ])("in a zone goes %s", (_where, spec, only) => {
    const plan = planned({ pods: [...db(1, spec), ...pods(10, { cpu: "2", spec: seeks(near(zoneLabel, "db")) })] });
    const zones = new Set(plan.newNodes.map(({ zone }) => zone));
    expect([zones.size, plan.unschedulable.length]).toEqual([1, 0]);
    expect([...zones]).toEqual([expect.stringMatching(only)]);
  });
  it("only by preference goes without them", () => {
    expect(planned({ pods: pods(1, { spec: prefers("podAffinity", near(hostnameLabel, "nowhere")) }) }).unschedulable).toEqual([]);
  });
  it("only by preference goes elsewhere where its spread says so", () => {
    const spec = { ...prefers("podAffinity", near(zoneLabel, "db")), ...spread(spreadOver(zoneLabel)) };
    const plan = planned({ pods: [...db(1, pinned(a)), ...pods(3, { spec })] });
    expect(countsBy(zoneLabel, plan)).toEqual([1, 1, 1]);
  });
  it.each([
    ["its own namespace alone", {}, 1],
    ["the namespaces that it names", { namespaces: ["other"] }, 0],
    ["all namespaces by an empty selector", { namespaceSelector: {} }, 0],
  ])("finds them in %s", (_where, more, left) => {
    const there = pods(1, { name: "db", namespace: "other", labels: { app: "db" } });
    const namespaces = new Map([
      ["shop", {}],
      ["other", {}],
    ]);
    const plan = planned({ pods: [...there, ...pods(1, { spec: seeks(near(hostnameLabel, "db", more)) })], namespaces });
    expect(plan.unschedulable).toHaveLength(left);
  });
});

describe("a Pod that avoids others", () => {
  it("stands on another host", () => {
    expect(planned({ pods: [...db(1), ...pods(1, { spec: avoids(near(hostnameLabel, "db")) })] }).newNodes).toHaveLength(2);
  });
  it("has no place where they are in each zone", () => {
    const plan = planned({ pods: [...inZones("db"), ...pods(1, { spec: avoids(near(zoneLabel, "db")) })] });
    expect(plan.unschedulable.map(({ pod }) => pod.key)).toEqual(["shop/web-0"]);
  });
  it("stands in another zone than one that may go anywhere, since the plan decides both zones", () => {
    const plan = planned({ pods: [...db(1), ...pods(1, { spec: avoids(near(zoneLabel, "db")) })] });
    expect([new Set(plan.newNodes.map(({ zone }) => zone)).size, plan.unschedulable.length]).toEqual([2, 0]);
  });
  it("stands on another architecture", () => {
    const plan = planned({ pods: pods(2, { spec: avoids(near(archLabel, "web")) }) });
    expect(plan.newNodes.map(({ instanceType }) => instanceType).sort()).toEqual(["small-amd64", "small-arm64"]);
  });
  it("of their own kind takes a zone each", () => {
    const plan = planned({ pods: pods(4, { spec: avoids(near(zoneLabel, "web")) }) });
    expect([countsBy(zoneLabel, plan), plan.unschedulable.length]).toEqual([[1, 1, 1], 1]);
  });
  it("only by preference stands beside them where it must", () => {
    const plan = planned({ pods: [...inZones("db"), ...pods(1, { spec: prefers("podAntiAffinity", near(zoneLabel, "db")) })] });
    expect(plan.unschedulable).toEqual([]);
  });
});

describe("a Pod that others avoid", () => {
  const avoiding = (spec: Partial<PodSpec>) =>
    [a, b, c].flatMap((zone) => pods(1, { name: `by-${zone}`, cpu: "2", labels: { app: "by" }, spec: { ...spec, ...pinned(zone) } }));
  const standing = (spec: Partial<PodSpec>): Case["nodes"] =>
    [a, b, c].map((zone) => full(`in-${zone}`, { [zoneLabel]: zone }, pods(1, { name: `by-${zone}`, labels: { app: "by" }, spec })));
  const [required, preferred] = [avoids(near(zoneLabel, "web")), prefers("podAntiAffinity", near(zoneLabel, "web"))];

  it.each([
    ["has no place where they come to each zone", { pods: [...avoiding(required), ...pods(1)] }, 1],
    ["has one where they only prefer to", { pods: [...avoiding(preferred), ...pods(1)] }, 0],
    ["has no place where they stand in each zone", { pods: pods(1), nodes: standing(required) ?? [] }, 1],
    ["has one where those that stand only prefer to", { pods: pods(1), nodes: standing(preferred) ?? [] }, 0],
  ] as const)("%s", (_what, given, left) => {
    const plan = planned(given);
    expect(plan.unschedulable.filter(({ pod }) => pod.key === "shop/web-0")).toHaveLength(left);
  });
  it("has a place where one that may go anywhere avoids it, since the plan decides both zones", () => {
    const plan = planned({ pods: [...pods(1, { name: "by", cpu: "2", labels: { app: "by" }, spec: required }), ...pods(1)] });
    expect([new Set(plan.newNodes.map(({ zone }) => zone)).size, plan.unschedulable.length]).toEqual([2, 0]);
  });
});

it("a spread counts Pods beside those that seek its Pods", () => {
  const nodes = [inZone(a, 1), inZone(b, 1)];
  const plan = planned({ pods: [...pods(1, { spec: spread(spreadOver(zoneLabel)) }), ...db(1, seeks(near(zoneLabel, "web")))], nodes });
  expect(countsBy(zoneLabel, plan, nodes)).toEqual([1, 1, 1]);
});
