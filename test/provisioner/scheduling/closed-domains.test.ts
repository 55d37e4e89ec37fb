/**
 * Spread in plans counts what there will be: a zone or a host that can't be bought is not waited for.
 */
import { describe, expect, it } from "vitest";
import { archLabel, capacityTypeLabel, hostnameLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { NodeSelectorRequirement, PodSpec, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { pod } from "../../support/objects.ts";
import { checkoutPods, generalFlex, plan, podsByZone, zones, zoneSpread } from "./checkout.ts";

const [zoneA = "", zoneB = ""] = zones;
const { minDomains, ...overZones } = zoneSpread;
const overHosts: TopologySpreadConstraint = { ...overZones, topologyKey: hostnameLabel };

function standing(name: string, zone: string): NodeState {
  const amounts = { cpu: 8000, memory: 2 ** 35, pods: 20 };
  return {
    name,
    labels: {
      [zoneLabel]: zone,
      [hostnameLabel]: name,
      [capacityTypeLabel]: "on-demand",
      [archLabel]: "amd64",
      "workload-class": "general",
    },
    taints: [],
    allocatable: amounts,
    capacity: amounts,
    pods: [],
    initialized: true,
    accepting: true,
    planned: new Map(),
  };
}

describe("spread over zones", () => {
  const oneNode = [generalFlex({ limits: { nodes: "1" } })];
  const twoNodes = [generalFlex({ limits: { nodes: "2" } })];

  it("goes on in the zones that limits leave", () => {
    const [spread] = [{ topologySpreadConstraints: [overZones] }];
    expect(podsByZone(plan(checkoutPods(4, spread), { nodePools: oneNode }))).toEqual({ [zoneA]: 4 });
    expect(Object.values(podsByZone(plan(checkoutPods(5, spread), { nodePools: twoNodes }))).sort()).toEqual([2, 3]);
  });

  it("buys nothing in a zone that was given up, as that would make it one again", () => {
    const pods = [
      ...checkoutPods(4, { topologySpreadConstraints: [overZones] }),
      { key: "shop/later", pod: pod({ name: "later", requests: { cpu: "100m" }, spec: { affinity: near("checkout-api") } }) },
    ];
    const planned = plan(pods, { nodePools: oneNode });
    expect(podsByZone(planned)).toEqual({ [zoneA]: 5 });
  });

  it("waits all the same for as many zones as minDomains says", () => {
    expect(minDomains).toBe(3);
    const planned = plan(checkoutPods(4, { topologySpreadConstraints: [zoneSpread] }), { nodePools: twoNodes });
    expect(planned.unschedulable).toHaveLength(2);
    expect(planned.unschedulable[0]?.reasons[0]).toContain("its limits leave nodes 0");
  });

  it("is even where nothing forbids it", () => {
    expect(Object.values(podsByZone(plan(checkoutPods(6, { topologySpreadConstraints: [overZones] }))))).toEqual([2, 2, 2]);
  });
});

describe("spread over hosts", () => {
  const spread: Partial<PodSpec> = { topologySpreadConstraints: [overHosts] };

  it("fills the hosts that are there in turn once no other may come", () => {
    const nodes = [standing("node-1", zoneA), standing("node-2", zoneB)];
    const planned = plan(checkoutPods(5, spread), { nodePools: [], nodes });
    expect(planned.existing.map(({ pods }) => pods.length).sort()).toEqual([2, 3]);
  });

  it("asks for one more host while one may come", () => {
    const planned = plan(checkoutPods(3, spread), { nodes: [standing("node-1", zoneA), standing("node-2", zoneB)] });
    expect(planned.newNodes).toHaveLength(1);
  });
});

describe("limits of a NodePool with minValues", () => {
  it("leave each claim as many types as minValues asks for", () => {
    const [pool] = [generalFlex({ limits: { cpu: "8" } })];
    const { template } = pool.spec;
    const requirements = [...template.spec.requirements, { key: instanceTypeLabel, operator: "Exists" as const, minValues: 12 }];
    const nodePools = [{ ...pool, spec: { ...pool.spec, template: { ...template, spec: { ...template.spec, requirements } } } }];
    const planned = plan(checkoutPods(12), { nodePools });
    expect(planned.newNodes.length).toBeGreaterThan(0);
    expect(planned.newNodes.every(({ instanceTypes }) => instanceTypes.length >= 12)).toBe(true);
    const most = planned.newNodes.map(({ instanceTypes }) => Math.max(...instanceTypes.map(({ capacity }) => capacity["cpu"] ?? 0)));
    expect(most.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(8000);
  });
});

describe("a label that only some ask for", () => {
  const asking = (requirement: NodeSelectorRequirement): Partial<PodSpec> => ({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [requirement] }] } },
    },
  });

  it("is not there because others only keep away from a value of it", () => {
    const key = "example.com/team";
    const pods = [
      { key: "shop/away", pod: pod({ name: "away", requests: { cpu: "1" }, spec: asking({ key, operator: "NotIn", values: ["red"] }) }) },
      { key: "shop/seeks", pod: pod({ name: "seeks", requests: { cpu: "100m" }, spec: asking({ key, operator: "Exists" }) }) },
    ];
    const planned = plan(pods);
    expect(planned.newNodes.map(({ pods: on }) => on.map((one) => one.key))).toEqual([["shop/away"]]);
    expect(planned.newNodes[0]?.requirements.some((one) => one.key === key)).toBe(false);
    expect(planned.unschedulable.map((left) => left.pod.key)).toEqual(["shop/seeks"]);
  });
});

function near(app: string): NonNullable<PodSpec["affinity"]> {
  const term = { topologyKey: zoneLabel, labelSelector: { matchLabels: { app } } };
  return { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}
