/**
 * CLASS-001: a profile, or a Pod, that asks for more, or less, than its class gives.
 *
 * Reads one profile and its class as it holds in the namespace, or a workload's Pod and a running one that is resized. The class's
 * bounds deny and never clamp, so that what a person wrote is what runs.
 */
import type { QuantityText } from "../../api/object.ts";
import type { Container } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { pointer } from "../../kube/json-patch.ts";
import { compareQuantities, cpuMillis, wholeUnits } from "../../kube/quantity.ts";
import { formatAmount } from "../../kube/resources.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import type { RequestRange, WorkloadClass } from "../class.ts";
import { containerPath } from "../container-path.ts";
import { countText } from "../count-words.ts";
import type { Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import { allowedPatch, podPatchDefaults } from "../profile/pod-field-patch.ts";
import type { WorkloadView } from "../workload-view.ts";
import { profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const profileOf = (spec: string): string => profileManifest({ spec: `runtimeClass: general, ${spec}` });

export const class001: Rule = {
  id: "CLASS-001",
  summary: "A value outside what the class allows.",
  defaultAction: "deny",
  examples: { admitted: profileOf("compute: {cpuRequest: 500m}"), denied: profileOf('compute: {cpuRequest: "12"}') },
  subjects: ["profile", "workload", "pod-change"],
  judge(facts) {
    if (facts.subject.kind !== "profile") return facts.views.flatMap((view) => aboveClass(facts, view));
    const { profile } = facts.subject;
    const terms = termsOf(profile, facts);
    if (terms === undefined) return [];
    const { workloadClass, resolved } = terms;
    const judged = { profile, workloadClass, minReplicas: resolved.minReplicas.value, policySet: facts.policySet };
    const problems = [...computeProblems(judged), ...replicaProblems(judged), ...placementProblems(judged)];
    return problems.map((problem) => ({ ...problem, className: workloadClass.name }));
  },
};

/** What a Pod itself requests above its class's most; what is below its least may be a container beside the main one. */
function aboveClass(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { workloadClass } = view;
  if (workloadClass === undefined) return [];
  const { name, requests } = workloadClass;
  const isAbove = ({ resources }: Container): boolean =>
    requestFields.some(({ resource, onWire }) => {
      const { max } = requests[resource];
      const value = max === undefined ? undefined : (resources?.requests?.[onWire] ?? resources?.limits?.[onWire]);
      return value !== undefined && max !== undefined && compareQuantities(value, max) > 0;
    });
  return view.pod.spec.containers.filter(isAbove).flatMap((container) =>
    requestFields.flatMap(({ field, resource, onWire }): readonly Problem[] => {
      const value = container.resources?.requests?.[onWire] ?? container.resources?.limits?.[onWire];
      const { max } = requests[resource];
      if (value === undefined || max === undefined || compareQuantities(value, max) <= 0) return [];
      return [
        {
          path: containerPath(facts, view, { container: container.name, field: placeOf(view, { name: container.name, resource: onWire }) }),
          message: `class "${name}" allows ${field} ${requests[resource].min ?? 0}..${max}; got ${value} in container "${container.name}"`,
          fix: requestFix({ workloadClass, policySet: facts.policySet }, { value, resource }),
          ...classOf(view),
        },
      ];
    }),
  );
}

/** A request that the template does not state (a limit stands in, a LimitRange or a profile fills it) has no place of its own. */
function placeOf({ workload }: WorkloadView, of: { readonly name: string; readonly resource: string }): string {
  const written = workload.template.spec.containers.find(({ name }) => name === of.name)?.resources;
  return written?.requests?.[of.resource] === undefined ? "name" : `resources/requests/${of.resource}`;
}

interface Judged {
  readonly profile: WorkloadProfile;
  readonly workloadClass: WorkloadClass;
  readonly minReplicas: number;
  readonly policySet: Facts["policySet"];
}

interface Amounts {
  readonly cpuRequest?: QuantityText;
  readonly memoryRequest?: QuantityText;
  readonly ephemeralStorageRequest?: QuantityText;
}

const requestFields = [
  { field: "cpuRequest", resource: "cpu", onWire: "cpu", roomyClass: "compute" },
  { field: "memoryRequest", resource: "memory", onWire: "memory", roomyClass: "memory" },
  { field: "ephemeralStorageRequest", resource: "ephemeralStorage", onWire: "ephemeral-storage", roomyClass: undefined },
] as const;

function computeProblems(judged: Judged): readonly Problem[] {
  const { compute } = judged.profile.spec;
  if (compute === undefined) return [];
  const named = Object.entries(compute.containers ?? {}).flatMap(([name, amounts]) =>
    requestProblems(judged, { amounts, at: ["compute", "containers", name] }),
  );
  return [...requestProblems(judged, { amounts: compute, at: ["compute"] }), ...named, ...quotaProblems(judged), ...gpuProblems(judged)];
}

function requestProblems(judged: Judged, asked: { readonly amounts: Amounts; readonly at: readonly string[] }): readonly Problem[] {
  return requestFields.flatMap(({ field, resource }): readonly Problem[] => {
    const value = asked.amounts[field];
    const range = judged.workloadClass.requests[resource];
    if (value === undefined || isWithin(value, range)) return [];
    return [
      {
        path: pointer("spec", ...asked.at, field),
        message: `class "${judged.workloadClass.name}" allows ${field} ${range.min ?? 0}..${range.max ?? ""}; got ${value}`,
        fix: requestFix(judged, { value, resource }),
      },
    ];
  });
}

/** The first other class, by name, that would take the value; none where the value is too small anywhere. */
function requestFix(
  judged: Pick<Judged, "workloadClass" | "policySet">,
  of: { readonly value: QuantityText; readonly resource: "cpu" | "memory" | "ephemeralStorage" },
): string {
  const range = judged.workloadClass.requests[of.resource];
  if (range.min !== undefined && compareQuantities(of.value, range.min) < 0) return `request at least ${range.min}`;
  const preferred = requestFields.find(({ resource }) => resource === of.resource)?.roomyClass;
  const others = [...judged.policySet.classes.values()].filter(
    ({ name, requests }) =>
      name !== judged.workloadClass.name && isWithin(of.value, requests[of.resource]) && !judged.policySet.grants.has(name),
  );
  const names = others.map(({ name }) => name).sort();
  const other = names.find((name) => name === preferred) ?? names[0];
  return other === undefined ? "lower the request" : `choose class ${other} or lower the request`;
}

function gpuProblems({ profile, workloadClass }: Judged): readonly Problem[] {
  const { gpu: main, containers = {} } = profile.spec.compute ?? {};
  const named = Object.entries(containers).map(([name, { gpu }]) => ({ gpu, at: ["compute", "containers", name, "gpu"] }));
  return [{ gpu: main, at: ["compute", "gpu"] }, ...named].flatMap(({ gpu, at }): readonly Problem[] => {
    const allowed = workloadClass.gpu;
    if (gpu === undefined || (allowed !== undefined && gpu.count >= allowed.min && gpu.count <= allowed.max)) return [];
    const range = allowed === undefined ? "no gpu" : `gpu.count ${allowed.min}..${allowed.max}`;
    return [
      {
        path: pointer("spec", ...at),
        message: `class "${workloadClass.name}" allows ${range}; got ${gpu.count}`,
        fix: "choose a class with accelerators",
      },
    ];
  });
}

/** One profile alone must leave the class's quota whole: its most replicas of its own size. */
function quotaProblems({ profile, workloadClass }: Judged): readonly Problem[] {
  const replicas = profile.spec.scaling?.maxReplicas;
  if (replicas === undefined) return [];
  return (["cpu", "memory"] as const).flatMap((resource): readonly Problem[] => {
    const most = workloadClass.quota[resource];
    const each = profile.spec.compute?.[`${resource}Request`] ?? workloadClass.requests[resource].default;
    if (most === undefined || each === undefined) return [];
    const [limit, one] = [amountOf(resource, most), amountOf(resource, each)];
    if (limit === undefined || one === undefined || one * replicas <= limit) return [];
    const asked = formatAmount(resource, one * replicas);
    return [
      {
        path: "/spec/scaling/maxReplicas",
        message: `class "${workloadClass.name}" allows ${most} ${resource} together; got ${asked} (${countText(replicas, "replica")} of ${each})`,
        fix: `lower maxReplicas to ${Math.floor(limit / one)}, or the request`,
      },
    ];
  });
}

function amountOf(resource: "cpu" | "memory", text: QuantityText): number | undefined {
  const read = resource === "cpu" ? cpuMillis(text) : wholeUnits(text);
  return read.ok ? read.value : undefined;
}

function replicaProblems({ profile, workloadClass, minReplicas }: Judged): readonly Problem[] {
  const problems: Problem[] = [];
  const most = workloadClass.quota.replicasPerProfile;
  const asked = profile.spec.scaling?.maxReplicas;
  if (minReplicas === 0 && !workloadClass.availability.allowZero) {
    problems.push({
      path: "/spec/availability/minReplicas",
      message: `class "${workloadClass.name}" allows minReplicas 1 and more; got 0`,
      fix: "set minReplicas 1 or more, or choose a class that may scale to zero",
    });
  }
  if (most !== undefined && asked !== undefined && asked > most) {
    problems.push({
      path: "/spec/scaling/maxReplicas",
      message: `class "${workloadClass.name}" allows maxReplicas 1..${most}; got ${asked}`,
      fix: "lower maxReplicas",
    });
  }
  const grace = profile.spec.disruption?.gracePeriodSeconds;
  const graceMost = workloadClass.disruption.maxGraceSeconds;
  if (grace !== undefined && graceMost !== undefined && grace > graceMost) {
    problems.push({
      path: "/spec/disruption/gracePeriodSeconds",
      message: `class "${workloadClass.name}" allows gracePeriodSeconds 0..${graceMost}; got ${grace}`,
      fix: "lower gracePeriodSeconds",
    });
  }
  const { maxProtect } = workloadClass.disruption;
  const { protect = "none" } = profile.spec.disruption ?? {};
  if (maxProtect !== undefined && isLonger(protect, maxProtect)) {
    problems.push({
      path: "/spec/disruption/protect",
      message: `class "${workloadClass.name}" allows protect up to ${maxProtect}; got ${protect}`,
      fix: `set protect to ${maxProtect} or less`,
      patch: [{ op: "replace", path: "/spec/disruption/protect", value: maxProtect }],
    });
  }
  return problems;
}

/** "untilFinished" has no length: WP-008 asks that the work ends. */
function isLonger(protect: string, most: string): boolean {
  const [asked, allowed] = [parseGoDuration(protect), parseGoDuration(most)];
  return asked.ok && allowed.ok && asked.value > allowed.value;
}

function placementProblems({ profile, workloadClass, policySet }: Judged): readonly Problem[] {
  const problems: Problem[] = [];
  const { zones, name } = workloadClass;
  const foreign = (profile.spec.availability?.zones ?? []).filter((zone) => zones.length > 0 && !zones.includes(zone));
  if (foreign.length > 0) {
    problems.push({
      path: "/spec/availability/zones",
      message: `class "${name}" allows zones ${zones.join(", ")}; got ${foreign.join(", ")}`,
      fix: "name only zones of the class",
    });
  }
  if (profile.spec.podPatch !== undefined && !workloadClass.podPatch) {
    problems.push({ path: "/spec/podPatch", message: `class "${name}" allows no podPatch`, fix: "remove podPatch" });
    return problems;
  }
  const fields = policySet.settings.podPatchFields ?? podPatchDefaults;
  for (const member of allowedPatch({ podPatch: profile.spec.podPatch, workloadClass, fields }).refused) {
    problems.push({
      path: pointer("spec", "podPatch", member),
      message: `podPatch may not set ${member}; policies.yaml allows ${fields.join(", ")}`,
      fix: `remove ${member} from podPatch, or ask for it under settings.podPatch`,
    });
  }
  return problems;
}

function isWithin(value: QuantityText, { min, max }: RequestRange): boolean {
  return (min === undefined || compareQuantities(value, min) >= 0) && (max === undefined || compareQuantities(value, max) <= 0);
}
