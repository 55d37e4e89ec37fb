/**
 * What the scheduling benchmark solves: the input of solve for a case, and the NodePool of Karpenter's own benchmark.
 *
 * Reads a case, or a number of recorded Pods. Returns the input of solve; what is left out of a case (DaemonSets) there is none of.
 */
import { platformNames } from "../src/api/labels.ts";
import type { InstanceType } from "../src/api/instance-type.ts";
import type { NodePool } from "../src/api/node-pool.ts";
import type { NodeSelectorRequirement } from "../src/api/pod.ts";
import { nodeStates } from "../src/provisioner/scheduling/node-state.ts";
import type { SolveInput } from "../src/provisioner/scheduling/solve.ts";
import { diversePods } from "./diverse-pods.ts";
import { fakeInstanceTypes } from "./fake-instance-types.ts";
import { onEmptyCluster, type BenchLoad } from "./scheduling/bench-case.ts";

/** How many of Karpenter's fake instance types its benchmark has. */
export const fakeTypeCount = 400;

/** Returns the input of solve for one size of Karpenter's diverse Pods: an empty cluster and one NodePool without requirements. */
export function diverseInput(count: number): SolveInput {
  return solveInput(onEmptyCluster(diversePods(count)), { nodePool: benchNodePool(), instanceTypes: fakeInstanceTypes(fakeTypeCount) });
}

/** Returns the input of solve for a load; pool and types are the given objects, so that solve knows them when they come again. */
export function solveInput(
  { pods, nodes, boundPods }: BenchLoad,
  { nodePool, instanceTypes }: { readonly nodePool: NodePool; readonly instanceTypes: readonly InstanceType[] },
): SolveInput {
  const byPool = new Map([[nodePool.metadata.name ?? "", instanceTypes]]);
  return {
    pods: pods.map((pod) => ({ key: `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`, pod })),
    nodePools: [nodePool],
    instanceTypes: byPool,
    daemonSets: [],
    nodes: nodeStates({ nodes, nodeClaims: [], pods: boundPods, instanceTypes: byPool, names: platformNames() }),
    namespaces: new Map([["default", {}]]),
  };
}

/** Returns the NodePool of the benchmark, with these requirements. */
export function benchNodePool(requirements: readonly NodeSelectorRequirement[] = []): NodePool {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "default", uid: "default" },
    spec: {
      template: { spec: { nodeClassRef: { group: "karpenter.test.sh", kind: "TestNodeClass", name: "default" }, requirements } },
      limits: { cpu: "10000000", memory: "10000000Gi" },
    },
  };
}
