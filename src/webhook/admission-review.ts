/**
 * The AdmissionReview v1 codec.
 *
 * Reads the bytes that the API server posts; returns the request that policies judge, or what is wrong with them as an
 * HTTP status and a sentence. Encodes an answer to bytes. It knows no rule.
 *
 * The API server takes anything but HTTP 200 with a v1 review and the same uid as a failed call and applies the
 * failurePolicy; so every answer is made by one of the constructors below, and an invalid one can't be built.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { KubeObject } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { JsonPatchOperation } from "../kube/json-patch.ts";
import type { AdmissionRequest, DeletionPropagation } from "../policies/admission-request.ts";
import { reviewText } from "./review-outline.ts";

/** What is wrong with a posted body: the HTTP status to answer and the sentence for it. */
export interface ReviewError {
  readonly httpStatus: 400 | 413 | 415;
  readonly message: string;
}

/** The four answers: an invalid combination (a patch on a denial, a status on an allowance) has no constructor. */
export type AdmissionAnswer =
  | { readonly kind: "allowed"; readonly warnings: readonly string[] }
  | { readonly kind: "patched"; readonly warnings: readonly string[]; readonly patch: readonly JsonPatchOperation[] }
  | { readonly kind: "denied"; readonly warnings: readonly string[]; readonly status: ApiStatus };

export function allowed(warnings: readonly string[] = []): AdmissionAnswer {
  return { kind: "allowed", warnings };
}

/** Allows with a patch; an empty patch is a plain allowance. */
export function patched(patch: readonly JsonPatchOperation[], warnings: readonly string[] = []): AdmissionAnswer {
  return patch.length === 0 ? allowed(warnings) : { kind: "patched", patch, warnings };
}

export function denied(status: ApiStatus, warnings: readonly string[] = []): AdmissionAnswer {
  return { kind: "denied", status, warnings };
}

const reviewVersion = "admission.k8s.io/v1";

/** Decodes a posted body to the admission request in it. */
export function decodeAdmissionReview(bytes: Buffer): Result<AdmissionRequest, ReviewError> {
  const read = reviewText(bytes);
  if (read.kind === "too-much") return bad(read.message);
  let review: unknown;
  try {
    review = JSON.parse(read.text);
  } catch (cause) {
    return bad(`the body is not JSON: ${cause instanceof Error ? cause.message : "unreadable"}`);
  }
  if (!isRecord(review)) return bad("the body is not a JSON object; an AdmissionReview is expected");
  if (review["kind"] !== "AdmissionReview") return bad(`kind ${quote(review["kind"])} is not AdmissionReview`);
  if (review["apiVersion"] !== reviewVersion) {
    return bad(`apiVersion ${quote(review["apiVersion"])} is not supported; send ${reviewVersion} (admissionReviewVersions: ["v1"])`);
  }
  const request = decodeRequest(review["request"]);
  return request.ok && read.unread !== undefined ? ok({ ...request.value, unread: read.unread }) : request;
}

/** Encodes an answer as the AdmissionReview that the API server expects. */
export function encodeAdmissionReview(uid: string, answer: AdmissionAnswer): string {
  return JSON.stringify({ apiVersion: reviewVersion, kind: "AdmissionReview", response: { uid, ...responseOf(answer) } });
}

function responseOf(answer: AdmissionAnswer): object {
  const warnings = answer.warnings.length > 0 ? { warnings: answer.warnings } : {};
  switch (answer.kind) {
    case "allowed":
      return { allowed: true, ...warnings };
    case "patched":
      return {
        allowed: true,
        ...warnings,
        patchType: "JSONPatch",
        patch: Buffer.from(JSON.stringify(answer.patch), "utf8").toString("base64"),
      };
    case "denied":
      return { allowed: false, ...warnings, status: { status: "Failure", ...answer.status } };
  }
}

const operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"] as const;

function decodeRequest(request: unknown): Result<AdmissionRequest, ReviewError> {
  if (!isRecord(request)) return bad("request is missing");
  const { uid, kind, resource, namespace, name, userInfo, dryRun, object, oldObject, subResource } = request;
  const operation = operations.find((known) => known === request["operation"]);
  if (typeof uid !== "string" || uid === "") return bad("request.uid is missing");
  if (operation === undefined) return bad(`request.operation ${quote(request["operation"])} is not one of ${operations.join(", ")}`);
  if (!isRecord(kind) || !isRecord(resource)) return bad("request.kind or request.resource is missing");
  if (object !== undefined && object !== null && !isObject(object)) return bad("request.object is not a Kubernetes object");
  if (oldObject !== undefined && oldObject !== null && !isObject(oldObject)) return bad("request.oldObject is not a Kubernetes object");
  return ok({
    uid,
    operation,
    kind: { group: text(kind["group"]), version: text(kind["version"]), kind: text(kind["kind"]) },
    resource: { group: text(resource["group"]), version: text(resource["version"]), resource: text(resource["resource"]) },
    ...(typeof subResource === "string" && subResource !== "" ? { subResource } : {}),
    name: text(name),
    namespace: text(namespace),
    ...(isObject(object) ? { object } : {}),
    ...(isObject(oldObject) ? { oldObject } : {}),
    userInfo: decodeUser(userInfo),
    dryRun: dryRun === true,
    ...(operation === "DELETE" ? decodePropagation(request["options"]) : {}),
  });
}

const propagations: readonly DeletionPropagation[] = ["Background", "Foreground", "Orphan"];

/** Old clients say it by orphanDependents. */
function decodePropagation(options: unknown): Pick<AdmissionRequest, "propagation"> {
  if (!isRecord(options)) return {};
  const propagation = options["orphanDependents"] === true ? "Orphan" : propagations.find((one) => one === options["propagationPolicy"]);
  return propagation === undefined ? {} : { propagation };
}

function decodeUser(userInfo: unknown): AdmissionRequest["userInfo"] {
  if (!isRecord(userInfo)) return { username: "", groups: [] };
  const { uid, extra } = userInfo;
  return {
    username: text(userInfo["username"]),
    groups: texts(userInfo["groups"]),
    ...(typeof uid === "string" && uid !== "" ? { uid } : {}),
    ...(isRecord(extra) ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, texts(values)])) } : {}),
  };
}

function texts(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.filter((value): value is string => typeof value === "string") : [];
}

function bad(message: string): Result<never, ReviewError> {
  return err({ httpStatus: 400, message });
}

/** A value in a sentence; only texts and the like, since a list may be deeper than the stack. */
function quote(value: unknown): string {
  if (value === undefined) return "(absent)";
  if (typeof value !== "object" || value === null) return JSON.stringify(value).slice(0, 80);
  return Array.isArray(value) ? "(a list)" : "(an object)";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A raw object may lack apiVersion only where the API server would not have sent it; metadata is always there. */
function isObject(value: unknown): value is KubeObject {
  if (!isRecord(value) || typeof value["apiVersion"] !== "string" || typeof value["kind"] !== "string") return false;
  return isRecord(value["metadata"]) && isMetadata(value["metadata"]) && (value["kind"] !== "Scale" || isScaleSpec(value["spec"]));
}

/** A Scale has one number, and is of no kind that anybody keeps a schema of. */
function isScaleSpec(spec: unknown): boolean {
  return spec === undefined || (isRecord(spec) && (isAbsent(spec["replicas"]) || Number.isInteger(spec["replicas"])));
}

/** The part of ObjectMeta that everybody reads, of every kind; the rest of an object is typed by its kind. */
function isMetadata(metadata: Record<string, unknown>): boolean {
  const { labels, annotations, ownerReferences, finalizers } = metadata;
  return (
    ["name", "generateName", "namespace", "uid", "deletionTimestamp"].every((field) => isTextOrAbsent(metadata[field])) &&
    [labels, annotations].every((map) => isAbsent(map) || (isRecord(map) && Object.values(map).every(isTextOrAbsent))) &&
    (isAbsent(ownerReferences) || (Array.isArray(ownerReferences) && ownerReferences.every(isRecord))) &&
    (isAbsent(finalizers) || (Array.isArray(finalizers) && finalizers.every((finalizer) => typeof finalizer === "string")))
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isTextOrAbsent(value: unknown): boolean {
  return typeof value === "string" || isAbsent(value);
}
