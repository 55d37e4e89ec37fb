/** `plimsoll plan` counts with the prices, the NodeClasses and the NodeOverlays that it is given, and says what it can't use. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Plan } from "../../src/cli/plan-form.ts";
import { runPlimsoll } from "./program-run.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-prices-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const pool = (spec = "") => `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: { name: general }
spec:
  template:
    spec:
      nodeClassRef: { group: karpenter.k8s.aws, kind: EC2NodeClass, name: default }
      requirements:
        - { key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large, m7g.large] }
        - { key: karpenter.sh/capacity-type, operator: In, values: [on-demand] }
        - { key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a, ap-southeast-1b] }
${spec}`;
const web = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: app, image: example.com/app:1, resources: { requests: { cpu: 500m, memory: 512Mi } } }] }
`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function planned(objects: readonly string[], ...options: readonly string[]) {
  const path = file("world.yaml", objects.join("\n---\n"));
  const { code, stdout, stderr } = await runPlimsoll(["plan", path, "--policies", "policies.yaml", "-o", "json", ...options]);
  const plan = stdout === "" ? undefined : (JSON.parse(stdout) as Plan);
  return {
    code,
    stderr,
    nodes: plan?.nodes.map(({ instanceType, zone, pricePerHour }) => `${instanceType} ${zone} ${pricePerHour}`) ?? [],
  };
}

describe("prices", () => {
  test("are the dated table's where none are given", async () => {
    expect((await planned([pool(), web])).nodes).toEqual(["m7g.large ap-southeast-1a 0.102"]);
  });

  test("are estimated where Singapore's table knows no type of a pool, which is said", async () => {
    const m5 = pool().replace("[m7i.large, m7g.large]", "[m5.large, c5.large]");
    const { nodes, stderr } = await planned([m5, web]);
    expect(nodes).toEqual(["c5.large ap-southeast-1a 0.098005"]);
    expect(stderr).toMatch(
      /^note: prices: a table of ap-southeast-1 of January 2026 from memory, and what it lacks by us-east-1's list of /m,
    );
  });

  test("are those of the zone's region, and of a region without a list those of the nearest, which is said", async () => {
    const pairs = ["us-east-1", "eu-west-1"].map((region) =>
      pool().replaceAll("ap-southeast-1", region).replace("[m7i.large, m7g.large]", "[m5.large]"),
    );
    const [listed, nearest] = [await planned([pairs[0] ?? "", web]), await planned([pairs[1] ?? "", web])];
    expect([listed.nodes, nearest.nodes]).toEqual([["m5.large us-east-1a 0.096"], ["m5.large eu-west-1a 0.096"]]);
    expect(listed.stderr).not.toContain("prices:");
    expect(nearest.stderr).toContain("eu-west-1 has no list here, and us-east-1's stands for it; --price-list names your own");
  });

  describe("of a type that no list knows", () => {
    const old = pool().replace("[m7i.large, m7g.large]", "[hpc6a.48xlarge]");
    const overlay = `apiVersion: karpenter.sh/v1alpha1
kind: NodeOverlay
metadata: { name: ours }
spec: { requirements: [{ key: node.kubernetes.io/instance-type, operator: In, values: [hpc6a.48xlarge] }], price: "0.3" }`;

    test("are a reason to buy none, which the plan says", async () => {
      const path = file("old.yaml", [old, web].join("\n---\n"));
      const { code, stdout } = await runPlimsoll(["plan", path, "--policies", "policies.yaml", "-v"]);
      expect(stdout).toContain("NodePool general: no price is known for hpc6a.48xlarge, and nothing is bought without one\n");
      expect([code, stdout]).toEqual([
        1,
        expect.stringContaining("fix: give them a price: in a rate card, a price list or a NodeOverlay\n"),
      ]);
    });

    test("are those of a rate card or a NodeOverlay", async () => {
      const card = file(
        "old-rates.yaml",
        "rates: [{ instanceType: hpc6a.48xlarge, zone: ap-southeast-1a, capacityType: on-demand, pricePerHour: 0.2 }]",
      );
      expect((await planned([old, web], "--rate-card", card)).nodes).toEqual(["hpc6a.48xlarge ap-southeast-1a 0.2"]);
      expect((await planned([old, web, overlay])).nodes).toEqual(["hpc6a.48xlarge ap-southeast-1a 0.3"]);
    });
  });

  test("are those of a rate card, by zone too", async () => {
    const card = file("rates.yaml", "rates: [{ instanceType: m7i.*, zone: ap-southeast-1b, capacityType: on-demand, percent: -50 }]");
    expect((await planned([pool(), web], "--rate-card", card)).nodes).toEqual(["m7i.large ap-southeast-1b 0.063"]);
  });

  test("name no type that the catalog lacks, or a note says so", async () => {
    const card = file(
      "rates.yaml",
      'rates: [{ instanceType: zzz.large, capacityType: spot, pricePerHour: 3 }, { instanceType: "m7i.*", capacityType: spot, percent: 1 }]',
    );
    const { code, stderr } = await planned([pool(), web], "--rate-card", card);
    expect([code, stderr]).toEqual([0, `note: ${card}: has a rate of zzz.large, and the catalog has no such type\n`]);
  });

  test("are those of a price list and of a Spot history", async () => {
    const attributes = { instanceType: "m7i.large", regionCode: "ap-southeast-1", tenancy: "Shared", operatingSystem: "Linux" };
    const terms = {
      OnDemand: { T: { effectiveDate: "2026-11-01", priceDimensions: { R: { unit: "Hrs", pricePerUnit: { USD: "0.05" } } } } },
    };
    const list = file(
      "list.json",
      JSON.stringify({ PriceList: [{ product: { sku: "S", productFamily: "Compute Instance", attributes }, terms }] }),
    );
    expect((await planned([pool(), web], "--price-list", list)).nodes).toEqual(["m7i.large ap-southeast-1a 0.05"]);
    const entry = {
      InstanceType: "m7g.large",
      AvailabilityZone: "ap-southeast-1b",
      SpotPrice: "0.011",
      Timestamp: "2026-11-20T00:00:00Z",
      ProductDescription: "Linux/UNIX",
    };
    const history = file("spot.json", JSON.stringify({ SpotPriceHistory: [entry] }));
    const spotPool = pool().replace("[on-demand]", "[spot]");
    expect((await planned([spotPool, web], "--spot-history", history)).nodes).toEqual(["m7g.large ap-southeast-1b 0.011"]);
  });

  test.each([
    [
      "--rate-card",
      "rates: [{ instanceType: m7i.large, capacityType: spot, percent: x }]",
      /rates\.yaml:1: rates\[0\]\.percent is "x"; write/,
    ],
    ["--price-list", "{}", /has neither "products" \(an offer file\) nor "PriceList"/],
    ["--spot-history", "{}", /the Spot history must be an object/],
  ])("of a file that can't be read as %s are refused with the file and the reason", async (option, text, message) => {
    const result = await planned([pool(), web], option, file("rates.yaml", text));
    expect([result.code, result.nodes]).toEqual([2, []]);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toContain("rates.yaml");
  });

  test("of a file that is not there are refused", async () => {
    const result = await planned([pool(), web], "--rate-card", join(folder, "none.yaml"));
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining("none.yaml: can't be read (ENOENT)") as string });
  });
});

test("serve does not start with a rate card that can't be read", async () => {
  const card = file("bad.yaml", "rates: [{ instanceType: m7i.large, capacityType: dear, percent: 1 }]");
  const { code, stderr } = await runPlimsoll(["serve", "--rate-card", card]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^plimsoll serve: .*bad\.yaml:1: rates\[0\]\.capacityType is "dear"; write on-demand or spot\n$/);
});

describe("what a pool may launch", () => {
  const nodeClass = (status: string) => `
apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata: { name: default }
spec:
  amiFamily: AL2023
  amiSelectorTerms: [{ id: ami-1 }]
  instanceProfile: nodes
  subnetSelectorTerms: [{ id: subnet-1 }]
  securityGroupSelectorTerms: [{ id: sg-1 }]
${status}`;

  test("follows the status of its EC2NodeClass", async () => {
    const status = `status:
  subnets: [{ id: subnet-1, zone: ap-southeast-1b }]
  amis: [{ id: ami-1, requirements: [{ key: kubernetes.io/arch, operator: In, values: [amd64] }] }]
`;
    const { nodes, stderr } = await planned([pool(), nodeClass(status), web]);
    expect([nodes, stderr]).toEqual([["m7i.large ap-southeast-1b 0.126"], ""]);
  });

  test("is nothing where its class can't be counted with, and that is said", async () => {
    const result = await planned([pool(), nodeClass("  kubelet: { maxPods: many }"), web]);
    expect(result).toMatchObject({ code: 1, nodes: [] });
    expect(result.stderr).toContain('note: EC2NodeClass "default": spec.kubelet.maxPods: "many" is neither a quantity nor an expression');
  });

  test("has NodeOverlays on it, and those without effect are told", async () => {
    const overlay = (name: string, price: string) => `
apiVersion: karpenter.sh/v1alpha1
kind: NodeOverlay
metadata: { name: ${name} }
spec: { price: "${price}", requirements: [{ key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large] }] }
`;
    const result = await planned([pool(), overlay("a", "0.02"), overlay("b", "0.03"), web]);
    expect(result.nodes).toEqual(["m7i.large ap-southeast-1a 0.03"]);
    expect(result.stderr).toContain('note: NodeOverlay "a" has no effect: NodeOverlay "b" of the same weight (0) also prices m7i.large');
  });

  test("is nothing for a static pool, and that is said", async () => {
    const result = await planned([pool("  replicas: 3"), web]);
    expect(result).toMatchObject({ code: 1, nodes: [] });
    expect(result.stderr).toContain('note: NodePool "general": spec.replicas is 3, which makes the pool static');
  });
});
