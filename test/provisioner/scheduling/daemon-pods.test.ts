/**
 * What DaemonSets leave of a node: those whose Pods are there count by these Pods, those to come by what their Pods turn out to take, and
 * those that can't run on a Node that stands by nothing.
 */
import { describe, expect, it } from "vitest";
import {
  capacityTypeLabel,
  hostnameLabel,
  initializedLabel,
  instanceTypeLabel,
  nodePoolLabel,
  registeredLabel,
  zoneLabel,
} from "../../../src/api/labels.ts";
import type { Pod, PodSpec } from "../../../src/api/pod.ts";
import type { DaemonSetPods } from "../../../src/provisioner/scheduling/daemon-overhead.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { solve, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { pod } from "../../support/objects.ts";
import { planFaults } from "../plan/plan-checker.ts";
import { generalFlex, types } from "./checkout.ts";

const gpuNameLabel = "karpenter.k8s.aws/instance-gpu-name";

describe("on a node that stands", () => {
  check("a DaemonSet's Pod that is larger than its template takes what it takes, beside one that is still to come", {
    ...{ daemonSets: [agent("large", "100m"), agent("late", "300m")], running: [daemonPod("large", "900m")] },
    // Of 2 CPUs.
    ...{ fits: "800m", tooMuch: "801m" },
  });
  check("one that is smaller than its template leaves the difference", {
    ...{ daemonSets: [agent("small", "900m")], running: [daemonPod("small", "100m")] },
    ...{ fits: "1900m", tooMuch: "1901m" },
  });
  check("one whose Pod is to come will take what live Pods elsewhere take", {
    daemonSets: [{ ...agent("large", "100m"), live: { requests: { cpu: 900, pods: 1 }, ports: [] } }],
    ...{ fits: "1100m", tooMuch: "1101m" },
  });
  check("a DaemonSet of another namespace with the same name is another one", {
    ...{ daemonSets: [agent("agent", "500m")], running: [daemonPod("agent", "500m", "other")] },
    ...{ fits: "1", tooMuch: "1001m" },
  });
  check("one for GPUs takes nothing where the Node has no label of a GPU", {
    daemonSets: [agent("gpu", "900m", { nodeSelector: { [gpuNameLabel]: "t4" } }), agent("any-gpu", "900m", required(gpuNameLabel))],
    ...{ fits: "2", tooMuch: "2001m" },
  });
  check("one that asks for one label or another runs where either is", {
    daemonSets: [agent("either", "500m", required(gpuNameLabel, zoneLabel))],
    ...{ fits: "1500m", tooMuch: "1501m" },
  });
  check("one that waits for the node to be initialized will come while it is not", {
    daemonSets: [agent("late", "500m", { nodeSelector: { [initializedLabel]: "true" } })],
    node: { initialized: false, labels: withoutLabel(initializedLabel) },
    ...{ fits: "1500m", tooMuch: "1501m" },
  });
  check("one that asks for a node of ours takes no room of a Node that is not ours", {
    daemonSets: [agent("ours", "500m", { nodeSelector: { [registeredLabel]: "true" } })],
    node: { labels: withoutLabel(registeredLabel) },
    ...{ fits: "2", tooMuch: "2001m" },
  });
  check("one whose taint is not tolerated takes nothing", {
    daemonSets: [agent("agent", "500m")],
    node: { taints: [{ key: "team", value: "batch", effect: "NoSchedule" }] },
    ...{ fits: "2", tooMuch: "2001m" },
    tolerations: [{ operator: "Exists" }],
  });

  it("a port of the host is free where the DaemonSet that would take it can't run", () => {
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    const containers = [{ name: "app", resources: { requests: { cpu: "100m" } }, ports }];
    const web = { key: "shop/web", pod: pod({ name: "web", spec: { containers } }) };
    const placed = (nodeSelector: Readonly<Record<string, string>>) =>
      solve({ ...world({ daemonSets: [agent("ports", "100m", { containers, nodeSelector })] }), pods: [web] }).existing.length;
    expect([placed({ [gpuNameLabel]: "t4" }), placed({})]).toEqual([1, 0]);
  });
});

describe("on a node that is to come", () => {
  it("a DaemonSet counts by its live Pods, larger or smaller than its template", () => {
    const bought = (live?: DaemonSetPods["live"]) => {
      const daemonSets = [{ ...agent("agent", "500m"), ...(live === undefined ? {} : { live }) }];
      return solve({ ...world({ daemonSets }), nodes: [], pods: [asking("1")] }).newNodes.map(({ requests }) => requests["cpu"]);
    };
    expect(bought()).toEqual([1500]);
    expect(bought({ requests: { cpu: 1_800, pods: 1 }, ports: [] })).toEqual([2800]);
    expect(bought({ requests: { cpu: 50, pods: 1 }, ports: [] })).toEqual([1050]);
  });

  it("a DaemonSet counts where a NodeClaim may still come to have its label", () => {
    const node: Partial<NodeState> = { requirements: [{ key: zoneLabel, operator: "In", values: ["a"] }], labels: {}, initialized: false };
    const placed = (cpu: string): number =>
      solve({
        ...world({ daemonSets: [agent("windows", "500m", required("node.kubernetes.io/windows-build"))], node }),
        pods: [asking(cpu)],
      }).existing.length;
    expect([placed("1500m"), placed("1501m")]).toEqual([1, 0]);
  });
});

interface Words {
  readonly daemonSets: SolveInput["daemonSets"];
  readonly running?: readonly Pod[];
  readonly node?: Partial<NodeState>;
}

/** Says how much of a node of 2 CPUs is left. */
function check(
  name: string,
  { fits, tooMuch, tolerations = [], ...words }: Words & Pick<PodSpec, "tolerations"> & { readonly fits: string; readonly tooMuch: string },
): void {
  it(name, () => {
    const placed = (cpu: string): number => {
      const input = { ...world(words), pods: [asking(cpu, { tolerations })] };
      const plan = solve(input);
      expect(planFaults(input, plan)).toEqual([]);
      return plan.existing.length;
    };
    expect([placed(fits), placed(tooMuch)]).toEqual([1, 0]);
  });
}

function world({ daemonSets, running = [], node = {} }: Words): Omit<SolveInput, "pods"> {
  const nodePools = [generalFlex()];
  const state: NodeState = {
    name: "node-1",
    labels: labelsOfNode,
    taints: [],
    allocatable: { cpu: 2_000, memory: 8 * 2 ** 30, pods: 110 },
    capacity: { cpu: 2_000, memory: 8 * 2 ** 30, pods: 110 },
    pods: running,
    initialized: true,
    accepting: true,
    planned: new Map(),
    ...node,
  };
  const instanceTypes = new Map([["general-flex", types]]);
  return { nodePools, instanceTypes, daemonSets, nodes: [state], namespaces: new Map([["shop", {}]]) };
}

const labelsOfNode: Readonly<Record<string, string>> = {
  [hostnameLabel]: "node-1",
  [zoneLabel]: "a",
  [capacityTypeLabel]: "on-demand",
  [instanceTypeLabel]: "m7i.large",
  [nodePoolLabel]: "general-flex",
  [registeredLabel]: "true",
  [initializedLabel]: "true",
};

function withoutLabel(label: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labelsOfNode).filter(([key]) => key !== label));
}

function asking(cpu: string, spec: Partial<PodSpec> = {}) {
  const containers = [{ name: "app", resources: { requests: { cpu } } }];
  return { key: "shop/web", pod: pod({ name: "web", spec: { containers, ...spec } }) };
}

function agent(name: string, cpu: string, spec: Partial<PodSpec> = {}): DaemonSetPods {
  return { name: `kube-system/${name}`, spec: { containers: [{ name: "agent", resources: { requests: { cpu } } }], ...spec } };
}

/** A node affinity with one term for each label. */
function required(...labels: readonly string[]): Partial<PodSpec> {
  const nodeSelectorTerms = labels.map((key) => ({ matchExpressions: [{ key, operator: "Exists" as const }] }));
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
}

function daemonPod(daemonSet: string, cpu: string, namespace = "kube-system"): Pod {
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: daemonSet, uid: `uid-${daemonSet}`, controller: true };
  return pod({
    name: `${daemonSet}-x`,
    namespace,
    requests: { cpu },
    owner,
    spec: { nodeName: "node-1", containers: [{ name: "agent", resources: { requests: { cpu } } }] },
  });
}
