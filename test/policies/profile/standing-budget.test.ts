/**
 * What a profile's status says of its budget once the disruption controller has looked at it.
 */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { PodDisruptionBudget } from "../../../src/api/pod-disruption-budget.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { decideProfile } from "../../../src/policies/controllers/profile-controller.ts";
import { policySet, testNow } from "../../support/admission.ts";
import { deployment, profile } from "../../support/objects.ts";

const web = profile({ spec: { runtimeClass: "general", availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 } } });

function statusBeside(status: PodDisruptionBudget["status"]) {
  const world = [web, deployment({ replicas: 3 })];
  const decideIn = (objects: Parameters<typeof snapshotOf>[0]) =>
    decideProfile(
      { profile: web, snapshot: snapshotOf(objects), policySet: policySet(), names: platformNames(), instanceTypes: [] },
      testNow,
    );
  const first = decideIn(world);
  const [compiled] = first.kind === "write" ? first.budgets.create : [];
  if (compiled === undefined) throw new Error("the first look makes the budget");
  const standing = { ...compiled, metadata: { ...compiled.metadata, uid: "pdb", generation: 2 }, status };
  const second = decideIn([...world, standing]);
  const said = second.kind === "write" ? second.status : undefined;
  const drainSafe = said?.conditions?.find(({ type }) => type === "DrainSafe");
  return { evict: said?.evictionsAllowed?.summary, drainSafe: `${drainSafe?.status} ${drainSafe?.reason}`, message: drainSafe?.message };
}

it("is what was compiled until the controller has looked at this budget", () => {
  expect(statusBeside(undefined)).toMatchObject({ evict: "1/1", drainSafe: "True AdjustedForDrain" });
  expect(statusBeside({ observedGeneration: 1, disruptionsAllowed: 0 })).toMatchObject({ evict: "1/1" });
});

it("is what the controller counts, during a rollout too", () => {
  expect(statusBeside({ observedGeneration: 2, disruptionsAllowed: 0 })).toMatchObject({
    evict: "0/1",
    drainSafe: "True AdjustedForDrain",
  });
  expect(statusBeside({ observedGeneration: 2, disruptionsAllowed: 1 })).toMatchObject({ evict: "1/1" });
});

it("is not safe to drain where the controller allows nothing because of an error, which it quotes", () => {
  const message = "jobs.batch does not implement the scale subresource";
  const conditions = [{ type: "DisruptionAllowed", status: "False" as const, reason: "SyncFailed", message }];
  const said = statusBeside({ observedGeneration: 2, disruptionsAllowed: 0, conditions: conditions });
  expect(said).toMatchObject({ evict: "0/1", drainSafe: "False BudgetFails" });
  expect(said.message).toContain(message);
});
