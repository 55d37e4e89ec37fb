/** Disruption budgets count as Kubernetes' disruption controller counts. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { IntOrPercent } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import {
  type BudgetBounds,
  blockingReplicas,
  deletionTimeoutMs,
  disruptionStatus,
  evictionsAllowed,
  isFullyBlocking,
  type PodScale,
  scaledValue,
  smallestReplicasWithEviction,
} from "../../src/kube/disruption-budget.ts";
import { budget, pod } from "../support/objects.ts";

describe("evictions that a budget allows while everything is healthy", () => {
  const replicaCounts = [1, 2, 3, 4, 5, 6, 10, 50, 60];

  check({ minAvailable: "80%" }, [0, 0, 0, 0, 1, 1, 2, 10, 12]);
  check({ maxUnavailable: "20%" }, [1, 1, 1, 1, 1, 2, 2, 10, 12]);
  check({ minAvailable: 1 }, [0, 1, 2, 3, 4, 5, 9, 49, 59]);
  check({ maxUnavailable: 1 }, [1, 1, 1, 1, 1, 1, 1, 1, 1]);
  check({ maxUnavailable: 0 }, [0, 0, 0, 0, 0, 0, 0, 0, 0]);
  check({ maxUnavailable: "0%" }, [0, 0, 0, 0, 0, 0, 0, 0, 0]);
  check({ minAvailable: "100%" }, [0, 0, 0, 0, 0, 0, 0, 0, 0]);
  check({ minAvailable: "0%" }, replicaCounts);
  check({ minAvailable: 0 }, replicaCounts);
  check({ maxUnavailable: "100%" }, replicaCounts);
  check({ maxUnavailable: "1%" }, [1, 1, 1, 1, 1, 1, 1, 1, 1]);
  check({ minAvailable: 5 }, [0, 0, 0, 0, 0, 1, 5, 45, 55]);
  check({}, [0, 0, 0, 0, 0, 0, 0, 0, 0]);
  check({ minAvailable: "many" }, [0, 0, 0, 0, 0, 0, 0, 0, 0]);

  function check(bounds: BudgetBounds, expected: readonly number[]): void {
    it(`${JSON.stringify(bounds)} allows ${expected.join(", ")} of ${replicaCounts.join(", ")}`, () => {
      expect(replicaCounts.map((replicas) => evictionsAllowed({ budget: bounds, replicas }))).toEqual(expected);
    });
  }

  it("allow nothing where nothing runs", () => {
    expect(evictionsAllowed({ budget: { minAvailable: 0 }, replicas: 0 })).toBe(0);
    expect(evictionsAllowed({ budget: { maxUnavailable: 1 }, replicas: 0 })).toBe(0);
  });

  it("agree with the formula written literally", () => {
    const bound = fc.oneof<fc.Arbitrary<IntOrPercent>[]>(
      fc.nat({ max: 120 }),
      fc.nat({ max: 100 }).map((p) => `${p}%`),
    );
    fc.assert(
      fc.property(bound, fc.boolean(), fc.integer({ min: 1, max: 500 }), (value, asMaximum, replicas) => {
        const bounds = asMaximum ? { maxUnavailable: value } : { minAvailable: value };
        expect(evictionsAllowed({ budget: bounds, replicas })).toBe(literally(value, asMaximum, replicas));
      }),
    );
  });

  /** Counts up instead of dividing: the smallest number of Pods whose share reaches the percentage. */
  function literally(value: IntOrPercent, asMaximum: boolean, replicas: number): number {
    let pods = 0;
    if (typeof value === "number") pods = value;
    else while (pods * 100 < Number.parseInt(value, 10) * replicas) pods += 1;
    const mustStay = asMaximum ? Math.max(0, replicas - pods) : pods;
    return Math.max(0, replicas - mustStay);
  }
});

describe("percentages of minAvailable that block when everything is healthy", () => {
  const rows: readonly (readonly [number, number])[] = [
    [1, 1],
    [2, 51],
    [3, 67],
    [4, 76],
    [5, 81],
    [6, 84],
    [7, 86],
    [8, 88],
    [9, 89],
    [10, 91],
    [20, 96],
    [50, 99],
    [100, 100],
  ];
  for (const [replicas, percent] of rows) check(replicas, percent);

  function check(replicas: number, percent: number): void {
    it(`start at ${percent}% for ${replicas} replicas`, () => {
      expect(evictionsAllowed({ budget: { minAvailable: `${percent}%` }, replicas })).toBe(0);
      expect(evictionsAllowed({ budget: { minAvailable: `${percent - 1}%` }, replicas })).toBeGreaterThan(0);
    });
  }
});

describe("a range of replica counts", () => {
  it("names every count at which a budget blocks, though it passes at the maximum", () => {
    expect(blockingReplicas({ budget: { minAvailable: "80%" }, range: { from: 2, to: 12 } })).toEqual([2, 3, 4]);
  });
  it("never names zero: there is nothing to evict", () => {
    expect(blockingReplicas({ budget: { minAvailable: 1 }, range: { from: 0, to: 3 } })).toEqual([1]);
  });
  it("finds the smallest count with an eviction", () => {
    expect(smallestReplicasWithEviction({ budget: { minAvailable: "80%" }, range: { from: 0, to: 12 } })).toBe(5);
    expect(smallestReplicasWithEviction({ budget: { maxUnavailable: 0 }, range: { from: 0, to: 12 } })).toBeUndefined();
  });
  it("calls a budget fully blocking only for literal values", () => {
    expect([{ maxUnavailable: 0 }, { maxUnavailable: "0%" }, { minAvailable: "100%" }, {}].map(isFullyBlocking)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([{ maxUnavailable: 1 }, { minAvailable: "99%" }, { minAvailable: 100 }].map(isFullyBlocking)).toEqual([false, false, false]);
  });
});

describe("a scaled value", () => {
  it("is a count as it stands, and a percentage rounded up", () => {
    expect([scaledValue(3, 10), scaledValue("25%", 10), scaledValue("1%", 1), scaledValue("0%", 9)]).toEqual(
      [3, 3, 1, 0].map((value) => ({ ok: true, value })),
    );
  });
  it("is neither for other text", () => {
    for (const value of ["3", "20", "%", "-5%", "2.5%", 1.5]) expect(scaledValue(value, 10).ok).toBe(false);
  });
});

describe("the status that the controller writes", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const scaleOfThree = (): PodScale => ({ kind: "scale", uid: "deploy", replicas: 3 });

  it("counts each controller once, ready Pods as healthy, and what remains as allowed", () => {
    const pods = [ready("a"), ready("b"), unready("c")];
    expect(disruptionStatus({ budget: budget({ minAvailable: "50%" }), pods, scaleOf: scaleOfThree, now })).toMatchObject({
      expectedPods: 3,
      desiredHealthy: 2,
      currentHealthy: 2,
      disruptionsAllowed: 0,
      condition: { status: "False", reason: "InsufficientPods" },
    });
    expect(disruptionStatus({ budget: budget({ maxUnavailable: 2 }), pods, scaleOf: scaleOfThree, now })).toMatchObject({
      desiredHealthy: 1,
      disruptionsAllowed: 1,
      condition: { status: "True", reason: "SufficientPods" },
    });
  });

  it("expects as many Pods as there are for a whole-number minAvailable, without asking for a scale", () => {
    const scaleOf = (): PodScale => ({ kind: "no-scale", controller: "jobs.batch" });
    expect(disruptionStatus({ budget: budget({ minAvailable: 1 }), pods: [ready("a"), ready("b")], scaleOf, now })).toMatchObject({
      expectedPods: 2,
      disruptionsAllowed: 1,
    });
  });

  it("allows nothing to anybody when one Pod's controller has no scale, and keeps the older counts", () => {
    const before = {
      ...budget({ maxUnavailable: 1 }),
      status: { observedGeneration: 4, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
    };
    const scaleOf = (of: Pod): PodScale => (of.metadata.name === "b" ? { kind: "no-scale", controller: "jobs.batch" } : scaleOfThree());
    expect(disruptionStatus({ budget: before, pods: [ready("a"), ready("b", "job")], scaleOf, now })).toMatchObject({
      disruptionsAllowed: 0,
      observedGeneration: 4,
      currentHealthy: 2,
      condition: { status: "False", reason: "SyncFailed", message: "jobs.batch does not implement the scale subresource" },
    });
  });

  it("skips bare Pods in the expected count and names them", () => {
    const status = disruptionStatus({
      budget: budget({ maxUnavailable: 1 }),
      pods: [ready("bare")],
      scaleOf: () => ({ kind: "unmanaged" }),
      now,
    });
    expect(status).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0, unmanagedPods: ["bare"] });
  });

  it("does not count an evicted Pod as healthy for two minutes, then counts it again", () => {
    const evictedAt = new Date(now).toISOString();
    const evicted = { ...budget({ maxUnavailable: 1 }), status: { disruptedPods: { a: evictedAt } } };
    const at = (instant: number) =>
      disruptionStatus({ budget: evicted, pods: [ready("a"), ready("b"), ready("c")], scaleOf: scaleOfThree, now: instant });
    expect(at(now)).toMatchObject({
      currentHealthy: 2,
      disruptionsAllowed: 0,
      recheckAt: now + deletionTimeoutMs,
      disruptedPods: { a: evictedAt },
    });
    expect(at(now + deletionTimeoutMs)).toMatchObject({ currentHealthy: 3, disruptedPods: { a: evictedAt } });
    expect(at(now + deletionTimeoutMs + 1)).toMatchObject({ currentHealthy: 3, disruptedPods: {} });
  });

  it("does not count a Pod that is being deleted", () => {
    const ending = ready("a");
    const pods = [{ ...ending, metadata: { ...ending.metadata, deletionTimestamp: "2026-11-21T11:59:00Z" } }, ready("b"), ready("c")];
    expect(disruptionStatus({ budget: budget({ maxUnavailable: 1 }), pods, scaleOf: scaleOfThree, now })).toMatchObject({
      currentHealthy: 2,
      disruptionsAllowed: 0,
    });
  });

  it("allows nothing before the first Pod of a budget exists", () => {
    expect(disruptionStatus({ budget: budget({ minAvailable: 0 }), pods: [], scaleOf: scaleOfThree, now }).disruptionsAllowed).toBe(0);
  });
});

function ready(name: string, owner = "rs"): Pod {
  return withReadiness(name, owner, "True");
}

function unready(name: string): Pod {
  return withReadiness(name, "rs", "False");
}

function withReadiness(name: string, owner: string, status: "True" | "False"): Pod {
  const reference = { apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: `uid-${owner}`, controller: true };
  return { ...pod({ name, owner: reference }), status: { phase: "Running", conditions: [{ type: "Ready", status }] } };
}
