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
import { formatDuration, nextAfter, parseCron, parseGoDuration } from "../../kube/schedule.ts";
import { aboutWorkload } from "../facts.ts";
import { isForEver, nodeAgeOf } from "../node-age.ts";
import { termsOf, type ProfileTerms } from "../profile-terms.ts";
import { runsToAnEnd } from "../spot-use.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import type { Problem, Rule } from "./rule.ts";

const profileOf = (spec: string): string => profileManifest({ spec: `runtimeClass: general, ${spec}` });

const deployment = deploymentManifest({ replicas: 3 });

export const wp007: Rule = {
  id: "WP-007",
  summary: "A value that another field of the profile rules out, or a protection or window that holds nodes for as long as they live.",
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
    const problems = [
      ...scalingProblems(profile, terms),
      ...disruptionProblems(profile, terms),
      ...protectProblems(profile, terms),
      ...windowProblems(profile, terms, facts.now),
    ];
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

/** CLASS-001 tells of more than a class's own most. */
function protectProblems({ spec }: WorkloadProfile, { workloadClass }: ProfileTerms): readonly Problem[] {
  const { protect } = spec.disruption ?? {};
  if (protect === undefined || workloadClass.disruption.maxProtect !== undefined || !isForEver(protect, workloadClass)) return [];
  const age = nodeAgeOf(workloadClass);
  return [problem(["disruption", "protect"], `${protect} is longer than its nodes live (${age})`, `set it to ${age} or less`)];
}

function windowProblems({ spec }: WorkloadProfile, terms: ProfileTerms, now: Instant): readonly Problem[] {
  // A Pod reads the first ones alone.
  const windows = (spec.disruption?.window ?? []).slice(0, windowsMax);
  const found = windows.flatMap(({ schedule, duration }, index): readonly Problem[] => {
    const cron = parseCron(schedule);
    if (!cron.ok || (nextAfter(cron.value, now) ?? Infinity) > now + windowWaitMaxMs) {
      const what = cron.ok ? `"${schedule}" does not open within a year` : `"${schedule}" is no cron schedule`;
      return [problem(["disruption", "window", index, "schedule"], what, "write five fields in UTC, such as 0 2 * * 6")];
    }
    const open = parseGoDuration(duration);
    const leastMs = terms.resolved.gracePeriodSeconds.value * 1000 + leavingMs;
    if (!open.ok || open.value >= leastMs) return [];
    const least = formatDuration(leastMs);
    const what = `"${duration}" is shorter than one Pod needs to leave: its gracePeriodSeconds and a minute`;
    return [problem(["disruption", "window", index, "duration"], what, `set it to ${least} or more`)];
  });
  return found.length > 0 || windows.length === 0 ? found : rareProblems(windows, terms, now);
}

/** As in kube/pod-protection.ts. */
const windowsMax = 20;

/** What a Pod needs to be evicted and to end, beside its grace period. */
const leavingMs = 60_000;

/** All windows together open as often as nodes end: a pause of up to that is always long enough, one of twice that never. */
function rareProblems(
  windows: readonly { readonly schedule: string }[],
  { workloadClass }: ProfileTerms,
  now: Instant,
): readonly Problem[] {
  // A month has up to 31 days, and a window once a month is lawful where no class says how old nodes become.
  const longest = workloadClass.disruption.maxNodeAge ?? "744h";
  const age = parseGoDuration(longest);
  const pauseMs = Math.max(age.ok ? age.value : 0, dayMs);
  const schedules = windows.flatMap(({ schedule }) => {
    const cron = parseCron(schedule);
    return cron.ok ? [cron.value] : [];
  });
  for (let from = now; from < now + windowWaitMaxMs; from += pauseMs) {
    if (schedules.some((schedule) => (nextAfter(schedule, from) ?? Infinity) <= from + pauseMs)) continue;
    return [
      problem(
        ["disruption", "window"],
        `does not open for longer than nodes live (${longest})`,
        "write a schedule that opens more often, such as 0 2 * * 6",
      ),
    ];
  }
  return [];
}

const dayMs = 24 * 60 * 60 * 1000;

function problem(at: readonly (string | number)[], what: string, fix: string): Problem {
  const field = at.reduce<string>((text, token) => (typeof token === "number" ? `${text}[${token}]` : `${text}.${token}`), "spec");
  return { path: pointer("spec", ...at), message: `${field} ${what}`, fix };
}
