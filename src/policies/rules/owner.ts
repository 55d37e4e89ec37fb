/**
 * OWN-001: an owner that is claimed by somebody else than its controller.
 *
 * Reads objects that would be judged at their owner: what stands with such a reference is believed from then on, by rules about
 * budgets and by the audit, and some references no controller ever looks at again.
 */
import type { KubeObject, OwnerReference } from "../../api/object.ts";
import { controllerOf } from "../../kube/owner.ts";
import { hasJudgedOwner } from "../judged-owner.ts";
import { claimsAnew, otherUidOf } from "../owner-claim.ts";
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
  summary: "An object names a workload as its controller, and the account that writes it may not speak for that workload.",
  defaultAction: "deny",
  why:
    "Rules judge a Pod, ReplicaSet or Job at its controller, so a reference that anybody may write would lift every rule. " +
    "An account may speak for a workload where it is the controller of that kind, where it may update both the workload's /finalizers and its " +
    "/status, or where settings.controllers of policies.yaml names it.",
  subjects: ["workload", "pod-update"],
  examples: { admitted: replicaSet(), denied: `${deploymentManifest()}---${replicaSet(claim)}` },
  judge: ({ request, subject, ownerClaim, snapshot }): readonly Problem[] => {
    if ((subject.kind !== "workload" && subject.kind !== "pod-update") || ownerClaim !== "unbelieved") return [];
    const object = subject.kind === "workload" ? subject.workload.object : subject.pod;
    const owner = controllerOf(object);
    if (owner === undefined || !hasJudgedOwner(object)) return [];
    if (request.oldObject !== undefined && !claimsAnew(object, request.oldObject)) return [];
    const otherUid = otherUidOf(object, { request, context: { snapshot } });
    return [{ path: "/metadata/ownerReferences", ...wordsOf(object, { owner, otherUid, username: request.userInfo.username }) }];
  },
};

interface Claimed {
  readonly owner: OwnerReference;
  /** Of the owner that stands, where the object names another. */
  readonly otherUid: string | undefined;
  readonly username: string;
}

function wordsOf({ kind, metadata }: KubeObject, { owner, otherUid, username }: Claimed): Pick<Problem, "message" | "fix"> {
  const named = `${kind} "${metadata.name ?? metadata.generateName ?? ""}" names ${owner.kind} "${owner.name}" as its controller`;
  const fix = "leave out ownerReferences: controllers write them themselves";
  if (otherUid !== undefined) return { message: `${named} by uid ${owner.uid}, but the one that exists has uid ${otherUid}`, fix };
  const resource = `${owner.kind.toLowerCase()}s`;
  return {
    message: `${named}, but the API server does not confirm that ${username} may update both ${resource}/finalizers and ${resource}/status`,
    fix: `${fix}; an operator's account needs those two rights, or an entry in settings.controllers of policies.yaml`,
  };
}
