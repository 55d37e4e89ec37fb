/**
 * BARE-001: a Pod that nobody makes again.
 *
 * Reads Pods without a controller. A drain deletes them for good; kubectl drain even stops at them.
 */
import { controllerOf } from "../../kube/owner.ts";
import { singletonAction } from "../class.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const podIn = (namespace: string, more = ""): string => `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: ${namespace}${more}}
spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

const owner =
  ", ownerReferences: [{apiVersion: example.com/v1, kind: Widget, name: web, uid: 0b4b6f4c-1f0e-4a53-9d7c-1c1c1c1c1c1c, controller: true}]";

/** Helm waits for such Pods and deletes them itself. */
const helmHookAnnotation = "helm.sh/hook";

export const bare001: Rule = {
  id: "BARE-001",
  summary:
    "A Pod without a controller: nothing makes it again. It warns where the class only warns of single replicas, and for Helm's own hooks.",
  defaultAction: "deny",
  needs: ["pod"],
  subjects: ["workload"],
  examples: { admitted: podIn("shop", owner), denied: podIn("shop") },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { workload, workloadClass } = view;
      if (workload.object.kind !== "Pod" || workloadClass === undefined || controllerOf(workload.object) !== undefined) return [];
      const isHook = workload.object.metadata.annotations?.[helmHookAnnotation] !== undefined;
      const denied = workloadClass.disruption.consolidates && singletonAction(workloadClass, "Pod") !== "warn" && !isHook;
      return [
        {
          path: "",
          message: `bare Pod in class "${workloadClass.name}": nothing recreates it after a drain`,
          fix: "use a Deployment or Job",
          ...(denied ? {} : { action: "warn" }),
          ...classOf(view),
        },
      ];
    }),
};
