/**
 * What the scheduling benchmark solves, as Karpenter's own benchmark sets it up.
 *
 * Reads the recorded Pods and the fake instance types. Returns the input of solve.
 */
import type { NodePool } from "../src/api/node-pool.ts";
import type { SolveInput } from "../src/provisioner/scheduling/solve.ts";
import { diversePods } from "./diverse-pods.ts";
import { fakeInstanceTypes } from "./fake-instance-types.ts";

const instanceTypeCount = 400;

/** Returns the input of solve for one recorded size: an empty cluster and one NodePool without requirements. */
export function diverseInput(count: number): SolveInput {
  return {
    pods: diversePods(count).map((pod) => ({ key: `default/${pod.metadata.name ?? ""}`, pod })),
    nodePools: [benchmarkPool()],
    instanceTypes: new Map([["default", fakeInstanceTypes(instanceTypeCount)]]),
    daemonSets: [],
    nodes: [],
    namespaces: new Map([["default", {}]]),
  };
}

function benchmarkPool(): NodePool {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "default", uid: "default" },
    spec: {
      template: { spec: { nodeClassRef: { group: "karpenter.test.sh", kind: "TestNodeClass", name: "default" }, requirements: [] } },
      limits: { cpu: "10000000", memory: "10000000Gi" },
    },
  };
}
