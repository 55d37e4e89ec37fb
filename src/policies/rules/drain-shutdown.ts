/**
 * DRAIN-010, -012, -023, -024, -025: how a Pod ends when its node is drained.
 *
 * Reads the Pod as it will be compiled: grace period, preStop hooks, and what the profile promises its clients. The time of
 * preStop is inside the grace period (admission.md 4.5).
 */
import type { NodePool } from "../../api/node-pool.ts";
import type { Service } from "../../api/service.ts";
import type { JsonPatchOperation } from "../../kube/json-patch.ts";
import { remembered } from "../../kube/remembered.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import { isScraped } from "../../kube/service.ts";
import type { WorkloadClass } from "../class.ts";
import { graceSecondsOf, isServing, podFieldPath, preStopSecondsOf } from "../drain-pod.ts";
import { pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import { servicesSelecting } from "../selecting-objects.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentExample, profileExample, serviceExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const graceField = "terminationGracePeriodSeconds";
/** What a Pod needs after its last request to close files and connections. */
const closingSeconds = 5;

export const drain010: Rule = {
  id: "DRAIN-010",
  summary: "Pods behind a Service without a preStop hook: traffic still arrives after SIGTERM, and requests are cut.",
  defaultAction: "warn",
  needs: ["service"],
  why: "A program may handle SIGTERM well by itself; nobody sees that from outside. Behind Services that are headless or whose ports are all named for metrics it only records: their clients reconnect, or scrape again.",
  subjects: ["workload"],
  examples: {
    admitted: `${serviceExample}---${deploymentExample({ container: "lifecycle: {preStop: {sleep: {seconds: 5}}}" })}`,
    denied: `${serviceExample}---${deploymentExample()}`,
  },
  judge: ({ views, snapshot }) =>
    views.flatMap((view): readonly Problem[] => {
      const { containers } = view.pod.spec;
      if (!isServing(view.workload) || containers.some(({ lifecycle }) => lifecycle?.preStop !== undefined)) return [];
      const services = servicesSelecting(view.workload, snapshot);
      if (services.length === 0) return [];
      return [
        {
          path: podFieldPath(view, "containers"),
          message: `no preStop hook and gracePeriodSeconds ${graceSecondsOf(view.pod.spec)}; in-flight requests may be cut during a drain`,
          fix: "set disruption.preStopSeconds",
          ...(services.every((service) => isHeadless(service) || isScraped(service)) ? { action: "audit" as const } : {}),
          ...classOf(view),
        },
      ];
    }),
};

function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

export const drain012: Rule = {
  id: "DRAIN-012",
  summary: "A grace period below the profile's longest request: a drain kills requests that the profile promises to finish.",
  defaultAction: "deny",
  needs: ["promises"],
  subjects: ["workload", "profile"],
  examples: {
    admitted: profileExample("runtimeClass: general, disruption: {maxRequestSeconds: 45, gracePeriodSeconds: 50}"),
    denied: profileExample("runtimeClass: general, disruption: {maxRequestSeconds: 45, gracePeriodSeconds: 30}"),
  },
  judge: (facts) => (facts.subject.kind === "profile" ? profileGrace(facts) : facts.views.flatMap(workloadGrace)),
};

function profileGrace(facts: Facts): readonly Problem[] {
  if (facts.subject.kind !== "profile") return [];
  const { profile } = facts.subject;
  const longest = profile.spec.disruption?.maxRequestSeconds;
  const terms = longest === undefined ? undefined : termsOf(profile, facts);
  if (longest === undefined || terms === undefined) return [];
  const { gracePeriodSeconds, preStopSeconds } = terms.resolved;
  const path = "/spec/disruption/gracePeriodSeconds";
  const of = { grace: gracePeriodSeconds.value, longest, preStop: preStopSeconds.value };
  return shortGrace({ ...of, path, className: terms.workloadClass.name });
}

function workloadGrace(view: WorkloadView): readonly Problem[] {
  const longest = longestRequest(view);
  if (longest === undefined) return [];
  const grace = graceSecondsOf(view.pod.spec);
  return shortGrace({ grace, longest, preStop: knownPreStop(view), path: podFieldPath(view, graceField), className: view.className });
}

function shortGrace(of: {
  readonly grace: number;
  readonly longest: number;
  readonly preStop: number;
  readonly path: string;
  readonly className: string | undefined;
}): readonly Problem[] {
  const { grace, longest, preStop, path } = of;
  if (grace >= longest) return [];
  const enough = longest + preStop;
  return [
    {
      path,
      message: `gracePeriodSeconds ${grace} is below maxRequestSeconds ${longest}`,
      fix: `set gracePeriodSeconds >= ${enough}`,
      patch: [{ op: "add", path, value: enough }],
      ...classOf(of),
    },
  ];
}

export const drain023: Rule = {
  id: "DRAIN-023",
  summary: "A grace period beyond what a drain of its nodes waits for: the Pod is killed in the middle of its shutdown.",
  defaultAction: "warn",
  subjects: ["workload"],
  examples: {
    admitted: deploymentExample({ pod: `${graceField}: 600` }),
    denied: deploymentExample({ pod: `${graceField}: 900` }),
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const grace = graceSecondsOf(view.pod.spec);
      const limit = shortestLimit(facts, view);
      if (limit === undefined || grace <= limit.seconds || view.workload.kind === "DaemonSet") return [];
      return [
        {
          path: podFieldPath(view, graceField),
          message: `${view.binding.kind === "bound" ? "gracePeriodSeconds" : graceField} ${grace} is more than the ${limit.seconds} s that ${limit.whose}; the rest is cut`,
          fix: `set it to ${limit.seconds} or less`,
          ...gracePatch(view, limit.seconds),
          ...classOf(view),
        },
      ];
    }),
};

/** What ends a drain first: the class's bound (what cluster-autoscaler waits for), or a pool's terminationGracePeriod. */
function shortestLimit({ snapshot }: Facts, { workloadClass }: WorkloadView): DrainLimit | undefined {
  if (workloadClass === undefined) return undefined;
  const last = lastLimit(workloadClass);
  const nodePools = snapshot.list("NodePool");
  if (last.nodePools !== nodePools) Object.assign(last, { nodePools, limit: limitOf(workloadClass, snapshot) });
  return last.limit;
}

interface DrainLimit {
  readonly seconds: number;
  readonly whose: string;
}

/** What was found for a class last, for as long as the NodePools are the same. */
const lastLimit = remembered<WorkloadClass, { nodePools?: readonly NodePool[]; limit?: DrainLimit | undefined }>(() => ({}));

function limitOf({ name, pools, disruption }: WorkloadClass, snapshot: Facts["snapshot"]): DrainLimit | undefined {
  const limits = pools.flatMap((pool) => {
    const text = snapshot.get("NodePool", { namespace: "", name: pool })?.spec.template.spec.terminationGracePeriod;
    const duration = text === undefined ? undefined : parseGoDuration(text);
    return duration?.ok === true ? [{ seconds: duration.value / 1000, whose: `NodePool ${pool} waits (terminationGracePeriod)` }] : [];
  });
  const most = disruption.maxGraceSeconds;
  if (most !== undefined) limits.push({ seconds: most, whose: `class "${name}" allows a drain` });
  return limits.toSorted((a, b) => a.seconds - b.seconds)[0];
}

export const drain024: Rule = {
  id: "DRAIN-024",
  summary: "A preStop hook that leaves too little of the grace period: SIGKILL comes in the middle of a request.",
  defaultAction: "warn",
  needs: ["preStop"],
  subjects: ["workload"],
  examples: {
    admitted: deploymentExample({ container: "lifecycle: {preStop: {sleep: {seconds: 10}}}", pod: `${graceField}: 30` }),
    denied: deploymentExample({ container: "lifecycle: {preStop: {sleep: {seconds: 30}}}", pod: `${graceField}: 30` }),
  },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      const [grace, preStop, longest] = [graceSecondsOf(view.pod.spec), knownPreStop(view), longestRequest(view) ?? 0];
      // Below the longest request alone it is DRAIN-012's, and 0 is DRAIN-025's.
      if (preStop === 0 || grace === 0 || grace < longest || grace >= preStop + Math.max(longest, 1)) return [];
      const enough = preStop + longest + closingSeconds;
      return [
        {
          path: podFieldPath(view, graceField),
          message: `preStop takes ${preStop} s of the ${grace} s grace period; ${Math.max(0, grace - preStop)} s are left to finish requests`,
          fix: `set gracePeriodSeconds >= ${enough}`,
          ...gracePatch(view, enough),
          ...classOf(view),
        },
      ];
    }),
};

export const drain025: Rule = {
  id: "DRAIN-025",
  summary: "A grace period of 0: the Pod is killed without a SIGTERM, and vanishes from the API before it has stopped.",
  defaultAction: "warn",
  needs: ["oddGrace"],
  subjects: ["workload"],
  examples: { admitted: deploymentExample({ pod: `${graceField}: 1` }), denied: deploymentExample({ pod: `${graceField}: 0` }) },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      if (view.pod.spec.terminationGracePeriodSeconds !== 0) return [];
      return [
        {
          path: pathIn(facts, { workload: podFieldPath(view, graceField) }),
          message: "terminationGracePeriodSeconds 0 kills the pod without a chance to stop gracefully",
          fix: "set 30 or more",
          ...gracePatch(view, 30),
          ...classOf(view),
        },
      ];
    }),
};

/** The longest of the containers' hooks, as far as they can be told. */
function knownPreStop({ pod }: WorkloadView): number {
  return Math.max(0, ...pod.spec.containers.map((container) => preStopSecondsOf(container) ?? 0));
}

function longestRequest({ binding }: WorkloadView): number | undefined {
  return binding.kind === "bound" ? binding.profile.spec.disruption?.maxRequestSeconds : undefined;
}

/** Only where the workload's own word counts: a profile's grace period is written over it. */
function gracePatch(view: WorkloadView, seconds: number): { readonly patch?: readonly JsonPatchOperation[] } {
  if (view.binding.kind === "bound") return {};
  return { patch: [{ op: "add", path: podFieldPath(view, graceField), value: seconds }] };
}
