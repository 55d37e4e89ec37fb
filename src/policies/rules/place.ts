/**
 * PLACE-002: a Pod that selects a class's nodes but not their taint.
 *
 * Reads each Pod as it will be compiled and the placement of every class. Such a Pod stays pending for ever: it asks for the
 * nodes that its own tolerations keep it away from.
 */
import type { Taint } from "../../api/pod.ts";
import { formatTaint, tolerates } from "../../kube/taint.ts";
import type { WorkloadClass } from "../class.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import { deploymentManifest, smallContainer } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const deploymentOf = (tolerations: string): string =>
  deploymentManifest({ name: "worker", pod: ["nodeSelector: {workload-class: batch}", `tolerations: [${tolerations}]`, smallContainer] });

export const place002: Rule = {
  id: "PLACE-002",
  summary: "A node selector of a class without the toleration that its nodes' taint needs.",
  defaultAction: "deny",
  examples: {
    admitted: deploymentOf("{key: workload-class, operator: Equal, value: batch, effect: NoSchedule}"),
    denied: deploymentOf(""),
  },
  judge(facts) {
    if (facts.subject.kind !== "workload" && facts.subject.kind !== "profile") return [];
    return facts.views.flatMap((view): readonly Problem[] => {
      const { nodeSelector, tolerations } = view.pod.spec;
      if (nodeSelector === undefined) return [];
      return [...facts.policySet.classes.values()]
        .filter((workloadClass) => isSelected(workloadClass, nodeSelector))
        .flatMap((workloadClass) =>
          taintsOf(workloadClass)
            .filter((taint) => !tolerates(tolerations, taint))
            .map((taint) => ({
              path: pathIn(facts, { workload: `${podSpecPath(view.workload.kind)}/tolerations` }),
              message: `${aboutWorkload(facts, view)}nodeSelector ${selectorText(workloadClass)} without toleration ${formatTaint(taint)}`,
              fix: `bind a profile with runtimeClass ${workloadClass.name}`,
              ...classOf(view),
            })),
        );
    });
  },
};

function isSelected({ placement }: WorkloadClass, nodeSelector: Readonly<Record<string, string>>): boolean {
  const wanted = placement.nodeSelector;
  let isAny = false;
  for (const key of Object.keys(wanted)) {
    if (nodeSelector[key] !== wanted[key]) return false;
    isAny = true;
  }
  return isAny;
}

/** A class's tolerations say which taints its nodes have; one without a key tolerates all and says nothing. */
function taintsOf({ placement }: WorkloadClass): readonly Taint[] {
  return placement.tolerations.flatMap(({ key, value, effect }) =>
    key === undefined ? [] : [{ key, effect: effect ?? "NoSchedule", ...(value === undefined ? {} : { value }) }],
  );
}

function selectorText({ placement }: WorkloadClass): string {
  return Object.entries(placement.nodeSelector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}
