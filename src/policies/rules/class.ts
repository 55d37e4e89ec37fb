/**
 * CLASS-001: a profile that asks for more, or less, than its class gives.
 *
 * Reads one profile and its class as it holds in the namespace. The class's bounds deny and never clamp, so that what a
 * person wrote is what runs (contract.md 3.3).
 */
import type { QuantityText } from "../../api/object.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { pointer } from "../../kube/json-patch.ts";
import { compareQuantities, cpuMillis, wholeUnits } from "../../kube/quantity.ts";
import type { RequestRange, WorkloadClass } from "../class.ts";
import type { Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import type { Problem, Rule } from "./rule.ts";

const profileOf = (spec: string): string => `
apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: web, namespace: shop, labels: {platform.example.com/cost-owner: billing}}
spec: {runtimeClass: general, ${spec}}
`;

export const class001: Rule = {
  id: "CLASS-001",
  summary: "A value outside what the class allows.",
  defaultAction: "deny",
  examples: { admitted: profileOf("compute: {cpuRequest: 500m}"), denied: profileOf('compute: {cpuRequest: "12"}') },
  judge(facts) {
    if (facts.subject.kind !== "profile") return [];
    const { profile } = facts.subject;
    const terms = termsOf(profile, facts);
    if (terms === undefined) return [];
    const { workloadClass, resolved } = terms;
    const judged = { profile, workloadClass, minReplicas: resolved.minReplicas.value, policySet: facts.policySet };
    const problems = [...computeProblems(judged), ...replicaProblems(judged), ...placementProblems(judged)];
    return problems.map((problem) => ({ ...problem, className: workloadClass.name }));
  },
};

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
  { field: "cpuRequest", resource: "cpu", roomyClass: "compute" },
  { field: "memoryRequest", resource: "memory", roomyClass: "memory" },
  { field: "ephemeralStorageRequest", resource: "ephemeralStorage", roomyClass: undefined },
] as const;

function computeProblems(judged: Judged): readonly Problem[] {
  const { compute } = judged.profile.spec;
  if (compute === undefined) return [];
  const named = Object.entries(compute.containers ?? {}).flatMap(([name, amounts]) =>
    requestProblems(judged, { amounts, at: ["compute", "containers", name] }),
  );
  return [
    ...requestProblems(judged, { amounts: compute, at: ["compute"] }),
    ...named,
    ...ratioProblems(judged, compute),
    ...gpuProblems(judged),
  ];
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
  judged: Judged,
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

function ratioProblems({ workloadClass }: Judged, amounts: Amounts): readonly Problem[] {
  const { min, max } = workloadClass.requests.gibPerCpu;
  const cpu = amounts.cpuRequest ?? workloadClass.requests.cpu.default;
  const memory = amounts.memoryRequest ?? workloadClass.requests.memory.default;
  const ratio = gibPerCpu(cpu, memory);
  if (ratio === undefined || (ratio >= (min ?? 0) && ratio <= (max ?? Infinity))) return [];
  return [
    {
      path: "/spec/compute",
      message: `class "${workloadClass.name}" allows ${min ?? 0}..${max ?? ""} GiB of memory a CPU; got ${rounded(ratio)} (${memory ?? ""} and ${cpu ?? ""} CPU)`,
      fix:
        ratio < (min ?? 0)
          ? "request more memory or less CPU, or choose another class"
          : "request less memory or more CPU, or choose another class",
    },
  ];
}

function gibPerCpu(cpu: QuantityText | undefined, memory: QuantityText | undefined): number | undefined {
  if (cpu === undefined || memory === undefined) return undefined;
  const [millis, bytes] = [cpuMillis(cpu), wholeUnits(memory)];
  return millis.ok && bytes.ok && millis.value > 0 ? bytes.value / 1024 ** 3 / (millis.value / 1000) : undefined;
}

function gpuProblems({ profile, workloadClass }: Judged): readonly Problem[] {
  const gpu = profile.spec.compute?.gpu;
  const allowed = workloadClass.gpu;
  if (gpu === undefined || (allowed !== undefined && gpu.count >= allowed.min && gpu.count <= allowed.max)) return [];
  const range = allowed === undefined ? "no gpu" : `gpu.count ${allowed.min}..${allowed.max}`;
  return [
    {
      path: "/spec/compute/gpu",
      message: `class "${workloadClass.name}" allows ${range}; got ${gpu.count}`,
      fix: "choose a class with accelerators",
    },
  ];
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
  return problems;
}

function placementProblems({ profile, workloadClass }: Judged): readonly Problem[] {
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
  if (profile.spec.cost?.spotAllowed === true && !workloadClass.allowSpot) {
    problems.push({
      path: "/spec/cost/spotAllowed",
      message: `class "${name}" allows spotAllowed false; got true`,
      fix: "set spotAllowed: false, or choose a class on Spot capacity",
    });
  }
  if (profile.spec.podPatch !== undefined && !workloadClass.podPatch) {
    problems.push({ path: "/spec/podPatch", message: `class "${name}" allows no podPatch`, fix: "remove podPatch" });
  }
  return problems;
}

function isWithin(value: QuantityText, { min, max }: RequestRange): boolean {
  return (min === undefined || compareQuantities(value, min) >= 0) && (max === undefined || compareQuantities(value, max) <= 0);
}

function rounded(ratio: number): string {
  return String(Math.round(ratio * 100) / 100);
}
