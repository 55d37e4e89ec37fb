/**
 * `plimsoll whatif`: the difference in nodes and money.
 */
import { describe, expect, it } from "vitest";
import { kindTable } from "../../src/api/kinds.ts";
import type { PlanDifference } from "../../src/cli/plan-difference.ts";
import { deploymentText, infrastructureFile, podText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const checkout = "examples/lab/a1-checkout-api.yaml";

async function asked(words: readonly string[], stdin = "") {
  const { code, stdout, stderr } = await runPlimsoll(["whatif", "-o", "json", infrastructureFile, ...words], stdin);
  return { code, stderr, difference: (stdout === "" ? undefined : JSON.parse(stdout)) as PlanDifference | undefined };
}

it("help shows no empty list as a default, and every kind that a snapshot may hold", async () => {
  const { stdout } = await runPlimsoll(["whatif", "--help"]);
  expect(stdout).not.toContain("[]");
  const words = stdout.split(/[\s,.]+/);
  const resources = Object.values(kindTable()).map(({ resource }) => resource);
  expect(resources.filter((resource) => !words.includes(resource))).toEqual(["leases"]);
});

describe("whatif", () => {
  it("tells what a zone spread costs: without it fewer nodes and less money", async () => {
    const { code, difference } = await asked([checkout, "--without-constraint", "spread"]);
    expect(code).toBe(0);
    expect(difference?.before.nodes).toBe(3);
    expect(difference?.change.nodes).toBeLessThan(0);
    expect(difference?.change.pricePerHour).toBeLessThan(0);
    expect(difference?.change.lowerBoundPerHour).toBe(0);
  });

  it("compiles the spread anew without a zone, as it is done once the zone is lost", async () => {
    const { code, difference } = await asked([checkout, "--without-zone", "ap-southeast-1a"]);
    expect([code, difference?.lostPlace]).toEqual([0, []]);
    expect(difference?.nodes.map(({ zone, before, after }) => [zone, before, after])).toEqual([["ap-southeast-1a", 1, 0]]);
    expect(difference?.after.nodes).toBe(2);
  });

  it("tells who loses a place without a zone since its spread is its own, with the reasons, and exits 1", async () => {
    const spread = `{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, minDomains: 3, labelSelector: {matchLabels: {app: web}}}`;
    const own = deploymentText({ spec: "replicas: 3" }).replace(
      "spec: {containers",
      `spec: {topologySpreadConstraints: [${spread}], containers`,
    );
    const { code, difference } = await asked(["-", "--without-zone", "ap-southeast-1a"], own);
    expect(code).toBe(1);
    expect(difference?.nodes.filter(({ zone, after }) => zone === "ap-southeast-1a" && after > 0)).toEqual([]);
    expect(difference?.lostPlace[0]?.reasons.join("\n")).toContain(
      "its spread over topology.kubernetes.io/zone has minDomains 3, only 2 can be had, and those are full: ap-southeast-1b (1 Pod, maxSkew 1)",
    );
  });

  it("buys no node of a pool that there would not be, and the Pods that only it takes lose their place", async () => {
    const { code, difference } = await asked([checkout, "--without-pool", "general-flex"]);
    expect([code, difference?.after.nodes, difference?.lostPlace.map(({ pods }) => pods.length)]).toEqual([1, 0, [6]]);
  });

  it("buys on demand where there would be no Spot, which is dearer", async () => {
    const { code, difference } = await asked(["examples/lab/a3-fraud-model-batch.yaml", "--without-capacity-type", "spot"]);
    expect(code).toBe(0);
    expect(difference?.change.pricePerHour).toBeGreaterThan(0);
    expect(difference?.nodes.filter(({ after }) => after > 0).map(({ capacityType }) => capacityType)).not.toContain("spot");
  });

  it("finds a place that only a nodeSelector, or only an anti-affinity, or only a limit, has kept from a Pod", async () => {
    const elsewhere = podText.replace("spec: {", "spec: {nodeSelector: {planet: mars}, ");
    const alone = await asked(["-", "--without-constraint", "nodeSelector"], elsewhere);
    expect([alone.code, alone.difference?.foundPlace]).toEqual([0, ["shop/Pod/debug#0"]]);
    const kept = await asked(["-", "--without-constraint", "anti-affinity"], elsewhere);
    expect([kept.code, kept.difference?.foundPlace]).toEqual([0, []]);
    const huge = deploymentText({ spec: "replicas: 60" }).replace("cpu: 100m", "cpu: 7");
    const unlimited = await asked(["-", "--without-constraint", "limits"], huge);
    expect(unlimited.difference?.change.unschedulable).toBeLessThan(0);
  });

  it("makes several changes of one call together", async () => {
    const { difference } = await asked([checkout, "--without-zone", "ap-southeast-1a", "--without-constraint", "spread"]);
    expect(difference?.lostPlace).toEqual([]);
    expect(difference?.nodes.filter(({ zone, after }) => zone === "ap-southeast-1a" && after > 0)).toEqual([]);
  });

  it("needs a place for the Pods of a lost zone's nodes, and says that what those cost is not counted", async () => {
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "node-1", labels: { "topology.kubernetes.io/zone": "ap-southeast-1a", "kubernetes.io/hostname": "node-1" } },
      status: { allocatable: { cpu: "2", memory: "8Gi", pods: "20" }, capacity: { cpu: "2", memory: "8Gi", pods: "20" } },
    };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "runs", namespace: "shop", uid: "runs" },
      spec: {
        nodeName: "node-1",
        containers: [{ name: "app", image: "registry.example.com/app:1", resources: { requests: { cpu: "1" } } }],
      },
    };
    const folder = folderOf({ "cluster.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: [node, pod] }) });
    const { code, stderr, difference } = await asked(["--snapshot", `${folder}/cluster.json`, "--without-zone", "ap-southeast-1a"]);
    expect(stderr).toContain("note: 1 node that is there is lost; what that cost is not counted, and its Pods need a place");
    expect([code, difference?.before.nodes, difference?.after.nodes, difference?.lostPlace]).toEqual([0, 0, 1, []]);
  });
});

describe("whatif refuses", () => {
  it.each([
    [["--without-pool", "nope"], 'there is no NodePool "nope" in the plan; there is batch-spot, compute-batch, general-flex\n'],
    [["--without-zone", "mars-1a"], 'there is no zone "mars-1a" in the plan; there is ap-southeast-1a, ap-southeast-1b, ap-southeast-1c\n'],
    [["--without-capacity-type", "reserved"], 'there is no capacity type "reserved" in the plan; there is on-demand, spot\n'],
    [["--without-constraint", "gravity"], "It must be one of spread, affinity, anti-affinity"],
    [[], "nothing would change: say what there would not be, with --without-pool NAME"],
  ])("%j and says what there is", async (words, message) => {
    const { code, stderr } = await asked([checkout, ...words]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

it("whatif as text has the figures before and after, and the nodes that differ", async () => {
  const { stdout } = await runPlimsoll(["whatif", infrastructureFile, checkout, "--without-pool", "general-flex"]);
  expect(stdout).toMatch(/^ +BEFORE +AFTER +CHANGE\nnodes to buy +3 +0 +-3\n\$\/h +\$\d\.\d{4} +\$0\.0000 +-\$\d\.\d{4} \(-100\.0%\)\n/);
  expect(stdout).toMatch(/\nNODEPOOL +TYPE +ZONE +CAPACITY +BEFORE +AFTER\ngeneral-flex +\S+ +ap-southeast-1a +on-demand +1 +0\n/);
  expect(stdout).toContain("no place any more for 6 Pods of checkout/Deployment/checkout-api:\n");
});
