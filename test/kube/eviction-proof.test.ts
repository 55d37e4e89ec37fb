/**
 * EvictionProof against what it stands for: the disruption controller's status over real Pod objects, and the eviction API's
 * answer to each of them.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Pod } from "../../src/api/pod.ts";
import { disruptionStatus, type PodScale } from "../../src/kube/disruption-budget.ts";
import { evictionAnswer } from "../../src/kube/eviction.ts";
import { blockText, evictionProof, evictionsAtScale, type PodGroup, type PodKeeper } from "../../src/kube/eviction-proof.ts";
import { controllerOf } from "../../src/kube/owner.ts";
import { budget, pod } from "../support/objects.ts";

const bounds = fc.oneof(
  fc.record({ minAvailable: fc.oneof(fc.integer({ min: 0, max: 8 }), percent()) }),
  fc.record({ maxUnavailable: fc.oneof(fc.integer({ min: 0, max: 8 }), percent()) }),
  fc.constant({}),
);
const keeper: fc.Arbitrary<PodKeeper> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("scale" as const), replicas: fc.integer({ min: 0, max: 7 }) }) },
  fc.record({ kind: fc.constant("unmanaged" as const) }),
  fc.record({ kind: fc.constant("no-scale" as const), controller: fc.constant("jobs.batch") }),
);
const group: fc.Arbitrary<PodGroup> = fc
  .record({ keeper, pods: fc.integer({ min: 0, max: 6 }), unready: fc.integer({ min: 0, max: 6 }) })
  .map(({ keeper: kept, pods, unready }) => ({ keeper: kept, pods, healthy: Math.max(0, pods - unready) }));
const policies = fc.constantFrom("AlwaysAllow" as const, "IfHealthyBudget" as const, undefined);

function percent(): fc.Arbitrary<string> {
  return fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom(0, 50, 66, 67, 80, 100)).map((share) => `${share}%`);
}

describe("an eviction proof", () => {
  it("says at each scale what the controller and the eviction API say of such Pods", () => {
    fc.assert(
      fc.property(
        fc.record({ bounds, policy: policies, keeper, others: fc.array(group, { maxLength: 3 }) }),
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 0, max: 8 }),
        (world, replicas, unready) => {
          const unhealthy = Math.min(replicas, unready);
          const guard = policied(world);
          const controller = world.keeper.kind === "no-scale" ? { controller: world.keeper.controller } : {};
          const question = { budgets: [{ budget: guard, others: world.others }], keeper: world.keeper.kind, ...controller };
          const proof = evictionsAtScale({ ...question, replicas, unhealthy });
          const own: PodGroup = {
            keeper: world.keeper.kind === "scale" ? { kind: "scale", replicas } : world.keeper,
            pods: replicas,
            healthy: replicas - unhealthy,
          };
          const real = answers(guard, [own, ...world.others]);
          if (replicas - unhealthy > 0) {
            expect(proof.allowed).toBe(Math.min(replicas - unhealthy, real.allowed));
            expect(proof.block === undefined).toBe(real.healthyMayGo);
          } else expect(proof).toMatchObject({ allowed: 0, block: undefined });
          if (unhealthy > 0) expect(proof.unhealthyMayGo).toBe(real.unhealthyMayGo);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("finds the blocked part of a range as trying each scale does", () => {
    fc.assert(
      fc.property(
        fc.record({ bounds, policy: policies, keeper, others: fc.array(group, { maxLength: 2 }) }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 130 }),
        (world, from, width) => {
          const question = { budgets: [{ budget: policied(world), others: world.others }], keeper: world.keeper.kind };
          const range = { from: Math.max(1, from), to: Math.max(1, from) + width };
          const tried = Array.from({ length: width + 1 }, (_, index) => range.from + index);
          const blocked = tried.filter((replicas) => evictionsAtScale({ ...question, replicas }).block !== undefined);
          const proof = evictionProof({ ...question, range });
          expect(proof.blocked).toEqual(blocked.length === 0 ? undefined : { from: range.from, to: blocked.at(-1) });
          expect(blocked).toEqual(tried.slice(0, blocked.length));
          if (blocked.length < tried.length) expect(proof.worksFrom).toBe(range.from + blocked.length);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("S101: tells from which scale minAvailable 1 and 80% let a Pod go", () => {
    const asked = { keeper: "scale" as const, range: { from: 1, to: 3 } };
    const at = (bound: { minAvailable: number | string }) => evictionProof({ ...asked, budgets: [{ budget: budget(bound), others: [] }] });
    expect(at({ minAvailable: 1 })).toMatchObject({ blocked: { from: 1, to: 1 }, worksFrom: 2 });
    expect(at({ minAvailable: "80%" })).toMatchObject({ blocked: { from: 1, to: 3 }, worksFrom: 5 });
    expect(at({ minAvailable: "100%" })).toMatchObject({ blocked: { from: 1, to: 3 }, worksFrom: undefined });
  });

  it("counts everybody under a shared budget: two single replicas under minAvailable 1 can go in turn", () => {
    const others = [{ keeper: { kind: "scale", replicas: 1 }, pods: 1, healthy: 1 }] as const;
    const question = { budgets: [{ budget: budget({ minAvailable: 1 }), others }], keeper: "scale" as const };
    expect(evictionProof({ ...question, range: { from: 1, to: 1 } }).blocked).toBeUndefined();
  });

  it.each([
    [{ minAvailable: 2 }, [], "PodDisruptionBudget web needs 2 healthy pods and has 1"],
    [{}, [], "PodDisruptionBudget web expects 0 pods, and so allows no eviction"],
    [
      { maxUnavailable: 1 },
      [{ keeper: { kind: "no-scale", controller: "Job report" }, pods: 1, healthy: 1 }],
      "PodDisruptionBudget web fails to sync: Job report has no scale subresource",
    ],
  ] as const)("%j says why not", (bound, others, text) => {
    const { block } = evictionsAtScale({ budgets: [{ budget: budget(bound), others }], keeper: "scale", replicas: 1 });
    expect(block && blockText(block)).toBe(text);
  });
});

function policied(world: { bounds: object; policy: "AlwaysAllow" | "IfHealthyBudget" | undefined }): PodDisruptionBudget {
  const made = budget(world.bounds);
  return world.policy === undefined ? made : { ...made, spec: { ...made.spec, unhealthyPodEvictionPolicy: world.policy } };
}

/** The long way: Pods, the controller's status of them, and an eviction of a healthy and of an unhealthy Pod of the first group. */
function answers(guard: PodDisruptionBudget, groups: readonly PodGroup[]) {
  const pods = groups.flatMap((one, index) =>
    Array.from({ length: one.pods }, (_, number) => podOf({ index, number, keeper: one.keeper, ready: number < one.healthy })),
  );
  const scaleOf = (of: Pod): PodScale => {
    const uid = controllerOf(of)?.uid;
    const kept = groups[Number(uid)]?.keeper;
    if (uid === undefined || kept === undefined || kept.kind === "unmanaged") return { kind: "unmanaged" };
    return kept.kind === "scale" ? { kind: "scale", uid, replicas: kept.replicas } : kept;
  };
  const status = disruptionStatus({ budget: guard, pods, scaleOf, now: 0 });
  const budgets = [{ ...guard, status: { ...status, conditions: [] } }];
  const goes = (ready: boolean): boolean => {
    const asked = podOf({ index: 0, number: 0, keeper: { kind: "unmanaged" }, ready });
    return evictionAnswer({ pod: asked, budgets }).kind !== "refused";
  };
  return { allowed: status.disruptionsAllowed, healthyMayGo: goes(true), unhealthyMayGo: goes(false) };
}

function podOf(of: { index: number; number: number; keeper: PodKeeper; ready: boolean }): Pod {
  const owner = { apiVersion: "example.com/v1", kind: "Any", name: `owner-${of.index}`, uid: String(of.index), controller: true };
  const made = pod({ name: `pod-${of.index}-${of.number}`, ...(of.keeper.kind === "unmanaged" ? {} : { owner }) });
  return { ...made, status: { phase: "Running", conditions: [{ type: "Ready", status: of.ready ? "True" : "False" }] } };
}
