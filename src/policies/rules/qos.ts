/**
 * REQ-003: sizing that would change how a Pod is treated when its node is short of memory.
 *
 * Reads the quality of service of each Pod before and after it is compiled. What was Guaranteed on purpose never becomes Burstable in
 * silence: the sizing is left out and the workload refused. A change for the better is recorded.
 */
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import { sizingOfPod } from "../profile/pod-patch.ts";
import { deploymentManifest, documents, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const exampleOf = (compute: string): string =>
  documents(
    profileManifest({ spec: `runtimeClass: general, scaling: {maxReplicas: 9}, compute: {${compute}}` }),
    deploymentManifest({
      pod: ['containers: [{name: app, resources: {requests: {cpu: "1", memory: 1Gi}, limits: {cpu: "1", memory: 1Gi}}}]'],
    }),
  );

export const req003: Rule = {
  id: "REQ-003",
  summary: "A profile whose amounts would make a Guaranteed Pod Burstable.",
  defaultAction: "deny",
  subjects: ["workload", "profile"],
  examples: {
    admitted: exampleOf("mode: fill, cpuRequest: 500m, memoryRequest: 512Mi"),
    denied: exampleOf("cpuRequest: 500m, memoryRequest: 512Mi"),
  },
  judge(facts) {
    return facts.views.flatMap((view): readonly Problem[] => {
      if (view.contract?.profile === undefined) return [];
      const sizing = sizingOfPod({ pod: view.podAsWritten, contract: view.contract });
      const lost = sizing?.conflicts.find((conflict) => conflict.kind === "qos");
      const change = lost?.change ?? sizing?.qosChange;
      if (change === undefined || change.from === "BestEffort") return [];
      return [
        {
          path: pathIn(facts, { workload: `${podSpecPath(view.workload.kind)}/containers`, profile: "/spec/compute" }),
          message: `${aboutWorkload(facts, view)}mutation would change QoS class ${change.from} to ${change.to} for pod template`,
          fix: "set both requests and limits, or compute.mode fill",
          ...(lost === undefined ? { action: "audit" } : {}),
          ...classOf(view),
        },
      ];
    });
  },
};
