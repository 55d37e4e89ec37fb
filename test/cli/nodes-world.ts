/**
 * Nodes, NodeClaims and Pods of a small fleet, for the tests of `plimsoll nodes` and `plimsoll why node/NAME`.
 *
 * Everything is told as of one moment. Returns plain objects, as the API server would list them.
 */
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Node } from "../../src/api/node.ts";
import type { Condition } from "../../src/api/object.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Pod, Taint } from "../../src/api/pod.ts";
import { timeText } from "../../src/kube/time-text.ts";
import { budget, pod } from "../support/objects.ts";

/** The moment of the tests. */
export const noon = Date.parse("2026-07-01T12:00:00Z");
export const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

/** A time before (or, below 0, after) the moment. */
export function ago(durationMs: number): string {
  return timeText(noon - durationMs);
}

export interface TestNode {
  readonly name?: string;
  readonly ageMs?: number;
  readonly instanceType?: string;
  readonly zone?: string;
  readonly capacityType?: string;
  readonly nodePool?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly memory?: string;
  readonly ready?: Omit<Condition, "type">;
  readonly taints?: readonly Taint[];
  readonly unschedulable?: boolean;
}

function labelsOf(options: TestNode): Readonly<Record<string, string>> {
  const pool = options.nodePool ?? "general";
  return {
    "node.kubernetes.io/instance-type": options.instanceType ?? "m6i.xlarge",
    "topology.kubernetes.io/zone": options.zone ?? "ap-southeast-1a",
    ...(options.capacityType === "" ? {} : { "karpenter.sh/capacity-type": options.capacityType ?? "on-demand" }),
    ...(pool === "" ? {} : { "karpenter.sh/nodepool": pool }),
    ...options.labels,
  };
}

/** A Node that is ready; its claim, if it has one, is of the same name. */
export function testNode(options: TestNode = {}): Node {
  const { name = "n1", ageMs = 3 * day } = options;
  const ready = { status: "True", reason: "KubeletReady", lastTransitionTime: ago(ageMs), ...options.ready } as const;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-node-${name}`, creationTimestamp: ago(ageMs), labels: labelsOf(options) },
    spec: {
      providerID: `aws:///zone/${name}`,
      ...(options.taints === undefined ? {} : { taints: options.taints }),
      ...(options.unschedulable === undefined ? {} : { unschedulable: options.unschedulable }),
    },
    status: {
      allocatable: { cpu: options.cpu ?? "4", memory: options.memory ?? "16Gi", pods: "58" },
      conditions: [{ type: "Ready", ...ready }],
    },
  };
}

export interface TestClaim extends TestNode {
  readonly expireAfter?: string;
  readonly terminationGracePeriod?: string;
  /** Conditions that are True, each with how long ago it came true. */
  readonly came?: Readonly<Record<string, number>>;
  readonly conditions?: readonly Condition[];
  readonly deletedMsAgo?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

const wholeLife = { Launched: 3 * day - 2 * second, Registered: 3 * day - 31 * second, Initialized: 3 * day - 45 * second };

/** The NodeClaim of a node of the same name, initialized unless told otherwise. */
export function testClaim(options: TestClaim = {}): NodeClaim {
  const { name = "n1", ageMs = 3 * day, deletedMsAgo } = options;
  const came: Readonly<Record<string, number>> = options.came ?? wholeLife;
  const conditions = Object.entries(came).map(([type, ms]) => ({
    type,
    status: "True" as const,
    reason: type,
    lastTransitionTime: ago(ms),
  }));
  const others = (options.conditions ?? []).map((one) => ({ lastTransitionTime: ago(minute), ...one }));
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name,
      uid: `uid-claim-${name}`,
      creationTimestamp: ago(ageMs),
      labels: came["Launched"] === undefined ? { "karpenter.sh/nodepool": options.nodePool ?? "general" } : labelsOf(options),
      ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
      ...(deletedMsAgo === undefined ? {} : { deletionTimestamp: ago(deletedMsAgo) }),
    },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      requirements: [
        { key: "node.kubernetes.io/instance-type", operator: "In", values: ["m6i.xlarge", "m7i.xlarge"] },
        { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
      ],
      resources: { requests: { cpu: "3", memory: "8Gi" } },
      expireAfter: options.expireAfter ?? "720h",
      ...(options.terminationGracePeriod === undefined ? {} : { terminationGracePeriod: options.terminationGracePeriod }),
    },
    status: {
      ...(came["Launched"] === undefined ? {} : { providerID: `aws:///zone/${name}` }),
      conditions: [...conditions, ...others],
    },
  };
}

export interface TestPod {
  readonly name?: string;
  readonly node?: string;
  readonly namespace?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly workload?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Pod that runs and is ready, of a Deployment. */
export function testPod(options: TestPod = {}): Pod {
  const { name = "web-1", workload = "web", node = "n1", namespace = "shop" } = options;
  const made = pod({
    name,
    namespace,
    labels: { app: workload, "pod-template-hash": "5d4f", ...options.labels },
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
    requests: { cpu: options.cpu ?? "1", memory: options.memory ?? "4Gi" },
    owner: { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${workload}-5d4f`, uid: `uid-rs-${workload}`, controller: true },
    spec: { nodeName: node },
  });
  const conditions = [{ type: "Ready", status: "True" as const }];
  return { ...made, status: { phase: "Running", startTime: ago(hour), conditions } };
}

/** A budget over the Pods of a workload with what the API server counts. */
export function testBudget({ name = "web", allowed = 0 }: { readonly name?: string; readonly allowed?: number } = {}): PodDisruptionBudget {
  const status = { observedGeneration: 1, disruptionsAllowed: allowed, currentHealthy: 2 + allowed, desiredHealthy: 2, expectedPods: 3 };
  return { ...budget({ name, minAvailable: 2 }), status };
}
