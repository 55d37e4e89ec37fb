import { describe, expect, it } from "vitest";
import type { PodDisruptionBudget } from "../../../src/api/pod-disruption-budget.ts";
import { budgetObject } from "../../../src/policies/profile/budget.ts";
import { planApply } from "../../../src/policies/profile/plan-apply.ts";
import { budget, profile } from "../../support/objects.ts";

const web = profile();
const adopting = profile({ spec: { disruption: { adopt: true } } });

function compiled(name = "web", value: number | string = 1): PodDisruptionBudget {
  return budgetObject({
    profile: { namespace: "shop", name: "web", uid: web.metadata.uid ?? "" },
    profileApiVersion: web.apiVersion,
    workload: { kind: "Deployment", namespace: "shop", name },
    selector: { matchLabels: { app: name } },
    intent: { field: "maxUnavailable", value },
  });
}

/** As the API server gives it back. */
function stored(object: PodDisruptionBudget): PodDisruptionBudget {
  return { ...object, metadata: { ...object.metadata, uid: "u", resourceVersion: "7", generation: 1 }, status: { disruptionsAllowed: 1 } };
}

describe("what is written for a profile's budgets", () => {
  function check(
    name: string,
    input: {
      readonly desired: readonly PodDisruptionBudget[];
      readonly observed: readonly PodDisruptionBudget[];
      readonly of?: typeof web;
      readonly inDoubt?: boolean;
    },
    expected: {
      readonly create?: readonly string[];
      readonly replace?: readonly string[];
      readonly remove?: readonly string[];
      readonly refused?: readonly string[];
    },
  ) {
    it(name, () => {
      const plan = planApply({
        profile: input.of ?? web,
        desired: input.desired,
        observed: input.observed,
        inDoubt: input.inDoubt ?? false,
      });
      const names = (budgets: readonly PodDisruptionBudget[]) => budgets.map(({ metadata }) => metadata.name);
      const { create, replace, remove, refused } = plan;
      expect({
        create: names(create),
        replace: names(replace),
        remove: names(remove),
        refused: refused.map(({ text }) => text),
      }).toEqual({
        create: [],
        replace: [],
        remove: [],
        refused: [],
        ...expected,
      });
    });
  }
  const foreign = budget({ name: "web", minAvailable: 1 });
  const marked = { ...foreign, metadata: { ...foreign.metadata, labels: { "app.kubernetes.io/managed-by": "workloadprofile" } } };

  check("a missing budget is created", { desired: [compiled()], observed: [] }, { create: ["web"] });
  check("one that is as wanted is left alone", { desired: [compiled()], observed: [stored(compiled())] }, {});
  check("one that differs is replaced", { desired: [compiled("web", "20%")], observed: [stored(compiled())] }, { replace: ["web"] });
  check(
    "one that lost its owner's mark is somebody else's",
    { desired: [compiled()], observed: [marked] },
    {
      refused: ['PodDisruptionBudget "web" exists and is not owned by this profile'],
    },
  );
  check("one of ours that nothing wants is removed", { desired: [], observed: [stored(compiled())] }, { remove: ["web"] });
  check(
    "a renamed workload's budget moves",
    { desired: [compiled("api")], observed: [stored(compiled())] },
    { create: ["web-deployment-api"], remove: ["web"] },
  );
  check(
    "a foreign one under our name is refused",
    { desired: [compiled()], observed: [foreign] },
    {
      refused: ['PodDisruptionBudget "web" exists and is not owned by this profile'],
    },
  );
  check(
    "a foreign one is taken over by one write where the profile adopts, so that no moment is without a budget",
    { desired: [compiled()], observed: [foreign], of: adopting },
    { replace: ["web"] },
  );
  check(
    "foreign ones under other names are nobody's business here",
    { desired: [], observed: [budget({ name: "other", maxUnavailable: 1 })] },
    {},
  );
  check(
    "one that is being deleted is left to its end, since its name is taken until then",
    {
      desired: [compiled()],
      observed: [{ ...stored(compiled()), metadata: { ...stored(compiled()).metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }],
    },
    {},
  );

  it("a replacement is bound to the budget that was looked at, and keeps what others wrote beside ours", () => {
    const held = stored(foreign);
    const observed = [{ ...held, metadata: { ...held.metadata, labels: { team: "shop" }, annotations: { note: "theirs" } } }];
    const { replace } = planApply({ profile: adopting, desired: [compiled()], observed, inDoubt: false });
    expect(replace).toEqual([
      {
        ...compiled(),
        metadata: {
          ...compiled().metadata,
          uid: "u",
          resourceVersion: "7",
          generation: 1,
          labels: { team: "shop", "app.kubernetes.io/managed-by": "workloadprofile" },
          annotations: { note: "theirs" },
        },
      },
    ]);
  });
});
