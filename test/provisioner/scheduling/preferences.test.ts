/**
 * Preferences: what they decide when scored, and the order in which they are given up when respected.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { capacityTypeLabel, hostnameLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Affinity, NodeSelectorTerm, PodAffinityTerm, PodSpec, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { unlessDearer } from "../../../src/provisioner/scheduling/preference-cost.ts";
import type { PreferencePolicy } from "../../../src/provisioner/scheduling/preference.ts";
import { relaxationRungs } from "../../../src/provisioner/scheduling/relaxation.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";

const zoneIs = (...values: readonly string[]): NodeSelectorTerm => ({ matchExpressions: [{ key: zoneLabel, operator: "In", values }] });
const prefersZone = (zone: string, weight = 50): Affinity => ({
  nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, preference: zoneIs(zone) }] },
});
const web = (topologyKey: string): PodAffinityTerm => ({ topologyKey, labelSelector: { matchLabels: { app: "web" } } });
const apart = (topologyKey: string): Affinity => ({
  podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: web(topologyKey) }] },
});
const together = (topologyKey: string): Affinity => ({
  podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: web(topologyKey) }] },
});
const wish = (topologyKey: string): TopologySpreadConstraint => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: { app: "web" } },
});

/** One size in two zones at the given prices. */
function typeIn(prices: Readonly<Record<string, number>>): InstanceType {
  const amounts = { cpu: 4000, memory: 16 * 1024 ** 3, pods: 20 };
  return {
    name: "m1.xlarge",
    requirements: [
      { key: zoneLabel, operator: "In", values: Object.keys(prices) },
      { key: capacityTypeLabel, operator: "In", values: ["on-demand"] },
    ],
    capacity: amounts,
    allocatable: amounts,
    offerings: Object.entries(prices).map(([zone, pricePerHour]) => ({ zone, capacityType: "on-demand", available: true, pricePerHour })),
  };
}

function pods(count: number, spec: Partial<PodSpec>, name = "web"): readonly PendingPod[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `shop/${name}-${index}`,
    pod: pod({ name: `${name}-${index}`, labels: { app: name }, requests: { cpu: "2", memory: "1Gi" }, spec }),
  }));
}

function planned(asked: readonly PendingPod[], changes: Partial<SolveInput> & { readonly prices?: Readonly<Record<string, number>> } = {}) {
  const { prices = { a: 0.2, b: 0.2 }, nodePools = [nodePool({ name: "general" })], ...rest } = changes;
  return solve({
    pods: asked,
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", [typeIn(prices)]])),
    daemonSets: [],
    nodes: [],
    namespaces: new Map([["shop", {}]]),
    ...rest,
  });
}

function standing(name: string, zone: string): NodeState {
  const { capacity, allocatable } = typeIn({});
  const labels = { [zoneLabel]: zone, [hostnameLabel]: name };
  return { name, labels, taints: [], capacity, allocatable, pods: [], initialized: true, accepting: true, planned: new Map() };
}

const zonesOf = ({ newNodes }: SchedulingResults) => newNodes.map(({ zones }) => zones.join("|")).sort();
const podsOnNodes = ({ newNodes }: SchedulingResults) => newNodes.map((node) => node.pods.map(({ key }) => key));

describe("a preference that is scored", () => {
  function check(name: string, made: () => unknown, expected: unknown): void {
    it(name, () => {
      expect(made()).toEqual(expected);
    });
  }

  check("decides between zones of one price", () => zonesOf(planned(pods(1, { affinity: prefersZone("b") }))), ["b"]);
  check(
    "never pays for the dearer zone, by however little",
    () => zonesOf(planned(pods(1, { affinity: prefersZone("b", 100) }), { prices: { a: 0.2, b: 0.200002 } })),
    ["a|b"],
  );
  check(
    "goes by the heavier term where not all can be met, and by the one that is free where the heavier is not",
    () => {
      const both = { ...prefersZone("b", 10).nodeAffinity };
      const preferred = [
        ...(both.preferredDuringSchedulingIgnoredDuringExecution ?? []),
        { weight: 20, preference: zoneIs("a") },
        { weight: 30, preference: zoneIs("elsewhere") },
      ];
      const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } };
      return [zonesOf(planned(pods(1, { affinity }))), zonesOf(planned(pods(1, { affinity }), { prices: { a: 0.3, b: 0.2 } }))];
    },
    [["a"], ["b"]],
  );
  check("parts Pods over zones that wish to be apart", () => zonesOf(planned(pods(4, { affinity: apart(zoneLabel) }))), ["a", "b"]);
  check(
    "spreads Pods over zones that merely wish to spread",
    () => zonesOf(planned(pods(4, { topologySpreadConstraints: [wish(zoneLabel)] }))),
    ["a", "b"],
  );
  check(
    "brings Pods into the zone of those that they seek",
    () => zonesOf(planned([...pods(1, { nodeSelector: { [zoneLabel]: "b" } }), ...pods(2, { affinity: together(zoneLabel) }, "seeker")])),
    ["b", "b"],
  );
  check("buys no node for a wish to be apart", () => planned(pods(2, { affinity: apart(hostnameLabel) })).newNodes.length, 1);
  check(
    "chooses among nodes that stand: by labels, by who is on them, by taints that only ask",
    () => {
      const nodes = ["n1", "n2", "n3"].map((name) => standing(name, name === "n2" ? "b" : "a"));
      const tainted = nodes.map((node, index) =>
        index === 0 ? { ...node, taints: [{ key: "x", effect: "PreferNoSchedule" as const }] } : node,
      );
      const placed = (spec: Partial<PodSpec>, standing = nodes, count = 1) =>
        planned(pods(count, spec), { nodes: standing }).existing.map(({ node, pods: on }) => [node.name, on.length]);
      return [
        placed({ affinity: prefersZone("b") }),
        placed({ affinity: apart(hostnameLabel) }, nodes, 3),
        placed({ topologySpreadConstraints: [wish(hostnameLabel)] }, nodes, 2),
        placed({}, tainted),
        placed({ tolerations: [{ operator: "Exists" }] }, tainted),
      ];
    },
    [
      [["n2", 1]],
      [
        ["n1", 1],
        ["n2", 1],
        ["n3", 1],
      ],
      [
        ["n1", 1],
        ["n2", 1],
      ],
      [["n2", 1]],
      [["n1", 1]],
    ],
  );
  check(
    "leaves a pool that asks to be left for one of less weight, if that costs no more",
    () => {
      const shy = nodePool({ name: "shy", weight: 10, taints: [{ key: "x", effect: "PreferNoSchedule" }] });
      const open = nodePool({ name: "open" });
      const poolsOf = (result: SchedulingResults) => result.newNodes.map(({ nodePool: { metadata } }) => metadata.name);
      const dear = new Map([
        ["shy", [typeIn({ a: 0.2 })]],
        ["open", [typeIn({ a: 0.3 })]],
      ]);
      return [
        poolsOf(planned(pods(1, {}), { nodePools: [shy, open] })),
        poolsOf(planned(pods(1, {}), { nodePools: [shy, open], instanceTypes: dear })),
        poolsOf(planned(pods(1, {}), { nodePools: [shy, open], preferencePolicy: "Ignore" })),
        poolsOf(planned(pods(1, {}), { nodePools: [shy] })),
      ];
    },
    [["open"], ["shy"], ["shy"], ["shy"]],
  );
  it("is dropped with all others where heeding them leaves out more, is dearer, or needs more nodes", () => {
    const plan = (newNodes: number, pricePerHour: number, left: number) => ({
      newNodes: Array.from({ length: newNodes }),
      pricePerHour,
      unschedulable: pods(left, {}).map((one) => ({ pod: one })),
      decision: { rejected: [] },
    });
    const ignoring = plan(2, 1, 1);
    const isHeeded = (...[nodes, price, left]: Parameters<typeof plan>) => {
      const heeding = plan(nodes, price, left);
      return unlessDearer(heeding, ignoring) === heeding;
    };
    expect([isHeeded(2, 1, 1), isHeeded(9, 9, 0), isHeeded(1, 1, 1), isHeeded(9, 0.5, 1)]).toEqual([true, true, true, true]);
    expect([isHeeded(2, 1, 2), isHeeded(2, 1.00001, 1), isHeeded(3, 1, 1)]).toEqual([false, false, false]);
    expect(unlessDearer(plan(3, 1, 1), ignoring).decision.rejected).toEqual([
      {
        subject: "heeding preferences",
        reason: { reason: "PreferencesCostNothing", message: "It would come to 3 nodes for 1.0000 an hour, 1 Pods without a place." },
      },
    ]);
  });
});

describe("preferences by policy", () => {
  const policies: readonly PreferencePolicy[] = ["Score", "Respect", "Ignore"];
  function check(
    name: string,
    given: { asked: readonly PendingPod[]; prices?: Readonly<Record<string, number>>; nodePools?: readonly NodePool[] },
    expected: readonly unknown[],
  ): void {
    it(name, () => {
      const { asked, ...changes } = given;
      const made = policies.map((preferencePolicy) => planned(asked, { ...changes, preferencePolicy }));
      expect(made.map((result) => [...zonesOf(result), ...result.unschedulable.map(({ pod: { key } }) => key)])).toEqual(expected);
    });
  }

  check("a preferred zone that is dearer", { asked: pods(1, { affinity: prefersZone("b") }), prices: { a: 0.2, b: 0.3 } }, [
    ["a|b"],
    ["b"],
    ["a|b"],
  ]);
  check("a preferred zone that is nowhere", { asked: pods(1, { affinity: prefersZone("z") }) }, [["a|b"], ["a|b"], ["a|b"]]);
  check("a host of one's own", { asked: pods(2, { affinity: apart(hostnameLabel) }) }, [["a|b"], ["a|b", "a|b"], ["a|b"]]);
  check("a wish for hosts", { asked: pods(2, { topologySpreadConstraints: [wish(hostnameLabel)] }) }, [["a|b"], ["a|b", "a|b"], ["a|b"]]);
  check("a zone of one's own, for three Pods over two zones", { asked: pods(3, { affinity: apart(zoneLabel) }) }, [
    ["a", "b"],
    ["a", "b"],
    ["a|b", "a|b"],
  ]);
  check(
    "terms of which one must be met: respected in their order",
    {
      asked: pods(1, {
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [zoneIs("b"), zoneIs("a")] } } },
      }),
      prices: { a: 0.2, b: 0.3 },
    },
    [["a"], ["b"], ["a"]],
  );
  check(
    "a taint that only asks",
    { asked: pods(1, {}), nodePools: [nodePool({ name: "shy", taints: [{ key: "x", effect: "PreferNoSchedule" }] })] },
    [["a|b"], ["a|b"], ["a|b"]],
  );

  it("taints that only ask cost no second plan where every Pod tolerates them", () => {
    const shy = [nodePool({ name: "shy", taints: [{ key: "x", effect: "PreferNoSchedule" }] })];
    const questions = (spec: Partial<PodSpec>, preferencePolicy: PreferencePolicy): number => {
      let asked = 0;
      const input = { pods: pods(4, spec), nodePools: shy, instanceTypes: new Map([["shy", [typeIn({ a: 0.2 })]]]) };
      solve(
        { ...input, daemonSets: [], nodes: [], namespaces: new Map([["shop", {}]]), preferencePolicy },
        { isAborted: () => (asked++, false) },
      );
      return asked;
    };
    const tolerant = { tolerations: [{ key: "x", operator: "Exists" }] } as const;
    expect(questions(tolerant, "Score")).toBe(questions(tolerant, "Ignore"));
    expect(questions({}, "Score")).toBeGreaterThan(questions({}, "Ignore"));
  });

  it("a respected wish to be apart keeps nobody else off a node", () => {
    const asked = [...pods(1, { affinity: apart(hostnameLabel) }), ...pods(1, {}, "other")];
    expect(podsOnNodes(planned(asked, { preferencePolicy: "Respect" }))).toHaveLength(1);
    const seeking = [
      ...pods(1, {
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { topologyKey: hostnameLabel, labelSelector: { matchLabels: { app: "other" } } } },
            ],
          },
        },
      }),
      ...pods(1, {}, "other"),
    ];
    expect(podsOnNodes(planned(seeking, { preferencePolicy: "Respect" })).length).toBeLessThanOrEqual(2);
  });
});

describe("the order in which preferences are given up", () => {
  const terms = [zoneIs("a"), zoneIs("b")];
  const spec: PodSpec = {
    containers: [],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: zoneIs("light") },
          { weight: 9, preference: zoneIs("heavy") },
        ],
      },
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 2, podAffinityTerm: web("light") },
          { weight: 3, podAffinityTerm: web("heavy") },
        ],
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [web("kept")],
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: web("apart") }],
      },
    },
    topologySpreadConstraints: [wish("first"), { ...wish("kept"), whenUnsatisfiable: "DoNotSchedule" }, wish("last")],
  };

  /** What a rung still asks for. */
  function asks({ affinity = {}, topologySpreadConstraints = [], tolerations = [] }: PodSpec): string {
    const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
    const [term] = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    const keysOf = (given: typeof podAffinity) =>
      (given?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => one.podAffinityTerm.topologyKey);
    return [
      (term?.matchExpressions ?? []).flatMap(({ values = [] }) => values).join("+"),
      keysOf(podAffinity).join("+"),
      keysOf(podAntiAffinity).join("+"),
      topologySpreadConstraints.map(({ topologyKey }) => topologyKey).join("+"),
      ...tolerations.map(({ effect = "" }) => effect),
    ].join(" / ");
  }

  it("is Karpenter's, one step a time", () => {
    expect(relaxationRungs(spec, { hasSoftTaints: true }).map(asks)).toEqual([
      "a+heavy / light+heavy / apart / first+kept+last",
      "b+heavy / light+heavy / apart / first+kept+last",
      "b+heavy / light / apart / first+kept+last",
      "b+heavy /  / apart / first+kept+last",
      "b+heavy /  /  / first+kept+last",
      "b+light /  /  / first+kept+last",
      "b /  /  / first+kept+last",
      "b /  /  / last+kept",
      "b /  /  / kept",
      "b /  /  / kept / PreferNoSchedule",
    ]);
    expect(relaxationRungs(spec, { hasSoftTaints: false })).toHaveLength(9);
  });

  it("is empty for a Pod without preferences, and one rung longer where pools ask to be left", () => {
    expect(relaxationRungs({ containers: [] }, { hasSoftTaints: false })).toEqual([]);
    expect(relaxationRungs({ containers: [] }, { hasSoftTaints: true })).toHaveLength(2);
  });
});

describe("what preferences are said to be worth", () => {
  const spread = { topologySpreadConstraints: [wish(zoneLabel)] };
  const zones = (worth: number | undefined, prices: Readonly<Record<string, number>>, policy: PreferencePolicy = "Score") => {
    const worthSaid = worth === undefined ? {} : { preferenceWorth: worth };
    const { newNodes, unschedulable } = planned(pods(4, spread), { prices, preferencePolicy: policy, ...worthSaid });
    expect(unschedulable).toEqual([]);
    return newNodes.map(({ zone }) => zone).sort();
  };
  const cheaperInA = { a: 0.2, b: 0.218 };
  it.each([
    ["nothing where no setting says so", undefined, cheaperInA, ["a", "a"]],
    ["nothing where that is said", 0, cheaperInA, ["a", "a"]],
    ["a plan that is dearer by less: 4.5 % of 5 %", 0.05, cheaperInA, ["a", "b"]],
    ["no plan that is dearer by more: 4.5 % of 4 %", 0.04, cheaperInA, ["a", "a"]],
    ["nothing more where the spread is free", 0.05, { a: 0.2, b: 0.2 }, ["a", "b"]],
  ])("is %s", (_what, worth, prices, expected) => {
    expect(zones(worth, prices)).toEqual(expected);
  });
  it("is not asked where preferences are ignored", () => {
    expect(zones(1, cheaperInA, "Ignore")).toEqual(["a", "a"]);
  });
  it("never costs a Pod its place", () => {
    const limited = nodePool({ name: "general", limits: { cpu: "8" } });
    const { unschedulable } = planned(pods(4, { affinity: prefersZone("c") }), { nodePools: [limited], preferenceWorth: 1 });
    expect(unschedulable).toEqual([]);
  });
});
