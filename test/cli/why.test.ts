/**
 * `plimsoll why`: where a Pod would go, what the next best would cost, and what is against each alternative.
 */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/cli/plan-form.ts";
import type { WhyAnswer } from "../../src/cli/why-answer.ts";
import { deploymentText, infrastructureFile, podText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

async function asked(target: string, words: readonly string[], stdin = "") {
  const { code, stdout, stderr } = await runPlimsoll(["why", target, "-o", "json", infrastructureFile, ...words], stdin);
  return { code, stderr, answer: (stdout === "" ? undefined : JSON.parse(stdout)) as WhyAnswer | undefined };
}

const checkout = ["examples/lab/a1-checkout-api.yaml", "-n", "checkout"];

describe("why, of a replica that is yet to come", () => {
  it("names the node that the plan gives it, the next best type, and the plan without this type", async () => {
    const { code, answer } = await asked("deploy/checkout-api#2", checkout);
    const plan = JSON.parse((await runPlimsoll(["plan", "-o", "json", infrastructureFile, ...checkout])).stdout) as Plan;
    const node = plan.nodes.find(({ pods }) => pods.includes("checkout/Deployment/checkout-api#2"));
    const place = answer?.place;
    expect(code).toBe(0);
    expect(place).toMatchObject({ kind: "new", nodePool: node?.nodePool, instanceType: node?.instanceType, zone: node?.zone });
    if (place?.kind !== "new") throw new Error("a new node was expected");
    expect([...place.besides, "checkout/Deployment/checkout-api#2"].sort()).toEqual([...(node?.pods ?? [])].sort());
    expect(place.why.nextBest?.pricePerHour).toBeGreaterThanOrEqual(place.pricePerHour);
    expect(place.why.nextBest?.instanceType).not.toBe(place.instanceType);
    expect(place.withoutType.pricePerHour).toBeCloseTo(plan.pricePerHour + place.withoutType.morePerHour, 6);
  });

  it("tells for each NodePool how many offerings each constraint rules out, as data", async () => {
    const { answer } = await asked("deployment/checkout-api", checkout);
    const pools = new Map(answer?.pools.map((pool) => [pool.nodePool, pool]));
    expect(pools.get("batch-spot")?.ruledOut).toEqual([
      expect.objectContaining({ by: "taints", what: "workload-class=batch:NoSchedule", offerings: pools.get("batch-spot")?.offerings }),
    ]);
    expect(pools.get("batch-spot")).toMatchObject({
      left: 0,
      reason: "the Pod does not tolerate its taint workload-class=batch:NoSchedule",
    });
    expect(pools.get("general-flex")?.left).toBeGreaterThan(0);
    expect(pools.get("general-flex")?.ownNode?.pricePerHour).toBeGreaterThan(0);
  });

  it("tells of each other node of the plan what keeps it away", async () => {
    const { answer } = await asked("deploy/checkout-api", checkout);
    expect(answer?.otherNodes).toHaveLength(2);
    for (const { reason } of answer?.otherNodes ?? []) expect(reason).toContain("refused by spread");
  });
});

describe("why, of a Pod without a place", () => {
  it("tells labels and amounts apart, exits 1, and counts every offering once", async () => {
    const text = podText
      .replace("spec: {", "spec: {nodeSelector: {karpenter.k8s.aws/instance-category: c}, ")
      .replace("cpu: 100m", "cpu: 1k");
    const { code, answer } = await asked("pod/debug", ["-", "-n", "shop"], text);
    expect([code, answer?.place.kind]).toEqual([1, "none"]);
    for (const { offerings, ruledOut, left } of answer?.pools ?? [])
      expect(ruledOut.reduce((sum, one) => sum + one.offerings, left)).toBe(offerings);
    const general = answer?.pools.find(({ nodePool }) => nodePool === "general-flex");
    expect(general?.ruledOut.map(({ by, what }) => `${by} ${what}`).sort()).toEqual([
      "nodeSelector karpenter.k8s.aws/instance-category",
      "resources cpu",
    ]);
    expect(general?.left).toBe(0);
  });
});

describe("why, over a snapshot", () => {
  const node = (name: string, cpu: string, spec: object = {}) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "topology.kubernetes.io/zone": "ap-southeast-1a", "kubernetes.io/hostname": name } },
    spec,
    status: { allocatable: { cpu, memory: "8Gi", pods: "20" }, capacity: { cpu, memory: "8Gi", pods: "20" } },
  });
  const pod = (name: string, spec: object) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", uid: name },
    spec: { containers: [{ name: "app", image: "registry.example.com/app:1", resources: { requests: { cpu: "500m" } } }], ...spec },
  });
  const folder = (nodes: readonly object[]) =>
    folderOf({
      "cluster.json": JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: [...nodes, pod("runs", { nodeName: "a" }), pod("waits", {})],
      }),
    });

  it("names the node that is there, and of each other one what is against it", async () => {
    const taints = [{ key: "team", value: "x", effect: "NoSchedule" }];
    const nodes = [node("a", "2"), node("b", "2"), node("c", "100m"), node("d", "2", { taints }), node("e", "2", { unschedulable: true })];
    const { code, answer } = await asked("pod/waits", ["-n", "shop", "--snapshot", `${folder(nodes)}/cluster.json`]);
    expect([code, answer?.place]).toEqual([0, { kind: "existing", node: "a" }]);
    expect(answer?.otherNodes).toEqual([
      { node: "b", reason: "would take it too" },
      { node: "c", reason: "no room: cpu 100m is free" },
      { node: "d", reason: "its taint team=x:NoSchedule is not tolerated" },
      { node: "e", reason: "going away or cordoned" },
    ]);
  });

  it("says where a Pod runs that needs no place", async () => {
    const { code, stderr } = await asked("pod/runs", ["-n", "shop", "--snapshot", `${folder([node("a", "2")])}/cluster.json`]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Pod shop/runs runs on node a: only Pods that need a place are explained")]);
  });
});

describe("why refuses", () => {
  it.each([
    ["web", "web: name a Pod as pod/NAME, or a workload's replica as in deploy/NAME or deploy/NAME#2"],
    ["deploy/nope", "Deployment default/nope needs no place, or is not there; these do: shop/Deployment/web"],
    ["deploy/web#9", "Deployment shop/web#9 is no replica that needs a place: its 3 are #0 to #2"],
    ["ds/agent", "DaemonSets can't be asked about: they run on every node that they match"],
    ["deploy/web", "Deployment default/web is not there; one of that name is in namespace shop: name it with -n"],
  ])("%s and says what there is", async (target, message) => {
    const { code, stderr } = await asked(
      target,
      target.includes("#") ? ["-n", "shop", "-"] : ["-"],
      deploymentText({ spec: "replicas: 3" }),
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

it("why in words has the place, why this shape, and each NodePool", async () => {
  const { code, stdout } = await runPlimsoll(["why", "deploy/checkout-api", infrastructureFile, ...checkout]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^checkout\/Deployment\/checkout-api#0 asks for \S+ \S+, \S+ \S+\n {2}goes to a new node of NodePool general-flex: /,
  );
  expect(stdout).toMatch(/\n {2}why this shape: the cheapest of \d+ types that hold them\n {4}(cpu|memory) decides: /);
  expect(stdout).toMatch(/\n {4}next best: \S+ on-demand in ap-southeast-1\w, \$\d\.\d{4} \(\$\d\.\d{4} more\)\n/);
  expect(stdout).toContain("\nNodePool batch-spot: no node for it: the Pod does not tolerate its taint workload-class=batch:NoSchedule\n");
});
