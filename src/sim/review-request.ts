/**
 * The request of an AdmissionReview: a write as webhooks are told of it.
 *
 * Reads the call and the write. Returns the request part of an admission.k8s.io/v1 AdmissionReview with the real server's members.
 */
import type { AdmittedWrite } from "./admitted-write.ts";
import type { Call } from "./api-server.ts";
import { servedForm } from "./event-versions.ts";
import { objectAt, stringAt, type JsonObject, type JsonValue } from "./json.ts";

const subresourceKinds: Readonly<Record<string, JsonObject>> = {
  scale: { group: "autoscaling", version: "v1", kind: "Scale" },
  eviction: { group: "policy", version: "v1", kind: "Eviction" },
  binding: { group: "", version: "v1", kind: "Binding" },
};

const optionKinds: Readonly<Record<AdmittedWrite["operation"], string>> = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
};

/** Returns the request part of a review. */
export function reviewRequest(call: Call, write: AdmittedWrite): JsonObject {
  const { served, server, request, subresource } = call;
  const kind = subresourceKinds[subresource] ?? { group: served.group, version: served.version, kind: served.kind };
  const resource = { group: served.group, version: served.version, resource: served.resource };
  const name = call.name === "" ? (stringAt(write.object, "metadata", "name") ?? "") : call.name;
  return {
    uid: server.random.uid(),
    kind,
    resource,
    ...(subresource === "" ? {} : { subResource: subresource }),
    requestKind: kind,
    requestResource: resource,
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    ...(name === "" ? {} : { name }),
    ...(served.namespaced ? { namespace: call.namespace } : served.storage === "namespaces" ? { namespace: name } : {}),
    operation: write.operation,
    userInfo: { username: request.user.username, groups: request.user.groups },
    object: reviewed(call, write.object),
    oldObject: reviewed(call, write.old),
    dryRun: call.dryRun,
    options: options(call, write),
  };
}

function reviewed({ served, subresource }: Call, object: JsonObject | undefined): JsonValue {
  if (object === undefined) return null;
  return subresource === "" || subresource === "status" ? servedForm(object, served) : object;
}

function options({ request, dryRun }: Call, { operation }: AdmittedWrite): JsonObject {
  const kind = optionKinds[operation];
  const { fieldManager, fieldValidation } = request.query;
  const sent = operation === "DELETE" ? objectAt(request.body) : {};
  return {
    ...sent,
    kind,
    apiVersion: "meta.k8s.io/v1",
    ...(dryRun ? { dryRun: ["All"] } : {}),
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
  };
}
