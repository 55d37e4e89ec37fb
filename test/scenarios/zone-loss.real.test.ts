/**
 * A lost zone on EC2's protocol: six Pods that must be spread over three zones, and the third one ends and has nothing left to sell.
 *
 * The API server, the scheduler, the controllers and kubectl are the real ones; EC2 is the stand-in. No person acts: the Pods run in
 * the other zones within minutes, what was asked of EC2 meanwhile makes sense for them, and once the zone sells again a rollout uses it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { Node } from "../../src/api/node.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { WorkloadProfile } from "../../src/api/workload-profile.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { ec2Region, startEc2Cluster, type Ec2Cluster } from "../support/ec2-cluster.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { forbiddenRequests } from "../support/plimsoll-serve.ts";

const zoneKey = "topology.kubernetes.io/zone";
const lostZone = "ap-southeast-1c";
const waits = { timeout: 300_000, interval: 1_000 };

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("a zone that is lost", () => {
    lossTests(moto);
  });

function lossTests(server: Moto): void {
  let cluster: Ec2Cluster;
  /** The most CPUs that counted against the pool's limit, of all looks. */
  const seen = { cpuMax: 0 };

  beforeAll(async () => {
    cluster = await startEc2Cluster({ moto: server });
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, nodePool, profile, deployment);
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
  /** How many Pods run in each zone, such as "2/2/2"; "of 4: ..." where some do not run. */
  const spread = async (): Promise<string> => {
    const nodes = await listed<Node>("/api/v1/nodes");
    const zoneOf = new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels?.[zoneKey]]));
    const pods = (await listed<Pod>("/api/v1/namespaces/shop/pods")).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const running = pods.filter(({ status }) => status?.phase === "Running");
    for (const { status } of await listed<NodePool>("/apis/karpenter.sh/v1/nodepools"))
      seen.cpuMax = Math.max(seen.cpuMax, Number(status?.resources?.["cpu"] ?? 0));
    const counts = ["a", "b", "c"].map((zone) => running.filter(({ spec }) => zoneOf.get(spec.nodeName ?? "")?.endsWith(zone)).length);
    return `${running.length} of ${pods.length}: ${counts.join("/")}`;
  };
  const zoneSpread = async (): Promise<string> => {
    const [found] = await listed<WorkloadProfile>("/apis/platform.example.com/v1/namespaces/shop/workloadprofiles");
    const condition = found?.status?.conditions?.find(({ type }) => type === "ZoneSpread");
    return `${condition?.status} ${condition?.reason}`;
  };

  test("is one of three first", async () => {
    await expect.poll(spread, waits).toBe("6 of 6: 2/2/2");
    await expect.poll(zoneSpread, waits).toBe("True Required");
  }, 320_000);

  test("and ends: all its Pods run elsewhere within five minutes, and the profile says why", async () => {
    cluster.proxy.lack([{ zone: lostZone }]);
    const nodes = await listed<Node>("/api/v1/nodes");
    const there = nodes.filter(({ metadata }) => metadata.labels?.[zoneKey] === lostZone);
    const InstanceIds = there.flatMap(({ spec }) => spec?.providerID?.split("/").at(-1) ?? []);
    expect(InstanceIds).not.toEqual([]);
    await new EC2Client({ region: ec2Region, endpoint: server.url }).send(new TerminateInstancesCommand({ InstanceIds }));
    await expect.poll(spread, waits).toBe("6 of 6: 3/3/0");
    expect(await zoneSpread()).toBe("False ZoneLost");
    const events = await cluster.plane.kubectl(["get", "events", "-n", "shop", "--field-selector=reason=ZoneLost", "-o", "name"]);
    expect(events.stdout).not.toBe("");
  }, 320_000);

  test("and never has it used up the pool's limit by machines that the Pods do not need", () => {
    expect(seen.cpuMax).toBeGreaterThan(0);
    expect(seen.cpuMax).toBeLessThanOrEqual(48);
  });

  test("and sells again: new Pods are spread over it once more", async () => {
    cluster.proxy.lack([]);
    await expect.poll(zoneSpread, { ...waits, timeout: 900_000 }).toBe("True Required");
    const restarted = await cluster.plane.kubectl(["rollout", "restart", "deployment/web", "-n", "shop"]);
    expect(restarted.code, restarted.stderr).toBe(0);
    await expect.poll(spread, waits).toBe("6 of 6: 2/2/2");
  }, 1_300_000);

  test("is seen with no right that the ServiceAccount lacks", async () => {
    expect(await forbiddenRequests(cluster.plane)).toEqual([]);
  });
}

const nodePool = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodePool",
  metadata: { name: "general-flex", labels: { "platform.example.com/cost-owner": "platform" } },
  spec: {
    limits: { cpu: "100", memory: "400Gi" },
    template: {
      metadata: { labels: { "workload-class": "general" } },
      spec: {
        nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
        requirements: [
          { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
          { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
        ],
      },
    },
    disruption: { consolidationPolicy: "WhenEmpty", consolidateAfter: "30s", budgets: [{ nodes: "100%" }] },
  },
};

const profile = {
  apiVersion: "platform.example.com/v1",
  kind: "WorkloadProfile",
  metadata: { name: "web", namespace: "shop" },
  spec: {
    runtimeClass: "general",
    availability: { minReplicas: 6, zoneSpread: "required" },
    compute: { cpuRequest: "1", memoryRequest: "1Gi" },
    disruption: { minAvailable: "80%" },
  },
};

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", labels: { "platform.example.com/profile": "web" } },
  spec: {
    replicas: 6,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "nginx:1.29" }] },
    },
  },
};
