/**
 * The admission handler: one review judged by the policies in force over the cluster as it is known.
 *
 * Reads memory only. Returns an answer. While the cluster has not been seen once there is nothing to judge by: the closed
 * tier refuses with SYS-001, the open tier lets pass (the audit of what entered unseen is the controllers' work), and what is
 * being deleted passes both: nothing may hold up a finalizer.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { KindName } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { AdmissionRequest } from "../policies/admission-request.ts";
import type { DeniedRequest } from "../policies/denial-record.ts";
import { denialStatus } from "../policies/denial.ts";
import type { Pod } from "../api/pod.ts";
import type { Deployment } from "../api/workload.ts";
import { mutate, validate } from "../policies/evaluate.ts";
import { evictionVerdict, isEviction } from "../policies/eviction-verdict.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { Verdict } from "../policies/verdict.ts";
import { isRelease } from "../policies/release.ts";
import { reviewStepsMax } from "../policies/review-steps.ts";
import { type AdmissionAnswer, allowed, denied, patched } from "./admission-review.ts";
import type { WebhookMetrics } from "./metrics.ts";
import type { AdmissionHandler } from "./admission-call.ts";

export interface AdmissionSources {
  readonly policySet: () => PolicySet;
  readonly snapshot: () => ClusterSnapshot;
  /** Those on offer; a request's NodePool may name zones that no other does. */
  readonly instanceTypes: (judged?: KubeObject) => readonly InstanceType[];
  /** Kinds that must have been listed once before a verdict means anything. */
  readonly neededKinds: readonly KindName[];
  readonly names: PlatformNames;
  readonly clock: Clock;
  readonly metrics: WebhookMetrics;
  /** What a verdict by an old view says of it; undefined while the view is young. Absent: it always is. */
  readonly oldView?: () => string | undefined;
  /** Told of each request that is refused, dry runs too; it must not hold the answer up. */
  readonly onDenied?: (denied: DeniedRequest) => void;
  /** Starts the replacement of a Pod that is the only one of its Deployment, before it is evicted; absent: nobody does. */
  readonly surges?: {
    mayStart(pod: Pod): boolean;
    start(of: { readonly deployment: Deployment; readonly pod: Pod }): Promise<void>;
  };
  /**
   * An object as the API server's own decoder leaves it, with what it would refuse; asked only where judging failed. Absent:
   * nothing is known.
   */
  readonly decoded?: (object: KubeObject) => { readonly object: KubeObject; readonly problems: readonly { readonly message: string }[] };
}

/** Makes the handler that the server calls for every review. */
export function admissionHandler(sources: AdmissionSources): AdmissionHandler {
  return (call) => {
    const words = sources.oldView?.();
    const answer = answerOf(sources, call);
    return words === undefined ? answer : withWords(answer, words);
  };
}

function answerOf(sources: AdmissionSources, call: Parameters<AdmissionHandler>[0]): AdmissionAnswer {
  try {
    return judged(sources, call);
  } catch (fault) {
    // Rules trust the form of objects, which the API server has decoded. What it has not, did not come from it.
    const form = decodedRequest(sources, call.request);
    if (form === undefined) throw fault;
    return form.ok ? judged(sources, { ...call, request: form.value }) : denied(malformedStatus(call.request, form.error));
  }
}

/** Controllers see no warnings: a denial says it in its message. */
function withWords(answer: AdmissionAnswer, words: string): AdmissionAnswer {
  if (answer.kind !== "denied") return { ...answer, warnings: [...answer.warnings, words] };
  const { status } = answer;
  return { ...answer, status: { ...status, message: `${status.message ?? ""}\n  note: ${words}` } };
}

function judged(sources: AdmissionSources, call: Parameters<AdmissionHandler>[0]): AdmissionAnswer {
  const { phase, tier, request, speaksForOwner = false } = call;
  const policySet = sources.policySet();
  const snapshot = sources.snapshot();
  if (sources.neededKinds.some((kind) => !snapshot.knows(kind))) {
    return tier === "open" || isRelease(request) ? allowed() : denied(coldStatus(request));
  }
  if (isEviction(request)) return evictionAnswer(sources, call);
  const { names, clock } = sources;
  const context = { snapshot, instanceTypes: sources.instanceTypes(request.object), names, now: clock.now(), speaksForOwner };
  if (phase === "mutate") {
    const verdict = mutate({ policySet, request, context });
    if (verdict.allowed) return patched(verdict.patch, verdict.warnings);
    recordFindings(sources, request, verdict);
    noteDenial(sources, call, { verdict, at: context.now });
    return denied(denialStatus({ verdict, request, policySet }));
  }
  const verdict = validate({ policySet, request, context });
  if (verdict.steps !== undefined) sources.metrics.steps.observe(verdict.steps);
  recordFindings(sources, request, verdict);
  if (verdict.allowed) return allowed(verdict.warnings);
  noteDenial(sources, call, { verdict, at: context.now });
  return denied(denialStatus({ verdict, request, policySet }), verdict.warnings);
}

/** A note looks up anew which profiles a refusal concerns: a review that was dear to judge leaves none, nor does a stranger's. */
const notedStepsMax = reviewStepsMax / 10;

function noteDenial(
  { onDenied }: AdmissionSources,
  { request, isStranger = false }: Parameters<AdmissionHandler>[0],
  { verdict: { findings, steps = 0 }, at }: { readonly verdict: Verdict; readonly at: Instant },
): void {
  if (!isStranger && steps <= notedStepsMax) onDenied?.({ request, findings, at });
}

function recordFindings({ metrics }: AdmissionSources, { dryRun }: AdmissionRequest, { findings }: Verdict): void {
  if (!dryRun) for (const { rule, action } of findings) metrics.findings.inc({ rule, action });
}

/** An eviction that is not refused here is still the API server's to refuse. */
function evictionAnswer(sources: AdmissionSources, { request, isStranger = false }: Parameters<AdmissionHandler>[0]): AdmissionAnswer {
  const { names, clock, surges } = sources;
  const verdict = evictionVerdict({
    request,
    policySet: sources.policySet(),
    context: { snapshot: sources.snapshot(), names, now: clock.now() },
    maySurge: (pod) => !isStranger && surges?.mayStart(pod) === true,
  });
  if (verdict.kind === "passed") return allowed();
  if (verdict.kind === "surge" && !request.dryRun) void surges?.start(verdict);
  return denied(verdict.status);
}

/** The request with its objects as an API server would have sent them, or why it could not; undefined where nobody knows. */
function decodedRequest({ decoded }: AdmissionSources, request: AdmissionRequest): Result<AdmissionRequest, string> | undefined {
  const { object, oldObject } = request;
  for (const sent of [object, oldObject]) {
    const size = sizeProblem(sent);
    if (size !== undefined) return err(size);
  }
  if (decoded === undefined) return undefined;
  const [form, oldForm] = [object, oldObject].map((sent) => (sent === undefined ? undefined : decoded(sent)));
  const [problem] = [...(form?.problems ?? []), ...(oldForm?.problems ?? [])];
  if (problem !== undefined) return err(problem.message);
  return ok({
    ...request,
    ...(form === undefined ? {} : { object: form.object }),
    ...(oldForm === undefined ? {} : { oldObject: oldForm.object }),
  });
}

/** No kind that we judge nests a tenth as deep; what would run out of stack is told before anybody descends. */
const depthMax = 500;
/** What is wrong in a larger one may be so often. */
const formedValuesMax = 10_000;

/** Why an object that could not be judged is not decoded either. */
function sizeProblem(root: unknown): string | undefined {
  let level: readonly unknown[] = [root];
  let count = 0;
  for (let depth = 0; level.length > 0; depth++) {
    count += level.length;
    if (depth > depthMax) return `nested deeper than ${depthMax}`;
    if (count > formedValuesMax) return `not of the form of its kind, and larger than ${formedValuesMax} values`;
    level = level.flatMap((value): readonly unknown[] => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return undefined;
}

function malformedStatus({ kind: { group, kind }, namespace, name }: AdmissionRequest, problem: string): ApiStatus {
  const message = `${kind} ${namespace}/${name}: [SYS-002] not an object that an API server decodes: ${problem.slice(0, problemLengthMax)}`;
  return {
    code: 400,
    reason: "BadRequest",
    message,
    details: { group, kind, name, causes: [{ reason: "SYS-002", field: "", message: problem }] },
  };
}

const problemLengthMax = 300;

/** In the frame of every denial: which object, which rule, and what to do. */
function coldStatus({ kind: { group, kind }, namespace, name, object }: AdmissionRequest): ApiStatus {
  const shownName = name || object?.metadata.generateName || "";
  const message = `policy engine has no cluster view yet (caches not synced); refusing ${kind}`;
  return {
    code: 403,
    reason: "Forbidden",
    message: `${kind} ${namespace}/${shownName}: [SYS-001] ${message}\n  fix: retry in a few seconds`,
    details: { group, kind, name: shownName, causes: [{ reason: "SYS-001", field: "", message }] },
  };
}
