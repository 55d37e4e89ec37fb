/**
 * CLASS-003, -004, -005: work that is in the wrong class.
 *
 * Reads a profile or a workload and what its class is for: the ratio of memory to CPU that its nodes have, accelerators, work that
 * can be started again, and the words that it asks of every profile. The class is data; no class is known here by name.
 */
import type { QuantityText } from "../../api/object.ts";
import type { Container } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { pointer } from "../../kube/json-patch.ts";
import { cpuMillis, wholeUnits } from "../../kube/quantity.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf, type ProfileTerms } from "../profile-terms.ts";
import { idempotentField } from "../spot-use.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const profileOf = (spec: string): string => profileManifest({ spec });

const deploymentOf = (requests: string): string =>
  deploymentManifest({
    name: "training",
    labels: "platform.example.com/workload-class: gpu",
    pod: `containers: [{name: app, resources: {requests: {cpu: "4", memory: 16Gi}, limits: {${requests}memory: 16Gi}}}]`,
  });

export const class003: Rule = {
  id: "CLASS-003",
  summary: "Memory and CPU in another ratio than the class's nodes have: one of the two is paid for and stays idle.",
  defaultAction: "warn",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("runtimeClass: memory, compute: {cpuRequest: 500m, memoryRequest: 3Gi}"),
    denied: profileOf("runtimeClass: memory, compute: {cpuRequest: 500m, memoryRequest: 2Gi}"),
  },
  judge: onTerms((profile, { workloadClass }): readonly Problem[] => {
    const { min = 0, max } = workloadClass.requests.gibPerCpu;
    if (min === 0 && max === undefined) return [];
    const cpu = profile.spec.compute?.cpuRequest ?? workloadClass.requests.cpu.default;
    const memory = profile.spec.compute?.memoryRequest ?? workloadClass.requests.memory.default;
    const ratio = gibPerCpu(cpu, memory);
    if (ratio === undefined || (ratio >= min && ratio <= (max ?? Infinity))) return [];
    return [
      {
        path: profile.spec.compute === undefined ? "/spec" : "/spec/compute",
        message: `class "${workloadClass.name}" is for ${min}..${max ?? ""} GiB of memory a CPU; got ${rounded(ratio)} (${memory ?? ""} and ${cpu ?? ""} CPU)`,
        fix: `request ${ratio < min ? "more memory or less CPU" : "less memory or more CPU"}, or choose another class`,
        className: workloadClass.name,
      },
    ];
  }),
};

export const class004: Rule = {
  id: "CLASS-004",
  summary: "Work that its class is not for: no accelerator on accelerator nodes, or what may not be restarted on nodes that are replaced.",
  defaultAction: "deny",
  needs: [["profile", "accelerator"]],
  subjects: ["profile", "workload"],
  examples: { admitted: deploymentOf("nvidia.com/gpu: 1, "), denied: deploymentOf("") },
  judge(facts) {
    const views = facts.views.flatMap((view) => withoutAccelerator(facts, view));
    if (facts.subject.kind !== "profile") return views;
    const terms = termsOf(facts.subject.profile, facts);
    return terms === undefined ? views : [...views, ...unrestartable(facts.subject.profile, terms)];
  },
};

export const class005: Rule = {
  id: "CLASS-005",
  summary: "A field that the class asks of every profile (its `requires`).",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {data-classification: restricted}}
---${profileOf('runtimeClass: regulated, disruption: {window: [{schedule: "0 2 * * 6", duration: 4h}]}')}`,
    denied: `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {data-classification: restricted}}
---${profileOf("runtimeClass: regulated")}`,
  },
  judge: onTerms((profile, terms): readonly Problem[] =>
    terms.workloadClass.requires
      .filter((field) => !judgedElsewhere.has(field) && !isStated(profile, { field, terms }))
      .map((field) => ({
        path: "/spec",
        message: `class "${terms.workloadClass.name}" requires ${field}`,
        fix: `set spec.${field}`,
        className: terms.workloadClass.name,
      })),
  ),
};

/** Required fields with a rule of their own: SPOT-002, OBS-001 and STOR-006. */
const judgedElsewhere: ReadonlySet<string> = new Set([idempotentField, "scaling.lagMetric", "storage.backup"]);

function onTerms(judge: (profile: WorkloadProfile, terms: ProfileTerms) => readonly Problem[]): Rule["judge"] {
  return (facts) => {
    if (facts.subject.kind !== "profile") return [];
    const terms = termsOf(facts.subject.profile, facts);
    return terms === undefined ? [] : judge(facts.subject.profile, terms);
  };
}

/** The class or the namespace may say it in the profile's place. */
function isStated({ spec }: WorkloadProfile, { field, terms }: { readonly field: string; readonly terms: ProfileTerms }): boolean {
  if (field === "disruption.window") return terms.resolved.window.value.length > 0;
  if (field === "security.dataClassification") return terms.resolved.dataClassification !== undefined;
  if (field === "cost.owner") return terms.resolved.costOwner !== undefined;
  const value = field.split(".").reduce<unknown>((at, name) => (isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined), spec);
  return value !== undefined && value !== false && value !== "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function withoutAccelerator(facts: Facts, view: WorkloadView): readonly Problem[] {
  const needed = view.workloadClass?.gpu?.min ?? 0;
  if (view.workloadClass === undefined || needed < 1 || view.pod.spec.containers.some(asksAccelerator)) return [];
  return [
    {
      path: pathIn(facts, { workload: `${podSpecPath(view.workload.kind)}/containers`, profile: "/spec/runtimeClass" }),
      message: `${aboutWorkload(facts, view)}class "${view.workloadClass.name}" is for accelerators, but no container requests one`,
      fix: "set compute.gpu, such as {name: nvidia.com/gpu, count: 1}, or choose a class without accelerators",
      ...classOf(view),
    },
  ];
}

/** Device plugins name accelerators nvidia.com/gpu, nvidia.com/mig-1g.5gb, amd.com/gpu, aws.amazon.com/neuroncore, habana.ai/gaudi. */
function asksAccelerator({ resources }: Container): boolean {
  return Object.keys({ ...resources?.requests, ...resources?.limits }).some((name) => /\/.*(gpu|mig-|neuron|gaudi|tpu)/.test(name));
}

function unrestartable({ spec }: WorkloadProfile, { workloadClass, resolved }: ProfileTerms): readonly Problem[] {
  if (spec.disruption?.restartable !== false || !workloadClass.disruption.consolidates || resolved.protect.value !== "none") return [];
  return [
    {
      path: pointer("spec", "disruption", "restartable"),
      message: `disruption.restartable false in class "${workloadClass.name}", whose nodes are consolidated and replaced`,
      fix: "set disruption.protect, or choose a class whose nodes stay",
      className: workloadClass.name,
    },
  ];
}

function gibPerCpu(cpu: QuantityText | undefined, memory: QuantityText | undefined): number | undefined {
  if (cpu === undefined || memory === undefined) return undefined;
  const [millis, bytes] = [cpuMillis(cpu), wholeUnits(memory)];
  return millis.ok && bytes.ok && millis.value > 0 ? bytes.value / 1024 ** 3 / (millis.value / 1000) : undefined;
}

function rounded(ratio: number): string {
  return String(Math.round(ratio * 100) / 100);
}
