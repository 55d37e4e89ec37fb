/**
 * Nodes on their way, and a scheduler that has bound Pods otherwise than planned: what is left still fits, so nothing more is bought.
 */
import { describe, expect, test } from "vitest";
import { hostnameLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { Pod, PodSpec } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { pod } from "../../support/objects.ts";

const labels = { app: "web" };
const spread = { maxSkew: 1, topologyKey: zoneLabel, whenUnsatisfiable: "DoNotSchedule" as const, labelSelector: { matchLabels: labels } };
/** Four are planned, two in each zone. */
const web = (name: string): Pod => asking(name, { topologySpreadConstraints: [spread] }, labels);
/** One is planned, in zone a. */
const pinned = asking("pinned", { nodeSelector: { [zoneLabel]: "a" } }, { app: "pinned" });

describe("three nodes on their way, where a Pod of four has taken the place of another in zone a", () => {
  const nodes = [
    coming("one", { zone: "a", cpu: 2000, planned: new Map([[podClassHash(web("any")), 2]]) }),
    coming("two", { zone: "b", cpu: 2000, planned: new Map([[podClassHash(web("any")), 2]]) }),
    coming("three", { zone: "a", cpu: 1000, planned: new Map([[podClassHash(pinned), 1]]), pods: [web("web-0")] }),
  ];

  test("leave zone a's last place to the Pod that must go there", () => {
    const waiting = [web("web-1"), web("web-2"), web("web-3"), pinned];
    const plan = solve({
      pods: waiting.map((one) => ({ key: `default/${one.metadata.name ?? ""}`, pod: one })),
      nodePools: [],
      instanceTypes: new Map(),
      daemonSets: [],
      nodes,
      namespaces: new Map(),
    });
    expect(plan.unschedulable).toEqual([]);
    expect(plan.existing.map(({ node, pods }) => [node.name, pods.length])).toEqual([
      ["one", 2],
      ["two", 2],
    ]);
  });
});

function coming(
  name: string,
  of: { readonly zone: string; readonly cpu: number; readonly planned: NodeState["planned"]; readonly pods?: readonly Pod[] },
): NodeState {
  const amounts = { cpu: of.cpu, pods: 10 };
  return {
    name,
    nodeClaim: name,
    labels: { [hostnameLabel]: name, [zoneLabel]: of.zone },
    taints: [],
    allocatable: amounts,
    capacity: amounts,
    pods: of.pods ?? [],
    initialized: false,
    accepting: true,
    planned: of.planned,
  };
}

function asking(name: string, spec: Partial<PodSpec>, of: Readonly<Record<string, string>>): Pod {
  return pod({ name, labels: of, spec: { containers: [{ name: "main", resources: { requests: { cpu: "1" } } }], ...spec } });
}
