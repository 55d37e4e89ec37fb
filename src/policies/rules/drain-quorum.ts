/**
 * DRAIN-029 and DRAIN-030: replicas that vote (disruption.quorum: true).
 *
 * Reads the profile's word, replicas and budgets. A group of n survives the loss of floor((n - 1) / 2) members; one drain and
 * one failure beside it must be less than that, so members are odd, at least 3, and go one at a time.
 */
import { evictionsAllowed } from "../../kube/disruption-budget.ts";
import { budgetNameOf, budgetText, oneAtATimePatch } from "../budget-words.ts";
import { guardsOf } from "../drain-cover.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import type { WorkloadView } from "../workload-view.ts";
import { budgetExample, deploymentExample, profileExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const quorum = profileExample("runtimeClass: general, disruption: {quorum: true, maxUnavailable: 1}");
const membersMin = 3;

export const drain029: Rule = {
  id: "DRAIN-029",
  summary: "Voting replicas that are even or fewer than 3: one drain and one failure lose the quorum.",
  defaultAction: "warn",
  needs: ["promises"],
  subjects: ["workload", "scale", "profile"],
  examples: {
    admitted: `${quorum}---${deploymentExample({ kind: "StatefulSet", replicas: 3 })}`,
    denied: `${quorum}---${deploymentExample({ kind: "StatefulSet", replicas: 4 })}`,
  },
  judge: (facts) =>
    facts.views.filter(votes).flatMap((view): readonly Problem[] => {
      const { replicas } = view.workload;
      if (replicas === 0 || (replicas >= membersMin && replicas % 2 === 1)) return [];
      return [
        {
          path: pathIn(facts, { workload: "/spec/replicas", scale: "/spec/replicas", profile: "/spec/disruption/quorum" }),
          message: `${aboutWorkload(facts, view)}${replicas} voting replicas lose their quorum by one drain and one failure`,
          fix: `use ${Math.max(membersMin, replicas + 1)} replicas`,
          ...(facts.subject.kind === "workload" || facts.subject.kind === "scale"
            ? { patch: [{ op: "add" as const, path: "/spec/replicas", value: Math.max(membersMin, replicas + 1) }] }
            : {}),
          ...classOf(view),
        },
      ];
    }),
};

export const drain030: Rule = {
  id: "DRAIN-030",
  summary: "A PodDisruptionBudget that lets more voting replicas go at once than the quorum can spare.",
  defaultAction: "warn",
  needs: ["promises"],
  subjects: ["workload", "scale", "budget", "profile"],
  examples: {
    admitted: `${quorum}---${deploymentExample({ kind: "StatefulSet", replicas: 5 })}---${budgetExample("maxUnavailable: 2", { name: "web" })}`,
    denied: `${quorum}---${deploymentExample({ kind: "StatefulSet", replicas: 5 })}---${budgetExample("maxUnavailable: 3", { name: "web" })}`,
  },
  judge: (facts) => {
    const { subject } = facts;
    const only = subject.kind === "budget" ? budgetNameOf(subject.budget) : undefined;
    return facts.views.filter(votes).flatMap((view) =>
      guardsOf(view)
        .filter((budget) => only === undefined || budgetNameOf(budget) === only)
        .flatMap((budget): readonly Problem[] => {
          const { replicas } = view.workload;
          const spared = Math.floor((replicas - 1) / 2);
          const go = evictionsAllowed({ budget: budget.spec, replicas });
          if (replicas < 1 || go <= spared) return [];
          return [
            {
              path: pathIn(facts, { budget: "/spec", profile: "/spec/disruption" }),
              message: `${aboutWorkload(facts, view)}${budgetText(budget)} lets ${go} of ${replicas} voting replicas go at once; more than ${spared} lose the quorum`,
              fix: "maxUnavailable: 1",
              ...(subject.kind === "budget" && spared >= 1 ? { patch: oneAtATimePatch(budget) } : {}),
              ...classOf(view),
            },
          ];
        }),
    );
  },
};

function votes({ binding, workload }: WorkloadView): boolean {
  return workload.hasScale && binding.kind === "bound" && binding.profile.spec.disruption?.quorum === true;
}
