/**
 * `plimsoll plan`: nodes, zones and price on an empty cluster.
 */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/cli/plan-form.ts";
import { summaryOf } from "../../src/cli/plan-text.ts";
import { comingPodsMax } from "../../src/provisioner/fair-shares.ts";
import { deploymentText, infrastructureFile, podText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

async function planned(
  paths: readonly string[],
  stdin = "",
): Promise<{ readonly code: number; readonly plan: Plan; readonly stderr: string }> {
  const { code, stdout, stderr } = await runPlimsoll(["plan", "-o", "json", infrastructureFile, ...paths], stdin);
  return { code, plan: JSON.parse(stdout) as Plan, stderr };
}

it("prints exactly this form, a node for each zone of the lab's checkout-api", async () => {
  const { code, plan } = await planned(["examples/lab/a1-checkout-api.yaml"]);
  expect(Object.keys(plan)).toEqual(["nodes", "existing", "unschedulable", "truncated", "pricePerHour", "lowerBoundPerHour"]);
  expect(plan.nodes.map((node) => Object.keys(node))).toEqual(
    plan.nodes.map(() => [
      "nodePool",
      "instanceType",
      "zone",
      "capacityType",
      "pricePerHour",
      "why",
      "requests",
      "allocatable",
      "workloads",
      "pods",
    ]),
  );
  expect(plan.nodes.map(({ nodePool, zone, capacityType, pods }) => `${nodePool} ${zone} ${capacityType} ${pods.length}`).sort()).toEqual(
    ["a", "b", "c"].map((zone) => `general-flex ap-southeast-1${zone} on-demand 2`),
  );
  expect(plan.nodes.flatMap(({ pods }) => pods).sort()).toEqual(
    [0, 1, 2, 3, 4, 5].map((index) => `checkout/Deployment/checkout-api#${index}`),
  );
  expect(plan.pricePerHour).toBeCloseTo(
    plan.nodes.reduce((sum, node) => sum + node.pricePerHour, 0),
    9,
  );
  expect(plan.lowerBoundPerHour).toBeGreaterThan(0);
  expect(plan.lowerBoundPerHour).toBeLessThanOrEqual(plan.pricePerHour);
  expect({ code, unschedulable: plan.unschedulable, truncated: plan.truncated }).toEqual({ code: 0, unschedulable: [], truncated: false });
  const told = "the plan took too long and was cut short: with more time it may place more Pods, or cost less\n";
  expect(summaryOf({ ...plan, truncated: true })).toBe(`${told}${summaryOf(plan)}`);
});

describe("what counts", () => {
  it("a plan of more Pods than it takes says how many it leaves out, of which workload, and that its price is without them", async () => {
    const [huge, small] = [{ spec: "replicas: 3000000" }, { name: "small", spec: "replicas: 3" }].map(deploymentText);
    const { code, plan, stderr } = await planned(["-"], `${huge ?? ""}---\n${small ?? ""}`);
    const left = 3_000_000 - (comingPodsMax - 3);
    expect(plan.plannedLater).toEqual([{ workload: "shop/Deployment/web", pods: left }]);
    expect(plan.nodes.flatMap(({ pods }) => pods).filter((pod) => pod.startsWith("shop/Deployment/small#"))).toHaveLength(3);
    expect({ code, stderr: stderr.includes(`note: shop/Deployment/web: ${left} of its Pods are planned for later`) }).toEqual({
      code: 1,
      stderr: true,
    });
    expect(summaryOf(plan)).toContain(`not in this plan, nor in its price: ${left} more Pods of shop/Deployment/web\n`);
  });

  it("DaemonSets are overhead of each node, and no Pods of the plan", async () => {
    const agent = deploymentText({ name: "agent", spec: "minReadySeconds: 0" })
      .replace("kind: Deployment", "kind: DaemonSet")
      .replace("cpu: 100m", "cpu: 1500m");
    const workload = deploymentText({ spec: "replicas: 8" }).replace("cpu: 100m", "cpu: 400m");
    const alone = await planned(["-"], workload);
    const beside = await planned(["-"], `${workload}---\n${agent}`);
    const pods = (plan: Plan): readonly string[] => plan.nodes.flatMap((node) => node.pods).sort();
    expect(pods(beside.plan)).toEqual(pods(alone.plan));
    expect(beside.plan.pricePerHour).toBeGreaterThan(alone.plan.pricePerHour);
  });

  it("CapacityBuffers keep their room, under their own names", async () => {
    const buffer = `apiVersion: autoscaling.x-k8s.io/v1beta1
kind: CapacityBuffer
metadata: {name: spare, namespace: shop}
spec: {scalableRef: {apiGroup: apps, kind: Deployment, name: web}, percentage: 50}
`;
    const { code, plan, stderr } = await planned(["-"], `${deploymentText({ spec: "replicas: 3" })}---\n${buffer}`);
    const workloads = plan.nodes.flatMap((node) => node.workloads.map(({ workload, pods }) => `${workload} ${pods}`)).sort();
    expect({ code, stderr, workloads }).toEqual({
      code: 0,
      stderr: "",
      workloads: ["shop/CapacityBuffer/spare 2", "shop/Deployment/web 3"],
    });
  });

  it("a CapacityBuffer whose template is missing keeps no room, which a note says", async () => {
    const buffer = `apiVersion: autoscaling.x-k8s.io/v1beta1
kind: CapacityBuffer
metadata: {name: ghost, namespace: shop}
spec: {podTemplateRef: {name: nope}, replicas: 3}
`;
    const { code, stderr } = await planned(["-"], `${podText}---\n${buffer}`);
    const missing = 'spec.podTemplateRef: PodTemplate "nope" not found in namespace "shop"';
    expect([code, stderr]).toEqual([0, `note: CapacityBuffer shop/ghost keeps no room in this plan: ${missing}\n`]);
  });

  it("a NodeClass of which no node could join is planned with all the same, which a note says", async () => {
    const infrastructure = await readFile(infrastructureFile, "utf8");
    const broken = infrastructure.replace("  amiSelectorTerms:", "  kubelet: {maxPod: 20}\n  amiSelectorTerms:");
    const { code, stderr } = await runPlimsoll(
      ["plan", `${folderOf({ "infrastructure.yaml": broken })}/infrastructure.yaml`, "-"],
      podText,
    );
    const fault = "spec.kubelet.maxPod is no field of KubeletConfiguration; did you mean maxPods?";
    expect([code, stderr]).toEqual([0, `note: EC2NodeClass "default-private": plimsoll serve would launch no node of it: ${fault}\n`]);
  });

  it("a Job is as many Pods as it has left to complete, and what is suspended is planned as if it ran, which a note says", async () => {
    const jobText = (name: string, spec: string) => `apiVersion: batch/v1
kind: Job
metadata: {name: ${name}, namespace: shop}
spec: {${spec}, template: {spec: {restartPolicy: Never, containers: [{name: app, image: example.com/app, resources: {requests: {cpu: 1}}}]}}}
`;
    const files = `${jobText("short", "parallelism: 5, completions: 3")}---\n${jobText("held", "suspend: true")}`;
    const { code, plan, stderr } = await planned(["-"], files);
    const counts = plan.nodes.flatMap(({ pods }) => pods.map((pod) => pod.replace(/#.*/, "")));
    expect([code, stderr, counts.filter((pod) => pod === "shop/Job/short").length, counts.includes("shop/Job/held")]).toEqual([
      0,
      `note: Job shop/held is suspended: planned as if it ran\n`,
      3,
      true,
    ]);
  });

  it("a StatefulSet's Pods go where a claim's volume is and where its class allows, whatever annotations the file lacks", async () => {
    const zoneTerm = (zone: string) => `{key: topology.kubernetes.io/zone, operator: In, values: [${zone}]}`;
    const storage = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: gp3}
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
allowedTopologies: [{matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [ap-southeast-1b]}]}]
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv0}
spec:
  capacity: {storage: 10Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: gp3
  claimRef: {namespace: shop, name: OWNER}
  csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [${zoneTerm("ap-southeast-1c")}]}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data-web-0, namespace: shop}
spec: {volumeName: pv0, storageClassName: gp3, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
---
`;
    const claims =
      "volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: gp3, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}]";
    const set = deploymentText({ spec: `replicas: 2\n  serviceName: web\n  ${claims}` }).replace("kind: Deployment", "kind: StatefulSet");
    const { plan } = await planned(["-"], storage.replace("OWNER", "data-web-0") + set);
    expect(plan.nodes.flatMap(({ zone, pods }) => pods.map((pod) => `${pod} ${zone}`)).sort()).toEqual([
      "shop/StatefulSet/web#0 ap-southeast-1c",
      "shop/StatefulSet/web#1 ap-southeast-1b",
    ]);
    const causes = plan.nodes.flatMap(({ why }) => why.driver.labels.map(({ key, by }) => `${key} ${by}`));
    expect(causes).toEqual(["topology.kubernetes.io/zone volumes", "topology.kubernetes.io/zone volumes"]);
    const foreign = await planned(["-"], storage.replace("OWNER", "data-other-0") + set);
    expect(foreign.plan.unschedulable.flatMap(({ pods }) => pods)).toEqual(["shop/StatefulSet/web#0"]);
  });

  it("Pods that a controller of the files makes are not counted twice", async () => {
    const owned = podText.replace(
      "name: debug,",
      "name: debug, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, controller: true}],",
    );
    const { plan } = await planned(["-"], `${owned}---\n${deploymentText({ spec: "replicas: 1" })}`);
    expect(plan.nodes.flatMap(({ pods }) => pods)).toEqual(["shop/Deployment/web#0"]);
  });
});

it("S007: places shapes that nobody made a pool for on the class's pool as it is", async () => {
  const shapes: readonly (readonly [string, string])[] = [
    ["60m", "70Mi"],
    ["100m", "30Gi"],
    ["7500m", "1Gi"],
    ["3", "23Gi"],
    ["8", "32Gi"],
  ];
  const texts = shapes.map(([cpu, memory], index) =>
    deploymentText({ name: `shape-${index}`, spec: "replicas: 2" })
      .replace("cpu: 100m, memory: 128Mi", `cpu: "${cpu}", memory: ${memory}`)
      .replace("limits: {memory: 256Mi}", `limits: {memory: ${memory}}`),
  );
  const { code, plan } = await planned(["-"], texts.join("---\n"));
  expect({ code, unschedulable: plan.unschedulable }).toEqual({ code: 0, unschedulable: [] });
  expect(new Set(plan.nodes.map(({ nodePool }) => nodePool))).toEqual(new Set(["general-flex"]));
  expect(plan.nodes.flatMap(({ pods }) => pods)).toHaveLength(2 * shapes.length);
});

it("says what has no place and why, and exits 1", async () => {
  const { code, plan } = await planned(["-"], podText.replace("cpu: 100m", "cpu: 1k"));
  expect(plan.nodes).toEqual([]);
  expect(plan.unschedulable.flatMap(({ pods }) => pods)).toEqual(["shop/Pod/debug#0"]);
  expect(plan.unschedulable[0]?.reasons.join("\n")).toContain("general-flex");
  expect(code).toBe(1);
});

it("says once what is in the way of Pods that are alike, and who they are", async () => {
  const lost = deploymentText({ spec: "replicas: 40" }).replace("cpu: 100m", "cpu: 1k");
  const { plan } = await planned(["-"], `${lost}---\n${podText.replace("cpu: 100m", "cpu: 2k")}`);
  expect(plan.unschedulable.map(({ pods, obstacles }) => [pods.length, pods[0], obstacles.length > 0])).toEqual([
    [40, "shop/Deployment/web#0", true],
    [1, "shop/Pod/debug#0", true],
  ]);
});

it("plans the rest beside bad input, and exits 2", async () => {
  const { code, plan, stderr } = await planned(["-"], `hello\n---\n${podText}`);
  expect(plan.nodes.flatMap(({ pods }) => pods)).toEqual(["shop/Pod/debug#0"]);
  expect(stderr).toContain("standard input:1: is not a Kubernetes object");
  expect(code).toBe(2);
});

it("prints no plan where nothing that needs a place could be read", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["plan", infrastructureFile, "gone.yaml"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("gone.yaml: no such file\n");
});

it("shows nodes that are alike in one row, with their number", async () => {
  const term = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}";
  const apart = `{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [${term}]}}, containers`;
  const { stdout } = await runPlimsoll(["plan", infrastructureFile, "-"], deploymentText().replace("{containers", apart));
  const rows = stdout.split("\n").filter((line) => line.startsWith("general-flex"));
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    ["general-flex", "c6i.large ×2", "ap-southeast-1a", "on-demand", "$0.0980", "1", "shop/Deployment/web ×1"],
  ]);
  expect(stdout).toContain("\n2 nodes, ");
});

it("says which file should have held NodePools", async () => {
  const file = `${folderOf({ "pools.yaml": podText })}/pools.yaml`;
  const { code, stderr } = await runPlimsoll(["plan", infrastructureFile, "-", "--nodepools", file], podText);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`note: ${file}: holds no NodePool, so no node can be planned\n`)]);
});

it("says that nothing can be planned without a NodePool", async () => {
  const { code, stderr } = await runPlimsoll(["plan", "-"], podText);
  expect(stderr).toContain("note: no NodePool among the files, so no node can be planned");
  expect(code).toBe(1);
});

it("text for people is a table with the price of it all", async () => {
  const { stdout } = await runPlimsoll(["plan", infrastructureFile, "-"], podText);
  expect(stdout).toMatch(/^NODEPOOL +TYPE +ZONE +CAPACITY +\$\/H +PODS +WHICH\n/);
  expect(stdout).toMatch(/shop\/Pod\/debug ×1\n1 node, \$\d+\.\d{4} an hour; no plan for these Pods can cost less than \$\d+\.\d{4}\n$/);
});

it("with -v the text says why each node has its shape, and what the next best would cost", async () => {
  const { stdout } = await runPlimsoll(["plan", "-v", infrastructureFile, "examples/lab/a1-checkout-api.yaml"]);
  const [table, why] = [stdout.split("\n").slice(0, 4), stdout.split("\n").slice(4)];
  expect(table[0]).toMatch(/^NODEPOOL +TYPE/);
  expect(why.slice(0, 7)).toEqual([
    "why c6i.xlarge on-demand in ap-southeast-1a of general-flex:",
    "  memory decides: 4Gi of 6.43Gi is used, most of it by checkout/Deployment/checkout-api",
    "  and cpu, of which cheaper types have too little too: 2 of 3.92 is used",
    "  topology.kubernetes.io/zone In [ap-southeast-1a]: by the spread of checkout/Deployment/checkout-api",
    "  no other NodePool takes these Pods",
    "  next best: c7i.xlarge on-demand in ap-southeast-1a, $0.2058 ($0.0098 more)",
    "  cheaper types: 4 too small in cpu (from m6i.large, $0.1200); 2 too small in cpu and memory (from c6i.large, $0.0980)",
  ]);
  expect(why.filter((line) => line.startsWith("why "))).toHaveLength(3);
});

it("with -v the text says what would help a Pod without a place, and JSON has the same as data", async () => {
  const lost = podText.replace("spec: {", "spec: {nodeSelector: {topology.kubernetes.io/zone: ap-sotheast-1a}, ");
  const { code, stdout } = await runPlimsoll(["plan", "-v", infrastructureFile, "-"], lost);
  expect([code, stdout]).toEqual([1, expect.stringContaining("\n  fix: write ap-southeast-1a\n")]);
  const { plan } = await planned(["-"], lost);
  expect(plan.unschedulable[0]?.obstacles).toContainEqual(
    expect.objectContaining({
      pool: "general-flex",
      constraint: "requirements",
      key: "topology.kubernetes.io/zone",
      meant: "ap-southeast-1a",
    }),
  );
});
