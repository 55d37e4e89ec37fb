/**
 * The six scenarios by which Cluster Autoscaler shows that it scales to 1,000 nodes of 30 Pods, as questions for a scheduler.
 *
 * Their cluster has one group of equal nodes, so the catalogue here has one type: 4 CPU, of which 30 Pods of 130m fill what is allocatable.
 * Scaling up is asked as it is there. Scaling down is asked as Cluster Autoscaler simulates it: do the nodes that stay hold the Pods of
 * those that go? A plan without new nodes is a yes.
 */
import type { InstanceType } from "../../src/api/instance-type.ts";
import type { Node } from "../../src/api/node.ts";
import type { Pod } from "../../src/api/pod.ts";
import { fakeInstanceTypes } from "../fake-instance-types.ts";
import { benchNodePool } from "../scheduling-input.ts";
import type { BenchLoad, CaseRecipe, RightAnswer } from "./bench-case.ts";
import { benchNode, plainPod } from "./populated-cases.ts";

const nodeUnits = 4;
const nodeCount = 1000;
const podsOfNode = 30;
const burst = { cpu: "130m", memory: "250Mi" };
/** A share of a node's 3,900m of CPU. */
const ofNode = (share: number) => ({ cpu: `${Math.floor(3900 * share)}m`, memory: `${Math.floor(7900 * share)}Mi` });
const hostPort = 8123;

interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly load: () => BenchLoad;
  readonly right: RightAnswer;
}

const scenarios: readonly Scenario[] = [
  {
    name: "autoscaler-1-burst",
    what: "30,000 Pods where one node is full",
    load: () => ({ ...fullNodes(1), pods: pods("burst", nodeCount * podsOfNode, burst) }),
    right: { nodes: 1000, unschedulable: 0 },
  },
  {
    name: "autoscaler-2-second-burst",
    what: "9,000 Pods while 700 nodes are taken by the 21,000 of a first burst",
    load: () => ({ ...fullNodes(701), pods: pods("burst", 300 * podsOfNode, burst) }),
    right: { nodes: 300, unschedulable: 0 },
  },
  {
    name: "autoscaler-3-empty",
    what: "do 700 of 1,000 nodes hold the 700 Pods of 70 % of a node",
    load: () => ({ nodes: nodes(700), boundPods: [], pods: pods("kept", 700, ofNode(0.7)) }),
    right: { nodes: 0, unschedulable: 0 },
  },
  {
    name: "autoscaler-4-underused",
    what: "do 970 nodes, 70 % and 30 % full of small Pods, hold those of 30 more",
    load: underused,
    right: { nodes: 0, unschedulable: 0 },
  },
  {
    name: "autoscaler-5-unremovable",
    what: "do 850 nodes hold 150 Pods that fit none of them, by CPU or by host port",
    load: unremovable,
    right: { nodes: 150, unschedulable: 0 },
  },
  {
    name: "autoscaler-6-unschedulable",
    what: "30,000 Pods, and 1,000 that are larger than any node",
    load: () => ({
      ...fullNodes(1),
      pods: [...pods("burst", nodeCount * podsOfNode, burst), ...pods("huge", 1000, { cpu: "64", memory: "1Gi" })],
    }),
    right: { nodes: 1000, unschedulable: 1000 },
  },
];

/** Returns the six cases; they draw nothing, so each is warmed up on itself with other names of Pods. */
export function autoscalerCases(): readonly CaseRecipe[] {
  return scenarios.map(({ name, what, load, right }) => ({
    name,
    what: `Cluster Autoscaler's scenario: ${what}`,
    nodePool: () => benchNodePool(),
    instanceTypes: () => [nodeType()],
    load,
    right,
    warmUp: () => renamed(load()),
  }));
}

function nodeType(): InstanceType {
  const type = fakeInstanceTypes(nodeUnits).at(-1)!;
  // Kubernetes' own bound; scenario 4 has 90 Pods on a full node.
  const pods = { pods: 110 };
  return { ...type, capacity: { ...type.capacity, ...pods }, allocatable: { ...type.allocatable, ...pods } };
}

function underused(): BenchLoad {
  const small = { cpu: "43m", memory: "80Mi" };
  const all = nodes(nodeCount);
  const onNode = (name: string, index: number) => pods(`${name}-small`, index < 700 ? 63 : 27, small, name);
  const bound = all.slice(0, 970).flatMap(({ metadata: { name = "" } }, index) => onNode(name, index));
  return { nodes: all.slice(0, 970), boundPods: bound, pods: pods("moved", 30 * 27, small) };
}

function unremovable(): BenchLoad {
  const all = nodes(850);
  const bound = all.flatMap(({ metadata: { name = "" } }, index) =>
    index < 700 ? pods(`${name}-large`, 1, ofNode(0.9), name) : pods(`${name}-port`, 1, ofNode(0.3), name).map(withHostPort),
  );
  return { nodes: all, boundPods: bound, pods: pods("moved", 150, ofNode(0.3)).map(withHostPort) };
}

function withHostPort(pod: Pod): Pod {
  const containers = pod.spec.containers.map((container) => ({ ...container, ports: [{ containerPort: hostPort, hostPort }] }));
  return { ...pod, spec: { ...pod.spec, containers } };
}

function fullNodes(count: number): Pick<BenchLoad, "nodes" | "boundPods"> {
  const all = nodes(count);
  return { nodes: all, boundPods: all.flatMap(({ metadata: { name = "" } }) => pods(`${name}-old`, podsOfNode, burst, name)) };
}

function nodes(count: number): readonly Node[] {
  const type = nodeType();
  return Array.from({ length: count }, (_, index) =>
    benchNode({ name: `node-${String(index).padStart(4, "0")}`, type, zone: `test-zone-${(index % 3) + 1}` }),
  );
}

function pods(name: string, count: number, requests: { readonly cpu: string; readonly memory: string }, nodeName?: string): readonly Pod[] {
  return Array.from({ length: count }, (_, index) =>
    plainPod({
      name: `${name}-${String(index).padStart(5, "0")}`,
      labels: { app: name },
      requests,
      ...(nodeName === undefined ? undefined : { nodeName }),
    }),
  );
}

function renamed({ pods: pending, ...others }: BenchLoad): BenchLoad {
  return {
    ...others,
    pods: pending.map((pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { app: "warm-up" }, name: `warm-up-${pod.metadata.name ?? ""}` },
    })),
  };
}
