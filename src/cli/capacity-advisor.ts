/**
 * The capacity advisor: between a review that lets a growing workload in, and the provisioner that knows what it needs and costs.
 *
 * Reads the policies and the cluster; asks the provisioner, which answers from its own view, leading or not. A late answer, and none,
 * is no warning: nobody waits longer for an apply because of it than the time given here.
 */
import { capacityQuestion } from "../policies/capacity-question.ts";
import type { AdmissionAdvisor } from "../webhook/admission-call.ts";
import type { ProcessParts } from "./process-parts.ts";

/** As long as one apply may take longer for being told what it costs. */
const adviceMaxMs = 250;

/** Makes the advisor of a process that provisions. */
export function capacityAdvisor({
  policyFile,
  cluster,
  provisioner,
}: Pick<ProcessParts, "policyFile" | "cluster" | "provisioner">): AdmissionAdvisor {
  return ({ request }, { withinMs }) => {
    const { settings } = policyFile.current();
    const object = capacityQuestion({ request, settings, snapshot: cluster.snapshot() });
    const deadlineMs = Math.min(adviceMaxMs, withinMs);
    if (object === undefined || deadlineMs <= 0) return undefined;
    return provisioner.advise({ kind: "capacity", object }, { deadlineMs }).then((told) => {
      const words = told.ok && told.value.kind === "capacity" ? told.value.words : undefined;
      return words === undefined ? [] : [words];
    });
  };
}
