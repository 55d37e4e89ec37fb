/**
 * A DaemonSet whose Pods are made larger than their template (an injector, a VerticalPodAutoscaler): a new node that is too small for them
 * and the Pod that it was bought for is not followed by another of its kind, and another. In the embedded world, on its virtual clock.
 */
import { pino } from "pino";
import { expect, test } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import type { KindName } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { ApiTransport } from "../../src/api/ports.ts";
import { runWorldControllers } from "../../src/sim/controllers/all-controllers.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld } from "../../src/sim/world.ts";
import { startLoneProvisioner } from "../scenarios/lone-provisioner.ts";
import { policySet } from "../support/admission.ts";
import { deployment, namespaceObject, nodePool } from "../support/objects.ts";

const kinds: readonly KindName[] = [
  ...(["WorkloadProfile", "Namespace", "Node", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"] as const),
  ...(["LimitRange", "ResourceQuota", "HorizontalPodAutoscaler", "NodePool", "NodeClaim", "EC2NodeClass"] as const),
  ...(["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const),
];
const paths: Readonly<Record<string, string>> = {
  CustomResourceDefinition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  Namespace: "/api/v1/namespaces",
  NodePool: "/apis/karpenter.sh/v1/nodepools",
  Deployment: "/apis/apps/v1/namespaces/shop/deployments",
  DaemonSet: "/apis/apps/v1/namespaces/shop/daemonsets",
  Pod: "/api/v1/namespaces/shop/pods",
};
const large = [
  { key: "topology.kubernetes.io/zone", operator: "In" as const, values: ["ap-southeast-1a"] },
  { key: "karpenter.k8s.aws/instance-cpu", operator: "In" as const, values: ["2", "4"] },
];
const agent = (cpu: string) => ({ containers: [{ name: "agent", image: "agent", resources: { requests: { cpu } } }] });

test("two nodes are bought at most, and the Pod runs", { timeout: 60_000 }, async () => {
  const clock = createVirtualClock();
  const world = startWorld({ clock, seed: "mutated-daemons" });
  const stop = new AbortController();
  const controllers = runWorldControllers(world.server, stop.signal);
  const create = (object: KubeObject) => post(world.transport(), object);
  for (const kind of crdKinds) await create(crdOf(kind));
  await create(namespaceObject("shop"));
  await create(nodePool({ requirements: large, limits: { cpu: "20" } }));
  const daemonSet = await create(daemonSetObject());
  await create(deployment({ name: "web", replicas: 1, requests: { cpu: "1500m", memory: "512Mi" } }));
  const provisioner = startLoneProvisioner({
    transport: withDaemons(world.transport(), (nodeName) => create(daemonPod(daemonSet, nodeName))),
    ...{ clock, kinds, policySet: policySet(), joinDelayMs: 0, writesMax: Infinity, log: pino({ level: "silent" }) },
  });
  await clock.runFor(180_000);
  const claims = world.server.store.list("nodeclaims.karpenter.sh").length;
  const pods = world.server.store
    .list("pods")
    .map((one) => one as unknown as { metadata: KubeObject["metadata"]; spec: { nodeName?: string } });
  const ended = provisioner.stop();
  stop.abort();
  await clock.runFor(1_000);
  await Promise.all([ended, controllers]);
  expect(pods.filter(({ metadata }) => metadata.name?.startsWith("web-")).map(({ spec }) => spec.nodeName)).toEqual([expect.any(String)]);
  expect(claims).toBeLessThanOrEqual(2);
});

function daemonSetObject(): KubeObject {
  const labels = { app: "agent" };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: agent("50m") } };
  return { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", namespace: "shop" }, spec } as KubeObject;
}

/** As its controller sends it, and an injector changes it. */
function daemonPod({ metadata }: KubeObject, nodeName: string): KubeObject {
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: metadata.uid ?? "", controller: true };
  const tolerations = [{ operator: "Exists" }];
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: { name: `agent-${nodeName}`, namespace: "shop", labels: { app: "agent" }, ownerReferences: [owner] },
    spec: { ...agent("800m"), nodeName, tolerations },
  } as KubeObject;
}

/** The embedded world has no controller of DaemonSets: each new Node gets its Pod here, before anybody else could. */
function withDaemons(transport: ApiTransport, sent: (nodeName: string) => Promise<unknown>): ApiTransport {
  return {
    watch: (request) => transport.watch(request),
    request: async (request) => {
      const answer = await transport.request(request);
      if (answer.ok && request.method === "POST" && request.path === "/api/v1/nodes") {
        await sent((answer.body as KubeObject).metadata.name ?? "");
      }
      return answer;
    },
  };
}

async function post(transport: ApiTransport, object: KubeObject): Promise<KubeObject> {
  const answer = await transport.request({ method: "POST", path: paths[object.kind] ?? "", body: object });
  if (!answer.ok) throw new Error(`${object.kind}: ${answer.error.message ?? ""}`);
  return answer.body as KubeObject;
}
