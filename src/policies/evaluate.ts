/**
 * Evaluate: the verdict on one admission request.
 *
 * Two phases, as the API server has them. `mutate` writes the contract into a Pod, and refuses only one that must wait; `validate` judges the
 * object as it stands and never writes. `evaluate` is both in a row, for a file instead of a request. Pure and synchronous:
 * the same request, policies and snapshot always give the same verdict, and mutating a mutated Pod changes nothing.
 */
import type { KubeObject } from "../api/object.ts";
import type { Job } from "../api/workload.ts";
import { applyJsonPatch, jsonEquals } from "../kube/json-patch.ts";
import { controllerOf } from "../kube/owner.ts";
import { workloadOf } from "../kube/workload.ts";
import { isController } from "./admission-request.ts";
import { gatherFacts, type FactsInput } from "./facts.ts";
import { findingsOf, toldFindings, tooMuchRule, wordsOf, type JudgedFinding } from "./findings.ts";
import { waitingPodFindings } from "./waiting-pods.ts";
import { isObjectOf } from "./overlay-snapshot.ts";
import { claimsAnew } from "./owner-claim.ts";
import { workloadOfPod } from "./pod-owner.ts";
import { isJudgedPodUpdate } from "./pod-update.ts";
import { deletionWarnings } from "./deletion-warnings.ts";
import { isJudgedDeletion, isRelease } from "./release.ts";
import { overrideWarnings } from "./override-warnings.ts";
import { compileJob } from "./profile/job-patch.ts";
import { withoutClaims } from "./profile/own-keys-patch.ts";
import { needsOnDemand } from "./profile/on-demand-floor.ts";
import { compilePod } from "./profile/pod-patch.ts";
import { workloadContract } from "./profile/workload-contract.ts";
import { own001 } from "./rules/owner.ts";
import { softened } from "./softening.ts";
import { isSameSpec } from "./same-spec.ts";
import { reviewSteps, type ReviewSteps } from "./review-steps.ts";
import { allowedVerdict, type Finding, type Verdict } from "./verdict.ts";
import { adjustmentWarnings, startWarnings, warningTexts } from "./warning.ts";

/**
 * Returns the patch that brings a Pod, or the Job of a CronJob, under its contract; refused only where that costs too much,
 * and where the workload still waits for its profile or autoscaler: Kubernetes' controllers meet no second phase. Empty for every other request.
 * A Pod whose profile cannot be told (validate refuses its workload) only loses what it claims that we computed.
 */
export function mutate({ policySet, request, context }: FactsInput): Verdict {
  const { object, namespace, unread } = request;
  if (request.operation !== "CREATE" || request.subResource !== undefined || object === undefined) return allowedVerdict;
  if (unread !== undefined) return tooMuchVerdict({ steps: 0, tooMuch: unread });
  if (isObjectOf("Job", object, context.names.domain)) return mutateJob(object, { policySet, request, context });
  if (!isObjectOf("Pod", object, context.names.domain)) return allowedVerdict;
  const workload = workloadOfPod({ pod: object, namespace, snapshot: context.snapshot });
  const cost = reviewSteps({ workloads: workload === undefined ? [] : [workload], pod: object, namespace, placed: false }, context);
  if (cost.tooMuch !== undefined) return tooMuchVerdict(cost);
  const held = workload === undefined ? [] : waitingPodFindings({ pod: object, workload }, { policySet, request, context });
  if (held.length > 0) return { ...allowedVerdict, allowed: false, findings: toldFindings(held) };
  const answer = workload === undefined ? undefined : workloadContract({ workload, policySet, ...context });
  const contract = answer?.kind === "compiled" ? answer.contract : undefined;
  const { document: pod, operations } = withoutClaims(object, { contract, names: context.names });
  if (contract === undefined) return { ...allowedVerdict, patch: operations };
  const onDemand = needsOnDemand({ pod, contract, ...context });
  return { ...allowedVerdict, patch: [...operations, ...compilePod({ pod, contract, names: context.names, onDemand })] };
}

/** A Job enters after its CronJob was seen: one that is not known makes none. */
function mutateJob(job: Job, { policySet, request, context }: FactsInput): Verdict {
  const owner = controllerOf(job);
  if (owner?.kind !== "CronJob") return allowedVerdict;
  const cronJob = context.snapshot.get("CronJob", { namespace: request.namespace, name: owner.name });
  const workload = cronJob === undefined ? undefined : workloadOf(cronJob);
  if (workload === undefined) return allowedVerdict;
  const cost = reviewSteps({ workloads: [workload], pod: job.spec.template, namespace: request.namespace, placed: false }, context);
  if (cost.tooMuch !== undefined) return tooMuchVerdict(cost);
  const answer = workloadContract({ workload, policySet, ...context });
  if (answer.kind !== "compiled") return allowedVerdict;
  return { ...allowedVerdict, patch: compileJob({ job, ...answer }) };
}

/**
 * Judges the object as it stands: findings, warnings, and whether it may enter; the patch is empty. Deletions, whatever lets an
 * object in deletion go, and updates that leave spec and our own labels alone always pass (admission.md 3.4).
 */
export function validate(input: FactsInput): Verdict {
  if (isJudgedDeletion(input.request)) return { ...allowedVerdict, warnings: deletionWarnings(input) };
  const judging = judgingOf(input);
  if (judging === "nothing") return allowedVerdict;
  if (input.request.unread !== undefined) return tooMuchVerdict({ steps: 0, tooMuch: input.request.unread });
  const facts = gatherFacts(input);
  const { cost } = facts;
  if (cost.tooMuch !== undefined) return tooMuchVerdict(cost);
  if (facts.subject.kind === "none") return allowedVerdict;
  const found = softened(findingsOf(facts, input, judging === "everything" ? undefined : judging), facts, input);
  const findings = toldFindings(facts.subject.kind === "pod-update" ? newFindings(found, input) : found);
  const told = isController(input.request.userInfo)
    ? []
    : [
        ...warningTexts(findings),
        ...startWarnings(findings, facts.policySet.settings),
        ...adjustmentWarnings(facts),
        ...overrideWarnings(facts),
      ];
  return { allowed: !findings.some(({ action }) => action === "deny"), findings, warnings: told, patch: [], steps: cost.steps };
}

/** What stood on a running Pod was told with its workload: whoever labels it hears of what the label does. */
function newFindings(findings: readonly JudgedFinding[], input: FactsInput): readonly JudgedFinding[] {
  const { object, oldObject, ...rest } = input.request;
  if (findings.length === 0 || object === undefined || oldObject === undefined) return findings;
  const before = { ...input, request: { ...rest, object: oldObject, oldObject } };
  const known = new Set(findingsOf(gatherFacts(before), before).map(wordsOf));
  return findings.filter((finding) => !known.has(wordsOf(finding)));
}

/** Both phases in a row: the verdict on the object as it would be stored, and the patch that makes it so. */
export function evaluate(input: FactsInput): Verdict {
  const { patch } = mutate(input);
  const { object } = input.request;
  if (patch.length === 0 || object === undefined) return validate(input);
  const patched = applyJsonPatch(object, patch);
  return patched.ok ? { ...validate({ ...input, request: { ...input.request, object: patched.value } }), patch } : validate(input);
}

/** The verdict where judging would cost too much: a refusal, whatever the class, the tier and policies.yaml say. */
function tooMuchVerdict({ steps, tooMuch }: ReviewSteps): Verdict {
  if (tooMuch === undefined) return allowedVerdict;
  const { message, fix } = tooMuch;
  const finding: Finding = { rule: tooMuchRule, action: "deny", path: "", message, fix };
  return { allowed: false, findings: [finding], warnings: [], patch: [], steps };
}

/** Which rules a request is judged by: every one, those with the given ids, or none. */
function judgingOf({ request, context, policySet }: FactsInput): "everything" | "nothing" | ReadonlySet<string> {
  const { operation, subResource, object, oldObject, unread, userInfo } = request;
  if (operation !== "CREATE" && operation !== "UPDATE") return "nothing";
  if (object === undefined || (subResource !== undefined && !judgedSubresources.has(subResource))) return "nothing";
  if (isRelease(request)) return "nothing";
  if (unread !== undefined) return unread.keepsSpec && (unread.keepsMetadata || isController(userInfo)) ? "nothing" : "everything";
  if (operation === "CREATE" || oldObject === undefined) return "everything";
  if (object.kind === "Pod" && subResource === undefined) {
    if (isJudgedPodUpdate(request, context.names)) return "everything";
    return claimsAnew(object, oldObject) ? new Set([own001.id]) : "nothing";
  }
  if (hasOtherChecked(object, oldObject, context.names.domain)) return "everything";
  const customRules = hasOtherMetadata(object, oldObject) ? policySet.customRules.map(({ id }) => id) : [];
  const rules = claimsAnew(object, oldObject) ? [...customRules, own001.id] : customRules;
  return rules.length > 0 ? new Set(rules) : "nothing";
}

const judgedSubresources: ReadonlySet<string> = new Set(["scale", "resize", "ephemeralcontainers"]);

/** What our rules read of an object is its spec and the labels of our domain; of a Namespace, which grants may name, all labels. */
function hasOtherChecked(object: KubeObject, before: KubeObject, domain: string): boolean {
  return !isSameSpec(object, before) || !jsonEquals(checkedLabels(object, domain), checkedLabels(before, domain));
}

function checkedLabels({ kind, metadata }: KubeObject, domain: string): Readonly<Record<string, string>> {
  const labels = metadata.labels ?? {};
  if (kind === "Namespace") return labels;
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith(`${domain}/`)));
}

/** A rule of the platform team's own may look at any label or annotation. */
function hasOtherMetadata({ metadata: is }: KubeObject, { metadata: was }: KubeObject): boolean {
  return !jsonEquals(is.labels ?? {}, was.labels ?? {}) || !jsonEquals(is.annotations ?? {}, was.annotations ?? {});
}
