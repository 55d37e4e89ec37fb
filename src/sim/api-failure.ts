/**
 * The API server's failures: the Status bodies of every refusal, in Kubernetes' words.
 *
 * Reads what was asked. Returns an ApiStatus, always a value; the doors write it on the wire. Texts and codes are those of apimachinery's
 * api/errors, because kubectl prints them as they come.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { JsonObject } from "./json.ts";

/** The resource that a failure talks about. */
export interface FailingResource {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
}

/** One invalid field, as field.Error prints it. */
export interface FieldProblem {
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueForbidden"
    | "FieldValueDuplicate"
    | "FieldValueNotSupported"
    | "FieldValueTypeInvalid"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueNotFound";
  readonly field: string;
  /** The whole text behind the field: `Required value: …`, `Invalid value: "x": …`. */
  readonly message: string;
}

function qualified({ group, resource }: Pick<FailingResource, "group" | "resource">): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function details(of: FailingResource, name: string): NonNullable<ApiStatus["details"]> {
  return { ...(name === "" ? {} : { name }), ...(of.group === "" ? {} : { group: of.group }), kind: of.resource };
}

/** 404: no such object. */
export function notFound(of: FailingResource, name: string): ApiStatus {
  return { code: 404, reason: "NotFound", message: `${qualified(of)} "${name}" not found`, details: details(of, name) };
}

/** 404: no such path. */
export function pathNotFound(): ApiStatus {
  return { code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: {} };
}

/** 405: the resource does not take the verb. */
export function methodNotAllowed(): ApiStatus {
  return { code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource", details: {} };
}

/** 409: the name is taken. */
export function alreadyExists(of: FailingResource, name: string): ApiStatus {
  return { code: 409, reason: "AlreadyExists", message: `${qualified(of)} "${name}" already exists`, details: details(of, name) };
}

/** 409: another write came between. */
export function conflict(of: FailingResource, name: string, cause: string): ApiStatus {
  return {
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${cause}`,
    details: details(of, name),
  };
}

/** The cause that an optimistic lock gives. */
export const modifiedCause = "the object has been modified; please apply your changes to the latest version and try again";

/** 400 with a text. */
export function badRequest(message: string): ApiStatus {
  return { code: 400, reason: "BadRequest", message };
}

/** 403 with a text of admission or authorization. */
export function forbidden(of: FailingResource, name: string, cause: string): ApiStatus {
  return { code: 403, reason: "Forbidden", message: `${qualified(of)} "${name}" is forbidden: ${cause}`, details: details(of, name) };
}

/** 401: no credentials, or wrong ones. */
export function unauthorized(): ApiStatus {
  return { code: 401, reason: "Unauthorized", message: "Unauthorized" };
}

/** 410: a resourceVersion that the history no longer reaches. */
export function expired(message: string): ApiStatus {
  return { code: 410, reason: "Expired", message };
}

/** 415: a patch or body type that the resource does not take. */
export function unsupportedMediaType(message: string): ApiStatus {
  return { code: 415, reason: "UnsupportedMediaType", message };
}

/** 500 with a text. */
export function internalError(message: string): ApiStatus {
  return { code: 500, reason: "InternalError", message: `Internal error occurred: ${message}`, details: { causes: [{ message }] } };
}

/** 422: the object is invalid, with one cause a field. */
export function invalid(of: Pick<FailingResource, "group" | "kind">, name: string, problems: readonly FieldProblem[]): ApiStatus {
  const texts = [...new Set(problems.map((problem) => `${problem.field}: ${problem.message}`))];
  const list = texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
  const kind = of.group === "" ? of.kind : `${of.kind}.${of.group}`;
  return {
    code: 422,
    reason: "Invalid",
    message: `${kind} "${name}" is invalid: ${list}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(of.group === "" ? {} : { group: of.group }),
      ...(of.kind === "" ? {} : { kind: of.kind }),
      causes: problems.map(({ reason, field, message }) => ({ reason, message, field })),
    },
  };
}

/** Returns a failure as the wire carries it. */
export function statusBody(failure: ApiStatus): JsonObject {
  const { code, reason, message, details: more } = failure;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(more === undefined ? {} : { details: detailsBody(more) }),
    code,
  };
}

function detailsBody(more: NonNullable<ApiStatus["details"]>): JsonObject {
  const { name, group, kind, causes, retryAfterSeconds } = more;
  return {
    ...(name === undefined ? {} : { name }),
    ...(group === undefined ? {} : { group }),
    ...(kind === undefined ? {} : { kind }),
    ...(causes === undefined ? {} : { causes: causes.map((cause) => ({ ...cause })) }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
