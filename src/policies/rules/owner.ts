/**
 * OWN-001: an owner that is claimed by somebody else than its controller.
 *
 * Reads objects that would be judged at their owner: what stands with such a reference is believed from then on, by rules about
 * budgets and by the audit, and some references no controller ever looks at again.
 */
import { controllerOf } from "../../kube/owner.ts";
import { hasJudgedOwner } from "../judged-owner.ts";
import { claimsAnew } from "../owner-claim.ts";
import { deploymentManifest, smallContainer } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

/** ReplicaSet shop/web-5d4f; `more` are members of its metadata. */
const replicaSet = (more = ""): string => `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-5d4f, namespace: shop${more}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {${smallContainer}}}
`;

const claim =
  ", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: 0b4b6f4c-1f0e-4a53-9d7c-1c1c1c1c1c1c, controller: true}]";

export const own001: Rule = {
  id: "OWN-001",
  summary: "An object names a workload as its controller, and who asks is not that workload's controller.",
  defaultAction: "deny",
  why: "Pods, ReplicaSets and Jobs with a controller are judged at it, so a reference that anybody may write would lift every rule.",
  subjects: ["workload", "pod-update"],
  examples: { admitted: replicaSet(), denied: `${deploymentManifest()}---${replicaSet(claim)}` },
  judge: ({ request, subject, ownerClaim }): readonly Problem[] => {
    if ((subject.kind !== "workload" && subject.kind !== "pod-update") || ownerClaim !== "unbelieved") return [];
    const object = subject.kind === "workload" ? subject.workload.object : subject.pod;
    const owner = controllerOf(object);
    if (owner === undefined || !hasJudgedOwner(object)) return [];
    if (request.oldObject !== undefined && !claimsAnew(object, request.oldObject)) return [];
    return [
      {
        path: "/metadata/ownerReferences",
        message: `${owner.kind} ${owner.name} is named as controller, and the API server does not say that ${request.userInfo.username} may update its finalizers and status`,
        fix: "leave ownerReferences out: controllers write them themselves",
      },
    ];
  },
};
