/**
 * Built-in form: an object of a built-in kind as the API server's decoder leaves it for admission.
 *
 * Reads one object. Returns it decoded (no nulls, canonical quantities), or what the decoder would refuse, in the
 * decoder's own words. Of kinds whose schema we don't have nothing is known, and nobody judges them.
 */
import { apiVersionOf, kindTable, type KindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { isQuantity } from "../kube/quantity.ts";
import { isWorkloadKind, workloadOf } from "../kube/workload.ts";
import { type BuiltInSchemas, createBuiltInSchemas } from "../sim/built-in-schemas.ts";
import { decodeFields } from "../sim/field-decoding.ts";
import type { JsonObject, JsonValue } from "../sim/json.ts";
import type { ObjectForm } from "./object-form.ts";

/** Kinds that admission judges or reads; a kind of the same name in another group (a Volcano Job) is another kind. */
const judgedKinds = [
  "Pod",
  "Namespace",
  "Node",
  "Deployment",
  "ReplicaSet",
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
      return { object: written, problems: [otherVersion(written, apiVersionOf(info))], notes: [] };
    const form = decoded(object, schemas(`${shortGroup(info.group)}.${info.version}.${kind}`));
    if (form.problems.length > 0 || !isWorkloadKind(kind) || workloadOf(form.object) !== undefined) return form;
    return { ...form, problems: [kind === "Pod" ? "spec.containers is missing" : "spec.template with its spec.containers is missing"] };
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

function shortGroup(group: string): string {
  return group === "" ? "core" : (group.split(".")[0] ?? group);
}

function formBeside(written: KubeObject, schemas: BuiltInSchemas): ObjectForm {
  const reference = besideKinds[`${written.apiVersion}/${written.kind}`];
  return reference === undefined ? { object: written, problems: [], notes: [] } : decoded(written, schemas(reference));
}

function decoded(written: KubeObject, schema: ReturnType<BuiltInSchemas>): ObjectForm {
  const plain = written as unknown as JsonObject;
  const { value, unknownFields, typeError } = decodeFields(plain, schema, { custom: false });
  const notes = unknownFields.map((path) => `unknown field "${path}"; kubectl refuses it unless --validate=false`);
  if (typeError === undefined) return { object: value as unknown as KubeObject, problems: [], notes };
  // The decoder's words on a quantity don't say which.
  const quantity = typeError.includes("quantit") ? wrongQuantity(plain, "") : undefined;
  return { object: written, problems: [quantity === undefined ? typeError : `${quantity}: ${typeError}`], notes };
}

const quantityMaps = new Set(["requests", "limits", "overhead", "capacity", "allocatable", "hard"]);
const quantityFields = new Set(["sizeLimit", "averageValue", "divisor"]);

/** Returns the first quantity that is none, with its path and value. */
function wrongQuantity(value: JsonValue, path: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, inner] of Object.entries(value) as [string, JsonValue][]) {
    const at = path === "" ? name : `${path}.${name}`;
    const parent = path.slice(path.lastIndexOf(".") + 1);
    const isScalar = typeof inner === "string" || typeof inner === "number" || typeof inner === "boolean";
    if (isScalar && (quantityMaps.has(parent) || quantityFields.has(name)) && !isQuantity(String(inner)))
      return `${at} ${JSON.stringify(inner)}`;
    const found = wrongQuantity(inner, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** autoscaling/v1 is still served; it says the same with one metric. */
function currentAutoscaler(written: KubeObject & { readonly spec?: unknown }): KubeObject {
  const { spec } = written;
  if (written.apiVersion !== "autoscaling/v1" || typeof spec !== "object" || spec === null) return written;
  const { targetCPUUtilizationPercentage: averageUtilization, ...rest } = spec as Readonly<Record<string, unknown>>;
  const metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } }];
  const current = { ...rest, ...(averageUtilization === undefined ? {} : { metrics }) };
  // Its status and annotations keep their old form, which nobody reads.
  const { status: _status, ...others } = written as KubeObject & { readonly status?: unknown };
  return { ...others, apiVersion: "autoscaling/v2", spec: current } as KubeObject;
}
