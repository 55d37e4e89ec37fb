/**
 * Built-in form: an object of a built-in kind as the API server's decoder leaves it for admission.
 *
 * Reads one object. Returns it decoded (no nulls, canonical quantities), or all that the decoder would refuse, in the
 * decoder's own words. What only the API server's later validation refuses is a note: it concerns no verdict of ours. Of
 * kinds whose schema we don't have nothing is known, and nobody judges them.
 */
import { kindTable, type KindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { namesTarget } from "../kube/workload-scale.ts";
import { isWorkloadKind, workloadOf } from "../kube/workload.ts";
import { type BuiltInSchemas, createBuiltInSchemas } from "../sim/built-in-schemas.ts";
import { objectAt, stringAt, valueAt, type JsonObject } from "../sim/json.ts";
import { podSpecProblems } from "../sim/validation/pod-validation.ts";
import { workloadChecks } from "../sim/validation/workload-validation.ts";
import { decodedForm, type ObjectForm } from "./decoded-form.ts";
import { metadataNotes, refusalNote } from "./metadata-notes.ts";
import { anyType, besideTypes, readTypes } from "./read-types.ts";
import { groupOf, rightApiVersion } from "./served-kind.ts";

/** Kinds that admission judges or reads; a kind of the same name in another group (a Volcano Job) is another kind. */
const judgedKinds = [
  "Pod",
  "Namespace",
  "Node",
  "Deployment",
  "ReplicaSet",
  "ReplicationController",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
  "PodDisruptionBudget",
  "HorizontalPodAutoscaler",
] as const satisfies readonly KindName[];

/** Returns the former of built-in objects; keep one, since it reads each kind's schema only once. */
export function builtInForm(): (written: KubeObject) => ObjectForm {
  const schemas = createBuiltInSchemas(readTypes);
  return (written) => {
    const served = rightApiVersion(written);
    if (served !== undefined)
      return { object: written, problems: [{ message: otherVersion(written, served), field: "apiVersion" }], notes: [] };
    const kind = judgedKinds.find((known) => known === written.kind);
    if (kind === undefined || groupOf(written.apiVersion) !== kindTable()[kind].group) return formBeside(written, schemas);
    const info = kindTable()[kind];
    const object = kind === "HorizontalPodAutoscaler" ? currentAutoscaler(written) : written;
    const form = decodedForm(object, schemas(`${shortGroup(info.group)}.${info.version}.${kind}`));
    if (form.problems.length > 0) return form;
    const missing = missingPart(kind, form.object);
    if (missing !== undefined) return { ...form, problems: [{ message: `${missing} is missing` }] };
    return { ...form, notes: [...form.notes, ...invalidParts(kind, form.object)] };
  };
}

/** The words for an object of a known kind in a version that is not served. */
export function otherVersion(object: KubeObject, served: string): string {
  return `no matches for kind "${object.kind}" in version "${object.apiVersion}"; write apiVersion: ${served}`;
}

/** Returns the part without which an object says nothing that could be judged. */
function missingPart(kind: KindName, object: KubeObject): string | undefined {
  const plain = object as unknown as JsonObject;
  if (kind === "HorizontalPodAutoscaler") {
    return ["kind", "name"]
      .map((field) => ["spec", "scaleTargetRef", field])
      .find((path) => stringAt(plain, ...path) === undefined)
      ?.join(".");
  }
  if (kind === "PodDisruptionBudget") return valueAt(plain, "spec") === undefined ? "spec" : undefined;
  // A Rollout may take its template from another object.
  if (!isWorkloadKind(kind) || kind === "Rollout" || workloadOf(object) !== undefined) return undefined;
  return kind === "Pod" ? "spec.containers" : "spec.template with its spec.containers";
}

function invalidParts(kind: KindName, object: KubeObject): readonly string[] {
  const plain = object as unknown as JsonObject;
  const { resource, group } = kindTable()[kind];
  const problems =
    kind === "Pod" ? podSpecProblems(objectAt(plain, "spec"), "spec") : (workloadChecks[`${resource}.${group}`]?.(plain) ?? []);
  return [...metadataNotes(object), ...problems.map(refusalNote)];
}

function shortGroup(group: string): string {
  return group === "" ? "core" : (group.split(".")[0] ?? group);
}

/** Says whether an object is of a namespaced kind that stands beside workloads. */
export function isNamespacedBeside({ apiVersion, kind }: KubeObject): boolean {
  return namespacedKinds.has(`${groupOf(apiVersion)}/${kind}`);
}

/** Built-in kinds that have a namespace and that we don't watch: their answers name the namespace that they go to. */
const namespacedKinds: ReadonlySet<string> = new Set([
  ...["ConfigMap", "Endpoints", "Secret", "ServiceAccount"].map((kind) => `/${kind}`),
  ...["Role", "RoleBinding"].map((kind) => `rbac.authorization.k8s.io/${kind}`),
  ...["Ingress", "NetworkPolicy"].map((kind) => `networking.k8s.io/${kind}`),
  ...["apps/ControllerRevision", "discovery.k8s.io/EndpointSlice", "storage.k8s.io/CSIStorageCapacity"],
]);

function formBeside(written: KubeObject, schemas: BuiltInSchemas): ObjectForm {
  // KEDA's own definition asks for no more of what we read.
  if (written.kind === "ScaledObject" && groupOf(written.apiVersion) === kindTable().ScaledObject.group && !namesTarget(written)) {
    return { object: written, problems: [{ message: "spec.scaleTargetRef.name is missing" }], notes: [] };
  }
  const reference = besideTypes[`${groupOf(written.apiVersion)}/${written.kind}`];
  const schema = schemas(reference ?? anyType);
  // Go's decoder always leaves a spec, and those of these kinds are read without asking.
  const isWithoutSpec = schema.properties?.has("spec") === true && (valueAt(written as unknown as JsonObject, "spec") ?? null) === null;
  const form = decodedForm(isWithoutSpec ? withEmptySpec(written) : written, schema);
  return reference === undefined ? form : { ...form, notes: [...form.notes, ...metadataNotes(written)] };
}

function withEmptySpec(written: KubeObject): KubeObject {
  return { ...written, spec: {} } as KubeObject;
}

/** autoscaling/v1 is still served; it says the same with one metric. */
function currentAutoscaler(written: KubeObject & { readonly spec?: unknown }): KubeObject {
  const { spec } = written;
  if (written.apiVersion !== "autoscaling/v1" || typeof spec !== "object" || spec === null) return written;
  const { targetCPUUtilizationPercentage: averageUtilization, ...rest } = spec as Readonly<Record<string, unknown>>;
  const metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } }];
  const current = { ...rest, ...(averageUtilization === undefined ? {} : { metrics }) };
  const { kind, metadata } = written;
  return { apiVersion: "autoscaling/v2", kind, metadata, spec: current } as KubeObject;
}
