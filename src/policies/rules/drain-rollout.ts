/**
 * DRAIN-031, -032, -033: rollouts and drains, which take from the same replicas.
 *
 * Reads a Deployment's strategy and the budgets over it. A budget guards evictions only: a rollout takes its Pods by itself.
 */
import type { Deployment } from "../../api/workload.ts";
import { evictionsAllowed } from "../../kube/disruption-budget.ts";
import { rollingBounds, roundsToNothing } from "../../kube/rolling-update.ts";
import { budgetText } from "../budget-words.ts";
import { countText } from "../count-words.ts";
import { guardsOf } from "../drain-cover.ts";
import type { Facts } from "../facts.ts";
import { isObjectOf } from "../overlay-snapshot.ts";
import type { WorkloadView } from "../workload-view.ts";
import { budgetExample, deploymentExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const rolling = (bounds: string, replicas = 3): string =>
  deploymentExample({ replicas, spec: `strategy: {type: RollingUpdate, rollingUpdate: {${bounds}}}` });

export const drain031: Rule = {
  id: "DRAIN-031",
  summary: "Strategy Recreate under a PodDisruptionBudget: the budget guards drains, and every rollout takes all replicas down.",
  defaultAction: "warn",
  needs: ["deployment", "replicated"],
  subjects: ["workload"],
  examples: {
    admitted: `${budgetExample("maxUnavailable: 1")}---${deploymentExample({ spec: "strategy: {type: RollingUpdate}" })}`,
    denied: `${budgetExample("maxUnavailable: 1")}---${deploymentExample({ spec: "strategy: {type: Recreate}" })}`,
  },
  judge: (facts) =>
    deploymentsOf(facts).flatMap(({ view, deployment }): readonly Problem[] => {
      const { replicas } = view.workload;
      if (deployment.spec.strategy?.type !== "Recreate") return [];
      const guard = guardsOf(view).find(({ spec }) => evictionsAllowed({ budget: spec, replicas }) < replicas);
      if (replicas < 2 || guard === undefined) return [];
      return [
        {
          path: "/spec/strategy/type",
          message: `strategy Recreate takes ${replicas === 1 ? "the only replica" : `all ${replicas} replicas`} down in a rollout; ${budgetText(guard)} guards drains only`,
          fix: "use strategy RollingUpdate",
          patch: [{ op: "add", path: "/spec/strategy/type", value: "RollingUpdate" }],
          ...classOf(view),
        },
      ];
    }),
};

export const drain032: Rule = {
  id: "DRAIN-032",
  summary: "maxSurge and maxUnavailable of a rollout that both round to nothing: Kubernetes then takes one replica down after all.",
  defaultAction: "warn",
  needs: ["deployment"],
  subjects: ["workload"],
  examples: { admitted: rolling("maxSurge: 1, maxUnavailable: 25%"), denied: rolling("maxSurge: 0, maxUnavailable: 25%") },
  judge: (facts) =>
    deploymentsOf(facts).flatMap(({ view, deployment }): readonly Problem[] => {
      const { strategy } = deployment.spec;
      const { replicas } = view.workload;
      if (replicas < 1 || !roundsToNothing({ strategy, replicas })) return [];
      const { maxSurge = "25%", maxUnavailable = "25%" } = strategy?.rollingUpdate ?? {};
      return [
        {
          path: "/spec/strategy/rollingUpdate/maxSurge",
          message: `maxSurge ${maxSurge} and maxUnavailable ${maxUnavailable} of ${replicas} come to nothing: a rollout takes 1 replica down after all`,
          fix: "maxSurge: 1",
          patch: [{ op: "add", path: "/spec/strategy/rollingUpdate/maxSurge", value: 1 }],
          ...classOf(view),
        },
      ];
    }),
};

export const drain033: Rule = {
  id: "DRAIN-033",
  summary: "A rollout and a drain that may take all but one replica where neither has yet seen what the other took.",
  defaultAction: "audit",
  needs: ["deployment", "replicated"],
  why: "What one has taken, the other counts as gone: only in the moments before it sees that do they add up, and they rarely meet.",
  subjects: ["workload"],
  examples: {
    admitted: `${budgetExample("maxUnavailable: 1")}---${rolling("maxUnavailable: 1", 4)}`,
    denied: `${budgetExample("maxUnavailable: 2")}---${rolling("maxUnavailable: 1", 4)}`,
  },
  judge: (facts) =>
    deploymentsOf(facts).flatMap(({ view, deployment }) => {
      const { replicas } = view.workload;
      if (deployment.spec.strategy?.type === "Recreate" || replicas < 2) return [];
      const { maxUnavailable } = rollingBounds({ strategy: deployment.spec.strategy, replicas });
      return guardsOf(view).flatMap((budget): readonly Problem[] => {
        const evictions = evictionsAllowed({ budget: budget.spec, replicas });
        if (maxUnavailable < 1 || evictions < 1 || maxUnavailable + evictions < replicas - 1) return [];
        return [
          {
            path: "/spec/strategy/rollingUpdate/maxUnavailable",
            message: `a rollout may take ${maxUnavailable} and a drain ${evictions} (${budgetText(budget)}) of ${countText(replicas, "replica")}, each before it sees the other's`,
            fix: "set the rollout's maxUnavailable to 0, or lower the budget's",
            ...classOf(view),
          },
        ];
      });
    }),
};

interface JudgedDeployment {
  readonly view: WorkloadView;
  readonly deployment: Deployment;
}

function deploymentsOf({ views, names }: Facts): readonly JudgedDeployment[] {
  return views.flatMap((view) => {
    const { object } = view.workload;
    return isObjectOf("Deployment", object, names.domain) ? [{ view, deployment: object }] : [];
  });
}
