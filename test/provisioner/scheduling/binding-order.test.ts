/**
 * Plans hold whichever of their Pods binds first, or say which order they need.
 */
import { describe, expect, it } from "vitest";
import { hostnameLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { PodAffinityTerm, PodSpec } from "../../../src/api/pod.ts";
import { planFrom } from "../../../src/cli/plan-form.ts";
import { summaryOf } from "../../../src/cli/plan-text.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";
import { anyOrderFaults } from "../plan/any-order.ts";
import { planFaults } from "../plan/plan-checker.ts";
import { types } from "./checkout.ts";

const [zoneA, zoneB, zoneC] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const together: PodAffinityTerm = { topologyKey: zoneLabel, labelSelector: { matchLabels: { app: "web" } } };

describe("20 Pods that seek their like in a zone, beside Pods that are pinned", () => {
  check("stand in the zone of one that they count", [...webs(20), ...pinned("pin", zoneB, { seeks: false })], { [zoneB]: 21 });
  check("stand in the zone of one that seeks them too", [...webs(20), ...pinned("pin", zoneC, { seeks: true })], { [zoneC]: 21 });
  check("stand in one of the zones, where two are pinned apart", [...webs(20), ...pinned("p", zoneB, {}), ...pinned("q", zoneC, {})], {
    [zoneB]: 21,
    [zoneC]: 1,
  });
  check("stand anywhere, where no Pod that they count is pinned", [...webs(20), ...pinned("pin", zoneB, { app: "db" })], {
    [zoneA]: 20,
    [zoneB]: 1,
  });
  check("share a zone that all may go to, where one may choose of two", [...webs(20), ...choosing("pin", [zoneB, zoneC])], { [zoneB]: 21 });
});

it("few Pods go to the pinned zone as well, whatever their names", () => {
  for (const name of ["a-pin", "z-pin"]) {
    const plan = checked(inputOf([...webs(3), ...pinned(name, zoneC, {})]));
    expect([byZone(plan), plan.bindingOrder]).toEqual([{ [zoneC]: 4 }, []]);
  }
});

it("of two Pods that seek their like, and are pinned to two zones, one has no place: kube-scheduler binds one of them and never the other", () => {
  const plan = checked(inputOf([...pinned("p", zoneB, { seeks: true }), ...pinned("q", zoneC, { seeks: true })]));
  expect([plan.newNodes.length, plan.unschedulable.length, plan.bindingOrder]).toEqual([1, 1, []]);
});

it("where no plan does without, the plan says who must bind first, in the result, in JSON and in words", () => {
  // The pinned Pod's zone has no room for those that seek their like: they may go elsewhere only before it is there.
  const nodePools = [nodePool({ name: "open", labels: {} }), nodePool({ name: "own", labels: { own: "yes" } })];
  const outside = { nodeSelector: { [zoneLabel]: zoneB } };
  const input = inputOf([...webs(2, { nodeSelector: { [zoneLabel]: zoneA } }), ...podsNamed("pin", 1, { spec: outside })], { nodePools });
  const plan = checked(input);
  expect(byZone(plan)).toEqual({ [zoneA]: 2, [zoneB]: 1 });
  const needs = { constraint: "affinity", key: zoneLabel, domain: zoneA, first: ["shop/web-0", "shop/web-1"], then: ["shop/pin-0"] };
  expect(plan.bindingOrder).toEqual([needs]);
  const form = planFrom(input, plan);
  expect(form.bindingOrder).toEqual([needs]);
  expect(summaryOf(form)).toContain(
    `holds only if shop/web-0 binds before shop/pin-0: their affinity in ${zoneLabel}=${zoneA} counts Pods that stand elsewhere\n`,
  );
});

it("a plan without need of an order says nothing of it", () => {
  const input = inputOf(webs(3));
  expect(planFrom(input, checked(input))).not.toHaveProperty("bindingOrder");
});

it("Pods that a spread counts stay off the domains that its own Pods fill, or the plan says who is first", () => {
  const spread = {
    maxSkew: 1,
    topologyKey: hostnameLabel,
    whenUnsatisfiable: "DoNotSchedule" as const,
    labelSelector: together.labelSelector ?? {},
  };
  checked(inputOf([...podsNamed("web", 3, { spec: { topologySpreadConstraints: [spread] } }), ...podsNamed("more", 4, {})]));
});

function checked(input: SolveInput): SchedulingResults {
  const plan = solve(input);
  expect(planFaults(input, plan)).toEqual([]);
  expect(anyOrderFaults(input, plan)).toEqual([]);
  return plan;
}

function check(name: string, pods: readonly PendingPod[], zones: Readonly<Record<string, number>>): void {
  it(name, () => {
    const plan = checked(inputOf(pods));
    expect(plan.unschedulable).toEqual([]);
    expect(byZone(plan)).toEqual(zones);
    expect(plan.bindingOrder).toEqual([]);
  });
}

function byZone({ newNodes }: SchedulingResults): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { zone, pods } of newNodes) counts[zone] = (counts[zone] ?? 0) + pods.length;
  return counts;
}

function inputOf(pods: readonly PendingPod[], changes: Partial<SolveInput> = {}): SolveInput {
  const { nodePools = [nodePool({ labels: {} })] } = changes;
  return {
    pods,
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    ...{ daemonSets: [], nodes: [], namespaces: new Map([["shop", {}]]) },
    ...changes,
  };
}

function webs(count: number, spec: Partial<PodSpec> = {}): readonly PendingPod[] {
  return podsNamed("web", count, { spec: { affinity: { podAffinity: required(together) }, ...spec } });
}

function pinned(name: string, zone: string, { seeks = false, app = "web" }: { readonly seeks?: boolean; readonly app?: string }) {
  const affinity = seeks ? { affinity: { podAffinity: required(together) } } : {};
  return podsNamed(name, 1, { app, spec: { nodeSelector: { [zoneLabel]: zone }, ...affinity } });
}

function choosing(name: string, zones: readonly string[]): readonly PendingPod[] {
  const terms = [{ matchExpressions: [{ key: zoneLabel, operator: "In" as const, values: zones }] }];
  return podsNamed(name, 1, {
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } },
  });
}

function podsNamed(
  name: string,
  count: number,
  of: { readonly app?: string; readonly cpu?: string; readonly spec?: Partial<PodSpec> },
): readonly PendingPod[] {
  const { app = "web", spec = {} } = of;
  return Array.from({ length: count }, (_, index) => ({
    key: `shop/${name}-${index}`,
    pod: pod({ name: `${name}-${index}`, labels: { app }, requests: { cpu: "500m" }, spec }),
  }));
}

function required(...terms: readonly PodAffinityTerm[]) {
  return { requiredDuringSchedulingIgnoredDuringExecution: terms };
}
