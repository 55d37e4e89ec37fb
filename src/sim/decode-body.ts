/**
 * Request bodies: the object of a POST or PUT, checked against the path that it was sent to.
 *
 * Reads the body of a call. Returns the object with unknown fields removed as fieldValidation asks (Strict refuses them, Warn tells them), or
 * the 400 that the real server gives.
 */
import { err, ok, type Result } from "../api/result.ts";
import { badRequest, invalid } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { decodeFields } from "./field-decoding.ts";
import { isJsonObject, objectAt, stringAt, withValue, type JsonObject } from "./json.ts";
import { apiVersionOf, type ServedResource } from "./served-resource.ts";
import { invalidValue } from "./validation/field-problem.ts";
import { storedEvent } from "./event-versions.ts";

/** Decodes the body of a create or update. */
export function decodeBody(call: Call): Outcome<JsonObject> {
  const { served } = call;
  const { body } = call.request;
  if (!isJsonObject(body)) return err(badRequest(`Object 'Kind' is missing in '${JSON.stringify(body ?? null)}'`));
  const typed = withType(body, served);
  if (!typed.ok) return typed;
  const decoded = decodeForServed(call, typed.value);
  if (!decoded.ok) return decoded;
  return placed(call, decoded.value);
}

/** Decodes any object of the call's resource: unknown fields, type errors, nulls. */
export function decodeForServed(call: Call, object: JsonObject): Outcome<JsonObject> {
  const { served } = call;
  const decoded = decodeFields(object, served.schema(), { custom: served.custom !== undefined });
  const subject = `${served.kind} in version "${served.version}" cannot be handled as a ${served.kind}`;
  if (decoded.typeError !== undefined) return err(badRequest(`${subject}: ${decoded.typeError}`));
  const strict = checkUnknownFields(call, decoded.unknownFields);
  return strict.ok ? ok(decoded.value) : err(badRequest(`${subject}: ${strict.error}`));
}

/** Refuses, tells or ignores unknown fields, as fieldValidation asks; custom resources tell theirs in order. */
function checkUnknownFields({ served, request, warnings }: Call, paths: readonly string[]): Result<undefined, string> {
  const problems = paths.map((path) => `unknown field "${path}"`);
  if (served.custom !== undefined) problems.sort();
  const level = request.query["fieldValidation"] ?? "Warn";
  if (problems.length > 0 && level === "Strict") return err(`strict decoding error: ${problems.join(", ")}`);
  if (level === "Warn") warnings.push(...problems);
  return ok(undefined);
}

/**
 * Decodes a patched object. `shown` is what an error about its fields quotes: a strategic merge patch, whose converter only names the wanted
 * type, or the outcome of any other patch.
 */
export function decodePatched(
  call: Call,
  object: JsonObject,
  { shown, strategic }: { readonly shown: () => string; readonly strategic?: true },
): Outcome<JsonObject> {
  const { served } = call;
  const decoded = decodeFields(object, served.schema(), { custom: served.custom !== undefined });
  const wanted = strategic === true ? / of type (\S+)$/.exec(decoded.typeError ?? "")?.[1] : undefined;
  const typeError = wanted === undefined ? decoded.typeError : `unrecognized type: ${wanted}`;
  const strict = typeError === undefined ? checkUnknownFields(call, decoded.unknownFields) : err(typeError);
  if (strict.ok) return ok(decoded.value);
  return err(invalid({ group: "", kind: "" }, "", [invalidValue("patch", shown(), strict.error)]));
}

function withType(body: JsonObject, served: ServedResource): Outcome<JsonObject> {
  const kind = stringAt(body, "kind");
  const apiVersion = stringAt(body, "apiVersion");
  const expected = apiVersionOf(served);
  if (kind !== undefined && kind !== served.kind) {
    const unknown = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion ?? "")} in scheme "pkg/runtime/scheme.go:111"`;
    return err(badRequest(`${kind} in version "${served.version}" cannot be handled as a ${served.kind}: ${unknown}`));
  }
  if (apiVersion !== undefined && apiVersion !== expected) {
    return err(badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`));
  }
  return ok({ ...body, apiVersion: expected, kind: served.kind });
}

/** Fills the namespace from the path and refuses an object that names another place. */
function placed(call: Call, object: JsonObject): Outcome<JsonObject> {
  const namespace = stringAt(object, "metadata", "namespace") ?? "";
  if (!call.served.namespaced) return ok(withValue(object, ["metadata", "namespace"], undefined));
  if (namespace !== "" && namespace !== call.namespace) {
    return err(badRequest("the namespace of the provided object does not match the namespace sent on the request"));
  }
  return ok(withValue({ ...object, metadata: objectAt(object, "metadata") }, ["metadata", "namespace"], call.namespace));
}

/** Turns an object as served into its stored form: two event versions share one. */
export function toStored(served: ServedResource, object: JsonObject): JsonObject {
  return served.storage === "events" ? storedEvent(object) : object;
}
