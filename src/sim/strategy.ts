/**
 * Strategies: what the server itself writes on an object before it is stored.
 *
 * Reads the new object and the stored one. Returns the object with its system metadata, its status isolated (a write of the object keeps the
 * stored status, a write of the status keeps all else) and its generation counted: the parts of each registry strategy's PrepareForCreate and
 * PrepareForUpdate that a client can see.
 */
import type { Instant } from "../api/ports.ts";
import { qosClass } from "../kube/pod-requests.ts";
import { timeText } from "../kube/time-text.ts";
import { withServiceAddresses } from "./defaulting.ts";
import { withJobSelector } from "./defaults/workload-defaults.ts";
import { podOf } from "./object-codec.ts";
import { establishedDefinition, defaultedDefinition } from "./crd.ts";
import { definitionStorage } from "./built-in-resources.ts";
import {
  arrayAt,
  equalJson,
  mapAt,
  numberAt,
  objectAt,
  stringAt,
  valueAt,
  withoutMembers,
  withValue,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
import { withLabelKeys } from "./label-keys.ts";
import type { Random } from "./random.ts";
import type { ServedResource } from "./served-resource.ts";

/** What a new object gets from the server. */
export interface Birth {
  readonly now: Instant;
  readonly random: Random;
}

/** The status that a new object starts with, by storage name; all others start without one that a client sent. */
const freshStatus: Readonly<Record<string, JsonObject>> = {
  pods: { phase: "Pending" },
  namespaces: { phase: "Active" },
  services: { loadBalancer: {} },
  replicationcontrollers: { replicas: 0 },
  "deployments.apps": {},
  "replicasets.apps": { replicas: 0 },
  "statefulsets.apps": { replicas: 0, availableReplicas: 0 },
  "daemonsets.apps": { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  "jobs.batch": {},
  "cronjobs.batch": {},
  "poddisruptionbudgets.policy": { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  "horizontalpodautoscalers.autoscaling": { desiredReplicas: 0, currentMetrics: null },
};

/** Metadata that a client cannot give a new object. */
const unsendable = ["deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "selfLink", "generation"];

/** Returns a new object with its system metadata and its first status. */
export function preparedForCreate(object: JsonObject, served: ServedResource, { now, random }: Birth): JsonObject {
  const sent = objectAt(object, "metadata");
  const generateName = stringAt(sent, "generateName");
  const given = stringAt(sent, "name") ?? "";
  const name = given === "" && generateName !== undefined ? `${generateName.slice(0, 58)}${random.suffix()}` : given;
  const metadata: JsonObject = {
    ...withoutMembers(sent, unsendable),
    name,
    uid: random.uid(),
    creationTimestamp: timeText(now),
    ...(served.generation ? { generation: 1 } : {}),
  };
  const born: JsonObject = { ...object, metadata };
  if (served.storage === "daemonsets.apps") return withFreshStatus(withTemplateGeneration(born, undefined), served);
  if (served.storage === "jobs.batch") return withFreshStatus(withJobSelector(born), served);
  if (served.storage === "services")
    return withFreshStatus(
      withServiceAddresses(born, (below) => random.integer(below)),
      served,
    );
  if (served.storage === "namespaces") return preparedNamespace(withFreshStatus(born, served), name);
  if (served.storage === definitionStorage)
    return establishedDefinition(defaultedDefinition(withValue(born, ["status"], undefined)), timeText(now));
  return withFreshStatus(served.storage === "pods" ? withLabelKeys(born) : born, served);
}

function withFreshStatus(object: JsonObject, served: ServedResource): JsonObject {
  if (served.custom !== undefined) return served.statusIsolated ? withValue(object, ["status"], undefined) : object;
  const fresh = freshStatus[served.storage];
  return fresh === undefined ? object : { ...object, status: served.storage === "pods" ? podStatus(object, fresh) : fresh };
}

/** The QoS class is told at creation; a Pod without containers is refused by validation right after. */
function podStatus(object: JsonObject, fresh: JsonObject): JsonObject {
  if (arrayAt(object, "spec", "containers").length === 0) return fresh;
  return { ...fresh, qosClass: qosClass(podOf(object).spec) };
}

function preparedNamespace(object: JsonObject, name: string): JsonObject {
  const labelled = withValue(object, ["metadata", "labels", "kubernetes.io/metadata.name"], name);
  return { ...labelled, spec: { ...objectAt(labelled, "spec"), finalizers: valueAt(labelled, "spec", "finalizers") ?? ["kubernetes"] } };
}

const templateGenerationAnnotation = "deprecated.daemonset.template.generation";

/** A DaemonSet counts the changes of its template in an annotation, for clients of its first version. */
function withTemplateGeneration(object: JsonObject, current: JsonObject | undefined): JsonObject {
  const before = Number(stringAt(current, "metadata", "annotations", templateGenerationAnnotation) ?? "0");
  const isNew = current === undefined || !equalJson(valueAt(object, "spec", "template"), valueAt(current, "spec", "template"));
  return withValue(object, ["metadata", "annotations", templateGenerationAnnotation], String(isNew ? before + 1 : before));
}

/** The metadata that only the server writes. */
const systemMetadata = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "resourceVersion",
  "generateName",
  "name",
  "namespace",
];

/** Returns a changed object with the stored one's system metadata, status and generation as the written subresource demands. */
export function preparedForUpdate(
  object: JsonObject,
  current: JsonObject,
  { served, subresource, now }: { readonly served: ServedResource; readonly subresource: string; readonly now: Instant },
): JsonObject {
  const isolated = isolate(object, current, served, subresource);
  const metadata: Record<string, JsonValue> = { ...objectAt(isolated, "metadata") };
  for (const name of systemMetadata) {
    const kept = valueAt(current, "metadata", name);
    if (kept === undefined) Reflect.deleteProperty(metadata, name);
    else metadata[name] = kept;
  }
  const changed: JsonObject = { ...isolated, metadata };
  const next = served.storage === "daemonsets.apps" ? withTemplateGeneration(changed, current) : changed;
  const counted = countedGeneration(next, current, served, subresource);
  if (served.storage !== definitionStorage) return counted;
  return establishedDefinition(defaultedDefinition(counted), timeText(now));
}

function isolate(object: JsonObject, current: JsonObject, served: ServedResource, subresource: string): JsonObject {
  if (subresource === "status") {
    const status = valueAt(object, "status");
    const base = served.custom === undefined ? { ...current, metadata: statusMetadata(object, current) } : current;
    return withManagedFieldsOf(withValue(base, ["status"], status), object);
  }
  if (served.storage === "namespaces") return isolatedNamespace(object, current, subresource);
  if (!served.statusIsolated || writesWhole.has(subresource)) return object;
  return withValue(object, ["status"], valueAt(current, "status"));
}

/** The finalizers in a Namespace's spec are written through finalize only, and finalize writes nothing else. */
function isolatedNamespace(object: JsonObject, current: JsonObject, subresource: string): JsonObject {
  const path = ["spec", "finalizers"];
  if (subresource === "finalize") {
    return withManagedFieldsOf(withValue(current, path, valueAt(object, ...path)), object);
  }
  return withValue(withValue(object, path, valueAt(current, ...path)), ["status"], valueAt(current, "status"));
}

/** A write of a built-in status may change labels and annotations, not owners and finalizers. */
function statusMetadata(object: JsonObject, current: JsonObject): JsonObject {
  const sent = objectAt(object, "metadata");
  const stored = objectAt(current, "metadata");
  const labelled = withValue(withValue(stored, ["labels"], sent["labels"]), ["annotations"], sent["annotations"]);
  return labelled;
}

function withManagedFieldsOf(object: JsonObject, from: JsonObject): JsonObject {
  return withValue(object, ["metadata", "managedFields"], valueAt(from, "metadata", "managedFields"));
}

function countedGeneration(next: JsonObject, current: JsonObject, served: ServedResource, subresource: string): JsonObject {
  if (!served.generation || subresource === "status" || writesWhole.has(subresource) || !desiredStateChanged(next, current, served))
    return next;
  return mapAt(next, ["metadata"], (metadata) => ({ ...metadata, generation: (numberAt(current, "metadata", "generation") ?? 0) + 1 }));
}

function desiredStateChanged(next: JsonObject, current: JsonObject, served: ServedResource): boolean {
  const parts = new Set([...Object.keys(next), ...Object.keys(current)]);
  parts.delete("metadata");
  parts.delete("apiVersion");
  parts.delete("kind");
  if (served.statusIsolated) parts.delete("status");
  if ([...parts].some((part) => !equalJson(next[part], current[part]))) return true;
  const isDeployment = served.storage === "deployments.apps";
  return isDeployment && !equalJson(valueAt(next, "metadata", "annotations"), valueAt(current, "metadata", "annotations"));
}

/** Subresources whose own code writes both spec and status. */
const writesWhole: ReadonlySet<string> = new Set(["binding", "eviction"]);
