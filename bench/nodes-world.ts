/**
 * The cluster of the bench of `plimsoll nodes`: the embedded API server behind its HTTPS door, with nodes, claims and Pods that change.
 *
 * Reads how many of each. Writes them straight to the store, with what kubelets and controllers would have said of them. Returns the kubeconfig
 * and a way to change some Pods, as a busy cluster does.
 */
import { crdKinds, crdOf } from "../src/api/crd.ts";
import { kindTable } from "../src/api/kinds.ts";
import { defaultDomain } from "../src/api/labels.ts";
import type { KubeObject } from "../src/api/object.ts";
import { wallClock } from "../src/cluster/wall-clock.ts";
import { openHttpsDoor } from "../src/sim/https-door.ts";
import { adminUser } from "../src/sim/in-process-door.ts";
import { toJson, type JsonObject } from "../src/sim/json.ts";
import { kubeconfigText } from "../src/sim/kubeconfig.ts";
import { startWorld, type World } from "../src/sim/world.ts";
import { issueServingCertificate } from "../src/webhook/certificate.ts";

export interface NodesWorldSize {
  readonly nodes: number;
  readonly podsPerNode: number;
}

export interface NodesWorld {
  readonly kubeconfig: string;
  /** Changes the status of so many Pods, and of one budget. */
  change(pods: number): Promise<void>;
  close(): Promise<void>;
}

const types = ["m6i.xlarge", "c6i.2xlarge", "r6i.xlarge", "m7i.4xlarge"] as const;
const pools = ["general-flex", "batch", "compute"] as const;
const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] as const;
const namespaces = ["checkout", "search", "risk", "media", "billing"] as const;
const dayMs = 86_400_000;
const mergePatch = "application/merge-patch+json";

/** Opens the cluster; close it. */
export async function openNodesWorld(size: NodesWorldSize): Promise<NodesWorld> {
  const clock = wallClock();
  const world = startWorld({ clock, seed: "nodes" });
  const transport = world.transport();
  for (const kind of crdKinds)
    await transport.request({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body: crdOf(kind) });
  const pods = Array.from({ length: size.nodes }, (_unused, node) =>
    Array.from({ length: size.podsPerNode }, (_none, slot) => podOf({ node, slot, now: clock.now() })),
  ).flat();
  const nodes = Array.from({ length: size.nodes }, (_unused, index) => nodeAndClaim(index, clock.now())).flat();
  const others = namespaces.flatMap((name) => [namespaceOf(name), budgetOf(name)]);
  for (const object of [...others, ...nodes, ...pods]) put(world, object);
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: clock.now() });
  const token = "t".repeat(32);
  const door = await openHttpsDoor(world.server, { ...serving, tokens: new Map([[token, adminUser]]) });
  let turn = 0;
  return {
    kubeconfig: kubeconfigText({ url: door.url, caPem: authority.certificatePem, token }),
    change: async (count) => {
      for (let index = 0; index < count; index += 1) {
        const { metadata } = pods[turn++ % pods.length] ?? podOf({ node: 0, slot: 0, now: 0 });
        const body = { status: { message: `turn ${turn}` } };
        const path = `/api/v1/namespaces/${metadata.namespace ?? ""}/pods/${metadata.name ?? ""}/status`;
        const answer = await transport.request({ method: "PATCH", path, body, contentType: mergePatch });
        if (!answer.ok) throw new Error(`${path}: ${answer.error.message ?? answer.status}`);
      }
    },
    close: () => door.close(),
  };
}

function nodeAndClaim(index: number, now: number): readonly KubeObject[] {
  const name = `ip-10-0-${Math.floor(index / 250)}-${index % 250}.ap-southeast-1.compute.internal`;
  const created = new Date(now - (1 + (index % 20)) * dayMs).toISOString().replace(/\.\d+/, "");
  const pool = pools[index % pools.length] ?? "";
  const labels = {
    "node.kubernetes.io/instance-type": types[index % types.length] ?? "",
    "topology.kubernetes.io/zone": zones[index % zones.length] ?? "",
    "karpenter.sh/capacity-type": index % 4 === 0 ? "spot" : "on-demand",
    "karpenter.sh/nodepool": pool,
  };
  const conditions = ["Launched", "Registered", "Initialized"].map((type) => ({
    type,
    status: "True",
    reason: type,
    lastTransitionTime: created,
  }));
  const providerID = `aws:///${labels["topology.kubernetes.io/zone"]}/i-${index}`;
  const node: KubeObject & Record<string, unknown> = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `node-${index}`, creationTimestamp: created, labels },
    spec: { providerID },
    status: {
      allocatable: { cpu: "7", memory: "30Gi", pods: "58" },
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: created }],
    },
  };
  const claim: KubeObject & Record<string, unknown> = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: `${pool}-${index}`, uid: `claim-${index}`, creationTimestamp: created, labels },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [], expireAfter: "720h" },
    status: { providerID, nodeName: name, conditions },
  };
  // Some are still joining, and their Nodes are not there.
  if (index % 100 !== 50) return [node, claim];
  const joining = [
    conditions[0],
    { type: "Registered", status: "Unknown", reason: "NoAddresses", message: "the subnet has no free address" },
  ];
  return [{ ...claim, status: { providerID, conditions: joining } } as KubeObject];
}

function podOf({
  node,
  slot,
  now,
}: {
  readonly node: number;
  readonly slot: number;
  readonly now: number;
}): KubeObject & Record<string, unknown> {
  const namespace = namespaces[(node + slot) % namespaces.length] ?? "";
  const started = new Date(now - dayMs).toISOString().replace(/\.\d+/, "");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `api-5d4f-${node}-${slot}`,
      namespace,
      uid: `pod-${node}-${slot}`,
      labels: {
        app: slot === 0 ? "guarded" : "api",
        "pod-template-hash": "5d4f",
        [`${defaultDomain}/workload-class`]: pools[node % 3] ?? "",
      },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "api-5d4f", uid: "rs-api", controller: true }],
    },
    spec: {
      nodeName: `ip-10-0-${Math.floor(node / 250)}-${node % 250}.ap-southeast-1.compute.internal`,
      containers: [
        { name: "app", image: "example.com/app:1", resources: { requests: { cpu: `${200 + (node % 5) * 100}m`, memory: "1Gi" } } },
      ],
    },
    status: { phase: "Running", startTime: started, conditions: [{ type: "Ready", status: "True" }] },
  };
}

function namespaceOf(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { [`${defaultDomain}/cost-owner`]: `team-${name}` } } };
}

function budgetOf(namespace: string): KubeObject & Record<string, unknown> {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "guarded", namespace, uid: `pdb-${namespace}`, generation: 1 },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "guarded" } } },
    status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 9, desiredHealthy: 9, expectedPods: 10 },
  };
}

/** Writes an object past admission and validation. */
function put({ server }: World, object: KubeObject): void {
  const info = Object.values(kindTable(defaultDomain)).find(({ kind }) => kind === object.kind);
  if (info === undefined) throw new Error(`no kind ${object.kind}`);
  const resource = info.group === "" ? info.resource : `${info.resource}.${info.group}`;
  const { namespace = "", name = "" } = object.metadata;
  const written = server.store.create({ resource, namespace, name }, toJson(object) as JsonObject);
  if (!written.ok) throw new Error(`${object.kind} ${namespace}/${name}: ${written.error}`);
}
