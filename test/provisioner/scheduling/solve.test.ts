/**
 * What solve decides, case by case: the lab's checkout-api over three zones, and one row for each thing that it heeds.
 */
import { describe, expect, it } from "vitest";
import { capacityTypeLabel, hostnameLabel, platformNames, zoneLabel } from "../../../src/api/labels.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { shapeValidator } from "../../../src/api/validation.ts";
import { nodeStates } from "../../../src/provisioner/scheduling/node-state.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { toNodeClaim } from "../../../src/provisioner/scheduling/node-claim.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool } from "../../support/objects.ts";
import {
  checkoutPods,
  claimsOf,
  generalFlex,
  liveCheckoutPod,
  nodeOf,
  plan,
  podsByZone,
  types,
  typesWithout,
  zones,
  zoneSpread,
} from "./checkout.ts";

const [zoneA = "", zoneB = "", zoneC = ""] = zones;
const instanceTypes = new Map([["general-flex", types]]);

describe("checkout-api, six replicas over three zones", () => {
  const first = plan(checkoutPods(6));
  const claims = claimsOf(first);

  it("gets two Pods in each zone, each node fixed to one", () => {
    expect(podsByZone(first)).toEqual({ [zoneA]: 2, [zoneB]: 2, [zoneC]: 2 });
    expect(first.unschedulable).toEqual([]);
    expect(first.newNodes.every(({ capacityType }) => capacityType === "on-demand")).toBe(true);
  });

  it("makes NodeClaims that the API accepts", () => {
    for (const claim of claims) expect(shapeValidator().validate("NodeClaim", claim)).toEqual([]);
  });

  it("asks for nothing more while its claims are on their way, whichever Pods exist already", () => {
    const nodes = nodeStates({ nodes: [], nodeClaims: claims, pods: [], instanceTypes, names: platformNames() });
    const again = plan(checkoutPods(6), { nodes });
    expect(again.newNodes).toEqual([]);
    expect(podsByZone(again)).toEqual({ [zoneA]: 2, [zoneB]: 2, [zoneC]: 2 });
    const live = [0, 1, 2, 3, 4, 5].map((index) => ({ key: `shop/${index}`, pod: liveCheckoutPod(index) }));
    expect(plan(live, { nodes }).newNodes).toEqual([]);
  });

  it("asks for nothing more while nodes join one zone after the other", () => {
    const joined = claims.map((claim, index) => nodeOf(claim, first.newNodes[index]!));
    for (const count of [1, 2, 3]) {
      const standing = joined.slice(0, count);
      const pods = standing.map(({ node }, index) => liveCheckoutPod(index, node.metadata.name ?? ""));
      const nodes = nodeStates({
        nodes: standing.map(({ node }) => node),
        nodeClaims: [...standing.map(({ claim }) => claim), ...claims.slice(count)],
        pods,
        instanceTypes,
        names: platformNames(),
      });
      const again = plan(checkoutPods(6 - count), { nodes });
      expect(again.newNodes).toEqual([]);
      expect(again.unschedulable).toEqual([]);
    }
  });

  it("waits for a lost zone while minDomains says three, and goes on with two", () => {
    const lost = new Map([["general-flex", typesWithout(zoneC)]]);
    const three = plan(checkoutPods(6), { instanceTypes: lost });
    expect(podsByZone(three)).toEqual({ [zoneA]: 1, [zoneB]: 1 });
    expect(three.unschedulable).toHaveLength(4);
    expect(three.unschedulable[0]?.reasons).toEqual([
      `NodePool general-flex: its spread over ${zoneLabel} has minDomains 3, only 2 can be had, and those are full: ${zoneA} (1 Pod, maxSkew 1), ${zoneB} (1 Pod, maxSkew 1)`,
    ]);
    const spread = { topologySpreadConstraints: [{ ...zoneSpread, minDomains: 2 }] };
    expect(podsByZone(plan(checkoutPods(6, spread), { instanceTypes: lost }))).toEqual({ [zoneA]: 3, [zoneB]: 3 });
  });

  it("costs no more for wishing to spread over hosts", () => {
    const without = plan(checkoutPods(6, { topologySpreadConstraints: [zoneSpread] }));
    expect(first.pricePerHour).toBe(without.pricePerHour);
    expect(first.newNodes.length).toBe(without.newNodes.length);
  });
});

describe("a Pod's class", () => {
  it("is the same for demand and for the Pod that comes of it", () => {
    const [demand] = checkoutPods(1);
    expect(podClassHash(liveCheckoutPod(3))).toBe(podClassHash(demand!.pod));
    expect(podClassHash(checkoutPods(1, { nodeSelector: {} })[0]!.pod)).not.toBe(podClassHash(demand!.pod));
  });

  it("is the same once the API server has written the values of label keys into selectors", () => {
    const own = { labelSelector: { matchLabels: { app: "checkout-api" } }, topologyKey: "kubernetes.io/hostname" };
    const merged = (operator: "In" | "NotIn", key: string, value: string) => {
      return { ...own, labelSelector: { ...own.labelSelector, matchExpressions: [{ key, operator, values: [value] }] } };
    };
    const hashOf = (spread: typeof own, apart: typeof own): string => {
      const topologySpreadConstraints = [{ ...zoneSpread, ...spread, matchLabelKeys: ["pod-template-hash"] }];
      const term = { ...apart, mismatchLabelKeys: ["tenant"] };
      const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      return podClassHash(checkoutPods(1, { topologySpreadConstraints, affinity })[0]!.pod);
    };
    const written = hashOf(own, own);
    expect(hashOf(merged("In", "pod-template-hash", "5d8f"), merged("NotIn", "tenant", "red"))).toBe(written);
    expect(hashOf(merged("In", "track", "stable"), own)).not.toBe(written);
    expect(hashOf(own, merged("NotIn", "track", "stable"))).not.toBe(written);
  });
});

describe("why a Pod gets no node", () => {
  const bare = { topologySpreadConstraints: [] };

  function check(name: string, given: Parameters<typeof plan>, reasons: readonly (string | RegExp)[]): void {
    it(name, () => {
      const { unschedulable } = plan(...given);
      expect(unschedulable[0]?.reasons).toEqual(
        reasons.map((reason) => (typeof reason === "string" ? reason : (expect.stringMatching(reason) as unknown))),
      );
    });
  }

  const batch = nodePool({
    name: "batch",
    labels: { "workload-class": "general" },
    taints: [{ key: "team", value: "batch", effect: "NoSchedule" }],
  });
  check(
    "a taint",
    [checkoutPods(1, bare), { nodePools: [batch] }],
    ["NodePool batch: the Pod does not tolerate its taint team=batch:NoSchedule"],
  );
  check(
    "a label that no pool has",
    [checkoutPods(1, { ...bare, nodeSelector: { "workload-class": "x" } })],
    [/^NodePool general-flex: key workload-class, workload-class In \[x\]/],
  );
  check(
    "a size that no type has",
    [checkoutPods(1, { ...bare, containers: [{ name: "app", resources: { requests: { cpu: "1000" } } }] })],
    [/^NodePool general-flex: no instance type is large enough: the Pod asks for cpu 1k?0*/],
  );
  check(
    "a limit",
    [checkoutPods(1, bare), { nodePools: [generalFlex({ limits: { cpu: "1" } })] }],
    ["NodePool general-flex: its limits leave cpu 1"],
  );
  check("no pool", [checkoutPods(1, bare), { nodePools: [] }], ["there is no NodePool to buy a node from"]);
  check(
    "no offering",
    [checkoutPods(1, bare), { instanceTypes: new Map([["general-flex", typesWithout(...zones)]]) }],
    ["NodePool general-flex: no instance type that it allows is offered now"],
  );
});

describe("what solve heeds", () => {
  const bare = { topologySpreadConstraints: [] };

  it("tries the pool of more weight first, then the name that is later in the alphabet", () => {
    const pools = [generalFlex({ name: "alpha" }), generalFlex({ name: "beta" }), generalFlex({ name: "heavy", weight: 10 })];
    expect(plan(checkoutPods(1, bare), { nodePools: pools }).newNodes.map(({ nodePool: pool }) => pool.metadata.name)).toEqual(["heavy"]);
    expect(plan(checkoutPods(1, bare), { nodePools: pools.slice(0, 2) }).newNodes.map(({ nodePool: pool }) => pool.metadata.name)).toEqual([
      "beta",
    ]);
  });

  /** Two pools over the same types; those of beta, which comes first by its name, cost so many times as much. */
  const dearBeta = (times: number, weight?: number): Pick<SolveInput, "nodePools" | "instanceTypes"> => ({
    nodePools: [generalFlex({ name: "alpha" }), generalFlex({ name: "beta", ...(weight === undefined ? {} : { weight }) })],
    instanceTypes: new Map([
      ["alpha", types],
      ["beta", pricedAt(types, times)],
    ]),
  });
  const poolsOf = ({ newNodes }: SchedulingResults) => [...new Set(newNodes.map(({ nodePool: pool }) => pool.metadata.name))];

  it.each([
    ["a Pod", checkoutPods(1, bare)],
    ["a few Pods", checkoutPods(13, bare)],
    ["many Pods", checkoutPods(150, bare)],
    ["Pods that are spread over zones", checkoutPods(30)],
  ])("buys from the cheapest of pools of equal weight, for %s", (_, pods) => {
    const { pricePerHour } = plan(pods, { nodePools: [generalFlex({ name: "alpha" })] });
    const two = plan(pods, dearBeta(1.5));
    expect(poolsOf(two)).toEqual(["alpha"]);
    expect(two.pricePerHour).toBeCloseTo(pricePerHour, 9);
    expect(poolsOf(plan(pods, dearBeta(0.9)))).toEqual(["beta"]);
    expect(poolsOf(plan(pods, dearBeta(1.5, 1)))).toEqual(["beta"]);
  });

  it("buys from the pool whose large nodes are cheap, though another of equal weight has cheaper small ones", () => {
    const pods = checkoutPods(40, { ...bare, containers: [{ name: "app", resources: { requests: { cpu: "900m", memory: "1Gi" } } }] });
    const cores = (type: InstanceType): number => (type.capacity["cpu"] ?? 0) / 1000;
    const large = types.filter((type) => cores(type) >= 16);
    const offers = { large: pricedAt(large, 0.5), small: types };
    const nodePools = [generalFlex({ name: "large" }), generalFlex({ name: "small" })];
    const both = plan(pods, { nodePools, instanceTypes: new Map(Object.entries(offers)) });
    const alone = nodePools.map((pool) => plan(pods, { nodePools: [pool], instanceTypes: new Map(Object.entries(offers)) }).pricePerHour);
    expect(poolsOf(both)).toContain("large");
    expect(both.pricePerHour).toBeLessThanOrEqual(Math.min(...alone));
  });

  it("fills a limit to the last core that a type fits into, and names no type that could exceed it", () => {
    const { newNodes, unschedulable } = plan(checkoutPods(20, bare), { nodePools: [generalFlex({ limits: { cpu: "8" } })] });
    const worst = newNodes.reduce((sum, { instanceTypes: all }) => sum + Math.max(...all.map(({ capacity }) => capacity["cpu"] ?? 0)), 0);
    expect(worst).toBe(8000);
    expect(unschedulable.length).toBeGreaterThan(0);
  });

  it("leaves room for DaemonSets on every new node", () => {
    const agent = { name: "agent", spec: { containers: [{ name: "agent", resources: { requests: { cpu: "950m", memory: "64Mi" } } }] } };
    const [with_] = plan(checkoutPods(1, bare), { daemonSets: [agent] }).newNodes;
    expect(with_?.requests["cpu"]).toBe(1950);
    expect(with_?.instanceTypes.every(({ allocatable }) => (allocatable["cpu"] ?? 0) >= 1950)).toBe(true);
  });

  it("puts Pods that refuse each other on hosts of their own", () => {
    const apart = {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: hostnameLabel, labelSelector: { matchLabels: { app: "checkout-api" } } },
      ],
    };
    const { newNodes } = plan(checkoutPods(4, { ...bare, affinity: { podAntiAffinity: apart } }));
    expect(newNodes.map(({ pods }) => pods.length)).toEqual([1, 1, 1, 1]);
  });

  it("places a Pod beside one that comes later in its order", () => {
    const near = {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zoneLabel, labelSelector: { matchLabels: { app: "checkout-api" } } }],
    };
    const [follower] = checkoutPods(1, {
      ...bare,
      affinity: { podAffinity: near },
      containers: [{ name: "app", resources: { requests: { cpu: "3" } } }],
    });
    const alone = { key: "shop/follower", pod: { ...follower!.pod, metadata: { ...follower!.pod.metadata, labels: { app: "follower" } } } };
    const results = plan([alone, ...checkoutPods(1, bare)]);
    expect(results.unschedulable).toEqual([]);
    expect(Object.keys(podsByZone(results))).toHaveLength(1);
    expect(plan([alone]).unschedulable.map(({ pod }) => pod.key)).toEqual(["shop/follower"]);
  });

  it("buys nothing for a Pod that asks for devices by resource claims, and says so; its neighbours are planned", () => {
    const [first, second] = checkoutPods(2, bare);
    const spec = { ...first!.pod.spec, resourceClaims: [{ name: "gpu" }] };
    const { newNodes, unschedulable } = plan([{ key: "shop/claims", pod: { ...first!.pod, spec } }, second!]);
    expect(unschedulable.map(({ pod }) => pod.key)).toEqual(["shop/claims"]);
    expect(unschedulable[0]?.reasons.join()).toContain('spec.resourceClaims ("gpu")');
    expect(newNodes.flatMap(({ pods }) => pods.map(({ key }) => key))).toEqual([second!.key]);
  });

  it("buys large nodes where that is cheaper a Pod", () => {
    const many = plan(checkoutPods(60, bare));
    const oneByOne = plan(checkoutPods(1, bare)).pricePerHour * 60;
    expect(many.pricePerHour).toBeLessThan(oneByOne * 0.8);
  });

  it("keeps what only a live NodePool allows out of a claim's labels and puts its template's labels in", () => {
    const [planned] = plan(checkoutPods(1)).newNodes;
    const claim = toNodeClaim(planned!, { ...platformNames(), name: "general-flex-x" });
    expect(claim.metadata.labels).toEqual({
      "workload-class": "general",
      "karpenter.sh/nodepool": "general-flex",
      "karpenter.k8s.aws/ec2nodeclass": "default",
    });
    expect(claim.spec.requirements.find(({ key }) => key === capacityTypeLabel)).toEqual({
      key: capacityTypeLabel,
      operator: "In",
      values: ["on-demand"],
    });
    expect(claim.spec.resources?.requests).toMatchObject({ cpu: "1", memory: "2Gi", pods: "1" });
  });
});

/** The same types, each at so many times its price. */
function pricedAt(all: readonly InstanceType[], times: number): readonly InstanceType[] {
  return all.map((type) => ({
    ...type,
    offerings: type.offerings.map((offering) => ({ ...offering, pricePerHour: offering.pricePerHour * times })),
  }));
}
