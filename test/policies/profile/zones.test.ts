import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import { zonesThatTake, type ZonesInput } from "../../../src/policies/profile/zones.ts";
import { nodePool } from "../../support/objects.ts";

const zoneKey = "topology.kubernetes.io/zone";
const onDemand = { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] } as const;

function types(
  ...offered: readonly (readonly [zone: string, capacityType: "spot" | "on-demand", available?: boolean])[]
): readonly InstanceType[] {
  const offerings = offered.map(([zone, capacityType, available = true]) => ({ zone, capacityType, available, pricePerHour: 1 }));
  return [{ name: "m7i.large", requirements: [], capacity: {}, allocatable: {}, offerings }];
}

describe("zones that can take a Pod", () => {
  function check(name: string, over: Partial<ZonesInput>, expected: readonly string[]) {
    it(name, () => {
      const base = {
        allowed: ["a", "b", "c"],
        spec: { containers: [] },
        nodeRequirements: [],
        capacity: { nodePools: [], instanceTypes: [] },
      };
      expect(zonesThatTake({ ...base, ...over })).toEqual(expected);
    });
  }
  const every = types(["a", "on-demand"], ["b", "on-demand"], ["c", "on-demand"]);
  const pools = (...zones: readonly string[]) => [nodePool({ requirements: [{ key: zoneKey, operator: "In", values: [...zones] }] })];
  const general = nodePool({ requirements: [{ key: "eks.amazonaws.com/instance-category", operator: "In", values: ["c"] }] });
  const { template } = general.spec;
  const nodeClassRef = { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" };
  const autoPool = { ...general, spec: { ...general.spec, template: { ...template, spec: { ...template.spec, nodeClassRef } } } };
  const inA: PodSpec = { containers: [], nodeSelector: { [zoneKey]: "a" } };

  check("are all allowed ones while nothing is known of capacity", {}, ["a", "b", "c"]);
  check("are all that are offered where the class narrows nothing", { allowed: [], capacity: { nodePools: [], instanceTypes: every } }, [
    "a",
    "b",
    "c",
  ]);
  check(
    "leave out a zone without an available offering",
    { capacity: { nodePools: [], instanceTypes: types(["a", "on-demand"], ["b", "on-demand", false]) } },
    ["a"],
  );
  check(
    "leave out a zone that only offers Spot to a Pod that may not",
    {
      nodeRequirements: [onDemand],
      capacity: { nodePools: [], instanceTypes: types(["a", "on-demand"], ["b", "spot"]) },
    },
    ["a"],
  );
  check("leave out zones that no NodePool is in", { capacity: { nodePools: pools("a", "b"), instanceTypes: every } }, ["a", "b"]);
  check(
    "leave out NodePools whose taint the Pod does not tolerate",
    {
      capacity: {
        nodePools: [...pools("a"), nodePool({ taints: [{ key: "x", value: "y", effect: "NoSchedule" }] })],
        instanceTypes: every,
      },
    },
    ["a"],
  );
  check(
    "leave out NodePools that the Pod does not select",
    {
      spec: { containers: [], nodeSelector: { "workload-class": "batch" } },
      capacity: { nodePools: pools("a"), instanceTypes: every },
    },
    [],
  );
  check(
    "leave out an Auto Mode pool whose machines are others than the Pod asks for in Karpenter's words",
    {
      spec: { containers: [], nodeSelector: { "karpenter.k8s.aws/instance-category": "m" } },
      capacity: { nodePools: [autoPool], instanceTypes: every },
    },
    [],
  );
  check("are those that the Pod itself allows", { spec: inA, capacity: { nodePools: pools("a", "b"), instanceTypes: every } }, ["a"]);
});
