/**
 * Rows of `plimsoll nodes`: phases, prices, shares and what is in the way of a drain, each told of the objects as they stand.
 */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { nodeFleet, type Fleet } from "../../src/cli/nodes-fleet.ts";
import { fleetTotals, moneyBy } from "../../src/cli/nodes-money.ts";
import { nodePrices } from "../../src/cli/nodes-price.ts";
import type { NodeRow } from "../../src/cli/nodes-row.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { timeText } from "../../src/kube/time-text.ts";
import { namespaceObject, nodePool } from "../support/objects.ts";
import { ago, day, hour, minute, noon, second, testBudget, testClaim, testNode, testPod } from "./nodes-world.ts";

const names = platformNames();

function fleetOf(objects: readonly KubeObject[]): Fleet {
  return nodeFleet({ names, prices: nodePrices({ prices: undefined, isAsked: true }) })(snapshotOf(objects), noon);
}

function onlyRow(objects: readonly KubeObject[]): NodeRow {
  const { rows } = fleetOf(objects);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

describe("the phase of a node", () => {
  const launched = { Launched: 2 * minute };
  const registered = { ...launched, Registered: minute };
  const check = (meaning: string, objects: readonly KubeObject[], phase: Partial<NodeRow["phase"]> & { readonly ageMs: number }): void => {
    it(meaning, () => {
      const { ageMs, ...wanted } = phase;
      expect(onlyRow(objects).phase).toEqual({ since: noon - ageMs, ...wanted });
    });
  };
  check("is launching while its claim has no instance, for five minutes at most", [testClaim({ came: {}, ageMs: 10 * second })], {
    word: "launching",
    ageMs: 10 * second,
    givenUpAt: noon - 10 * second + 5 * minute,
  });
  check(
    "is launching for as long as it takes where there is no capacity",
    [testClaim({ came: {}, ageMs: hour, conditions: [{ type: "Launched", status: "Unknown", reason: "InsufficientCapacityError" }] })],
    { word: "launching", ageMs: hour, reason: "InsufficientCapacityError" },
  );
  check(
    "tells why a launch did not come off",
    [
      testClaim({
        came: {},
        ageMs: minute,
        conditions: [{ type: "Launched", status: "Unknown", reason: "LaunchFailed", message: "no quota" }],
      }),
    ],
    { word: "launching", ageMs: minute, reason: "LaunchFailed", message: "no quota", givenUpAt: noon + 4 * minute },
  );
  check("is joining while its instance is no Node, for a quarter of an hour at most", [testClaim({ came: launched })], {
    word: "joining",
    ageMs: 2 * minute,
    givenUpAt: noon + 13 * minute,
  });
  check(
    "tells the cause of a node that does not join, once somebody has found it",
    [
      testClaim({
        came: launched,
        conditions: [{ type: "Registered", status: "Unknown", reason: "NoAddresses", message: "subnet-1 is full" }],
      }),
    ],
    { word: "joining", ageMs: minute, reason: "NoAddresses", message: "subnet-1 is full", givenUpAt: noon + 14 * minute },
  );
  check(
    "says nothing of a Node that is merely not there yet",
    [
      testClaim({
        came: launched,
        conditions: [{ type: "Registered", status: "Unknown", reason: "NodeNotFound", message: "not registered" }],
      }),
    ],
    { word: "joining", ageMs: minute, givenUpAt: noon + 14 * minute },
  );
  check(
    "is starting until it is initialized, and tells what it waits for",
    [
      testNode(),
      testClaim({
        came: registered,
        conditions: [{ type: "Initialized", status: "Unknown", reason: "StartupTaintsExist", message: "taint a" }],
      }),
    ],
    { word: "starting", ageMs: minute, reason: "StartupTaintsExist", message: "taint a" },
  );
  check("is ready since its kubelet says so", [testNode(), testClaim()], { word: "ready", ageMs: 3 * day });
  check(
    "is not ready, with the kubelet's words",
    [
      testNode({
        ready: { status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting", lastTransitionTime: ago(hour) },
      }),
      testClaim(),
    ],
    { word: "not ready", ageMs: hour, reason: "NodeStatusUnknown", message: "Kubelet stopped posting" },
  );
  check("is cordoned by hand", [testNode({ unschedulable: true }), testClaim()], { word: "cordoned", ageMs: 3 * day });
  check(
    "is cordoned by the taint of whoever will take it away",
    [testNode({ taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }] }), testClaim()],
    { word: "cordoned", ageMs: 3 * day },
  );
  check(
    "is replacing while its replacement is awaited",
    [
      testNode(),
      testClaim({ conditions: [{ type: "DisruptionReason", status: "True", reason: "SpotInterrupted", message: "two minutes" }] }),
    ],
    { word: "replacing", ageMs: minute, reason: "SpotInterrupted", message: "two minutes" },
  );
  check(
    "is draining while Pods are left, up to the deadline of its claim",
    [testNode(), testClaim({ deletedMsAgo: minute, terminationGracePeriod: "10m" }), testPod()],
    { word: "draining", ageMs: minute, deadline: noon + 9 * minute },
  );
  check("is ending once it is empty", [testNode(), testClaim({ deletedMsAgo: minute })], { word: "ending", ageMs: minute });
  check(
    "is ending although what tolerates the drain is still there",
    [
      testNode(),
      testClaim({ deletedMsAgo: minute }),
      { ...testPod(), spec: { ...testPod().spec, tolerations: [{ operator: "Exists" }] } } as KubeObject,
    ],
    { word: "ending", ageMs: minute },
  );
});

describe("what would hold up a drain", () => {
  const check = (meaning: string, objects: readonly KubeObject[], blockers: readonly object[]): void => {
    it(meaning, () => {
      expect(onlyRow([testNode(), ...objects]).blockers).toEqual(blockers);
    });
  };
  const owned = namespaceObject("shop", { [names.costOwnerLabel]: "checkout" });
  const words = "The disruption budget web needs 2 healthy pods and has 2 currently";
  check("is nothing where budgets allow an eviction", [testPod(), testBudget({ allowed: 1 })], []);
  check(
    "is a budget that allows none, with its Pods and whom to ask",
    [owned, testPod(), testPod({ name: "web-2" }), testBudget()],
    [{ kind: "budget", by: "shop/web", text: words, pods: ["shop/web-1", "shop/web-2"], owner: "checkout" }],
  );
  check(
    "is two budgets over one Pod, though both would allow it",
    [testPod(), testBudget({ allowed: 1 }), { ...testBudget({ allowed: 1 }), metadata: { name: "web-too", namespace: "shop" } }],
    [
      {
        kind: "budget",
        by: "shop/web and shop/web-too",
        text: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        pods: ["shop/web-1"],
        owner: "",
      },
    ],
  );
  check(
    "is a Pod that is not to be disturbed",
    [testPod({ annotations: { "karpenter.sh/do-not-disrupt": "true" } })],
    [{ kind: "do-not-disrupt", by: "shop/web-1", text: "do-not-disrupt", pods: ["shop/web-1"], owner: "" }],
  );
  const until = noon - hour + 2 * hour;
  check(
    "is a Pod that is not to be disturbed for a while after its start",
    [testPod({ annotations: { "karpenter.sh/do-not-disrupt": "2h" } })],
    [{ kind: "do-not-disrupt", by: "shop/web-1", text: `do-not-disrupt until ${timeText(until)}`, pods: ["shop/web-1"], owner: "", until }],
  );
  check("is no Pod whose while is over", [testPod({ annotations: { "karpenter.sh/do-not-disrupt": "30m" } })], []);
  check(
    "is no Pod that is on its way out already",
    [{ ...testPod(), metadata: { ...testPod().metadata, deletionTimestamp: ago(-10 * second) } }, testBudget()],
    [],
  );
  check("is no Pod that has ended", [{ ...testPod(), status: { phase: "Succeeded" } } as KubeObject, testBudget()], []);
});

describe("what a node costs, and for whom", () => {
  const check = (meaning: string, objects: readonly KubeObject[], price: number | undefined): void => {
    it(meaning, () => {
      expect(onlyRow(objects).pricePerHour).toBe(price);
    });
  };
  check("is the price of its type on demand", [testNode()], 0.24);
  check("is the Spot price of a Spot node", [testNode({ capacityType: "spot" })], 0.096);
  check("is the price on demand where nobody says how it was bought", [testNode({ capacityType: "", nodePool: "" })], 0.24);
  check(
    "is the Spot price where a managed node group says so",
    [testNode({ capacityType: "", labels: { "eks.amazonaws.com/capacityType": "SPOT" } })],
    0.096,
  );
  check("is almost nothing of a reservation, which is paid for", [testNode({ capacityType: "reserved" })], 0.24 / 10_000_000);
  check("is not known of a type that no list has", [testNode({ instanceType: "x9z.huge" })], undefined);
  check("is not known of Fargate", [testNode({ capacityType: "", labels: { "eks.amazonaws.com/compute-type": "fargate" } })], undefined);
  check("is nothing before anything is launched", [testClaim({ came: {} })], 0);
  check("is that of a NodeOverlay on its pool", [testNode(), nodePool({ name: "general" }), overlay("0.1")], 0.1);

  const owner = names.costOwnerLabel;
  const classLabel = names.workloadClassLabel;
  it("is split by the mean of cpu and memory; what nobody asks for is idle", () => {
    const { rows } = fleetOf([
      testNode(),
      testPod({ cpu: "2", memory: "4Gi", labels: { [owner]: "checkout", [classLabel]: "general" } }),
      testPod({ name: "b-1", cpu: "1", memory: "4Gi", labels: { [owner]: "risk" } }),
    ]);
    expect(moneyBy(rows, "owner").map(({ name, pricePerHour }) => [name, Number(pricePerHour.toFixed(6))])).toEqual([
      ["(idle)", 0.09],
      ["checkout", 0.09],
      ["risk", 0.06],
    ]);
    expect(moneyBy(rows, "class").map(({ name }) => name)).toEqual(["(idle)", "general", ""]);
    expect(fleetTotals(rows).idlePerHour).toBeCloseTo(0.09, 9);
  });
  it("adds up, by whatever it is split", () => {
    const { rows } = fleetOf([
      testNode(),
      testNode({ name: "n2", zone: "ap-southeast-1b", capacityType: "spot" }),
      testPod(),
      testPod({ name: "w2", node: "n2" }),
    ]);
    for (const key of ["pool", "class", "owner", "buy", "type", "zone"] as const) {
      expect(moneyBy(rows, key).reduce((sum, { pricePerHour }) => sum + pricePerHour, 0)).toBeCloseTo(0.336, 9);
    }
  });
});

describe("a row", () => {
  it("finds the claim of a Node by its instance, else by the name that the claim tells", () => {
    const named = testClaim({ name: "other" });
    const byName = { ...named, status: { ...named.status, providerID: "aws:///zone/else", nodeName: "n1" } };
    expect(onlyRow([testNode(), testClaim()]).claim?.metadata.name).toBe("n1");
    expect(onlyRow([testNode(), byName]).claim?.metadata.name).toBe("other");
  });
  it("tells when the node's age is up", () => {
    expect(onlyRow([testNode(), testClaim()]).expiresAt).toBe(noon - 3 * day + 720 * hour);
    expect(onlyRow([testNode(), testClaim({ expireAfter: "Never" })]).expiresAt).toBeUndefined();
  });
  it("has the class of its Pods, else that which its label names", () => {
    expect(onlyRow([testNode({ labels: { "workload-class": "batch" } })]).workloadClass).toBe("batch");
    const general = testPod({ labels: { [names.workloadClassLabel]: "general" } });
    expect(onlyRow([testNode({ labels: { "workload-class": "batch" } }), general]).workloadClass).toBe("general");
  });
});

function overlay(price: string): KubeObject {
  const requirements = [{ key: "node.kubernetes.io/instance-type", operator: "In", values: ["m6i.xlarge"] }];
  const object = { apiVersion: "karpenter.sh/v1alpha1", kind: "NodeOverlay", metadata: { name: "ours" }, spec: { requirements, price } };
  return object;
}
