/** Room on a node counts the resizes in place of the Pods that run there. */
import { describe, expect, test } from "vitest";
import type { ContainerStatus, Pod } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { pod } from "../../support/objects.ts";

describe("a node of 4 CPUs with a Pod of 1 CPU", () => {
  test.each([
    { says: "has room for 3 more", status: [], placed: 1 },
    { says: "has none while the Pod still runs with 2", status: [{ name: "app", resources: { requests: { cpu: "2" } } }], placed: 0 },
  ])("$says", ({ status, placed }) => {
    const plan = solve({
      pods: [{ key: "default/next", pod: asking("next", "3") }],
      nodePools: [],
      instanceTypes: new Map(),
      daemonSets: [],
      nodes: [standing(asking("first", "1", status))],
      namespaces: new Map(),
    });
    expect(plan.existing.flatMap(({ pods }) => pods)).toHaveLength(placed);
    expect(plan.unschedulable).toHaveLength(1 - placed);
  });
});

function standing(running: Pod): NodeState {
  const amounts = { cpu: 4000, pods: 10 };
  return {
    name: "one",
    labels: { "kubernetes.io/hostname": "one" },
    taints: [],
    allocatable: amounts,
    capacity: amounts,
    pods: [running],
    initialized: true,
    accepting: true,
    planned: new Map(),
  };
}

function asking(name: string, cpu: string, containerStatuses: readonly ContainerStatus[] = []): Pod {
  return { ...pod({ name, spec: { containers: [{ name: "app", resources: { requests: { cpu } } }] } }), status: { containerStatuses } };
}
