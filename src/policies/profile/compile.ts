/**
 * The compiler: a WorkloadProfile and its class become what each Pod of one workload gets, and the objects beside it.
 *
 * Reads the profile, the class as it holds in the namespace, the workload and what is known of capacity. Returns a
 * CompiledContract: plain data that admission writes into Pods, the profile's controller applies, and the provisioner
 * sizes demand by, so that the three cannot disagree. Judging is not done here; rules look at the same contract.
 */
import { shortHashOf } from "../../api/hash.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { scaledValue } from "../../kube/disruption-budget.ts";
import { isWorkloadKind, type Workload } from "../../kube/workload.ts";
import { compileAutoscaler } from "./autoscaler.ts";
import { budgetObject, drainAdjustment, renderBudget } from "./budget.ts";
import type { CompiledBudget, CompiledContract, OnDemandFloor, PodParts, PodVariant, ProfileReference } from "./contract.ts";
import { countedBudget } from "./counted-budget.ts";
import { notYetCompiled } from "./not-yet-compiled.ts";
import { allowedPatch } from "./pod-field-patch.ts";
import { mixesCapacity, podParts, type CompileSurroundings } from "./pod-parts.ts";
import { resolveProfile, type ResolvedProfile } from "./resolve.ts";

type ProfileInput = CompileSurroundings & { readonly profile: WorkloadProfile };

/** Kinds that take a PodDisruptionBudget of any form: those with a scale subresource. */
const budgetKinds: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "Rollout"]);

/** Kinds that take none; every other kind is somebody's own, and takes one that counts Pods. */
const budgetless: ReadonlySet<string> = new Set(["DaemonSet", "Job", "CronJob", "Pod", "Node"]);

/** A kind that nobody here knows is taken for a Job where its Pods run to an end (KEDA's ScaledJob, a workflow's step). */
function asKind({ kind, template }: Workload): string {
  if (isWorkloadKind(kind)) return kind;
  return (template.spec.restartPolicy ?? "Always") === "Always" ? kind : "Job";
}

/** Returns the contract of one workload under its profile. */
export function compileProfile(input: ProfileInput): CompiledContract {
  const { profile, workload, workloadClass, names, bundle } = input;
  const resolved = resolveProfile({ ...input, kind: asKind(workload) });
  const reference = referenceOf(profile);
  const writes = profile.spec.validateOnly !== true;
  const floor = floorFor(input, resolved);
  const pod = labelled(podParts({ ...input, resolved }), { names, floor });
  const adjustment = budgetKinds.has(workload.kind) ? drainAdjustment(drainTerms(resolved)) : undefined;
  return {
    profile: reference,
    workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name },
    className: workloadClass.name,
    bundle,
    hash: pod.labels[names.profileHashLabel] ?? "",
    writes,
    pod,
    variants: variantsOf(input, floor),
    ...(workload.stableHash === undefined ? {} : { stableHash: workload.stableHash }),
    ...(floor === undefined ? {} : { onDemandFloor: floor }),
    ...(workload.selector === undefined ? {} : { selector: workload.selector }),
    budget: writes ? budgetFor(input, resolved, reference) : { kind: "none", reason: "validateOnly" },
    autoscaler: writes ? compileAutoscaler({ ...input, resolved, reference }) : { kind: "none" },
    findings: adjustment === undefined ? [] : [adjustment],
    notYetCompiled: notYetCompiled(profile.spec),
    refusedPatch: allowedPatch({ podPatch: profile.spec.podPatch, workloadClass, fields: input.podPatchFields }).refused,
  };
}

/** Returns the contract of a workload that no profile binds: the class only judges, so nothing but our labels is compiled. */
export function compileUnprofiled(input: CompileSurroundings): CompiledContract {
  const { workload, workloadClass, names, bundle, namespaceLabels } = input;
  const owner = workload.template.metadata?.labels?.[names.costOwnerLabel] ?? namespaceLabels?.[names.costOwnerLabel];
  const labels = { [names.workloadClassLabel]: workloadClass.name, ...(owner === undefined ? {} : { [names.costOwnerLabel]: owner }) };
  const pod: PodParts = { ...emptyParts, labels };
  return {
    workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name },
    className: workloadClass.name,
    bundle,
    hash: shortHashOf(pod),
    writes: true,
    pod,
    variants: [],
    ...(workload.selector === undefined ? {} : { selector: workload.selector }),
    budget: { kind: "none", reason: "unprofiled" },
    autoscaler: { kind: "none" },
    findings: [],
    notYetCompiled: [],
    refusedPatch: [],
  };
}

const emptyParts: PodParts = {
  mode: "set",
  namedSizing: {},
  nodeSelector: {},
  nodeRequirements: [],
  tolerations: [],
  spread: [],
  preStopSeconds: 0,
  annotations: {},
  labels: {},
};

/** Each variant is the profile with the override's words laid over its own, compiled as if it stood there. */
function variantsOf(input: ProfileInput, floor: OnDemandFloor | undefined): readonly PodVariant[] {
  const { profile, workload, names } = input;
  return (profile.spec.overrides ?? []).map(({ match, compute, availability }) => {
    const { spec } = profile;
    const containers = { ...spec.compute?.containers, ...compute?.containers };
    const varied: WorkloadProfile = {
      ...profile,
      spec: {
        ...spec,
        compute: { ...spec.compute, ...compute, ...(Object.keys(containers).length === 0 ? {} : { containers }) },
        availability: { ...spec.availability, ...availability },
      },
    };
    const variant = { ...input, profile: varied };
    const parts = podParts({ ...variant, resolved: resolveProfile({ ...variant, kind: asKind(workload) }) });
    return {
      labels: match.labels ?? {},
      ...(match.stage === undefined ? {} : { stage: match.stage }),
      pod: labelled(parts, { names, floor }),
    };
  });
}

/** Undefined where Spot and other capacity are not both open to the workload, or nothing is to stay off Spot. */
function floorFor({ workload, workloadClass }: CompileSurroundings, resolved: ResolvedProfile): OnDemandFloor | undefined {
  const asked = resolved.spotFloorOnDemand.value;
  const counted = scaledValue(asked, workload.replicas);
  // Of 0 replicas a share is 0, and yet asked for.
  const isAsked = typeof asked === "number" ? asked > 0 : asked !== "0%";
  if (!isAsked || !counted.ok || !mixesCapacity({ workloadClass, resolved })) return undefined;
  return { asked, replicas: counted.value };
}

function budgetFor(input: CompileSurroundings, resolved: ResolvedProfile, reference: ProfileReference): CompiledBudget {
  const { workload, workloadClass, names } = input;
  if (budgetless.has(asKind(workload))) return { kind: "none", reason: "kind" };
  if (!budgetKinds.has(workload.kind)) return countedBudget({ ...input, resolved, reference });
  if (workload.selector === undefined) return { kind: "none", reason: "kind" };
  const interruptible = workloadClass.capacityTypes.includes("spot");
  const form = renderBudget({
    ...drainTerms(resolved),
    maxReplicas: resolved.maxReplicas.value,
    replicas: workload.replicas,
    interruptible,
  });
  if (form.kind === "singleton") return { kind: "none", reason: "singleton" };
  const { intent, adjusted } = form;
  const budget = budgetObject({ profile: reference, profileApiVersion: names.apiVersion, workload, selector: workload.selector, intent });
  return { kind: "budget", budget, adjusted, asked: resolved.budget.value, interruptible };
}

function drainTerms(resolved: ResolvedProfile) {
  return { asked: resolved.budget.value, minReplicas: resolved.minReplicas.value };
}

/** Adds the label by which a Pod shows which contract it carries. */
function labelled(parts: PodParts, of: { readonly names: PlatformNames; readonly floor: OnDemandFloor | undefined }): PodParts {
  const hash = shortHashOf(of.floor === undefined ? lastingParts(parts) : { ...lastingParts(parts), onDemandFloor: of.floor.asked });
  return { ...parts, labels: { ...parts.labels, [of.names.profileHashLabel]: hash } };
}

/**
 * What makes a running Pod stale: not minDomains and the zones that were left, which only say how it was when a Pod was made, and not
 * the selector, which never changes and may not be known yet when a workload's first Pod comes.
 */
function lastingParts({ lastingRequirements, ...parts }: PodParts): object {
  const nodeRequirements = lastingRequirements ?? parts.nodeRequirements;
  return {
    ...parts,
    nodeRequirements,
    spread: parts.spread.map((constraint) => ({ ...constraint, minDomains: undefined, labelSelector: undefined })),
  };
}

function referenceOf({ metadata }: WorkloadProfile): ProfileReference {
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
  };
}
