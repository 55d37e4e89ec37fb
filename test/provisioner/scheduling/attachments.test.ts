/**
 * How many volumes plans put on a node: what it can attach, less what it has, each volume once.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import {
  capacityTypeLabel,
  initializedLabel,
  instanceTypeLabel,
  nodePoolLabel,
  platformNames,
  zoneLabel,
} from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { CSINode, PersistentVolume, PersistentVolumeClaim } from "../../../src/api/storage.ts";
import { nodeStates, type NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";

const driver = "disk.example.com";
const className = "disks";
const gibibyte = 1024 ** 3;
const onDemand = "on-demand" as const;

function type(name: string, of: { readonly cpu: number; readonly price: number; readonly attaches?: number }): InstanceType {
  const amounts = { cpu: of.cpu * 1000, memory: of.cpu * 4 * gibibyte, pods: 100 };
  return {
    name,
    requirements: [
      { key: instanceTypeLabel, operator: "In", values: [name] },
      { key: zoneLabel, operator: "In", values: ["a"] },
      { key: capacityTypeLabel, operator: "In", values: [onDemand] },
    ],
    capacity: amounts,
    allocatable: amounts,
    ...(of.attaches === undefined ? {} : { attachable: { [driver]: of.attaches } }),
    offerings: [{ zone: "a", capacityType: onDemand, pricePerHour: of.price, available: true }],
  };
}

const three = type("three", { cpu: 8, price: 0.1, attaches: 3 });
const eight = type("eight", { cpu: 8, price: 0.2, attaches: 8 });
const pool = nodePool({ name: "pool" });

/** A Pod with so many volumes that are made with it, and these claims. */
function db(
  name: string,
  of: { readonly own?: number; readonly claims?: readonly string[]; readonly nodeName?: string; readonly cpu?: string } = {},
): Pod {
  const made = Array.from({ length: of.own ?? 0 }, (_, index) => ({
    name: `own-${index}`,
    ephemeral: { volumeClaimTemplate: { spec: { storageClassName: className } } },
  }));
  const mounted = (of.claims ?? []).map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  const nodeName = of.nodeName === undefined ? {} : { nodeName: of.nodeName };
  return pod({ name, labels: { app: "db" }, requests: { cpu: of.cpu ?? "100m" }, spec: { volumes: [...made, ...mounted], ...nodeName } });
}

const dbs = (count: number, own: number): readonly Pod[] => Array.from({ length: count }, (_, index) => db(`db-${index}`, { own }));

interface Row {
  readonly pods: readonly Pod[];
  readonly types?: readonly InstanceType[];
  readonly nodes?: readonly NodeState[];
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  readonly provisioner?: string;
}

function input({ pods, types = [three], nodes = [], claims = [], volumes = [], provisioner = driver }: Row): SolveInput {
  const kind = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass" };
  return {
    pods: pods.map((one) => ({ key: `shop/${one.metadata.name ?? ""}`, pod: one })),
    nodePools: [pool],
    instanceTypes: new Map([["pool", types]]),
    daemonSets: [],
    nodes,
    namespaces: new Map([["shop", {}]]),
    volumes: {
      claims,
      volumes,
      classes: [{ ...kind, metadata: { name: className }, provisioner, volumeBindingMode: "WaitForFirstConsumer" }],
    },
  };
}

const plan = (row: Row): SchedulingResults => solve(input(row));
const told = ({ newNodes }: SchedulingResults) => newNodes.map(({ instanceType, pods }) => `${instanceType} ×${pods.length}`);
const isBound = { "pv.kubernetes.io/bind-completed": "yes" };

function claim(name: string, volumeName?: string): PersistentVolumeClaim {
  const bound = volumeName === undefined ? {} : { annotations: isBound };
  return {
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace: "shop", ...bound } },
    spec: { storageClassName: className, ...(volumeName === undefined ? {} : { volumeName }) },
  };
}

function volume(name: string, spec: PersistentVolume["spec"]): PersistentVolume {
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec };
}

function node(name: string, labels: Readonly<Record<string, string>> = {}): Node {
  const allocatable = { cpu: "8", memory: "32Gi", pods: "100" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { [zoneLabel]: "a", ...labels } },
    status: { allocatable, capacity: allocatable },
  };
}

function csiNode(name: string, count?: number): CSINode {
  const drivers = [{ name: driver, ...(count === undefined ? {} : { allocatable: { count } }) }];
  return { apiVersion: "storage.k8s.io/v1", kind: "CSINode", metadata: { name }, spec: { drivers } };
}

const instanceTypes = new Map([["pool", [three, eight]]]);

function standing(count: number | undefined, pods: readonly Pod[] = []): readonly NodeState[] {
  return nodeStates({
    nodes: [node("node-x")],
    nodeClaims: [],
    pods,
    instanceTypes,
    names: platformNames(),
    csiNodes: [csiNode("node-x", count)],
  });
}

describe("a new node is planned for no more volumes than it attaches", () => {
  it.each([
    ["one by one", 7, 1, [three], ["three ×3", "three ×3", "three ×1"]],
    ["two a Pod", 3, 2, [three], ["three ×1", "three ×1", "three ×1"]],
    ["where a type that attaches more is cheaper for all", 8, 1, [three, eight], ["eight ×8"]],
    ["as many as it has room for, where no limit is known", 30, 1, [type("any", { cpu: 8, price: 0.1 })], ["any ×30"]],
  ])("%s", (_, count, own, types, expected) => {
    const results = plan({ pods: dbs(count, own), types });
    expect(results.unschedulable).toEqual([]);
    expect(told(results)).toEqual(expected);
  });

  it("by every strategy: of hundreds of Pods in a few shapes none is one too many", () => {
    const shapes = [
      ...[
        { own: 1, cpu: "2500m" },
        { own: 2, cpu: "700m" },
        { own: 3, cpu: "300m" },
      ],
      ...[
        { own: 0, cpu: "3100m" },
        { own: 4, cpu: "1900m" },
      ],
    ];
    const pods = shapes.flatMap((shape, kind) => Array.from({ length: 60 }, (_, index) => db(`db-${kind}-${index}`, shape)));
    const results = plan({ pods, types: [three, eight] });
    const strategies = [results.decision.chosen, ...results.decision.rejected.map(({ subject }) => subject)];
    expect(JSON.stringify(strategies)).toContain("cover");
    expect(results.unschedulable).toEqual([]);
    for (const { instanceType, pods: own } of results.newNodes) {
      const volumes = own.reduce((sum, { pod: one }) => sum + (one.spec.volumes?.length ?? 0), 0);
      expect(volumes).toBeLessThanOrEqual(instanceType === "three" ? 3 : 8);
    }
    // 600 volumes, of which nothing attaches more for its price than eight does.
    expect(results.pricePerHour).toBeLessThan((600 / 8) * 0.2 * 1.1);
  });

  it("names only types that attach them all in its claim", () => {
    const [first] = plan({ pods: [db("db", { own: 5 })], types: [three, eight] }).newNodes;
    expect(first?.instanceTypes.map(({ name }) => name)).toEqual(["eight"]);
    expect(first?.why.cheaper).toEqual([{ by: "volumes", keys: [`${driver} volumes`], types: 1, cheapest: "three", pricePerHour: 0.1 }]);
    expect(first?.requests).not.toHaveProperty([`${driver} volumes`]);
  });

  it("counts what the provisioners that Kubernetes once had ask of their CSI driver", () => {
    const ebs: InstanceType = { ...three, attachable: { "ebs.csi.aws.com": 2 } };
    expect(told(plan({ pods: dbs(4, 1), types: [ebs], provisioner: "kubernetes.io/aws-ebs" }))).toEqual(["three ×2", "three ×2"]);
    const mounted = ["old-a", "old-b", "new"].map((name) => db(name, { claims: [name] }));
    const volumes = [
      ...["old-a", "old-b"].map((name) => volume(name, { awsElasticBlockStore: { volumeID: `aws://a/vol-${name}` } })),
      volume("new", { csi: { driver: "ebs.csi.aws.com", volumeHandle: "vol-new" } }),
    ];
    const claims = ["old-a", "old-b", "new"].map((name) => claim(name, name));
    expect(told(plan({ pods: mounted, types: [ebs], claims, volumes }))).toEqual(["three ×2", "three ×1"]);
  });

  it("counts a volume that many Pods mount once, also beside volumes of their own", () => {
    const sharing = Array.from({ length: 9 }, (_, index) => db(`db-${index}`, { claims: ["both"] }));
    expect(told(plan({ pods: sharing, claims: [claim("both")] }))).toEqual(["three ×9"]);
    const beside = Array.from({ length: 4 }, (_, index) => db(`db-${index}`, { own: 1, claims: ["both"] }));
    expect(told(plan({ pods: beside, claims: [claim("both")] }))).toEqual(["three ×2", "three ×2"]);
  });

  it("says of a Pod that needs more than any type attaches how many it could have", () => {
    const { unschedulable } = plan({ pods: [db("db", { own: 9 })], types: [three, eight] });
    const [left] = unschedulable;
    expect(left?.reasons).toEqual([
      `NodePool pool: no instance type attaches enough volumes: the Pod needs 9 of ${driver}, and there is room for at most 8`,
    ]);
    expect(left?.obstacles).toMatchObject([{ pool: "pool", constraint: "attachments", key: driver, asked: "9", available: "8" }]);
    expect(left?.obstacles[0]?.fix).toContain("mount at most 8 volumes");
  });
});

describe("a node that is there takes what its CSINode leaves", () => {
  const limited: InstanceType = { ...three, offerings: [] };
  const running = [db("a", { claims: ["one", "two"], nodeName: "node-x" }), db("b", { claims: ["two"], nodeName: "node-x" })];
  const claims = ["one", "two", "three"].map((name) => claim(name));
  const onto = (pods: readonly Pod[], count: number | undefined) =>
    plan({ pods, types: [limited], nodes: standing(count, running), claims });

  it.each([
    ["a limit above what is used", 4, ["db-0", "db-1"]],
    ["a limit that is reached", 2, []],
    ["a limit below what is used", 1, []],
    ["no limit", undefined, ["db-0", "db-1", "db-2", "db-3"]],
  ])("%s", (_, count, expected) => {
    const { existing } = onto(dbs(4, 1), count);
    expect(existing.flatMap(({ pods }) => pods.map(({ pod: { metadata } }) => metadata.name))).toEqual(expected);
  });

  it("and takes any number of Pods whose volumes are attached already", () => {
    const again = Array.from({ length: 3 }, (_, index) => db(`again-${index}`, { claims: ["one", "two"] }));
    expect(onto(again, 2).unschedulable).toEqual([]);
    expect(onto([db("more", { claims: ["one", "three"] })], 2).unschedulable).toHaveLength(1);
  });

  it("says how many are free, and how many it needs, in words and data", () => {
    const [left] = onto([db("db", { own: 4 })], 5).unschedulable;
    expect(left?.reasons).toContainEqual(
      `existing nodes: 1 without room for its volumes (3 of 5 ${driver} volumes are free on node-x, it needs 4)`,
    );
    expect(left?.obstacles).toContainEqual({
      ...{ constraint: "attachments", key: driver, value: "5", asked: "4", available: "3" },
      nodes: { count: 1, names: ["node-x"] },
    });
  });
});

describe("a node on its way", () => {
  const labels = { [nodePoolLabel]: "pool" };
  const nodeClaim = (own: Readonly<Record<string, string>> = {}): NodeClaim => ({
    ...{ apiVersion: "karpenter.sh/v1", kind: "NodeClaim", metadata: { name: "claim-x", labels: { ...labels, ...own } } },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      requirements: [{ key: instanceTypeLabel, operator: "In", values: ["three", "eight"] }],
    },
    status: { providerID: "x:///1" },
  });
  const attachableOf = (of: Partial<Parameters<typeof nodeStates>[0]>) =>
    nodeStates({ nodes: [], nodeClaims: [], pods: [], instanceTypes, names: platformNames(), ...of }).map(
      ({ attachable }) => attachable?.[driver],
    );
  const joined = (own: Readonly<Record<string, string>>): Node => ({
    ...node("node-x", { ...labels, ...own }),
    spec: { providerID: "x:///1" },
  });

  it.each([
    ["attaches what the least of its types does", { nodeClaims: [nodeClaim()] }, 3],
    ["attaches what its type does, once it is launched", { nodeClaims: [nodeClaim({ [instanceTypeLabel]: "eight" })] }, 8],
    [
      "and so does its Node before its driver has started",
      { nodeClaims: [nodeClaim({ [instanceTypeLabel]: "eight" })], nodes: [joined({})] },
      8,
    ],
    ["then what the driver says", { nodeClaims: [nodeClaim()], nodes: [joined({})], csiNodes: [csiNode("node-x", 7)] }, 7],
    [
      "and any number once it is initialized and the driver says nothing",
      { nodeClaims: [nodeClaim()], nodes: [joined({ [initializedLabel]: "true" })] },
      undefined,
    ],
  ])("%s", (_, of, expected) => {
    expect(attachableOf(of)).toEqual([expected]);
  });
});
