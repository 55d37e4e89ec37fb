/**
 * SPOT-002, -003, -005, -007: work and data on Spot capacity.
 *
 * Reads each profile and each workload that may find itself on Spot. Kubernetes cannot make work safe to interrupt: only its owner
 * can say so, and what nobody has declared is asked for. A disk of one zone cannot follow a Pod that lost its node.
 */
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { claimsOf, isShared } from "../claims.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import type { WorkloadClass } from "../class.ts";
import {
  guaranteeNames,
  idempotentField,
  isInterruptibleClass,
  mayRunOnSpot,
  runsToAnEnd,
  spotNoticeSeconds,
  usableNoticeSeconds,
} from "../spot-use.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, profileManifest, smallContainer } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const profileOf = (spec: string): string =>
  profileManifest({
    name: "worker",
    spec: `runtimeClass: batch, scaling: {maxReplicas: 9, lagMetric: queue_lag}, cost: {spotAllowed: true}, ${spec}`,
  });

const deploymentOf = (podSpec: string): string => deploymentManifest({ name: "worker", pod: [`${smallContainer}${podSpec}`] });

export const spot002: Rule = {
  id: "SPOT-002",
  summary: "Work on Spot that nobody has declared safe to interrupt.",
  defaultAction: "deny",
  needs: [["profile", "unbound"]],
  subjects: ["profile", "workload"],
  examples: {
    admitted: profileOf("disruption: {idempotent: true}"),
    denied: profileOf("disruption: {guarantees: {retryable: true, stopsPullingOnTerm: true, inFlightSafe: true, deadLetter: true}}"),
  },
  judge(facts) {
    if (facts.subject.kind === "profile") return undeclared(facts, facts.subject.profile);
    if (facts.subject.kind !== "workload") return [];
    return facts.views.flatMap((view): readonly Problem[] => {
      if (view.binding.kind !== "none" || view.workloadClass === undefined || !isInterruptibleClass(view.workloadClass)) return [];
      return [
        {
          path: "",
          message: `class "${view.workloadClass.name}" runs on Spot, and no profile declares idempotent work`,
          fix: "add a WorkloadProfile with disruption.guarantees after checking the code",
          action: "warn",
          ...classOf(view),
        },
      ];
    });
  },
};

export const spot003: Rule = {
  id: "SPOT-003",
  summary: "Persistent volumes on Spot: a disk of one zone can't follow a Pod whenever its node is taken back.",
  defaultAction: "deny",
  needs: [["profile", "claims"]],
  subjects: ["profile", "workload"],
  examples: {
    admitted: `${profileOf("disruption: {idempotent: true}")}---${deploymentOf("\n      volumes: [{name: scratch, emptyDir: {sizeLimit: 1Gi}}]")}`,
    denied: `${profileOf("disruption: {idempotent: true}")}---${deploymentOf("\n      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]")}`,
  },
  judge(facts) {
    const { subject, snapshot, names } = facts;
    if (subject.kind === "profile" && facts.views.length === 0) return statefulOnSpot(facts, subject.profile);
    return facts.views.flatMap((view): readonly Problem[] => {
      if (!mayRunOnSpot(view) && !isMeantForSpot(view)) return [];
      const claims = claimsOf(view, { snapshot, domain: names.domain }).filter((claim) => !isShared(claim));
      const stateful = view.workload.kind === "StatefulSet";
      if (claims.length === 0 && !stateful) return [];
      const allowed = view.binding.kind === "bound" && view.binding.profile.spec.cost?.spotAllowed === true;
      const what = claims.length > 0 ? `persistent volumes (${claims.map(({ name }) => name).join(", ")})` : "a StatefulSet";
      return [
        {
          path: pathIn(facts, {
            workload: claims.length > 0 && !stateful ? `${podSpecPath(view.workload.kind)}/volumes` : "/spec",
            profile: "/spec/runtimeClass",
          }),
          message: `${aboutWorkload(facts, view)}${allowed ? "spotAllowed" : `class "${view.className ?? ""}" on Spot`} with ${what}`,
          fix: "use an on-demand class",
          // A StatefulSet without volumes keeps names, not data: where nothing says that its class is for work, that only warns.
          ...(claims.length > 0 || isMeantForSpot(view) ? {} : { action: "warn" }),
          ...classOf(view),
        },
      ];
    });
  },
};

export const spot005: Rule = {
  id: "SPOT-005",
  summary: "A grace period longer than Spot's notice: the Pod is killed before it has ended.",
  defaultAction: "deny",
  needs: [["profile", "oddGrace"]],
  subjects: ["profile", "workload"],
  examples: {
    admitted: profileOf("disruption: {idempotent: true, gracePeriodSeconds: 110}"),
    denied: profileOf("disruption: {idempotent: true, gracePeriodSeconds: 111}"),
  },
  judge(facts) {
    if (facts.subject.kind === "profile") {
      const terms = termsOf(facts.subject.profile, facts);
      if (terms === undefined) return [];
      const { resolved, workloadClass } = terms;
      const onSpot = (resolved.spotAllowed.value && workloadClass.allowSpot) || isInterruptibleClass(workloadClass);
      return onSpot
        ? tooLong(resolved.gracePeriodSeconds.value, { path: "/spec/disruption/gracePeriodSeconds", className: workloadClass.name })
        : [];
    }
    return facts.views.flatMap((view) => {
      const own = view.podAsWritten.spec.terminationGracePeriodSeconds;
      // What the profile sets was judged there; the Pod's own word counts where it is kept.
      if (own === undefined || own <= usableNoticeSeconds || view.pod.spec.terminationGracePeriodSeconds !== own || !mayRunOnSpot(view))
        return [];
      return tooLong(own, { path: `${podSpecPath(view.workload.kind)}/terminationGracePeriodSeconds`, className: view.className });
    });
  },
};

export const spot007: Rule = {
  id: "SPOT-007",
  summary: "Accelerator work on Spot without checkpoints: an interruption throws all of it away.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("compute: {gpu: {name: nvidia.com/gpu, count: 1}}, disruption: {idempotent: true, checkpointed: true}"),
    denied: profileOf("compute: {gpu: {name: nvidia.com/gpu, count: 1}}, disruption: {idempotent: true}"),
  },
  judge(facts) {
    if (facts.subject.kind !== "profile") return [];
    const { spec } = facts.subject.profile;
    if (spec.cost?.spotAllowed !== true || spec.disruption?.checkpointed === true) return [];
    const terms = termsOf(facts.subject.profile, facts);
    if (terms === undefined || (spec.compute?.gpu === undefined && terms.workloadClass.gpu === undefined)) return [];
    return [
      {
        path: "/spec/cost/spotAllowed",
        message: "spotAllowed for accelerator work that is not checkpointed: an interruption loses all of it",
        fix: "declare disruption.checkpointed after checking the code, or spotAllowed: false",
        className: terms.workloadClass.name,
      },
    ];
  },
};

function undeclared(facts: Facts, profile: WorkloadProfile): readonly Problem[] {
  const terms = termsOf(profile, facts);
  if (terms === undefined) return [];
  const { workloadClass, resolved } = terms;
  const missing = missingPromises(profile, { workloadClass, facts, onSpot: resolved.spotAllowed.value && workloadClass.allowSpot });
  if (missing.length === 0) return [];
  return [
    {
      path: profile.spec.disruption === undefined ? "/spec" : "/spec/disruption",
      message: `class "${workloadClass.name}" runs on Spot but the profile does not declare idempotent work (missing: ${missing.join(", ")})`,
      fix: "declare disruption.guarantees after checking the code",
      className: workloadClass.name,
    },
  ];
}

/** A class for interruptible work asks for all promises; any other class on Spot asks of a Job that it can be run again. */
function missingPromises(
  { spec }: WorkloadProfile,
  at: { readonly workloadClass: WorkloadClass; readonly facts: Facts; readonly onSpot: boolean },
): readonly string[] {
  const { disruption } = spec;
  if (at.workloadClass.requires.includes(idempotentField) || at.workloadClass.requireAllGuarantees) {
    if (disruption?.idempotent === true && !at.workloadClass.requireAllGuarantees) return [];
    return guaranteeNames.filter((name) => disruption?.guarantees?.[name] !== true);
  }
  const ends = at.facts.views.some(({ workload }) => runsToAnEnd(workload.kind));
  if (!at.onSpot || !ends) return [];
  const again = [disruption?.idempotent, disruption?.checkpointed, disruption?.restartable, disruption?.guarantees?.retryable];
  return again.includes(true) ? [] : ["retryable"];
}

function statefulOnSpot(facts: Facts, { spec, ...profile }: WorkloadProfile): readonly Problem[] {
  if (spec.storage?.stateful !== true || spec.cost?.spotAllowed !== true) return [];
  const terms = termsOf({ ...profile, spec }, facts);
  if (terms === undefined) return [];
  return [
    {
      path: "/spec/cost/spotAllowed",
      message: "spotAllowed with persistent volumes (storage.stateful)",
      fix: "use an on-demand class",
      className: terms.workloadClass.name,
    },
  ];
}

function isMeantForSpot({ workloadClass }: WorkloadView): boolean {
  return workloadClass !== undefined && isInterruptibleClass(workloadClass);
}

function tooLong(grace: number, at: { readonly path: string; readonly className: string | undefined }): readonly Problem[] {
  if (grace <= usableNoticeSeconds) return [];
  return [
    {
      path: at.path,
      message: `gracePeriodSeconds ${grace} exceeds the ${spotNoticeSeconds} s Spot notice (usable ${usableNoticeSeconds} s)`,
      fix: "lower it or spotAllowed: false",
      ...classOf(at),
    },
  ];
}
