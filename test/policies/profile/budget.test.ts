import fc from "../../support/properties.ts";
import { describe, expect, it } from "vitest";
import {
  budgetName,
  budgetObject,
  drainAdjustment,
  evictionsOf,
  renderBudget,
  type BudgetTerms,
} from "../../../src/policies/profile/budget.ts";
import type { BudgetIntent } from "../../../src/policies/profile/contract.ts";

const minAvailable = (value: number | string): BudgetIntent => ({ field: "minAvailable", value });
const maxUnavailable = (value: number | string): BudgetIntent => ({ field: "maxUnavailable", value });

describe("evictions by the arithmetic of Kubernetes", () => {
  const replicas = [1, 2, 3, 4, 5, 6, 10, 50, 60];
  function check(intent: BudgetIntent, evictions: readonly number[]) {
    it(`${intent.field} ${intent.value} allows ${evictions.join(", ")} at ${replicas.join(", ")} replicas`, () => {
      expect(replicas.map((n) => evictionsOf(intent, n))).toEqual(evictions);
    });
  }
  check(minAvailable("80%"), [0, 0, 0, 0, 1, 1, 2, 10, 12]);
  check(maxUnavailable("20%"), [1, 1, 1, 1, 1, 2, 2, 10, 12]);
  check(minAvailable(1), [0, 1, 2, 3, 4, 5, 9, 49, 59]);
  check(maxUnavailable(1), [1, 1, 1, 1, 1, 1, 1, 1, 1]);

  it("rounds as whole-number arithmetic does for every N from 1 to 60", () => {
    for (let n = 1; n <= 60; n += 1) {
      expect(evictionsOf(minAvailable("80%"), n)).toBe(n - Math.floor((80 * n + 99) / 100));
      expect(evictionsOf(maxUnavailable("20%"), n)).toBe(Math.floor((20 * n + 99) / 100));
    }
  });
});

describe("the form of a budget", () => {
  function check(name: string, terms: Partial<BudgetTerms>, expected: ReturnType<typeof renderBudget>) {
    const base = { asked: minAvailable("80%"), minReplicas: 3, maxReplicas: 50, replicas: 3, interruptible: false };
    it(name, () => {
      expect(renderBudget({ ...base, ...terms })).toEqual(expected);
    });
  }
  const written = (intent: BudgetIntent) => ({ kind: "budget", intent, adjusted: false }) as const;
  const standIn = { kind: "budget", intent: maxUnavailable(1), adjusted: true } as const;

  check("stays as written where minReplicas can lose one", { minReplicas: 6, replicas: 6 }, written(minAvailable("80%")));
  check("gives way to one at a time where 80% of 3 is 3", {}, standIn);
  check("comes back as written once the scale crosses the border", { replicas: 5 }, written(minAvailable("80%")));
  check("gives way again just below the border", { replicas: 4 }, standIn);
  check("keeps a count of 1 at two replicas", { asked: minAvailable(1), minReplicas: 2, replicas: 2 }, written(minAvailable(1)));
  check("gives way where a share of 100% never works", { asked: minAvailable("100%"), replicas: 50 }, standIn);
  check("is none for one replica alone", { minReplicas: 1, maxReplicas: 1, replicas: 1 }, { kind: "singleton" });
  check(
    "is none for one replica alone, even where it could be evicted",
    { asked: maxUnavailable(1), minReplicas: 1, maxReplicas: 1 },
    { kind: "singleton" },
  );
  check("is none where a range from 1 would block its singleton", { minReplicas: 1, replicas: 9 }, { kind: "singleton" });
  check(
    "stays as written where a range from 1 can always lose one",
    { asked: maxUnavailable("20%"), minReplicas: 1 },
    written(maxUnavailable("20%")),
  );
  check(
    "turns a share into its complement from zero on interruptible capacity",
    { minReplicas: 0, interruptible: true },
    written(maxUnavailable("20%")),
  );
  check("is one at a time from zero on other capacity", { minReplicas: 0 }, written(maxUnavailable(1)));
  check(
    "is one at a time from zero where 100% was asked",
    { minReplicas: 0, interruptible: true, asked: minAvailable("100%") },
    written(maxUnavailable(1)),
  );
  check(
    "is one at a time from zero where a count was asked",
    { minReplicas: 0, interruptible: true, asked: minAvailable(2) },
    written(maxUnavailable(1)),
  );
  check("keeps maxUnavailable from zero", { minReplicas: 0, asked: maxUnavailable("20%") }, written(maxUnavailable("20%")));

  const intents = fc.oneof(
    fc.integer({ min: 0, max: 100 }).map((percent) => minAvailable(`${percent}%`)),
    fc.integer({ min: 0, max: 70 }).map((count) => minAvailable(count)),
    fc.integer({ min: 1, max: 100 }).map((percent) => maxUnavailable(`${percent}%`)),
    fc.integer({ min: 1, max: 70 }).map((count) => maxUnavailable(count)),
  );
  const ranges = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.boolean())
    .map(([a, b, interruptible]) => ({ minReplicas: Math.min(a, b), maxReplicas: Math.max(1, a, b), interruptible }));

  it("always lets one Pod go at each scale of 2 and more in the range, and keeps what was asked wherever that can be", () => {
    fc.assert(
      fc.property(intents, ranges, fc.integer({ min: 0, max: 60 }), (asked, range, offset) => {
        const replicas = Math.min(range.maxReplicas, range.minReplicas + offset);
        const form = renderBudget({ asked, ...range, replicas });
        if (form.kind === "singleton") {
          expect(range.minReplicas).toBe(1);
          return;
        }
        if (range.minReplicas === 0 && replicas >= 1) expect(evictionsOf(form.intent, replicas)).toBeGreaterThanOrEqual(1);
        if (replicas >= Math.max(2, range.minReplicas)) expect(evictionsOf(form.intent, replicas)).toBeGreaterThanOrEqual(1);
        if (range.minReplicas >= 2 && evictionsOf(asked, replicas) >= 1) expect(form.intent).toEqual(asked);
        // Fewer healthy Pods than asked may only be allowed where the asked share allows no eviction at all.
        if (range.minReplicas >= 2 && form.intent !== asked) expect(evictionsOf(form.intent, replicas)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("DRAIN-003", () => {
  function check(asked: BudgetIntent, minReplicas: number, text: string | undefined) {
    it(`${asked.field} ${asked.value} from ${minReplicas} replicas says ${text ?? "nothing"}`, () => {
      expect(drainAdjustment({ asked, minReplicas })?.text).toBe(text);
    });
  }
  check(
    minAvailable("80%"),
    3,
    "minAvailable 80% of 3 is 3: 0 evictions. PDB compiled as maxUnavailable: 1 (80% works from minReplicas 5)",
  );
  check(minAvailable("80%"), 5, undefined);
  check(
    minAvailable("99%"),
    4,
    "minAvailable 99% of 4 is 4: 0 evictions. PDB compiled as maxUnavailable: 1 (99% works from minReplicas 100)",
  );
  check(minAvailable("100%"), 4, "minAvailable 100% of 4 is 4: 0 evictions. PDB compiled as maxUnavailable: 1");
  check(minAvailable("80%"), 1, undefined);
  check(minAvailable("80%"), 0, undefined);

  it("names the smallest scale that works, as counting would", () => {
    for (let percent = 0; percent < 100; percent += 1) {
      const counted =
        Array.from({ length: 200 }, (_, index) => index + 1).find((n) => evictionsOf(minAvailable(`${percent}%`), n) >= 1) ?? 0;
      const text = drainAdjustment({ asked: minAvailable(`${percent}%`), minReplicas: 2 })?.text;
      if (counted <= 2) expect(text).toBeUndefined();
      else expect(text).toContain(`(${percent}% works from minReplicas ${counted})`);
    }
  });
});

describe("the PodDisruptionBudget object", () => {
  const input = {
    profile: { namespace: "billing", name: "billing-api", uid: "u1", generation: 1 },
    profileApiVersion: "platform.example.com/v1",
    workload: { kind: "Deployment", namespace: "billing", name: "billing-api" },
    selector: { matchLabels: { app: "billing-api" } },
    intent: maxUnavailable(1),
  };

  it("carries the workload's own selector, the profile as owner, and lets Pods go that are not ready", () => {
    expect(budgetObject(input)).toEqual({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: {
        name: "billing-api",
        namespace: "billing",
        labels: { "app.kubernetes.io/managed-by": "workloadprofile" },
        ownerReferences: [
          {
            apiVersion: "platform.example.com/v1",
            kind: "WorkloadProfile",
            name: "billing-api",
            uid: "u1",
            controller: true,
          },
        ],
      },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: "billing-api" } }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    });
  });

  it("is named after profile, kind and workload where the workload has another name", () => {
    expect(budgetName({ profile: "billing", kind: "StatefulSet", workload: "ledger" })).toBe("billing-statefulset-ledger");
  });

  it("keeps long names within the API's length and apart from each other", () => {
    const long = "a".repeat(130);
    const names = ["x", "y"].map((end) => budgetName({ profile: long, kind: "Deployment", workload: `${long}${end}` }));
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
    }
  });
});
