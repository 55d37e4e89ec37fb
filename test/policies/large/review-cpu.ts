/**
 * Review CPU: what one review takes from the bytes of its body to those of the answer, on the thread that judges all.
 *
 * Reads a request and the world. Returns milliseconds of this process, of the dearer phase, the least of several times: another process
 * only ever makes it more.
 */
import { platformNames } from "../../../src/api/labels.ts";
import { objectFormer } from "../../../src/cli/object-form.ts";
import { ownerQuestion } from "../../../src/policies/owner-claim.ts";
import type { AdmissionContext } from "../../../src/policies/admission-context.ts";
import type { AdmissionRequest } from "../../../src/policies/admission-request.ts";
import { denialNotes } from "../../../src/policies/denial-record.ts";
import { admissionHandler } from "../../../src/webhook/admission-handler.ts";
import { decodeAdmissionReview, encodeAdmissionReview } from "../../../src/webhook/admission-review.ts";
import { webhookMetrics } from "../../../src/webhook/metrics.ts";
import { policySet, testNow } from "../../support/admission.ts";

const policies = policySet();
const names = platformNames();
const decoded = objectFormer({ names, namespace: "plimsoll" });
const metrics = webhookMetrics();

/** A review that was cheap once is not measured again. */
const cheapMs = 100;
const timesMax = 4;

/** Returns the CPU of a review. */
export function cpuOfReview(request: AdmissionRequest, context: AdmissionContext): number {
  const body = Buffer.from(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request }));
  const handler = admissionHandler({
    policySet: () => policies,
    snapshot: () => context.snapshot,
    instanceTypes: () => context.instanceTypes,
    neededKinds: [],
    names,
    clock: { now: () => testNow, sleep: () => Promise.resolve() },
    metrics,
    decoded,
    onDenied: (denied) => void denialNotes(denied, { ...context, policySet: policies }),
  });
  const answer = (phase: "mutate" | "validate"): void => {
    const review = decodeAdmissionReview(body);
    if (!review.ok) return;
    if (phase === "validate") ownerQuestion(review.value, { context, settings: policies.settings });
    encodeAdmissionReview("1", handler({ phase, tier: "open", request: review.value }));
  };
  const phases = request.object?.kind === "Pod" ? (["mutate", "validate"] as const) : (["validate"] as const);
  return Math.max(
    ...phases.map((phase) =>
      leastCpu(() => {
        answer(phase);
      }),
    ),
  );
}

/** Returns the least CPU of several times, in milliseconds. */
export function leastCpu(work: () => void): number {
  let least = Infinity;
  for (let time = 0; time < timesMax && least > cheapMs; time++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}
