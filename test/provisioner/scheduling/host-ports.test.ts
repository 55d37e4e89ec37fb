/**
 * Host ports and required Pod affinity in plans: who may share a node, and who may not.
 */
import { describe, expect, it } from "vitest";
import { hostnameLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { ContainerPort, PodAffinityTerm, PodSpec } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { SchedulingResults } from "../../../src/provisioner/scheduling/solve.ts";
import { pod } from "../../support/objects.ts";
import { generalFlex, plan, types, zones } from "./checkout.ts";

const [zoneA = ""] = zones;

function app(name: string, spec: Partial<PodSpec>): { readonly key: string; readonly pod: ReturnType<typeof pod> } {
  return { key: `shop/${name}`, pod: pod({ name, labels: { app: name.split("-")[0] ?? "" }, requests: { cpu: "100m" }, spec }) };
}

const listening = (...ports: Partial<ContainerPort>[]): Partial<PodSpec> => ({
  containers: [{ name: "app", resources: { requests: { cpu: "100m" } }, ports: ports.map((port) => ({ containerPort: 80, ...port })) }],
});

/** The Pods of each node of a plan, by name. */
function together({ newNodes, existing }: SchedulingResults): readonly string[] {
  const names = (pods: readonly { readonly key: string }[]) => pods.map(({ key }) => key.replace("shop/", "")).sort();
  return [
    ...existing.map(({ node, pods }) => `${node.name}: ${names(pods).join()}`),
    ...newNodes.map(({ pods }) => names(pods).join()),
  ].sort();
}

function standing(name: string, spec: Partial<PodSpec>[]): NodeState {
  const amounts = { cpu: 4000, memory: 2 ** 34, pods: 10 };
  return {
    name,
    labels: { [zoneLabel]: zoneA, [hostnameLabel]: name },
    taints: [],
    allocatable: amounts,
    capacity: amounts,
    pods: spec.map((one, index) => app(`running-${index}`, { ...one, nodeName: name }).pod),
    initialized: true,
    accepting: true,
    planned: new Map(),
  };
}

describe("host ports", () => {
  const shared = (a: Partial<ContainerPort>, b: Partial<ContainerPort>): boolean =>
    plan([app("a", listening(a)), app("b", listening(b))]).newNodes.length === 1;

  it.each([
    ["the same port", { hostPort: 8080 }, { hostPort: 8080 }, false],
    ["another port", { hostPort: 8080 }, { hostPort: 8081 }, true],
    ["another protocol", { hostPort: 8080 }, { hostPort: 8080, protocol: "UDP" }, true],
    ["one address and every address", { hostPort: 8080, hostIP: "127.0.0.1" }, { hostPort: 8080 }, false],
    ["one address and every address in words", { hostPort: 8080, hostIP: "127.0.0.1" }, { hostPort: 8080, hostIP: "0.0.0.0" }, false],
    ["two addresses", { hostPort: 8080, hostIP: "127.0.0.1" }, { hostPort: 8080, hostIP: "10.0.0.1" }, true],
    ["the same address", { hostPort: 8080, hostIP: "127.0.0.1" }, { hostPort: 8080, hostIP: "127.0.0.1" }, false],
    ["a port of the container only", { hostPort: 8080 }, { containerPort: 8080 }, true],
  ])("let Pods share a new node or not: %s", (_, a, b, isShared) => {
    expect(shared(a, b)).toBe(isShared);
  });

  it("are every port of a Pod on the host's network, and those of sidecars", () => {
    const wants = listening({ hostPort: 80 });
    expect(together(plan([app("a", wants), app("b", { ...listening({}), hostNetwork: true })]))).toEqual(["a", "b"]);
    const container = { name: "side", ports: [{ containerPort: 80, hostPort: 80 }] };
    expect(together(plan([app("a", wants), app("b", { initContainers: [{ ...container, restartPolicy: "Always" }] })]))).toEqual([
      "a",
      "b",
    ]);
    expect(together(plan([app("a", wants), app("b", { initContainers: [container] })]))).toEqual(["a,b"]);
  });

  it("are taken on a node by the Pods that run there", () => {
    const nodes = [standing("node-1", [listening({ hostPort: 8080, hostIP: "127.0.0.1" })]), standing("node-2", [])];
    const pods = [app("a", listening({ hostPort: 8080 })), app("b", listening({ hostPort: 8080, hostIP: "10.0.0.1" }))];
    expect(together(plan(pods, { nodes }))).toEqual(["node-1: b", "node-2: a"]);
  });

  it("are told apart by what a Pod asks for, though all else is equal", () => {
    const pods = [
      app("web-1", listening({ hostPort: 1 })),
      app("web-2", listening({ hostPort: 2 })),
      app("web-3", listening({ hostPort: 1 })),
    ];
    expect(together(plan(pods))).toHaveLength(2);
  });

  it("are taken by a DaemonSet on the types that it runs on only, and the plan says so where these are all", () => {
    const small = types.filter(({ name }) => /^[cm]6i\.xlarge$/.test(name));
    const agent = { ...listening({ hostPort: 8080 }), containers: listening({ hostPort: 8080 }).containers ?? [] };
    const [first = "", ...others] = small.map(({ name }) => name);
    const on = (values: readonly string[]): PodSpec => ({
      ...agent,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: instanceTypeLabel, operator: "In", values }] }],
          },
        },
      },
    });
    const instanceTypes = new Map([["general-flex", small]]);
    const planned = (values: readonly string[]) =>
      plan([app("a", listening({ hostPort: 8080 }))], { instanceTypes, daemonSets: [{ name: "kube-system/agent", spec: on(values) }] });
    expect(planned(others).newNodes.map(({ instanceType, instanceTypes: all }) => [instanceType, all.length])).toEqual([[first, 1]]);
    expect(planned([first, ...others]).unschedulable.map(({ reasons }) => reasons)).toEqual([
      ["NodePool general-flex: DaemonSets take host port 8080/TCP on every instance type that it allows and the Pod asks for"],
    ]);
    const full = plan([app("a", listening({ hostPort: 8080 }))], {
      nodePools: [],
      nodes: [standing("node-1", [listening({ hostPort: 8080 })])],
    });
    expect(full.unschedulable[0]?.reasons).toEqual([
      "there is no NodePool to buy a node from",
      "existing nodes: 1 with a host port that is taken",
    ]);
  });

  it("stay out of what a NodeClaim asks its cloud for", () => {
    const [node] = plan([app("a", listening({ hostPort: 8080 }))], { nodePools: [generalFlex()] }).newNodes;
    expect(Object.keys(node?.requests ?? {}).sort()).toEqual(["cpu", "pods"]);
  });
});

describe("Pod affinity of several terms", () => {
  const near = (...terms: readonly (readonly [string, string])[]): Partial<PodSpec> => {
    const asked = terms.map(([topologyKey, of]): PodAffinityTerm => ({ topologyKey, labelSelector: { matchLabels: { app: of } } }));
    return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: asked } } };
  };

  it("counts only a Pod that meets all of them", () => {
    const nodes = [standing("node-1", [{}])];
    expect(plan([app("web-1", near([zoneLabel, "running"], [hostnameLabel, "running"]))], { nodes }).unschedulable).toEqual([]);
    expect(plan([app("web-1", near([zoneLabel, "running"], [hostnameLabel, "web"]))], { nodes }).unschedulable).toHaveLength(1);
  });

  it("lets the first Pod of those that meet all their own terms start, whatever others meet some of them", () => {
    const nodes = [standing("node-1", [{}])];
    const own = { ...near([zoneLabel, "web"], [hostnameLabel, "web"]) };
    expect(together(plan([app("web-1", own), app("web-2", own)], { nodes }))).toEqual(["node-1: web-1,web-2"]);
  });
});
