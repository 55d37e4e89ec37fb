/**
 * Class advice: which class a workload belongs in, and why.
 *
 * Reads a workload as it is written, or as its profile sizes it, and what stands beside it. Returns the class by the first sign
 * that holds, from what can't be otherwise (an accelerator) to what is usual (a service), with a WorkloadProfile to start from:
 * one that admission takes beside the workload, save for what only a person can declare, which is said.
 */
import { formatCpu, formatBytes } from "../kube/quantity.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { matchesSelector } from "../kube/selector.ts";
import type { WorkloadProfileSpec } from "../api/workload-profile.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { budgetNameOf } from "./budget-words.ts";
import { classFor, singletonAction } from "./class.ts";
import { grantOf } from "./grant.ts";
import type { PolicySet } from "./policy-set.ts";
import { nodeGroupNotes, nodeGroupSigns, type Sign } from "./node-group-signs.ts";
import { mainContainerOf } from "./profile/main-container.ts";
import { servicesSelecting } from "./selecting-objects.ts";
import { viewOf, type WorkloadView } from "./workload-view.ts";
import type { Workload } from "../kube/workload.ts";

export interface ClassAdvice {
  readonly className: string;
  /** Sentences, the deciding one first. */
  readonly reasons: readonly string[];
  /** The profile's name. */
  readonly name: string;
  /** What is left to a person before admission takes the workload with the profile; sentences. */
  readonly notes: readonly string[];
  /** What the class asks a profile to declare and a person alone can know, as paths in its spec. */
  readonly requires: readonly string[];
  readonly spec: WorkloadProfileSpec;
}

export interface AdviceWorld {
  readonly policySet: PolicySet;
  readonly context: AdmissionContext;
}

const gib = 1024 ** 3;
/** Bounds in GiB a vCPU: below is CPU-heavy, above is memory-heavy; c, m and r instances have 2, 4 and 8. */
const computeGibPerCpuMax = 2.5;
const memoryGibPerCpuMin = 6;
/** Smaller Pods share any node well. */
const largeCpuMin = 4_000;
const largeMemoryMin = 4 * gib;

/** Returns the class that fits a workload best, of those that the catalogue has. */
export function adviseClass(workload: Workload, { policySet, context }: AdviceWorld): ClassAdvice {
  const view = viewOf(workload, { policySet, ...context });
  const signs = signsOf(view, { policySet, context }).filter(({ className }) => policySet.classes.has(className));
  const [first] = signs;
  const className = first?.className ?? policySet.settings.defaultClass;
  const reasons = signs.filter((sign) => sign.className === className).map(({ reason }) => reason);
  const spec = specFor(view, { className, policySet });
  return {
    className,
    reasons: reasons.length === 0 ? ["nothing speaks for another class"] : reasons,
    name: profileNameOf(workload),
    notes: notesFor(view, { policySet, context, spec, className }),
    requires: [...(policySet.classes.get(className)?.requires ?? []), ...(hasDisks(workload, context) ? ["storage.zonePlan"] : [])],
    spec,
  };
}

/** Signs from the strongest to the weakest. */
function signsOf(view: WorkloadView, world: AdviceWorld): readonly Sign[] {
  return [
    ...acceleratorSigns(view),
    ...grantSigns(view, world),
    ...(isGranted(view, { className: "system", world }) ? systemSigns(view) : []),
    ...nodeGroupSigns(view, world),
    ...shapeSigns(view),
    ...batchSigns(view, world),
    ...serviceSigns(view, world),
  ];
}

function acceleratorSigns({ podAsWritten }: WorkloadView): readonly Sign[] {
  const names = podAsWritten.spec.containers.flatMap(({ resources }) => Object.keys({ ...resources?.requests, ...resources?.limits }));
  return [...new Set(names)]
    .filter((name) => /\/(?:gpu|neuron|neuroncore|habana)/.test(name))
    .map((name) => ({ className: "gpu", reason: `it asks for ${name}` }));
}

/** A namespace that is labelled for a class was given to it. */
function grantSigns({ workload }: WorkloadView, { policySet, context }: AdviceWorld): readonly Sign[] {
  const namespace = context.snapshot.get("Namespace", { namespace: "", name: workload.namespace });
  return [...policySet.grants].flatMap(([className, { namespaceSelector }]) =>
    namespaceSelector !== undefined && matchesSelector(namespaceSelector, namespace?.metadata.labels)
      ? [{ className, reason: `namespace ${workload.namespace} is labelled for class ${className}` }]
      : [],
  );
}

function systemSigns({ workload, podAsWritten }: WorkloadView): readonly Sign[] {
  const { priorityClassName = "" } = podAsWritten.spec;
  return [
    ...(workload.kind === "DaemonSet" ? [{ className: "system", reason: "a DaemonSet runs beside everybody's Pods" }] : []),
    ...(priorityClassName.startsWith("system-") ? [{ className: "system", reason: `its priority is ${priorityClassName}` }] : []),
  ];
}

/** Only what is written or set by a profile tells a shape; a class's defaults would tell the class that they came from. */
function shapeSigns({ binding, pod, podAsWritten }: WorkloadView): readonly Sign[] {
  const { cpu = 0, memory = 0 } = podRequests((binding.kind === "bound" ? pod : podAsWritten).spec);
  if (cpu === 0 || memory === 0) return [];
  const gibPerCpu = memory / gib / (cpu / 1000);
  const shape = `${formatCpu(cpu)} CPU and ${formatBytes(memory)}, ${gibPerCpu.toFixed(1)} GiB a vCPU`;
  if (cpu >= largeCpuMin && gibPerCpu <= computeGibPerCpuMax) return [{ className: "compute", reason: `it is CPU-heavy: ${shape}` }];
  if (memory >= largeMemoryMin && gibPerCpu >= memoryGibPerCpuMin) return [{ className: "memory", reason: `it is memory-heavy: ${shape}` }];
  return [];
}

function batchSigns(view: WorkloadView, { context }: AdviceWorld): readonly Sign[] {
  const { workload, binding } = view;
  const profile = binding.kind === "bound" ? binding.profile.spec : {};
  const reasons = [
    ...(workload.kind === "Job" || workload.kind === "CronJob" ? [`a ${workload.kind} ends, and can be tried again`] : []),
    ...(profile.disruption?.idempotent === true ? ["its profile says that its work is idempotent"] : []),
    ...(profile.availability?.minReplicas === 0 ? ["its profile lets it scale to zero"] : []),
    ...(isServing(view, context) || workload.kind === "StatefulSet" || workload.kind === "DaemonSet"
      ? []
      : ["nobody calls it: no port, no readiness probe, no Service"]),
  ];
  return reasons.map((reason) => ({ className: "batch", reason }));
}

function serviceSigns(view: WorkloadView, { context }: AdviceWorld): readonly Sign[] {
  return isServing(view, context) ? [{ className: "general", reason: "it serves: it has a port, a readiness probe or a Service" }] : [];
}

function isServing({ workload, podAsWritten }: WorkloadView, { snapshot }: AdmissionContext): boolean {
  const isOpen = podAsWritten.spec.containers.some(({ ports, readinessProbe }) => (ports ?? []).length > 0 || readinessProbe !== undefined);
  return isOpen || servicesSelecting(workload, snapshot).length > 0;
}

/** Only where labels that are not known may grant it, an advised class may yet be refused. */
function isGranted({ workload }: WorkloadView, of: { readonly className: string; readonly world: AdviceWorld }): boolean {
  const { policySet, context } = of.world;
  const namespaceObject = context.snapshot.get("Namespace", { namespace: "", name: workload.namespace });
  return grantOf({ policySet, className: of.className, namespace: workload.namespace, namespaceObject }) !== "refused";
}

/** The profile that is there with the class of the advice, or one of what is written. */
function specFor(view: WorkloadView, of: { readonly className: string; readonly policySet: PolicySet }): WorkloadProfileSpec {
  const { binding, workload, podAsWritten } = view;
  if (binding.kind === "bound") return { ...binding.profile.spec, runtimeClass: of.className };
  const main = mainContainerOf({ pod: workload.template, workloadName: workload.name });
  const { cpu, memory } = podRequests({ containers: podAsWritten.spec.containers.filter(({ name }) => name === main) });
  const compute = {
    ...(cpu === undefined || cpu === 0 ? {} : { cpuRequest: formatCpu(cpu) }),
    ...(memory === undefined || memory === 0 ? {} : { memoryRequest: formatBytes(memory) }),
  };
  return {
    runtimeClass: of.className,
    ...(workload.hasScale ? replicasFor(view, of) : {}),
    ...(Object.keys(compute).length === 0 ? {} : { compute }),
  };
}

/** What its autoscaler, or else itself, says, and never fewer than its class takes. Who has no scale has no bounds. */
function replicasFor(view: WorkloadView, of: { readonly className: string; readonly policySet: PolicySet }): Partial<WorkloadProfileSpec> {
  const { range, mayBeZero, source } = view.scale;
  const least = source.kind !== "workload" && mayBeZero ? 0 : range.from;
  const minReplicas = least === 1 && refusesOne(view.workload, of) ? 2 : least;
  return { availability: { minReplicas }, scaling: { maxReplicas: Math.max(1, minReplicas, range.to) } };
}

function refusesOne({ kind, namespace }: Workload, of: { readonly className: string; readonly policySet: PolicySet }): boolean {
  const workloadClass = classFor(of.policySet, { className: of.className, namespace });
  return workloadClass !== undefined && singletonAction(workloadClass, kind) === "deny";
}

/** A profile is found by the workload's name; one that is generated has to be told by a label. */
function profileNameOf({ name, object }: Workload): string {
  const generated = object.metadata.generateName ?? "";
  return name === "" || name === generated ? generated.replace(/[-.]+$/, "") : name;
}

function hasDisks({ kind, namespace, name }: Workload, { snapshot }: AdmissionContext): boolean {
  if (kind !== "StatefulSet") return false;
  return (snapshot.get("StatefulSet", { namespace, name })?.spec.volumeClaimTemplates ?? []).length > 0;
}

function notesFor(
  view: WorkloadView,
  of: AdviceWorld & { readonly className: string; readonly spec: WorkloadProfileSpec },
): readonly string[] {
  const { workload, binding, scale } = view;
  const { className, spec, policySet, context } = of;
  if (binding.kind === "bound") return [];
  const isRaised = workload.hasScale && scale.range.from === 1 && spec.availability?.minReplicas === 2;
  const where = scale.source.kind === "workload" ? "replicas" : `the minimum of ${scale.source.kind} ${scale.source.name}`;
  const isUnmarked = mainContainerOf({ pod: workload.template, workloadName: workload.name }) === undefined;
  const name = profileNameOf(workload);
  const isDaemonRefused =
    workload.kind === "DaemonSet" && policySet.classes.has("system") && !isGranted(view, { className: "system", world: of });
  const requestFrom = policySet.grants.get("system")?.requestFrom ?? "the platform team";
  return [
    ...nodeGroupNotes(view),
    ...(isDaemonRefused
      ? [`a DaemonSet is usually of class system, which namespace ${workload.namespace} is not granted; ask ${requestFrom}`]
      : []),
    ...(isRaised
      ? [`class ${className} refuses one replica: set ${where} to 2, or ask for an exemption from DRAIN-001 where it can't run twice`]
      : []),
    ...view.foreignBudgets.map(
      (budget) =>
        `the profile compiles a budget of its own: delete PodDisruptionBudget ${budgetNameOf(budget)}, or set disruption.adopt: true`,
    ),
    ...(isUnmarked
      ? ["it sizes no container: which is the main one is not marked, by annotation kubectl.kubernetes.io/default-container"]
      : []),
    ...(workload.name === name
      ? []
      : [`its name is generated: set label ${context.names.profileLabel}: ${name} on it, which binds the profile`]),
  ];
}
