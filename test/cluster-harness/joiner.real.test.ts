// The joiner makes a Node of each launched NodeClaim, when its delay is over, with what a kubelet would register.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import type { InstanceHealth } from "../support/ec2-health.ts";
import { startJoiner } from "../support/joiner.ts";

const claimsPath = "/apis/karpenter.sh/v1/nodeclaims";

await describeOnControlPlane("the joiner", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ without: ["kube-scheduler"] });
  });
  afterAll(async () => {
    await plane.close();
  });

  const send = async (request: Parameters<ControlPlane["request"]>[0], status: number): Promise<void> => {
    const answer = await plane.request(request);
    expect(answer).toMatchObject({ status });
  };
  const nodeNames = async (): Promise<string> => (await plane.kubectl(["get", "nodes", "-o", "name"])).stdout.trim();

  test("each claim joins once, after its zone's delay, unregistered, with the claim's labels and taints, unless it fails to", async () => {
    // It runs before the CRD exists, as it would before an installation.
    const shown = new Map<string, InstanceHealth>();
    const joiner = await startJoiner({
      controlPlane: plane,
      fails: ({ metadata }) => (metadata.name === "lost" ? "dns" : undefined),
      show: (instanceID, health) => shown.set(instanceID, health),
      isRunning: (instanceID) => instanceID !== "i-ended",
      delayMs: (claim) => (claim.metadata.labels?.["topology.kubernetes.io/zone"] === "ap-southeast-1a" ? 0 : 3000),
    });
    await send({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body: nodeClaimDefinition }, 201);
    await expect.poll(async () => (await plane.request({ method: "GET", path: claimsPath })).status).toBe(200);

    await send({ method: "POST", path: claimsPath, body: claim({ name: "near", zone: "ap-southeast-1a" }) }, 201);
    await send({ method: "POST", path: claimsPath, body: claim({ name: "far", zone: "ap-southeast-1b" }) }, 201);
    for (const name of ["lost", "ended"])
      await send({ method: "POST", path: claimsPath, body: claim({ name, zone: "ap-southeast-1a" }) }, 201);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await nodeNames()).toBe(""); // nothing is launched yet
    await send(launch({ name: "near", zone: "ap-southeast-1a" }), 200);
    await send(launch({ name: "far", zone: "ap-southeast-1b" }), 200);
    for (const name of ["lost", "ended"]) await send(launch({ name, zone: "ap-southeast-1a" }), 200);

    await expect.poll(nodeNames).toBe("node/i-far.ec2.internal\nnode/i-near.ec2.internal");
    const madeAt = async (name: string): Promise<number> =>
      Date.parse((await plane.kubectl(["get", "node", name, "-o", "jsonpath={.metadata.creationTimestamp}"])).stdout);
    // Three seconds apart, in whole seconds; the later one was launched later, too.
    expect((await madeAt("i-far.ec2.internal")) - (await madeAt("i-near.ec2.internal"))).toBeGreaterThanOrEqual(2000);

    const { body } = await plane.request({ method: "GET", path: "/api/v1/nodes/i-near.ec2.internal" });
    expect(body).toMatchObject({
      metadata: {
        labels: {
          "topology.kubernetes.io/zone": "ap-southeast-1a",
          "karpenter.sh/nodepool": "general",
          "kubernetes.io/arch": "amd64",
          "kubernetes.io/hostname": "i-near.ec2.internal",
        },
      },
      spec: {
        providerID: "aws:///ap-southeast-1a/i-near",
        taints: expect.arrayContaining([
          { key: "karpenter.sh/unregistered", effect: "NoExecute" },
          { key: "dedicated", value: "batch", effect: "NoSchedule" },
          { key: "agent-not-ready", effect: "NoSchedule" },
        ]) as unknown,
      },
      status: {
        allocatable: { cpu: "1930m" },
        capacity: { cpu: "2" },
        nodeInfo: { bootID: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string },
      },
    });
    expect(body).not.toHaveProperty(["metadata", "labels", "karpenter.k8s.aws/instance-family"]); // two values say nothing yet
    const ready = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
    const isReady = async (): Promise<string> => (await plane.kubectl(["get", "node", "i-near.ec2.internal", "-o", ready])).stdout;
    await expect.poll(isReady).toBe("True");

    // One failed to join and shows why; one has ended, and joins no more.
    expect([...shown.keys()]).toEqual(["i-lost"]);
    expect(shown.get("i-lost")?.consoleOutput).toContain("no such host");

    // A deleted Node stays away: its kubelet registered once.
    await send({ method: "DELETE", path: "/api/v1/nodes/i-near.ec2.internal" }, 200);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await nodeNames()).toBe("node/i-far.ec2.internal");
    await joiner.close();
  });
});

/** Only as much of a NodeClaim's definition as the joiner needs; the true one is tested by whom it belongs to. */
const nodeClaimDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "nodeclaims.karpenter.sh",
    annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/karpenter/pull/1" },
  },
  spec: {
    group: "karpenter.sh",
    scope: "Cluster",
    names: { kind: "NodeClaim", listKind: "NodeClaimList", plural: "nodeclaims", singular: "nodeclaim" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

function claim({ name, zone }: { readonly name: string; readonly zone: string }): object {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, labels: { "topology.kubernetes.io/zone": zone, "karpenter.sh/nodepool": "general" } },
    spec: {
      requirements: [
        { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
        { key: "karpenter.k8s.aws/instance-family", operator: "In", values: ["m6i", "m7i"] },
      ],
      taints: [{ key: "dedicated", value: "batch", effect: "NoSchedule" }],
      startupTaints: [{ key: "agent-not-ready", effect: "NoSchedule" }],
    },
  };
}

function launch({ name, zone }: { readonly name: string; readonly zone: string }): Parameters<ControlPlane["request"]>[0] {
  const status = { providerID: `aws:///${zone}/i-${name}`, capacity: { cpu: "2", pods: "20" }, allocatable: { cpu: "1930m", pods: "20" } };
  return { method: "PATCH", path: `${claimsPath}/${name}/status`, contentType: "application/merge-patch+json", body: { status } };
}
