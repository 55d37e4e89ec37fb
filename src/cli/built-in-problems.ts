/**
 * Problems of built-in kinds: what the API server's decoder would refuse before admission ever saw the object.
 *
 * Reads one object. Returns sentences in the decoder's own words. Only kinds that admission judges are looked at; what
 * nobody judges can't mislead a verdict.
 */
import { apiVersionOf, kindTable, type KindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import { isWorkloadKind, workloadOf } from "../kube/workload.ts";
import { type BuiltInSchemas, createBuiltInSchemas } from "../sim/built-in-schemas.ts";
import { decodeFields } from "../sim/field-decoding.ts";
import type { JsonObject } from "../sim/json.ts";

/** What is wrong with a built-in object: problems refuse it, notes are only told. */
export interface BuiltInFindings {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

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

/** Returns a judge of built-in objects; keep one, since it reads each kind's schema only once. */
export function builtInJudge(): (object: KubeObject) => BuiltInFindings {
  const schemas = createBuiltInSchemas();
  return (object) => judge(object, schemas);
}

function judge(object: KubeObject, schemas: BuiltInSchemas): BuiltInFindings {
  const kind = judgedKinds.find((known) => known === object.kind);
  if (kind === undefined) return { problems: [], notes: [] };
  const info = kindTable()[kind];
  // The same kind name in another group (a Volcano Job) is another kind, and not judged.
  if (groupOf(object.apiVersion) !== info.group) return { problems: [], notes: [] };
  if (object.apiVersion !== apiVersionOf(info)) return { problems: [otherVersion(object, apiVersionOf(info))], notes: [] };
  const group = info.group === "" ? "core" : (info.group.split(".")[0] ?? info.group);
  const plain = object as unknown as JsonObject;
  const decoded = decodeFields(plain, schemas(`${group}.${info.version}.${kind}`), { custom: false });
  const notes = decoded.unknownFields.map((path) => `unknown field "${path}"; kubectl refuses it unless --validate=false`);
  if (decoded.typeError !== undefined) return { problems: [decoded.typeError], notes };
  if (isWorkloadKind(kind) && workloadOf(object) === undefined) {
    return { problems: [kind === "Pod" ? "spec.containers is missing" : "spec.template with its spec.containers is missing"], notes };
  }
  return { problems: [], notes };
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
