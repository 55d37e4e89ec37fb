/**
 * BARE-001: a Pod that nobody makes again.
 *
 * Reads Pods without a controller, or with one that whoever brings the Pod may not speak for. A drain deletes them for good; kubectl
 * drain even stops at them.
 */
import type { KubeObject } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { controllerOf } from "../../kube/owner.ts";
import { singletonAction } from "../class.ts";
import type { Facts } from "../facts.ts";
import { deploymentManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

export const bare001: Rule = {
  id: "BARE-001",
  summary:
    "A Pod without a controller: nothing makes it again. It warns where the class only warns of single replicas, and for Helm's own hooks.",
  defaultAction: "deny",
  why:
    "A controller counts where its own account brings the Pod, or one that may update its finalizers or status, as operators may. " +
    "A hook of Helm's runs to an end: it has a restartPolicy of Never or OnFailure, and events of Helm's.",
  needs: ["pod"],
  subjects: ["workload"],
  examples: { admitted: deploymentManifest(), denied: pod },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { workload, workloadClass } = view;
      if (workload.object.kind !== "Pod" || workloadClass === undefined || isOwned(facts)) return [];
      const isHook = isHelmHook(workload.object, facts.now);
      const denied = workloadClass.disruption.consolidates && singletonAction(workloadClass, "Pod") !== "warn" && !isHook;
      return [
        {
          path: "",
          message: `bare Pod in class "${workloadClass.name}": nothing recreates it after a drain${claimed(facts, workload.object)}`,
          fix: "use a Deployment or Job",
          ...(denied ? {} : { action: "warn" }),
          ...classOf(view),
        },
      ];
    }),
};

/** Files tell nothing of owners that are not among them, nor of who would bring the Pod. */
function isOwned({ ownerClaim }: Facts): boolean {
  return ownerClaim === "believed" || ownerClaim === "dangling";
}

/** Why a controller that is named does not count. */
function claimed({ ownerClaim, request }: Facts, object: KubeObject): string {
  const owner = controllerOf(object);
  if (owner === undefined || ownerClaim !== "unbelieved") return "";
  return `, and nothing says that ${request.userInfo.username} may update finalizers or status of ${owner.kind} ${owner.name}`;
}

const helmHookAnnotation = "helm.sh/hook";

/** Every event that Helm runs hooks at; test-success is Helm 2's word for test. */
const helmEvents: ReadonlySet<string> = new Set([
  ...["pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback"],
  ...["test", "test-success", "test-failure"],
]);

/** Helm gives up after 5 minutes where nobody says otherwise; a Pod that runs much longer is no step of an installation. */
const hookLifeMaxMs = 60 * 60_000;

/**
 * Helm waits until such a Pod has succeeded, so one that starts again for ever is none. Nothing else tells a Pod of Helm's from a Pod of
 * anybody's, and one that never ends is told by the audit once no installation can be waiting for it.
 */
function isHelmHook(object: KubeObject & { readonly spec?: { readonly restartPolicy?: unknown } }, now: Instant): boolean {
  const events = object.metadata.annotations?.[helmHookAnnotation]?.split(",").map((event) => event.trim()) ?? [];
  if (events.length === 0 || !events.every((event) => helmEvents.has(event))) return false;
  const { restartPolicy } = object.spec ?? {};
  if (restartPolicy !== "Never" && restartPolicy !== "OnFailure") return false;
  const created = Date.parse(object.metadata.creationTimestamp ?? "");
  return Number.isNaN(created) || now - created <= hookLifeMaxMs;
}
