/**
 * The scale subresource: a workload's replicas, whatever its kind.
 *
 * Reads and writes the replicas of Deployments, ReplicaSets, ReplicationControllers, StatefulSets and of custom resources that declare scale, as autoscaling/v1 Scale.
 * Admission sees the Scale, not the workload, as on the real server.
 */
import { applyJsonPatch, parseJsonPatch } from "../kube/json-patch.ts";
import { formatSelector } from "../kube/selector.ts";
import { err, ok } from "../api/result.ts";
import { admitMutating, admitValidating } from "./admission.ts";
import { badRequest, conflict, invalid, modifiedCause, notFound, unsupportedMediaType } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { isJsonObject, numberAt, objectAt, stringAt, stringMapAt, toJson, valueAt, withValue, type JsonObject } from "./json.ts";
import { labelSelectorOf } from "./object-codec.ts";
import { applyMergePatch } from "./patch/merge-patch.ts";
import type { ServedResource } from "./served-resource.ts";
import { changeObject } from "./update.ts";

/** Answers a GET of a scale. */
export function getScale(call: Call): Outcome {
  const found = call.server.store.get({ resource: call.served.storage, namespace: call.namespace, name: call.name });
  return found === undefined ? err(notFound(call.served, call.name)) : ok({ status: 200, body: scaleOf(found, call.served) });
}

/** Answers a PUT or PATCH of a scale. */
export async function writeScale(call: Call): Promise<Outcome> {
  const found = call.server.store.get({ resource: call.served.storage, namespace: call.namespace, name: call.name });
  if (found === undefined) return err(notFound(call.served, call.name));
  const current = scaleOf(found, call.served);
  const wanted = wantedScale(call, current);
  if (!wanted.ok) return wanted;
  const revision = stringAt(wanted.value, "metadata", "resourceVersion") ?? "";
  if (revision !== "" && revision !== stringAt(current, "metadata", "resourceVersion"))
    return err(conflict(call.served, call.name, modifiedCause));
  const mutated = await admitMutating(call, { operation: "UPDATE", object: wanted.value, old: current });
  if (!mutated.ok) return mutated;
  const replicas = numberAt(mutated.value, "spec", "replicas") ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) return err(negativeReplicas(call.name, replicas));
  const admitted = await admitValidating(call, { operation: "UPDATE", object: mutated.value, old: current });
  if (!admitted.ok) return admitted;
  const path = replicasPath(call.served);
  const written = await changeObject({ ...call, subresource: "scale" }, (object) => ok({ object: withValue(object, path, replicas) }));
  return written.ok ? ok({ status: 200, body: scaleOf(written.value.body, call.served) }) : written;
}

function wantedScale({ request }: Call, current: JsonObject): Outcome<JsonObject> {
  const { body } = request;
  if (request.method === "PUT") {
    return isJsonObject(body)
      ? ok({ ...current, ...body, metadata: { ...objectAt(body, "metadata") } })
      : err(badRequest("a Scale is an object"));
  }
  switch (request.contentType.split(";")[0]) {
    case "application/json-patch+json": {
      const operations = parseJsonPatch(body);
      if (!operations.ok) return err(badRequest(operations.error));
      const applied = applyJsonPatch(current, operations.value);
      const value = applied.ok ? toJson(applied.value) : null;
      return isJsonObject(value) ? ok(value) : err(badRequest("the server rejected our request due to an error in our request"));
    }
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
      return isJsonObject(body) ? ok(applyMergePatch(current, body)) : err(badRequest("a patch of a Scale is an object"));
    default:
      return err(unsupportedMediaType("the body of the request was in an unknown format"));
  }
}

function scaleOf(object: JsonObject, served: ServedResource): JsonObject {
  const metadata = objectAt(object, "metadata");
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => scaleMetadata.has(name)));
  const replicas = numberAt(object, ...replicasPath(served));
  const statusPath = served.custom?.scale === undefined ? ["status", "replicas"] : pathOf(served.custom.scale.statusReplicasPath);
  const selector = selectorText(object, served);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: kept,
    spec: replicas === undefined ? {} : { replicas },
    status: { replicas: numberAt(object, ...statusPath) ?? 0, ...(selector === "" ? {} : { selector }) },
  };
}

const scaleMetadata: ReadonlySet<string> = new Set(["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]);

function selectorText(object: JsonObject, { custom, storage }: ServedResource): string {
  if (storage === "replicationcontrollers") return formatSelector({ matchLabels: stringMapAt(object, "spec", "selector") });
  if (custom === undefined) return formatSelector(labelSelectorOf(valueAt(object, "spec", "selector")));
  const path = custom.scale?.labelSelectorPath;
  return path === undefined ? "" : (stringAt(object, ...pathOf(path)) ?? "");
}

function replicasPath({ custom }: ServedResource): readonly string[] {
  return custom?.scale === undefined ? ["spec", "replicas"] : pathOf(custom.scale.specReplicasPath);
}

function pathOf(text: string): readonly string[] {
  return text.split(".").filter((part) => part !== "");
}

function negativeReplicas(name: string, replicas: number): ReturnType<typeof invalid> {
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  return invalid({ group: "autoscaling", kind: "Scale" }, name, [{ reason: "FieldValueInvalid", field: "spec.replicas", message }]);
}
