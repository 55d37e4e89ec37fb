/**
 * `plimsoll nodes` and `plimsoll why node/NAME` on the real control plane, with nodes that were bought of the EC2 stand-in: what they say of
 * a node that works, of one that is drained and held, and of an instance that never joins; and what a scrape tells of the same.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import "../../src/cli/nodes.ts";
import "../../src/cli/why-node.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import { runPlimsoll } from "../cli/program-run.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { ec2Region, startEc2Cluster, type Ec2Cluster } from "../support/ec2-cluster.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { startJoiner, type Joiner } from "../support/joiner.ts";

const waits = { timeout: 120_000, interval: 250 };
const graceSeconds = 120;
const poolLabel = "karpenter.sh/nodepool";

/** What `plimsoll nodes -o json` prints, as far as it is looked at here. */
interface Report {
  readonly prices: string;
  readonly totals: { readonly nodes: number; readonly pricePerHour: number };
  readonly nodes: readonly {
    readonly name: string;
    readonly hasJoined: boolean;
    readonly nodeClaim: string;
    readonly providerID: string;
    readonly state: string;
    readonly endsAt?: string;
    readonly instanceType: string;
    readonly capacityType: string;
    readonly zone: string;
    readonly nodePool: string;
    readonly nodeClass: string;
    readonly workloadClass: string;
    readonly createdAt: string;
    readonly expiresAt?: string;
    readonly pricePerHour: number;
    readonly pods: number;
    readonly requests: Readonly<Record<string, string>>;
    readonly owners: readonly { readonly name: string; readonly pods: number }[];
    readonly blockers: readonly { readonly kind: string; readonly by: string; readonly pods: readonly string[]; readonly owner: string }[];
  }[];
}

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("plimsoll nodes over EC2", () => {
    viewerTests(moto);
  });

function viewerTests(server: Moto): void {
  let cluster: Ec2Cluster;
  let joiner: Joiner;

  beforeAll(async () => {
    cluster = await startEc2Cluster({ moto: server, joins: false });
    const isDark = ({ metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }): boolean =>
      metadata.labels?.[poolLabel] === "general-dark";
    joiner = await startJoiner({ controlPlane: cluster.plane, delayMs: (claim) => (isDark(claim) ? Infinity : 0) });
    await cluster.apply(namespace, poolOf("general-flex"), poolOf("general-dark"));
    // Admission refuses a Deployment for a pool that it does not know yet.
    await vi.waitFor(() => cluster.apply(deploymentOf("web", "general-flex"), deploymentOf("lost", "general-dark")), waits);
    await vi.waitFor(async () => {
      expect((await podsOf("web")).map(({ status }) => status?.phase)).toEqual(["Running"]);
      const [lit, dark] = [await claimOf("general-flex"), await claimOf("general-dark")];
      expect(lit?.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
      expect(dark?.status?.providerID).toMatch(/^aws:/);
    }, waits);
  }, 600_000);

  afterAll(async () => {
    await joiner.close();
    await cluster.close();
    await server.close();
  });

  const items = async <T>(path: string): Promise<readonly T[]> => {
    const { status, body } = await cluster.plane.request({ method: "GET", path });
    expect(status).toBe(200);
    return (body as { readonly items: readonly T[] }).items;
  };
  const podsOf = async (app: string): Promise<readonly Pod[]> =>
    (await items<Pod>("/api/v1/namespaces/shop/pods")).filter(({ metadata }) => metadata.labels?.["app"] === app);
  const claimOf = async (pool: string): Promise<NodeClaim | undefined> =>
    (await items<NodeClaim>("/apis/karpenter.sh/v1/nodeclaims")).find(({ metadata }) => metadata.labels?.[poolLabel] === pool);
  const plimsoll = (...words: readonly string[]) => runPlimsoll([...words, "--kubeconfig", cluster.plane.kubeconfig]);
  const report = async (...words: readonly string[]): Promise<Report> => {
    const { code, stdout, stderr } = await plimsoll("nodes", "-o", "json", ...words);
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout) as Report;
  };
  const rowOf = async (pool: string, ...words: readonly string[]) =>
    (await report(...words)).nodes.find(({ nodePool }) => nodePool === pool);
  const whyNode = async (name: string | undefined, ...words: readonly string[]) =>
    plimsoll("why", `node/${name ?? ""}`, "--cluster", ...words);

  test("a launched node is shown as it is: its type, price, owner and expiry are the NodeClaim's and the Pods'", async () => {
    const [claim, row] = [await claimOf("general-flex"), await rowOf("general-flex")];
    const createdAt = claim?.metadata.creationTimestamp ?? "";
    expect(row).toMatchObject({
      name: claim?.status?.nodeName,
      hasJoined: true,
      nodeClaim: claim?.metadata.name,
      providerID: claim?.status?.providerID,
      state: "ready",
      instanceType: claim?.metadata.labels?.["node.kubernetes.io/instance-type"],
      capacityType: "on-demand",
      zone: claim?.metadata.labels?.["topology.kubernetes.io/zone"],
      nodeClass: "default",
      workloadClass: "general",
      createdAt,
      pods: 1,
      requests: { cpu: "800m", memory: "256Mi" },
      owners: [{ name: "retail", pods: 1 }],
      blockers: [],
    });
    expect(Date.parse(row?.expiresAt ?? "") - Date.parse(createdAt)).toBe(48 * 3_600_000);
    expect(row?.pricePerHour).toBe(fallbackPrices().onDemand(row?.instanceType ?? "", row?.zone ?? ""));
    expect(row?.name).not.toBe(row?.nodeClaim);
  });

  test("with --live-prices it costs what EC2 asks, and the report says where that is from", async () => {
    const words = ["--live-prices", "--region", ec2Region, "--ec2-endpoint", cluster.proxy.url];
    const [row, { prices, totals }] = [await rowOf("general-flex", ...words), await report(...words)];
    const { instanceType = "", zone = "" } = row ?? {};
    const asked = cluster.proxy.price({ instanceType, zone, capacityType: "on-demand" });
    expect(row?.pricePerHour).toBe(asked);
    expect(asked).not.toBe(fallbackPrices().onDemand(instanceType, zone));
    expect(prices).not.toBe((await report()).prices);
    expect(totals.nodes).toBe(2);
    const why = await whyNode(row?.name, ...words);
    expect([why.code, why.stderr]).toEqual([0, ""]);
    expect(why.stdout).toContain(`$${(asked ?? 0).toFixed(4)} an hour`);
  });

  test("an instance that has not joined is shown under its NodeClaim, with what it costs already", async () => {
    const [claim, row] = [await claimOf("general-dark"), await rowOf("general-dark")];
    expect(row).toMatchObject({
      name: claim?.metadata.name,
      hasJoined: false,
      providerID: claim?.status?.providerID,
      state: "joining",
      instanceType: claim?.metadata.labels?.["node.kubernetes.io/instance-type"],
      pods: 0,
      blockers: [],
    });
    expect(row?.pricePerHour).toBeGreaterThan(0);
    const { stdout } = await plimsoll("nodes", "--output", "text");
    expect(stdout.split("\n")[0]).toBe("2 nodes: 1 joining, 1 ready");
    expect(stdout).toMatch(new RegExp(`^${claim?.metadata.name ?? ""} +joining \\d+[sm] `, "m"));
    const why = await whyNode(claim?.metadata.name);
    expect(why.stdout).toMatch(new RegExp(`^NodeClaim ${claim?.metadata.name ?? ""}: joining for \\d+[sm]$`, "m"));
    expect(why.stdout).toMatch(/^ {2}Launched {4}\S+Z, \d+ s later$/m);
    expect(why.stdout).toMatch(/^ {2}Registered {2}not yet, NodeNotFound: /m);
  });

  test("a node that is drained and held says by whom, who pays for it, and when it ends anyway", async () => {
    const [claim, [pod]] = [await claimOf("general-flex"), await podsOf("web")];
    const podName = pod?.metadata.name ?? "";
    // Admission lets no person write it; a controller of Kubernetes may.
    const writer = "--as=system:serviceaccount:kube-system:generic-garbage-collector";
    const annotated = await cluster.plane.kubectl(["annotate", "pod", podName, "-n", "shop", "karpenter.sh/do-not-disrupt=true", writer]);
    expect(annotated.code, annotated.stderr).toBe(0);
    const held = { kind: "do-not-disrupt", by: `shop/${podName}`, pods: [`shop/${podName}`], owner: "retail" };
    expect((await rowOf("general-flex"))?.blockers).toMatchObject([held]);
    const claimName = claim?.metadata.name ?? "";
    const deleted = await cluster.plane.kubectl(["delete", "nodeclaim", claimName, "--wait=false"]);
    expect(deleted.code, deleted.stderr).toBe(0);
    const find = async () => (await report()).nodes.find(({ nodeClaim }) => nodeClaim === claimName);
    await expect.poll(async () => (await find())?.endsAt, waits).toBeDefined();
    const row = await find();
    const deletedAt = (await items<NodeClaim>("/apis/karpenter.sh/v1/nodeclaims")).find(({ metadata }) => metadata.name === claimName);
    expect(row).toMatchObject({ state: "draining", hasJoined: true, blockers: [held] });
    expect(Date.parse(row?.endsAt ?? "") - Date.parse(deletedAt?.metadata.deletionTimestamp ?? "")).toBe(graceSeconds * 1_000);
    const { stdout } = await plimsoll("nodes", "--output", "text", "--filter", "state=draining");
    expect(stdout).toMatch(new RegExp(`^${row?.name ?? ""} +draining .*${podName}`, "m"));
    const why = await whyNode(row?.name);
    expect(why.stdout).toMatch(new RegExp(`^Node ${row?.name ?? ""} \\(NodeClaim ${claimName}\\): draining for \\d+[sm]`, "m"));
    expect(why.stdout).toMatch(new RegExp(`^ {2}Pod shop/${podName}: .*; ask retail$`, "m"));
    expect(why.stdout).toMatch(/^ {2}it ends in \d+[sm] at the latest \(\S+Z\), drained or not$/m);
  }, 180_000);

  test("a scrape tells the same lives: steps, nodes by pool, prices, and what was said", async () => {
    const text = await cluster.serve().metrics();
    const value = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? NaN);
    for (const step of ["launch", "register", "initialize"]) {
      expect(
        value(new RegExp(`^plimsoll_node_step_duration_seconds_count\\{step="${step}",nodepool="general-flex"\\} (\\d+)$`, "m")),
      ).toBeGreaterThan(0);
    }
    expect(text).not.toMatch(/^plimsoll_node_step_duration_seconds_count\{step="register",nodepool="general-dark"\}/m);
    expect(value(/^karpenter_nodeclaims_created_total\{nodepool="general-dark"\} (\d+)$/m)).toBe(1);
    expect(value(/^karpenter_nodepools_limit\{nodepool="general-dark",resource_type="cpu"\} (\d+)$/m)).toBe(1_000);
    expect(value(/^karpenter_cluster_state_node_count (\d+)$/m)).toBeGreaterThan(0);
    expect(value(/^plimsoll_ec2_price_sequence (\d+)$/m)).toBeGreaterThan(0);
    expect(value(/^plimsoll_ec2_price_age_seconds\{kind="on-demand"\} (\S+)$/m)).toBeGreaterThanOrEqual(0);
    expect(value(/^karpenter_cloudprovider_duration_seconds_count\{method="Create",provider="ec2"\} (\d+)$/m)).toBeGreaterThan(0);
    expect(value(/^operator_ec2nodeclass_status_condition_count\{name="default",type="Ready",status="True",reason="Ready"\} (\d+)$/m)).toBe(
      1,
    );
  });
}

const namespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { "platform.example.com/cost-owner": "retail" } },
};

function poolOf(name: string): object {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name, labels: { "platform.example.com/cost-owner": "platform" } },
    spec: {
      limits: { cpu: "1000", memory: "4000Gi" },
      template: {
        metadata: { labels: { "workload-class": "general", pool: name } },
        spec: {
          nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
          requirements: [
            { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
            { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
            { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m6i.large", "m7i.large"] },
          ],
          expireAfter: "48h",
          terminationGracePeriod: `${graceSeconds}s`,
        },
      },
      disruption: { consolidationPolicy: "WhenEmpty", consolidateAfter: "1h" },
    },
  };
}

function deploymentOf(app: string, pool: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: app, namespace: "shop" },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: {
          nodeSelector: { pool },
          containers: [{ name: "app", image: "nginx:1.29", resources: { requests: { cpu: "800m", memory: "256Mi" } } }],
        },
      },
    },
  };
}
