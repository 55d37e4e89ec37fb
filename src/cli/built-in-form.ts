/**
 * Built-in form: an object of a built-in kind as the API server's decoder leaves it for admission.
 *
 * Reads one object. Returns it decoded (no nulls, canonical quantities), or all that the decoder would refuse, in the
 * decoder's own words. What only the API server's later validation refuses is a note: it concerns no verdict of ours. Of
 * kinds whose schema we don't have nothing is known, and nobody judges them.
 */
import { apiVersionOf, kindTable, type KindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { namesTarget } from "../kube/workload-scale.ts";
import { isWorkloadKind, workloadOf } from "../kube/workload.ts";
import { type BuiltInSchemas, createBuiltInSchemas } from "../sim/built-in-schemas.ts";
import { decodeFields, type FieldTypeError } from "../sim/field-decoding.ts";
import { objectAt, stringAt, valueAt, type JsonObject, type JsonValue } from "../sim/json.ts";
import { podSpecProblems } from "../sim/validation/pod-validation.ts";
import { workloadChecks } from "../sim/validation/workload-validation.ts";
import { jsonFields } from "./json-field.ts";
import { metadataNotes, refusalNote } from "./metadata-notes.ts";

/** An object in the form that admission sees; with any problem it is not to be judged. Notes change no verdict. */
export interface ObjectForm {
  readonly object: KubeObject;
  readonly problems: readonly FormProblem[];
  readonly notes: readonly string[];
}

/** One reason why an object is not to be judged. */
export interface FormProblem {
  readonly message: string;
  /** The field that it is about, as people write it, where the message does not say so itself. */
  readonly field?: string;
}

/** Problems told of one object; one that has more has said enough. */
const problemsMax = 50;

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

/** Kinds that nobody judges, but that stand beside workloads in nearly every file. */
const besideKinds: Readonly<Record<string, string>> = {
  "v1/ConfigMap": "core.v1.ConfigMap",
  "v1/Secret": "core.v1.Secret",
  "v1/Service": "core.v1.Service",
  "v1/ServiceAccount": "core.v1.ServiceAccount",
  "v1/PersistentVolumeClaim": "core.v1.PersistentVolumeClaim",
  "scheduling.k8s.io/v1/PriorityClass": "scheduling.v1.PriorityClass",
};

/** The group that workloads had before apps and policy; no API server has served it since 1.16. */
const formerGroup = "extensions";

/** Returns the former of built-in objects; keep one, since it reads each kind's schema only once. */
export function builtInForm(): (written: KubeObject) => ObjectForm {
  const schemas = createBuiltInSchemas();
  return (written) => {
    const kind = judgedKinds.find((known) => known === written.kind);
    if (kind === undefined) return formBeside(written, schemas);
    const info = kindTable()[kind];
    const group = groupOf(written.apiVersion);
    if (group !== info.group && group !== formerGroup) return { object: written, problems: [], notes: [] };
    const object = kind === "HorizontalPodAutoscaler" ? currentAutoscaler(written) : written;
    if (object.apiVersion !== apiVersionOf(info))
      return { object: written, problems: [{ message: otherVersion(written, apiVersionOf(info)) }], notes: [] };
    const form = decoded(object, schemas(`${shortGroup(info.group)}.${info.version}.${kind}`));
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

/** Returns the group of an apiVersion; "" for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
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
  if (Object.hasOwn(besideKinds, `${apiVersion}/${kind}`)) return kind !== "PriorityClass";
  return namespacedKinds.has(`${groupOf(apiVersion)}/${kind}`);
}

/** Built-in kinds that have a namespace and that we know nothing else of: their answers name the namespace that they go to. */
const namespacedKinds: ReadonlySet<string> = new Set([
  ...["Endpoints", "LimitRange", "PodTemplate", "ReplicationController", "ResourceQuota"].map((kind) => `/${kind}`),
  ...["Role", "RoleBinding"].map((kind) => `rbac.authorization.k8s.io/${kind}`),
  ...["Ingress", "NetworkPolicy"].map((kind) => `networking.k8s.io/${kind}`),
  ...["apps/ControllerRevision", "coordination.k8s.io/Lease", "discovery.k8s.io/EndpointSlice", "storage.k8s.io/CSIStorageCapacity"],
]);

function formBeside(written: KubeObject, schemas: BuiltInSchemas): ObjectForm {
  // KEDA's own definition asks for no more of what we read.
  if (written.kind === "ScaledObject" && groupOf(written.apiVersion) === kindTable().ScaledObject.group && !namesTarget(written)) {
    return { object: written, problems: [{ message: "spec.scaleTargetRef.name is missing" }], notes: [] };
  }
  const reference = besideKinds[`${written.apiVersion}/${written.kind}`];
  if (reference === undefined) return { object: written, problems: [], notes: [] };
  const form = decoded(written, schemas(reference));
  return { ...form, notes: [...form.notes, ...metadataNotes(written)] };
}

function decoded(written: KubeObject, schema: ReturnType<BuiltInSchemas>): ObjectForm {
  const plain = written as unknown as JsonObject;
  const { value, unknownFields, typeErrors } = decodeFields(plain, schema, { custom: false });
  const notes = unknownFields.map((path) => `unknown field "${path}"; kubectl refuses it unless --validate=false`);
  const undecoded = new Set(typeErrors.map(({ path }) => path));
  const writtenAt = new Map(typeErrors.length === 0 ? [] : [...jsonFields(plain)].map((field) => [field.path, field.value] as const));
  const problems = [
    ...typeErrors.map((error) => typeProblem(error, writtenAt.get(error.path))),
    // What could not be decoded has left a null in its list, which nobody wrote.
    ...unjudgeableParts(value).filter(({ field }) => !undecoded.has(field)),
  ];
  return problems.length === 0
    ? { object: value as unknown as KubeObject, problems, notes }
    : { object: written, problems: problems.slice(0, problemsMax), notes };
}

/** The decoder's words name the field, without its place in lists; those on a quantity don't even say which. */
function typeProblem({ path, message }: FieldTypeError, written: JsonValue | undefined): FormProblem {
  if (message.startsWith("json: ")) return { message, field: path };
  return { message: `${path} ${JSON.stringify(written ?? null)}: ${message}`, field: path };
}

/** Returns what no code can judge by: empty list entries, such as that of a lone dash, and a selector's unknown operators. */
function unjudgeableParts(value: JsonValue): readonly Required<FormProblem>[] {
  return [...jsonFields(value)].flatMap((field): readonly Required<FormProblem>[] => {
    if (field.value === null && field.holder.isList) return [{ message: `${field.path} is null`, field: field.path }];
    if (field.name !== "operator" || !/\.matchExpressions\[\d+\]$/.test(field.holder.path)) return [];
    const operators = field.path.includes("nodeAffinity.") ? nodeOperators : labelOperators;
    if (typeof field.value === "string" && operators.includes(field.value)) return [];
    const supported = `supported values: ${operators.join(", ")}`;
    return [{ message: `${field.path}: Unsupported value: ${JSON.stringify(field.value)}: ${supported}`, field: field.path }];
  });
}

const labelOperators = ["In", "NotIn", "Exists", "DoesNotExist"];
const nodeOperators = [...labelOperators, "Gt", "Lt"];

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
