/**
 * Waiting Pods: those that are refused because their workload still waits for its profile or its autoscaler (awaited.ts).
 *
 * Reads a Pod that the controller of a judged workload makes. Returns what refuses it: the findings for which its workload was let in only
 * to wait. A Pod of a template that runs already is never refused so: it is made again after a drain, and its profile may have been deleted.
 */
import type { ObjectKey } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { controllerOf } from "../kube/owner.ts";
import { workloadTitle, type Workload } from "../kube/workload.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { auditRequest } from "./audit-request.ts";
import { awaitedProfile, awaitedProfileRule, awaitedWords, hasRolledOut, holdsPods, lacksAutoscaler, profileNamed } from "./awaited.ts";
import { gatherFacts, type FactsInput } from "./facts.ts";
import { findingsOf, type JudgedFinding } from "./findings.ts";
import { hasJudgedOwner } from "./judged-owner.ts";
import { middleKinds } from "./pod-owner.ts";
import { workloadContract } from "./profile/workload-contract.ts";
import { softened } from "./softening.ts";

/** Returns what refuses a Pod in creation whose workload waits; nothing for nearly all Pods, at nearly no cost. */
export function waitingPodFindings(
  { pod, workload }: { readonly pod: Pod; readonly workload: Workload },
  input: FactsInput,
): readonly JudgedFinding[] {
  // A Pod without a judged owner is judged by itself.
  if (!hasJudgedOwner(pod)) return [];
  const { snapshot, names } = input.context;
  const named = profileNamed(workload, names.profileLabel);
  const scales = lacksAutoscaler(workload, snapshot) && !hasRolledOut(workload.object);
  if ((named === undefined && !scales) || hasSibling(pod, input.request, snapshot)) return [];
  const { binding } = workloadContract({ workload, policySet: input.policySet, ...input.context });
  // Whose workload no watch has brought yet is judged by what the Pod itself says.
  if (named !== undefined && binding.kind === "none" && isUnseen(workload)) return unseenFindings(input, { workload, named });
  return scales || awaitedProfile({ workload, binding }, names) !== undefined ? workloadFindings(workload, input) : [];
}

function isUnseen({ kind, object }: Workload): boolean {
  return object.kind !== kind && middleKinds.has(object.kind);
}

function unseenFindings(
  { policySet, request, context: { names, now } }: FactsInput,
  { workload, named }: { readonly workload: Workload; readonly named: string },
): readonly JudgedFinding[] {
  if (!holdsPods(policySet, { namespace: request.namespace, now })) return [];
  const words = awaitedWords({ profile: named, title: workloadTitle(workload), profileLabel: names.profileLabel });
  return [{ rule: awaitedProfileRule, action: "deny", path: "", ...words }];
}

/** What the workload was let in to wait for, asked again. */
function workloadFindings(workload: Workload, input: FactsInput): readonly JudgedFinding[] {
  const own = { ...input, request: auditRequest(workload.object, input.context.names.domain) };
  const facts = gatherFacts(own);
  const waits = softened(findingsOf(facts, own), facts, own, "hold").filter(({ lifted }) => lifted?.kind === "waiting");
  const forProfile = waits.filter(({ rule }) => rule === awaitedProfileRule);
  return (forProfile.length > 0 ? forProfile : waits).map(({ rule, message, fix }) => ({
    ...{ rule, action: "deny", path: "", fix },
    message: rule === awaitedProfileRule ? message : `${workloadTitle(workload)} waits for an autoscaler: ${message}`,
  }));
}

/** The labels by which controllers separate Pods of one template from those of another. */
const revisionLabels = ["pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash"] as const;

/**
 * Says whether a Pod of the same maker and the same template is there, be it on its way out. The template of what has no revisions may be
 * edited under running Pods, so there no Pod speaks for the next one; a Job's never changes.
 */
function hasSibling(pod: Pod, { namespace }: Pick<AdmissionRequest, "namespace">, snapshot: ClusterSnapshot): boolean {
  const owner = controllerOf(pod);
  if (owner === undefined || !hasRevisions({ ...owner, namespace }, snapshot)) return false;
  return snapshot
    .by("Pod", "owner", owner.uid)
    .some(
      (other) =>
        controllerOf(other)?.uid === owner.uid &&
        revisionLabels.every((label) => other.metadata.labels?.[label] === pod.metadata.labels?.[label]),
    );
}

function hasRevisions({ kind, name, namespace }: ObjectKey & { readonly kind: string }, snapshot: ClusterSnapshot): boolean {
  if (kind === "StatefulSet" || kind === "DaemonSet" || kind === "Job") return true;
  if (kind !== "ReplicaSet") return false;
  const set = snapshot.get("ReplicaSet", { namespace, name });
  return set !== undefined && controllerOf(set) !== undefined;
}
