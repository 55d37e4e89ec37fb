/**
 * Deletion warnings: what a deletion leaves behind, for whoever deletes.
 *
 * Reads the deleted object and the workloads that it touched. Returns warnings: the refusals that each of these workloads would
 * meet if it came now, and would not have met a moment before. An autoscaler's minimum makes one replica lawful, a profile its requests, and
 * the Pods of one workload the evictions of another; a deletion takes them away. It is never refused: an uninstall, a prune and a
 * namespace's end must work.
 */
import type { KubeObject } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { workloadOf, workloadTitle, type Workload } from "../kube/workload.ts";
import { isController, type AdmissionRequest } from "./admission-request.ts";
import { gatherFacts, type FactsInput } from "./facts.ts";
import { findingsOf, wordsOf, type JudgedFinding } from "./findings.ts";
import { isObjectOf, overlaySnapshot } from "./overlay-snapshot.ts";
import { isJudgedDeletion } from "./release.ts";
import { reviewStepsMax } from "./review-steps.ts";
import type { Finding } from "./verdict.ts";
import { cutText, warningLengthMax } from "./warning.ts";
import { deletionRules, handsPodsOn, leavesPodsAlone, leftUnderBudgets, lendsPods, standingAfter } from "./workload-deletion.ts";
import { compilingProfile } from "./workload-view.ts";

/** Workloads that one deletion is told about; a warning is read by a person. */
const workloadsMax = 5;
/** Refusals after which no further workload is judged: a workload may stand under very many budgets. */
const refusalsMax = 5;

/** Returns what a deletion leaves: "deleted, and then Deployment web: [RULE] message". Empty for most deletions. */
export function deletionWarnings(input: FactsInput): readonly string[] {
  const { request, context } = input;
  const { oldObject, userInfo } = request;
  if (oldObject === undefined || !isJudgedDeletion(request) || isController(userInfo) || isGoing(request, context.snapshot)) return [];
  const touched = touchedBy(oldObject, input);
  const { propagation } = request;
  const stands = lendsPods(oldObject) ? standingAfter(oldObject, { propagation, now: context.now }) : undefined;
  const left = leftOf(touched, { object: oldObject, stands }, input).map(({ workload, finding: { rule, message } }) =>
    cutText(`${workloadTitle(workload)} is left behind: [${rule}] ${message}`, warningLengthMax),
  );
  return [...undone(oldObject, touched, input), ...left];
}

/** A profile takes its budget and its sizes along, and what it compiles comes back. */
function undone(object: KubeObject, { workloads }: Touched, { context }: FactsInput): readonly string[] {
  if (isObjectOf("PodDisruptionBudget", object, context.names.domain)) {
    const profile = compilingProfile(object, context);
    if (profile === undefined) return [];
    return [cutText(`WorkloadProfile ${profile} makes PodDisruptionBudget ${object.metadata.name ?? ""} again`, warningLengthMax)];
  }
  if (!isObjectOf("WorkloadProfile", object, context.names.domain)) return [];
  return workloads
    .slice(0, workloadsMax)
    .map((workload) => cutText(`${workloadTitle(workload)} runs by this profile: its next Pods get none of it`, warningLengthMax));
}

/** A workload, and what it would be refused for without the object that goes. */
export interface LeftBehind {
  readonly workload: Workload;
  readonly finding: Finding;
}

/** An object that is deleted: as it was, and as it stands in deletion where something holds it. */
export interface Deleted {
  readonly object: KubeObject;
  readonly stands: KubeObject | undefined;
}

/** Returns what an object leaves that goes, or has just gone; `input.request` says who asks. */
export function leftBehind(deleted: Deleted, input: FactsInput): readonly LeftBehind[] {
  return leftOf(touchedBy(deleted.object, input), deleted, input);
}

function leftOf({ workloads, ...touched }: Touched, { object, stands }: Deleted, input: FactsInput): readonly LeftBehind[] {
  if (stands !== undefined && handsPodsOn(stands)) return [];
  const { snapshot, names } = input.context;
  const before = overlaySnapshot(snapshot, { put: object, domain: names.domain });
  const after = overlaySnapshot(snapshot, { ...(stands === undefined ? { remove: object } : { put: stands }), domain: names.domain });
  const held = stands !== undefined && leavesPodsAlone(stands) ? workloadOf(stands) : undefined;
  const judged = workloads.map((workload) => ({ workload, was: workload.object }));
  const found: LeftBehind[] = [];
  const only = lendsPods(object) ? deletionRules : undefined;
  let steps = touched.steps;
  for (const { workload, was } of [...(held === undefined ? [] : [{ workload: held, was: object }]), ...judged].slice(0, workloadsMax)) {
    // Each is judged twice more: a warning is not worth more than a verdict.
    if (steps > reviewStepsMax / 2 || found.length >= refusalsMax) return found;
    const known = refusalsOf({ ...workload, object: was }, input, { snapshot: before, only });
    const left = refusalsOf(workload, input, { snapshot: after, only });
    steps += known.steps + left.steps;
    const words = new Set(known.refusals.map(wordsOf));
    found.push(...left.refusals.filter((finding) => !words.has(wordsOf(finding))).map((finding) => ({ workload, finding })));
  }
  return found;
}

/** With its namespace everything goes. */
function isGoing({ namespace }: AdmissionRequest, snapshot: ClusterSnapshot): boolean {
  return snapshot.get("Namespace", { namespace: "", name: namespace })?.metadata.deletionTimestamp !== undefined;
}

interface Touched {
  readonly workloads: readonly Workload[];
  /** What it took to find them. */
  readonly steps: number;
}

/** The workloads that the object concerned, as if it had just been written. */
function touchedBy(object: KubeObject, input: FactsInput): Touched {
  const facts = gatherFacts({ ...input, request: creationOf(object, input.request) });
  const touched = lendsPods(object) ? leftUnderBudgets(facts) : facts.views.map(({ workload }) => workload);
  const workloads = touched.filter(({ replicas, object: { metadata } }) => replicas > 0 && metadata.deletionTimestamp === undefined);
  return { workloads, steps: facts.cost.steps };
}

/** What would refuse a workload that came into such a world. */
function refusalsOf(
  { object, name }: Workload,
  input: FactsInput,
  { snapshot, only }: { readonly snapshot: ClusterSnapshot; readonly only: ReadonlySet<string> | undefined },
): { readonly refusals: readonly JudgedFinding[]; readonly steps: number } {
  const request = { ...creationOf(object, input.request), name };
  const own = { ...input, request, context: { ...input.context, snapshot } };
  const facts = gatherFacts(own);
  return { refusals: findingsOf(facts, own, only).filter(({ action }) => action === "deny"), steps: facts.cost.steps };
}

function creationOf(object: KubeObject, request: AdmissionRequest): AdmissionRequest {
  const { uid, resource, name, namespace, userInfo, dryRun } = request;
  const [version = "", group = ""] = object.apiVersion.split("/").reverse();
  return { uid, operation: "CREATE", kind: { group, version, kind: object.kind }, resource, name, namespace, object, userInfo, dryRun };
}
