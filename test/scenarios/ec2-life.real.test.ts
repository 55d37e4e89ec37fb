/**
 * The whole life of nodes on EC2's protocol: a Deployment goes from 0 to 10, 20, 1 and 0 Pods, and its nodes follow.
 *
 * The API server, the scheduler, the controllers and kubectl are the real ones; EC2 is the stand-in. What a node is told to be is
 * read from the API server while it lives; what is left at the end is read from EC2 itself.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import { grantTroubles } from "../deploy/grant-witnesses.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { ec2ClusterName, ec2Region, startEc2Cluster, type Ec2Cluster } from "../support/ec2-cluster.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { forbiddenRequests } from "../support/plimsoll-serve.ts";
import { permissionFindings } from "../support/recorded-permissions.ts";

const waits = { timeout: 120_000, interval: 250 };
/** Two Pods a node, as no type of the pool has room for three. */
const podsPerNode = 2;
/** EC2's words where the role of the nodes may not be handed over. */
const passRoleMessage =
  "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/plimsoll/pod is not authorized to perform: " +
  "iam:PassRole on resource: arn:aws:iam::123456789012:role/nodes because no identity-based policy allows the iam:PassRole action";

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("nodes on EC2", () => {
    lifeTests(moto);
  });

function lifeTests(server: Moto): void {
  let cluster: Ec2Cluster;
  /** Every NodeClaim that was ever seen, as it was last seen. */
  const seen = new Map<string, NodeClaim>();

  beforeAll(async () => {
    cluster = await startEc2Cluster({ moto: server });
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, nodePool, deployment);
  }, 600_000);

  afterAll(async () => {
    await cluster.close();
    await server.close();
  });

  const listed = async <T>(path: string): Promise<readonly T[]> => {
    const { status, body } = await cluster.plane.request({ method: "GET", path });
    expect(status).toBe(200);
    return (body as { readonly items: readonly T[] }).items;
  };
  const claims = async (): Promise<readonly NodeClaim[]> => {
    const found = await listed<NodeClaim>("/apis/karpenter.sh/v1/nodeclaims");
    for (const claim of found) seen.set(claim.metadata.name ?? "", claim);
    return found;
  };
  const running = async (): Promise<number> =>
    (await listed<Pod>("/api/v1/namespaces/shop/pods")).filter(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === "Running",
    ).length;
  const readyClaims = async (): Promise<number> =>
    (await claims()).filter(({ status }) => status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True")).length;

  test("tell which permission a launch lacks, and come as soon as it is granted", async () => {
    const ready = () => cluster.plane.kubectl(["wait", "ec2nodeclass/default", "--for=condition=Ready", "--timeout=60s"]);
    expect(await ready()).toMatchObject({ code: 0 });
    const refused = { action: "CreateFleet", kind: "error", status: 403, code: "UnauthorizedOperation", message: passRoleMessage } as const;
    cluster.proxy.inject([1, 2, 3].map((nth) => ({ ...refused, nth })));
    const scaled = await cluster.plane.kubectl(["scale", "deployment/nginx", "-n", "shop", `--replicas=${podsPerNode}`]);
    expect(scaled.code, scaled.stderr).toBe(0);
    const described = async (): Promise<string> => (await cluster.plane.kubectl(["describe", "nodeclaims"])).stdout;
    await expect.poll(described, waits).toContain("fix: let the provisioner's role have iam:PassRole");
    await expect.poll(running, waits).toBe(podsPerNode);
    const counted = 'plimsoll_cloud_refused_calls_total{service="ec2",call="CreateFleet",action="iam:PassRole"} 3';
    expect((await cluster.serve().metrics()).split("\n")).toContain(counted);
    await expect.poll(readyClaims, waits).toBe(1);
  }, 180_000);

  test.each([
    { replicas: 10, nodes: 10 / podsPerNode },
    { replicas: 20, nodes: 20 / podsPerNode },
    { replicas: 1, nodes: 1 },
    { replicas: 0, nodes: 0 },
  ])(
    "follow $replicas Pods to $nodes",
    async ({ replicas, nodes }) => {
      const scaled = await cluster.plane.kubectl(["scale", "deployment/nginx", "-n", "shop", `--replicas=${replicas}`]);
      expect(scaled.code, scaled.stderr).toBe(0);
      await expect.poll(running, waits).toBe(replicas);
      // Going down, the ReplicaSet chooses which Pods go; what they leave half full stays, as nothing here moves Pods.
      await expect.poll(readyClaims, waits).toBe(nodes);
      await expect.poll(async () => (await cluster.standingInstances()).length, waits).toBe(nodes);
      expect(await listed("/api/v1/nodes")).toHaveLength(nodes);
    },
    300_000,
  );

  test("are launched, registered, initialized and ended, each once", () => {
    expect(seen.size).toBe(20 / podsPerNode);
    for (const { metadata, status } of seen.values()) {
      const isTrue = (type: string): boolean => status?.conditions?.some((one) => one.type === type && one.status === "True") === true;
      expect(
        ["Launched", "Registered", "Initialized"].filter((type) => !isTrue(type)),
        metadata.name,
      ).toEqual([]);
      expect(status?.providerID).toMatch(/^aws:\/\/\/ap-southeast-1[abc]\/i-/);
    }
    expect(new Set([...seen.values()].map(({ status }) => status?.providerID)).size).toBe(seen.size);
  });

  test("leave nothing behind: no instance, no NodeClaim, no Node, no finalizer, no launch template", async () => {
    expect(await cluster.standingInstances()).toEqual([]);
    expect(await claims()).toEqual([]);
    for (const object of ["nodepool/general-flex", "ec2nodeclass/default"]) {
      const deleted = await cluster.plane.kubectl(["delete", object, "--timeout=60s"]);
      expect(deleted.code, deleted.stderr).toBe(0);
    }
    await expect.poll(() => cluster.launchTemplates(), waits).toEqual([]);
  }, 180_000);

  test("are made with no right that the ServiceAccount lacks", async () => {
    expect(await forbiddenRequests(cluster.plane)).toEqual([]);
  });

  test("use what only they use of our roles, and ask nothing of AWS that our policy does not grant", async () => {
    expect(await grantTroubles(cluster.plane, "test/scenarios/ec2-life.real.test.ts")).toEqual([]);
    const calls = cluster.serve().calls();
    expect(permissionFindings(calls, { clusterName: ec2ClusterName, region: ec2Region })).toEqual([]);
    expect(calls.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["CreateLaunchTemplate", "TerminateInstances", "DeleteLaunchTemplate"]),
    );
  });
}

const nodePool = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodePool",
  metadata: { name: "general-flex", labels: { "platform.example.com/cost-owner": "platform" } },
  spec: {
    limits: { cpu: "1000", memory: "4000Gi" },
    template: {
      metadata: { labels: { "workload-class": "general" } },
      spec: {
        nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
        requirements: [
          { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
          { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
          { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m6i.large", "m7i.large"] },
        ],
      },
    },
    disruption: { consolidationPolicy: "WhenEmpty", consolidateAfter: "1s", budgets: [{ nodes: "100%" }] },
  },
};

/** 800m of 2 vCPU: two of them fit a node of the pool. */
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "nginx", namespace: "shop" },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "nginx" } },
    template: {
      metadata: { labels: { app: "nginx" } },
      spec: {
        containers: [{ name: "nginx", image: "nginx:1.29", resources: { requests: { cpu: "800m", memory: "256Mi" } } }],
      },
    },
  },
};
