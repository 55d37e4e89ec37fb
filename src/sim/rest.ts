/**
 * The REST router: one request to one verb.
 *
 * Reads a decoded request. Returns an answer: an object, a failure, or the lines of a watch. Both doors call it; it knows no socket.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { err } from "../api/result.ts";
import { invalid, methodNotAllowed, pathNotFound } from "./api-failure.ts";
import type { ApiServer, Call, Outcome, RestAnswer, RestRequest } from "./api-server.ts";
import { bindPod } from "./binding.ts";
import { createObject } from "./create.ts";
import { deleteCollection, deleteObject } from "./delete.ts";
import { evictPod } from "./eviction.ts";
import { isJsonObject, stringsAt } from "./json.ts";
import { getObject, listObjects } from "./list.ts";
import { patchObject } from "./patch-object.ts";
import { parseResourcePath } from "./request-path.ts";
import { getScale, writeScale } from "./scale.ts";
import { replaceObject } from "./update.ts";
import { notSupported } from "./validation/field-problem.ts";
import { watchObjects } from "./watch.ts";

/** Answers a request for a resource. */
export async function answerRequest(server: ApiServer, request: RestRequest): Promise<RestAnswer> {
  const call = callOf(server, request);
  if (call === undefined) return failure(pathNotFound());
  if (request.method === "GET" && isWatch(request.query["watch"]) && call.name === "") {
    const lines = watchObjects(call);
    return lines.ok ? { kind: "watch", lines: lines.value } : failure(lines.error);
  }
  const dryRun = dryRunOf(request);
  if (dryRun !== undefined && dryRun !== "All" && request.method !== "GET") return failure(wrongDryRun(request.method, dryRun));
  const outcome = await answerCall(call);
  const warnings = [...new Set(call.warnings)];
  if (!outcome.ok) return { kind: "failure", failure: outcome.error, warnings };
  return { kind: "object", status: outcome.value.status, body: outcome.value.body, warnings };
}

function failure(status: ApiStatus): RestAnswer {
  return { kind: "failure", failure: status, warnings: [] };
}

const optionKinds = { POST: "CreateOptions", PUT: "UpdateOptions", PATCH: "PatchOptions", DELETE: "DeleteOptions" } as const;

function wrongDryRun(method: keyof typeof optionKinds, dryRun: string): ApiStatus {
  return invalid({ group: "meta.k8s.io", kind: optionKinds[method] }, "", [notSupported("dryRun", [dryRun], ["All"])]);
}

/** A DELETE that brings DeleteOptions is not asked in its query any more. */
function dryRunOf({ method, body, query }: RestRequest): string | undefined {
  if (method === "DELETE" && isJsonObject(body)) return stringsAt(body, "dryRun")[0];
  return query["dryRun"];
}

function isWatch(text: string | undefined): boolean {
  return text === "true" || text === "1";
}

function callOf(server: ApiServer, request: RestRequest): Call | undefined {
  const path = parseResourcePath(request.path);
  if (path === undefined) return undefined;
  const served = server.registry.find(path);
  if (served === undefined) return undefined;
  const { name, subresource } = path;
  if (subresource !== "" && !served.subresources.some((known) => known === subresource)) return undefined;
  const namespace = served.namespaced ? path.namespace : "";
  return { server, request, served, namespace, name, subresource, dryRun: dryRunOf(request) === "All", warnings: [] };
}

async function answerCall(call: Call): Promise<Outcome> {
  if (call.served.readOnly && call.request.method !== "GET") return err(methodNotAllowed());
  switch (call.subresource) {
    case "":
      return call.name === "" ? answerCollection(call) : answerObject(call);
    case "status":
      return answerStatus(call);
    case "scale":
      return call.request.method === "GET" ? getScale(call) : answerScaleWrite(call);
    case "binding":
      return call.request.method === "POST" ? bindPod(call) : err(methodNotAllowed());
    case "eviction":
      return call.request.method === "POST" ? evictPod(call) : err(methodNotAllowed());
    case "finalize":
      return call.request.method === "PUT" ? replaceObject(call) : err(methodNotAllowed());
    default:
      return err(methodNotAllowed());
  }
}

async function answerCollection(call: Call): Promise<Outcome> {
  switch (call.request.method) {
    case "GET":
      return listObjects(call);
    case "POST":
      return call.served.namespaced && call.namespace === "" ? err(methodNotAllowed()) : createObject(call);
    case "DELETE":
      return deleteCollection(call);
    case "PUT":
    case "PATCH":
      return err(methodNotAllowed());
  }
}

async function answerObject(call: Call): Promise<Outcome> {
  // All that an object answers beyond its status: it can be deleted.
  return call.request.method === "DELETE" ? deleteObject(call) : answerStatus(call);
}

async function answerStatus(call: Call): Promise<Outcome> {
  switch (call.request.method) {
    case "GET":
      return getObject(call);
    case "PUT":
      return replaceObject(call);
    case "PATCH":
      return patchObject(call);
    case "POST":
    case "DELETE":
      return err(methodNotAllowed());
  }
}

async function answerScaleWrite(call: Call): Promise<Outcome> {
  const isWrite = call.request.method === "PUT" || call.request.method === "PATCH";
  return isWrite ? writeScale(call) : err(methodNotAllowed());
}
