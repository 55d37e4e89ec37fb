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

describe("three nodes, one a zone, that are full once the six Pods of a rollout have come", () => {
  /** Before it has come, a Pod has no hash; the API server writes it into the selector of one that comes. */
  const rolled = (name: string, hasCome = true): Pod => {
    const hash = { "pod-template-hash": "5d8f" };
    const matchExpressions = [{ key: "pod-template-hash", operator: "In" as const, values: ["5d8f"] }];
    const labelSelector = { matchLabels: labels, ...(hasCome ? { matchExpressions } : {}) };
    const constraint = { ...spread, minDomains: 3, matchLabelKeys: Object.keys(hash), labelSelector };
    return asking(name, { topologySpreadConstraints: [constraint] }, hasCome ? { ...labels, ...hash } : labels);
  };
  const planned = new Map([[podClassHash(rolled("any", false)), 2]]);
  const zones = ["a", "b", "c"];
  const few = [0, 1, 2];
  const triples = few.flatMap((first) => few.flatMap((second) => few.map((third) => [first, second, third])));

  /** How many of the waiting Pods find no place, where some nodes are initialized and hold some Pods, and some of the others have come. */
  const left = (of: { readonly initialized: readonly boolean[]; readonly bound: readonly number[]; readonly come: number }): number => {
    const nodes = zones.map((zone, index) => {
      const pods = Array.from({ length: of.bound[index] ?? 0 }, (_, number) => rolled(`bound-${zone}-${number}`));
      return { ...coming(`node-${zone}`, { zone, cpu: 2000, planned, pods }), initialized: of.initialized[index] === true };
    });
    const waiting = Array.from({ length: 6 - sumOf(of.bound) }, (_, index) => rolled(`web-${index}`, index < of.come));
    const pods = waiting.map((one) => ({ key: `default/${one.metadata.name ?? ""}`, pod: one }));
    const none = { nodePools: [], instanceTypes: new Map(), daemonSets: [], namespaces: new Map() };
    return solve({ pods, nodes, ...none }).unschedulable.length;
  };

  test("hold all of them, whichever nodes are there, have Pods, and however many of these have come", () => {
    const states = triples
      .filter((bound) => Math.max(...bound) - Math.min(...bound) <= 1)
      .flatMap((bound) => Array.from({ length: 7 - sumOf(bound) }, (_, come) => ({ bound, come })))
      .flatMap((one) => triples.filter((there) => !there.includes(2)).map((there) => ({ ...one, initialized: there.map(Boolean) })));
    expect(states.length).toBe(480);
    expect(states.filter((state) => left(state) > 0)).toEqual([]);
  });
});

describe("two nodes on their way, one a zone, bought for two Pods of each of two Deployments", () => {
  const ofDeployment = (app: string, name: string, hasCome: boolean): Pod => {
    const constraint = { ...spread, labelSelector: { matchLabels: { app } } };
    return asking(name, { topologySpreadConstraints: [constraint] }, hasCome ? { app, "pod-template-hash": "5d8f" } : { app });
  };
  const apps = ["first", "second"];
  const planned = new Map(apps.map((app) => [podClassHash(ofDeployment(app, "any", false)), 2]));
  const nodes = ["a", "b"].map((zone) => coming(`node-${zone}`, { zone, cpu: 4000, planned }));

  // A Pod that has come is of another class than one that has not, and both are of the same plan.
  test.each([0, 1, 2, 3, 4])("hold all of them when %i of each have come", (come) => {
    const waiting = apps.flatMap((app) => Array.from({ length: 4 }, (_, index) => ofDeployment(app, `${app}-${index}`, index < come)));
    const pods = waiting.map((one) => ({ key: `default/${one.metadata.name ?? ""}`, pod: one }));
    const plan = solve({ pods, nodes, nodePools: [], instanceTypes: new Map(), daemonSets: [], namespaces: new Map() });
    expect(plan.unschedulable).toEqual([]);
    const ofFirst = plan.existing.map(
      ({ pods: there }) => there.filter(({ pod: { metadata } }) => metadata.labels?.["app"] === "first").length,
    );
    expect(ofFirst).toEqual([2, 2]);
  });
});

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

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
