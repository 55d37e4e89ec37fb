/**
 * OBS-001: a queue's worker that nobody can see falling behind.
 *
 * Reads a profile and what its class requires. Replicas of interruptible work come and go, so CPU says nothing of it: only the lag
 * of its queue tells whether it keeps up.
 */
import { termsOf } from "../profile-terms.ts";
import { runsToAnEnd } from "../spot-use.ts";
import { profileManifest } from "./example-manifests.ts";
import type { Rule } from "./rule.ts";

const profileOf = (scaling: string): string =>
  profileManifest({ name: "worker", spec: `runtimeClass: batch, scaling: {maxReplicas: 9${scaling}}, disruption: {idempotent: true}` });

/** The profile field that names the metric. */
const lagField = "scaling.lagMetric";

export const obs001: Rule = {
  id: "OBS-001",
  summary: "A worker without the metric that says how far its queue is behind, in a class that requires it.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: { admitted: profileOf(", lagMetric: invoice_queue_lag"), denied: profileOf("") },
  judge(facts) {
    if (facts.subject.kind !== "profile" || facts.subject.profile.spec.scaling?.lagMetric !== undefined) return [];
    const terms = termsOf(facts.subject.profile, facts);
    if (terms?.workloadClass.requires.includes(lagField) !== true) return [];
    // A Job has an end, and no queue to fall behind of.
    if (facts.views.length > 0 && facts.views.every(({ workload }) => runsToAnEnd(workload.kind))) return [];
    return [
      {
        path: facts.subject.profile.spec.scaling === undefined ? "/spec" : "/spec/scaling",
        message: `class "${terms.workloadClass.name}" requires ${lagField} (queue lag)`,
        fix: "name the metric",
        className: terms.workloadClass.name,
      },
    ];
  },
};
