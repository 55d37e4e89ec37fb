/**
 * The cases of a cluster that is in use: 100, 1,000 or 5,000 nodes, each about half full, and Pods that partly fit onto them.
 *
 * Reads a number of nodes. The nodes are of the benchmark's type with 8 CPU, one third in each zone, and hold generic diverse Pods up to
 * half of their CPU. The Pods to be placed are the diverse mix, and one in five of their number again asks for 5 CPU, which no node of the
 * cluster has left.
 */
import type { InstanceType } from "../../src/api/instance-type.ts";
import {
  archLabel,
  capacityTypeLabel,
  hostnameLabel,
  initializedLabel,
  instanceTypeLabel,
  nodePoolLabel,
  osLabel,
  registeredLabel,
  zoneLabel,
} from "../../src/api/labels.ts";
import type { Node } from "../../src/api/node.ts";
import type { ResourceList, Resources } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { diversePodsOf } from "../diverse-pods.ts";
import { fakeInstanceTypes } from "../fake-instance-types.ts";
import type { BenchLoad, CaseRecipe } from "./bench-case.ts";
import { onFakeTypes } from "./diverse-cases.ts";
import { seededDraws, type Draw } from "./draws.ts";

const nodeUnits = 8;
const boundCpuMillis = [100, 250, 500, 1000, 1500] as const;
const boundMemoryMi = [100, 256, 512, 1024] as const;
const boundLabels = ["a", "b", "c", "d", "e", "f", "g"] as const;
const pendingMin = 1000;
const pendingMax = 5000;
/** One in so many of the diverse Pods is there again as a large one. */
const largeOneIn = 5;
const zones = ["test-zone-1", "test-zone-2", "test-zone-3"] as const;

/** A cluster of so many nodes, and from 1,200 to 6,000 Pods to be placed. */
export function populatedCase(nodeCount: number): CaseRecipe {
  return {
    ...onFakeTypes,
    name: `populated-${nodeCount}`,
    what: `diverse and large Pods on ${nodeCount} nodes that are half full`,
    load: () => populated({ nodeCount, seed: 1 }),
    warmUp: () => populated({ nodeCount, seed: 7 }),
  };
}

function populated({ nodeCount, seed }: { readonly nodeCount: number; readonly seed: number }): BenchLoad {
  const draw = seededDraws(seed);
  const type = fakeInstanceTypes(nodeUnits).at(-1)!;
  const nodes = Array.from({ length: nodeCount }, (_, index) =>
    benchNode({ name: nodeName(index), type, zone: zones[index % zones.length]! }),
  );
  const boundPods = nodes.flatMap(({ metadata: { name = "" } }) =>
    podsUpTo(draw, { nodeName: name, cpuMillisMax: (nodeUnits * 1000) / 2 }),
  );
  const diverse = diversePodsOf(draw, Math.min(pendingMax, Math.max(pendingMin, nodeCount)));
  const large = Array.from({ length: diverse.length / largeOneIn }, (_, index) =>
    plainPod({ name: `large-${index}`, labels: { app: "large" }, requests: { cpu: "5", memory: "8Gi" } }),
  );
  return { pods: [...diverse, ...large], nodes, boundPods };
}

/** Draws Pods for a node as long as they fit into so much CPU. */
function podsUpTo(draw: Draw, { nodeName, cpuMillisMax }: { readonly nodeName: string; readonly cpuMillisMax: number }): readonly Pod[] {
  const pods: Pod[] = [];
  let usedMillis = 0;
  for (;;) {
    const cpuMillis = boundCpuMillis[draw(boundCpuMillis.length)]!;
    if (usedMillis + cpuMillis > cpuMillisMax) return pods;
    usedMillis += cpuMillis;
    const requests = { cpu: `${cpuMillis}m`, memory: `${boundMemoryMi[draw(boundMemoryMi.length)]!}Mi` };
    const labels = { "my-label": boundLabels[draw(boundLabels.length)]! };
    pods.push(plainPod({ name: `${nodeName}-${pods.length}`, labels, requests, nodeName }));
  }
}

function nodeName(index: number): string {
  return `node-${String(index).padStart(5, "0")}`;
}

/** Returns a Pod without constraints; on a node where one is named. */
export function plainPod({
  name,
  labels,
  requests,
  nodeName,
}: {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly requests: ResourceList;
  readonly nodeName?: string;
}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, labels },
    spec: { containers: [{ name: "main", resources: { requests } }], ...(nodeName === undefined ? undefined : { nodeName }) },
    ...(nodeName === undefined ? undefined : { status: { phase: "Running" as const } }),
  };
}

/** Returns an on-demand Node of the benchmark's pool that is ready for Pods. */
export function benchNode({ name, type, zone }: { readonly name: string; readonly type: InstanceType; readonly zone: string }): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: name,
      labels: {
        [hostnameLabel]: name,
        [instanceTypeLabel]: type.name,
        [zoneLabel]: zone,
        [capacityTypeLabel]: "on-demand",
        [archLabel]: "amd64",
        [osLabel]: "linux",
        [nodePoolLabel]: "default",
        [registeredLabel]: "true",
        [initializedLabel]: "true",
      },
    },
    spec: { providerID: `bench:///${name}` },
    status: { capacity: quantities(type.capacity), allocatable: quantities(type.allocatable) },
  };
}

function quantities(resources: Resources): ResourceList {
  return Object.fromEntries(Object.entries(resources).map(([name, amount]) => [name, name === "cpu" ? `${amount}m` : String(amount)]));
}
