/**
 * WP-007 and WP-008: values of a profile that another of its fields, or its workload, rules out.
 *
 * Reads one profile with its class's word where it is silent, and the workloads that it binds. The form of each field is the
 * schema's matter; what is found here would be compiled into something that nobody asked for, or into nothing.
 */
import type { Instant } from "../../api/ports.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { nearestWord } from "../../api/nearest-word.ts";
import { pointer } from "../../kube/json-patch.ts";
import { windowWaitMaxMs } from "../../kube/pod-protection.ts";
import { nextAfter, parseCron } from "../../kube/schedule.ts";
import { aboutWorkload } from "../facts.ts";
import { termsOf, type ProfileTerms } from "../profile-terms.ts";
import { runsToAnEnd } from "../spot-use.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

const profileOf = (spec: string): string => profileManifest({ spec: `runtimeClass: general, ${spec}` });

const deployment = deploymentManifest({ replicas: 3 });

export const wp007: Rule = {
  id: "WP-007",
  summary: "A value that another field of the profile rules out.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("scaling: {maxReplicas: 9, maxBurstPods: 9}"),
    denied: profileOf("scaling: {maxReplicas: 9, maxBurstPods: 10}"),
  },
  judge(facts) {
    if (facts.subject.kind !== "profile") return [];
    const { profile } = facts.subject;
    const terms = termsOf(profile, facts);
    if (terms === undefined) return [];
    const problems = [...scalingProblems(profile, terms), ...disruptionProblems(profile, terms), ...windowProblems(profile, facts.now)];
    return problems.map((problem) => ({ ...problem, className: terms.workloadClass.name }));
  },
};

export const wp008: Rule = {
  id: "WP-008",
  summary:
    "A value that the workload rules out: a container that it does not have (one that may still be injected warns), or a protection until an end that never comes.",
  defaultAction: "deny",
  subjects: ["profile", "workload"],
  examples: {
    admitted: `${profileOf("scaling: {maxReplicas: 9}, compute: {containers: {app: {cpuRequest: 200m}}}")}---${deployment}`,
    denied: `${profileOf("scaling: {maxReplicas: 9}, compute: {containers: {ap: {cpuRequest: 200m}}}")}---${deployment}`,
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      if (view.binding.kind !== "bound") return [];
      const { spec } = view.binding.profile;
      const about = aboutWorkload(facts, view);
      const inProfile = facts.subject.kind === "profile";
      const { containers, initContainers = [] } = view.podAsWritten.spec;
      const names = [...containers, ...initContainers].map(({ name }) => name);
      const unknown = Object.keys(spec.compute?.containers ?? {}).filter((name) => !names.includes(name));
      return [
        ...unknown.map((name): Problem => {
          const nearest = nearestWord(name, names);
          return {
            path: inProfile ? pointer("spec", "compute", "containers", name) : "",
            message: `${about}compute.containers names "${name}", but the pod has ${names.join(", ")}`,
            fix: nearest === undefined ? "name a container of the pod, or remove it" : `did you mean "${nearest}"?`,
            // A name like none may be that of a sidecar that is injected later.
            ...(nearest === undefined ? { action: "warn" } : {}),
            ...(view.className === undefined ? {} : { className: view.className }),
          };
        }),
        ...(spec.disruption?.protect === "untilFinished" && !runsToAnEnd(view.workload.kind)
          ? [
              {
                path: inProfile ? "/spec/disruption/protect" : "",
                message: `${about}disruption.protect untilFinished, but a ${view.workload.kind} never finishes: its nodes could never be replaced`,
                fix: "set a duration such as 4h, or none",
                ...(view.className === undefined ? {} : { className: view.className }),
              },
            ]
          : []),
      ];
    }),
};

function scalingProblems({ spec }: WorkloadProfile, { resolved }: ProfileTerms): readonly Problem[] {
  const { maxBurstPods, headroomPods, metrics = [], lagMetric } = spec.scaling ?? {};
  const maximum = resolved.maxReplicas.value;
  const burst = maxBurstPods ?? Math.max(1, maximum - resolved.minReplicas.value);
  return [
    ...(maxBurstPods !== undefined && spec.scaling?.maxReplicas !== undefined && maxBurstPods > maximum
      ? [problem(["scaling", "maxBurstPods"], `${maxBurstPods} is above scaling.maxReplicas ${maximum}`, `lower it to ${maximum}`)]
      : []),
    ...(typeof headroomPods === "number" && headroomPods > burst
      ? [
          problem(
            ["scaling", "headroomPods"],
            `${headroomPods} is above the burst of ${burst} (scaling.maxBurstPods)`,
            `lower it to ${burst}`,
          ),
        ]
      : []),
    ...metrics.flatMap(({ type, name }, index) =>
      type === "external" && name === undefined && lagMetric === undefined
        ? [problem(["scaling", "metrics", index], "is external and has no name", "set its name, or scaling.lagMetric")]
        : [],
    ),
    ...metrics.flatMap(({ type }, index) =>
      type === "cpu" && resolved.cpuRequest === undefined
        ? [problem(["scaling", "metrics", index], "is a share of a CPU request that nobody states", "set compute.cpuRequest")]
        : [],
    ),
  ];
}

function disruptionProblems({ spec }: WorkloadProfile, { resolved }: ProfileTerms): readonly Problem[] {
  const grace = resolved.gracePeriodSeconds.value;
  const preStop = resolved.preStopSeconds.value;
  // A class's own preStop was checked with its own grace period; only a profile's word can break the pair.
  const { disruption = {} } = spec;
  const stated = disruption.preStopSeconds !== undefined || disruption.gracePeriodSeconds !== undefined;
  if (!stated || preStop === 0 || preStop < grace) return [];
  const field = disruption.preStopSeconds === undefined ? "gracePeriodSeconds" : "preStopSeconds";
  return [
    problem(
      ["disruption", field],
      field === "preStopSeconds"
        ? `${preStop} is not below gracePeriodSeconds ${grace}`
        : `${grace} is not above preStopSeconds ${preStop}`,
      `set gracePeriodSeconds above ${preStop}`,
    ),
  ];
}

function windowProblems({ spec }: WorkloadProfile, now: Instant): readonly Problem[] {
  return (spec.disruption?.window ?? []).flatMap(({ schedule }, index) => {
    const cron = parseCron(schedule);
    if (cron.ok && (nextAfter(cron.value, now) ?? Infinity) <= now + windowWaitMaxMs) return [];
    const what = cron.ok ? `"${schedule}" does not open within a year` : `"${schedule}" is no cron schedule`;
    return [problem(["disruption", "window", index, "schedule"], what, "write five fields in UTC, such as 0 2 * * 6")];
  });
}

function problem(at: readonly (string | number)[], what: string, fix: string): Problem {
  const field = at.reduce<string>((text, token) => (typeof token === "number" ? `${text}[${token}]` : `${text}.${token}`), "spec");
  return { path: pointer("spec", ...at), message: `${field} ${what}`, fix };
}
