/**
 * Waiting: which refusals of a workload give way to a wait for its profile or its autoscaler, and which don't.
 *
 * Reads findings that would refuse. What the awaited profile may mend is left until it comes: its own review judges the workload as it
 * will be compiled, and refuses the profile. What an autoscaler would mend is found by judging once more beside one. Everything else refuses.
 */
import {
  awaitedProfileRule,
  hasNoPods,
  hasRolledOut,
  imaginedAutoscaler,
  isOfHelm,
  isYoung,
  lacksAutoscaler,
  omitsReplicas,
  profileNamed,
} from "./awaited.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import { gatherFacts, type Facts, type FactsInput } from "./facts.ts";
import { findingsOf, type JudgedFinding } from "./findings.ts";
import { overlaySnapshot } from "./overlay-snapshot.ts";

/** A review asks whether an object may enter; a hold asks whether the Pods of one that entered must wait. */
export type WaitingFor = "review" | "hold";

/** Returns the findings with those refusals turned into a wait that something to come may mend. */
export function byWaiting(
  findings: readonly JudgedFinding[],
  facts: Facts,
  { input, asked }: { readonly input: FactsInput; readonly asked: WaitingFor },
): readonly JudgedFinding[] {
  const left = byProfile(findings, facts);
  return left.some(({ action }) => action === "deny") ? byAutoscaler(left, facts, { input, asked }) : left;
}

/**
 * What hangs on the class, or on what a profile fills in. Each of these rules is asked of the profile too, with the workload as it will be
 * compiled, so that nothing gets past it by coming first.
 */
export const mendedByProfile: ReadonlySet<string> = new Set([
  ...["REQ-001", "REQ-002", "DRAIN-001", "DS-001", "JOB-001", "PLACE-002", "POOL-001", "POOL-002", "POOL-003"],
  ...["SPOT-002", "SPOT-003", "SPOT-005", "STOR-001", "STOR-002", "STOR-004", "STOR-005", "STOR-006", "TOPO-001", "TOPO-003"],
]);

/** That there is no profile is said already. */
const unprofiledRule = "BIND-004";

/** One warning, that of the wait, is enough: the rest is recorded. */
function byProfile(findings: readonly JudgedFinding[], facts: Facts): readonly JudgedFinding[] {
  const waits = findings.some(({ rule, action }) => rule === awaitedProfileRule && action === "deny");
  if (facts.subject.kind !== "workload" || !waits || isNamedUnderPods(facts)) return findings;
  return findings.map((finding): JudgedFinding => {
    if (finding.rule === awaitedProfileRule) return { ...finding, action: "warn", lifted: { kind: "waiting", for: "profile" } };
    if (finding.rule === unprofiledRule) return { ...finding, action: "audit", lifted: { kind: "waiting", for: "profile" } };
    if (finding.action !== "deny" || !mendedByProfile.has(finding.rule)) return finding;
    return { ...finding, action: "audit", lifted: { kind: "waiting", for: "profile" } };
  });
}

/** Kinds that have no revisions: a Pod that goes is made again from the template that stands, whatever it was made from. */
const unrevisedKinds: ReadonlySet<string> = new Set(["ReplicaSet", "ReplicationController"]);

/** Is true for an edit that makes running Pods wait when they are made again: a budget over them would then keep the last of them. */
function isNamedUnderPods({ subject, request: { oldObject }, snapshot, names: { profileLabel } }: Facts): boolean {
  if (subject.kind !== "workload" || oldObject === undefined || !unrevisedKinds.has(subject.workload.kind)) return false;
  const before = workloadOf(oldObject);
  const isNew = before !== undefined && profileNamed(before, profileLabel) !== profileNamed(subject.workload, profileLabel);
  return isNew && !hasNoPods(subject.workload, snapshot);
}

function byAutoscaler(
  findings: readonly JudgedFinding[],
  facts: Facts,
  { input, asked }: { readonly input: FactsInput; readonly asked: WaitingFor },
): readonly JudgedFinding[] {
  const waiting = facts.views.map(({ workload }) => workload).filter((workload) => isWaiting(workload, facts, { input, asked }));
  if (waiting.length === 0) return findings;
  const { context } = input;
  const { domain } = context.names;
  const snapshot = waiting.reduce((world, one) => overlaySnapshot(world, { put: imaginedAutoscaler(one), domain }), context.snapshot);
  const beside = { ...input, context: { ...context, snapshot } };
  const denying = new Set(findings.filter(({ action }) => action === "deny").map(({ rule }) => rule));
  const lasting = new Set(
    findingsOf(gatherFacts(beside), beside, denying).flatMap(({ rule, action }) => (action === "deny" ? [rule] : [])),
  );
  return findings.map((finding) =>
    finding.action === "deny" && !lasting.has(finding.rule)
      ? { ...finding, action: "warn", lifted: { kind: "waiting", for: "autoscaler" } }
      : finding,
  );
}

/** A workload that Pods may come from before anything holds them is judged at once. */
function isWaiting(
  workload: Workload,
  { subject, request, snapshot, names }: Facts,
  { input: { context }, asked }: { readonly input: FactsInput; readonly asked: WaitingFor },
): boolean {
  if (!lacksAutoscaler(workload, snapshot)) return false;
  const { object } = workload;
  if (asked === "hold") return !hasRolledOut(object);
  // Only a request has a requester.
  const isCreation = subject.kind === "workload" && request.operation === "CREATE" && context.speaksForOwner !== undefined;
  if (isCreation) return omitsReplicas(object);
  // A standing object no longer shows what was applied.
  if (profileNamed(workload, names.profileLabel) === undefined && !isOfHelm(object)) return false;
  return isYoung(object, context.now) && hasNoPods(workload, snapshot);
}
