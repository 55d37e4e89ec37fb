/**
 * `plimsoll nodes` and `plimsoll why node/NAME` as commands: of a snapshot in a file, and of a cluster behind HTTPS.
 */
import { describe, expect, it } from "vitest";
import "../../src/cli/nodes.ts";
import "../../src/cli/why-node.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { day, minute, noon, testBudget, testClaim, testNode, testPod } from "./nodes-world.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";
import { servedCluster } from "./served-cluster.ts";

const condition = { type: "Registered", status: "Unknown" as const, reason: "NoAddresses", message: "subnet-1 has no free address" };
const objects: readonly KubeObject[] = [
  testNode({ name: "ip-1" }),
  testClaim({ name: "ip-1" }),
  testPod({ node: "ip-1" }),
  testBudget(),
  testNode({ name: "ip-2", capacityType: "spot", zone: "ap-southeast-1b" }),
  testClaim({ name: "general-x", came: { Launched: 20 * minute }, conditions: [condition] }),
];

function snapshotFile(): string {
  const folder = folderOf({ "cluster.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) });
  return `${folder}/cluster.json`;
}

describe("plimsoll nodes of a snapshot", () => {
  it("prints sums, then a table", async () => {
    const { code, stdout, stderr } = await runPlimsoll(["nodes", "--snapshot", snapshotFile()]);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("3 nodes: 1 joining, 2 ready");
    expect(stdout).toMatch(/^\$0\.5760 an hour, \$420 a month; \$0\.5160 an hour of it is idle$/m);
    expect(stdout).toMatch(
      /^NODE +STATE +CPU +MEMORY +PODS +TYPE +\$\/HOUR +BUY +ZONE +POOL +CLASS +OWNER +AGE +EXPIRES +IN THE WAY +NODECLASS$/m,
    );
    expect(stdout).toMatch(
      /^ip-1 +ready \S+ +1\.0\/4\.0 25% +4\.0Gi\/16\.0Gi 25% +1\/58 +m6i\.xlarge +\$0\.2400 +on-demand .* PDB shop\/web: The disruption budget/m,
    );
    expect(stdout).toMatch(
      /^general-x +joining .* NoAddresses: subnet-1 has no free address; overdue by \d+\w: is the provisioner running\? +default$/m,
    );
  });
  it("says of a resource that is asked for that no node has any", async () => {
    const { stdout } = await runPlimsoll(["nodes", "--snapshot", snapshotFile(), "--resources", "cpu,foo"]);
    expect(stdout).toMatch(/^cpu: 13% is requested\nfoo: no node has any$/m);
  });
  it("prints JSON with the same sums, the money by what it is for, and each node's blockers", async () => {
    const { stdout } = await runPlimsoll([
      "nodes",
      "--snapshot",
      snapshotFile(),
      "-o",
      "json",
      "--filter",
      "state=ready",
      "--sort",
      "price",
    ]);
    const report = JSON.parse(stdout) as {
      totals: object;
      money: { buy: object };
      nodes: { name: string; blockers: { by: string }[]; requests: object }[];
    };
    expect(report.totals).toMatchObject({
      nodes: 2,
      pricePerHour: 0.336,
      phases: { ready: 2 },
      requests: { cpu: "1", memory: "4Gi", pods: "1" },
    });
    expect(report.money.buy).toEqual([
      { name: "on-demand", nodes: 1, pricePerHour: 0.24 },
      { name: "spot", nodes: 1, pricePerHour: 0.096 },
    ]);
    expect(report.nodes.map(({ name, blockers }) => [name, blockers.map(({ by }) => by)])).toEqual([
      ["ip-2", []],
      ["ip-1", ["shop/web"]],
    ]);
  });
  it("looks up no prices where none are asked for", async () => {
    const { stdout } = await runPlimsoll(["nodes", "--snapshot", snapshotFile(), "--no-prices", "-L", "karpenter.sh/nodepool"]);
    expect(stdout).not.toContain("an hour");
    expect(stdout).toMatch(/EXPIRES +NODEPOOL +IN THE WAY +NODECLASS$/m);
  });
  it.each([
    [["--sort", "prise"], '--sort: there is no column "prise"; did you mean price?'],
    [["--filter", "cpu>x"], "--filter: cpu>x: write a number, as in cpu>50"],
    [["--resources", ","], "--resources: name at least one, such as cpu,memory"],
    [["--selector", "a in (b"], "--selector: "],
    [["-o", "screen"], "--output screen needs a terminal; use text or json"],
    [["--every", "0"], "seconds are a number from 0.1 to 86400."],
    [["--rate-card", "nowhere.yaml"], "nowhere.yaml: can't be read (ENOENT)"],
  ])("refuses %j and says what to write", async (words, told) => {
    const { code, stdout, stderr } = await runPlimsoll(["nodes", "--snapshot", snapshotFile(), ...words]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(told);
  });
  it("refuses a snapshot that holds a broken object, naming it", async () => {
    const file = `${folderOf({ "cluster.yaml": "apiVersion: karpenter.sh/v1\nkind: NodeClaim\nmetadata: { name: a }\nspec: {}\n" })}/cluster.yaml`;
    const { code, stderr } = await runPlimsoll(["nodes", "--snapshot", file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cluster\.yaml:1: NodeClaim a: .*(?:nodeClassRef|requirements)/);
  });
});

describe("plimsoll why node/NAME of a snapshot", () => {
  it("tells a node's life, what stands on it and what would hold its drain up", async () => {
    const { code, stdout } = await runPlimsoll(["why", "node/ip-1", "--snapshot", snapshotFile()]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Node ip-1 \(NodeClaim ip-1\): ready for \S+$/m);
    expect(stdout).toContain("m6i.xlarge on-demand in ap-southeast-1a, $0.2400 an hour, $175 a month");
    expect(stdout).toMatch(/^ {2}Launched +\S+, 2 s later\n {2}Registered +\S+, 29 s later\n {2}Initialized +\S+, 14 s later$/m);
    expect(stdout).toContain("it might have been any of 2 types, on-demand");
    expect(stdout).toMatch(/^ {2}Deployment shop\/web +1 +1\.0 +4\.0Gi +- +- +\$0\.0600$/m);
    expect(stdout).toMatch(/^ {2}PodDisruptionBudget shop\/web: The disruption budget web needs 2 healthy pods .*; it holds shop\/web-1$/m);
  });
  it("tells whether its Pods would fit elsewhere", async () => {
    const asked = async (pod: KubeObject): Promise<string> => {
      const folder = folderOf({ "c.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: [...objects, pod] }) });
      return (await runPlimsoll(["why", "node/ip-1", "--snapshot", `${folder}/c.json`])).stdout;
    };
    expect(await asked(testPod({ name: "web-2", node: "ip-1" }))).toContain("its 2 Pods would fit on the other nodes as they stand");
    expect(await asked(testPod({ name: "web-3", node: "ip-2", cpu: "3500m" }))).toMatch(
      /of its Pod, 1 would fit on no other node, such as shop\/web-1: existing nodes: .+/,
    );
  });
  it("tells why a claim is no Node yet, and says so with its exit code", async () => {
    const { code, stdout } = await runPlimsoll(["why", "nodeclaim/general-x", "--snapshot", snapshotFile()]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^NodeClaim general-x: joining for \S+, NoAddresses: subnet-1 has no free address$/m);
    expect(stdout).toMatch(/^ {2}Registered +not yet, NoAddresses: subnet-1 has no free address$/m);
  });
  it.each<[string, number, Readonly<Record<string, number>>, RegExp]>([
    ["is to join soon", 0, { Launched: minute }, /^ {2}given up in 13m \(\S+Z, unless it is further by then\)$/m],
    ["should have been given up", 1, { Launched: 81 * minute }, /^ {2}overdue by 66m: is the provisioner running\? \(\S+Z\)$/m],
    ["has not been launched", 0, {}, /^ {2}on-demand, nothing is paid for it yet$/m],
  ])("tells of a claim that %s", async (_meaning, wanted, came, told) => {
    const now = Date.now();
    const claim = testClaim({ name: "general-z", came, ageMs: came["Launched"] ?? minute });
    const aged = JSON.parse(JSON.stringify(claim), (_key, value: unknown) =>
      typeof value === "string" && /^\d{4}-.*Z$/.test(value) ? new Date(Date.parse(value) + now - noon).toISOString() : value,
    ) as KubeObject;
    const folder = folderOf({ "c.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: [aged] }) });
    const { code, stdout } = await runPlimsoll(["why", "nodeclaim/general-z", "--snapshot", `${folder}/c.json`]);
    expect(stdout).toMatch(told);
    expect(code).toBe(wanted);
  });
  it("gives the same as data", async () => {
    const { stdout } = await runPlimsoll(["why", "node/ip-1", "--snapshot", snapshotFile(), "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      node: { name: "ip-1", state: "ready", blockers: [{ by: "shop/web" }] },
      asked: { types: 2, requests: { cpu: "3", memory: "8Gi" } },
      workloads: [{ workload: "Deployment shop/web", pods: 1, pricePerHour: 0.06 }],
      events: [],
    });
  });
  it.each([
    [["node/ip-9", "--snapshot"], 'no Node and no NodeClaim is called "ip-9"; did you mean ip-'],
    [["node/ip-1", "pools.yaml", "--snapshot"], "node/ip-1 is read from a cluster, not from files"],
  ])("refuses %j and says what to do", async (words, told) => {
    const { code, stderr } = await runPlimsoll(["why", ...words, snapshotFile()]);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  });
  it("asks where the node is", async () => {
    const { code, stderr } = await runPlimsoll(["why", "node/ip-1"]);
    expect([code, stderr]).toEqual([2, "node/ip-1: where is it? use --cluster, or --snapshot FILE\n"]);
  });
});

describe("plimsoll nodes of a cluster", () => {
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "general-y.1", namespace: "default" },
    involvedObject: { apiVersion: "karpenter.sh/v1", kind: "NodeClaim", name: "general-y" },
    type: "Warning",
    reason: "InsufficientCapacityError",
    message: "no capacity in ap-southeast-1a",
    lastTimestamp: "2026-07-01T11:58:00Z",
  };
  const { spec, metadata, ...node } = testNode({ name: "ip-1", ageMs: day });
  const kubeconfig = servedCluster("nodes", [
    ["/api/v1/nodes", { ...node, metadata: { name: "ip-1", labels: metadata.labels }, spec }],
    ["/api/v1/namespaces/default/events", event],
  ]);
  it("lists what stands there, by HTTPS", async () => {
    const { code, stdout, stderr } = await runPlimsoll(["nodes", "--kubeconfig", kubeconfig]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^ip-1 +(?:ready|not ready) .* m6i\.xlarge /m);
  });
  it("tells of a claim that was given up what was said of it last", async () => {
    const { code, stdout, stderr } = await runPlimsoll(["why", "nodeclaim/general-y", "--cluster", "--kubeconfig", kubeconfig]);
    expect(stdout).toBe("2026-07-01T11:58:00Z  NodeClaim general-y: InsufficientCapacityError: no capacity in ap-southeast-1a\n");
    expect([code, stderr]).toEqual([1, "general-y is not there any more; these are its last Events\n"]);
  });
  it("says why nothing can be read", async () => {
    const { code, stderr } = await runPlimsoll(["nodes", "--kubeconfig", `${kubeconfig}-gone`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/kubeconfig .*gone/);
  });
});
