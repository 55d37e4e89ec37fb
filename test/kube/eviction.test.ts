/** The eviction subresource answers as the API server does. */
import { describe, expect, it } from "vitest";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Pod } from "../../src/api/pod.ts";
import { disruptedPodsMax, evictionAnswer } from "../../src/kube/eviction.ts";
import { budget, pod } from "../support/objects.ts";

const wouldViolate = "Cannot evict pod as it would violate the pod's disruption budget.";

describe("an eviction", () => {
  check("goes through without a budget", running("True"), [], { kind: "delete" });
  check("is counted where the budget allows one", running("True"), [allowing(1)], { kind: "delete-and-count" });
  check("is refused with 429 and the counts where the budget allows none", running("True"), [allowing(0)], {
    kind: "refused",
    status: {
      code: 429,
      reason: "TooManyRequests",
      message: wouldViolate,
      details: { causes: [{ reason: "DisruptionBudget", message: "The disruption budget web needs 2 healthy pods and has 2 currently" }] },
    },
  });
  const syncError = "jobs.batch does not implement the scale subresource";
  check(
    "is refused in the words of a failed sync",
    running("True"),
    [allowing(0, { conditions: [failed("SyncFailed", syncError)] })],
    refused429(`The disruption budget web does not allow evicting pods currently because it failed sync: ${syncError}`),
  );
  check(
    "is refused with the condition where the counts would allow it",
    running("True"),
    [allowing(0, { currentHealthy: 3, conditions: [failed("Custom", "paused")] })],
    refused429("The disruption budget web does not allow evicting pods currently (Custom): paused"),
  );
  check(
    "is refused without more words where nothing says why",
    running("True"),
    [allowing(0, { currentHealthy: 3 })],
    refused429("The disruption budget web does not allow evicting pods currently"),
  );
  check(
    "is refused for ten seconds while a changed budget is being processed",
    running("True"),
    [{ ...allowing(1), metadata: { name: "web", generation: 3 } }],
    {
      kind: "refused",
      status: {
        code: 429,
        message: wouldViolate,
        details: {
          retryAfterSeconds: 10,
          causes: [{ message: "The disruption budget web is still being processed by the server." }],
        },
      },
    },
  );
  check("is refused with 500 where two budgets match, even if the Pod is not ready", running("False"), [allowing(1), allowing(1)], {
    kind: "refused",
    status: { code: 500, message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support." },
  });
  check("of an unready Pod is free while the budget is met", running("False"), [allowing(0)], { kind: "delete" });
  check("of an unready Pod is refused while the budget is not met", running("False"), [allowing(0, { currentHealthy: 1 })], {
    kind: "refused",
  });
  check(
    "of an unready Pod is refused where the budget needs nobody",
    running("False"),
    [allowing(0, { currentHealthy: 0, desiredHealthy: 0 })],
    {
      kind: "refused",
      status: { code: 429 },
    },
  );
  check(
    "of an unready Pod is free under AlwaysAllow, whatever the counts",
    running("False"),
    [alwaysAllow(allowing(0, { currentHealthy: 0 }))],
    {
      kind: "delete",
    },
  );
  check("of a ready Pod asks the budget also under AlwaysAllow", running("True"), [alwaysAllow(allowing(0))], { kind: "refused" });
  for (const phase of ["Pending", "Succeeded", "Failed"] as const) {
    check(`of a ${phase} Pod asks no budget`, { ...pod(), status: { phase } }, [allowing(0), allowing(0)], { kind: "delete" });
  }
  check("of a Pod that is being deleted asks no budget", terminating(), [allowing(0)], { kind: "delete" });
  check("is forbidden on a negative count", running("True"), [allowing(-1)], {
    kind: "refused",
    status: { code: 403, message: 'poddisruptionbudget.policy "web" is forbidden: pdb disruptions allowed is negative' },
  });
  check("is forbidden where too many evictions are unconfirmed", running("True"), [allowing(1, { disruptedPods: manyPods() })], {
    kind: "refused",
    status: { code: 403 },
  });

  function check(title: string, of: Pod, budgets: readonly PodDisruptionBudget[], expected: object): void {
    it(title, () => {
      expect(evictionAnswer({ pod: of, budgets })).toMatchObject(expected);
    });
  }
});

function allowing(disruptionsAllowed: number, status: PodDisruptionBudget["status"] = {}): PodDisruptionBudget {
  return { ...budget({ minAvailable: 2 }), status: { disruptionsAllowed, currentHealthy: 2, desiredHealthy: 2, ...status } };
}

function failed(reason: string, message: string) {
  return { type: "DisruptionAllowed", status: "False", reason, message } as const;
}

function refused429(cause: string): object {
  return { kind: "refused", status: { code: 429, details: { causes: [{ reason: "DisruptionBudget", message: cause }] } } };
}

function alwaysAllow(of: PodDisruptionBudget): PodDisruptionBudget {
  return { ...of, spec: { ...of.spec, unhealthyPodEvictionPolicy: "AlwaysAllow" } };
}

function running(status: "True" | "False"): Pod {
  return { ...pod(), status: { phase: "Running", conditions: [{ type: "Ready", status }] } };
}

function terminating(): Pod {
  const of = running("True");
  return { ...of, metadata: { ...of.metadata, deletionTimestamp: "2026-11-21T12:00:00Z" } };
}

function manyPods(): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: disruptedPodsMax + 1 }, (_, index) => [`pod-${index}`, "2026-11-21T12:00:00Z"]));
}
