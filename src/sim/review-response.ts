/**
 * The response of an AdmissionReview, decoded, and the refusal that it may be.
 *
 * Reads what a webhook answered. Returns allowed, patch, warnings and status, or why the answer is not one (which counts as a failed call).
 * A denial becomes the Status that the real API server makes of it: its prefix, 400 where the code is missing or below 400, no reason added.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { err, ok, type Result } from "../api/result.ts";
import {
  arrayAt,
  isJsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
  toJson,
  valueAt,
  type JsonObject,
  type JsonValue,
} from "./json.ts";

/** A webhook's answer. */
export interface ReviewResponse {
  readonly allowed: boolean;
  readonly warnings: readonly string[];
  readonly status: JsonObject;
  /** The decoded JSON Patch. */
  readonly patch?: JsonValue;
}

/** Decodes an answer; `uid` is the request's. */
export function decodeReviewResponse(answer: JsonValue, uid: string): Result<ReviewResponse, string> {
  const kind = stringAt(answer, "kind") ?? "";
  const apiVersion = stringAt(answer, "apiVersion") ?? "";
  if (kind !== "AdmissionReview" || apiVersion !== "admission.k8s.io/v1") {
    return err(
      `received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`,
    );
  }
  const response = valueAt(answer, "response");
  if (!isJsonObject(response)) return err("received invalid webhook response: webhook response was absent");
  if (stringAt(response, "uid") !== uid) {
    return err(`received invalid webhook response: expected response.uid="${uid}", got "${stringAt(response, "uid") ?? ""}"`);
  }
  const patch = decodePatch(response);
  if (!patch.ok) return patch;
  return ok({
    allowed: valueAt(response, "allowed") === true,
    warnings: stringsAt(response, "warnings"),
    status: objectAt(response, "status"),
    ...(patch.value === undefined ? {} : { patch: patch.value }),
  });
}

function decodePatch(response: JsonObject): Result<JsonValue | undefined, string> {
  const patch = stringAt(response, "patch");
  const type = stringAt(response, "patchType");
  if (patch === undefined && type === undefined) return ok(undefined);
  if (patch === undefined) return err("received invalid webhook response: webhook returned response.patchType but not response.patch");
  if (type === undefined) return err("received invalid webhook response: webhook returned response.patch but not response.patchType");
  if (type !== "JSONPatch")
    return err(`received invalid webhook response: webhook returned invalid response.patchType of ${JSON.stringify(type)}`);
  try {
    const parsed: unknown = JSON.parse(Buffer.from(patch, "base64").toString("utf8"));
    return ok(toJson(parsed));
  } catch {
    return err("received invalid webhook response: the patch is not JSON");
  }
}

/** Returns the Status of a denial. */
export function denialStatus(name: string, { status }: ReviewResponse): ApiStatus {
  const message = stringAt(status, "message") ?? "";
  const reason = stringAt(status, "reason");
  const code = numberAt(status, "code") ?? 0;
  const prefix = `admission webhook "${name}" denied the request`;
  const text = message === "" ? (reason ?? "") : message;
  const details = valueAt(status, "details");
  return {
    code: code < 400 ? 400 : code,
    message: text === "" ? `${prefix} without explanation` : `${prefix}: ${text}`,
    ...(reason === undefined ? {} : { reason }),
    ...(isJsonObject(details) ? { details: decodeDetails(details) } : {}),
  };
}

function decodeDetails(details: JsonObject): NonNullable<ApiStatus["details"]> {
  const texts = Object.fromEntries(
    ["group", "kind", "name"].flatMap((key) => (typeof details[key] === "string" ? [[key, details[key]]] : [])),
  );
  const causes = arrayAt(details, "causes").map((cause) =>
    Object.fromEntries(
      ["reason", "field", "message"].flatMap((key) => (stringAt(cause, key) === undefined ? [] : [[key, stringAt(cause, key) ?? ""]])),
    ),
  );
  const retryAfterSeconds = numberAt(details, "retryAfterSeconds");
  return { ...texts, ...(causes.length === 0 ? {} : { causes }), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}
