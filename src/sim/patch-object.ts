/**
 * PATCH: the four patch types.
 *
 * Reads the content type and the body. Returns the object after the change; the patch is computed again whenever another write came between,
 * so only a patch that names a resourceVersion can conflict.
 */
import { applyJsonPatch, parseJsonPatch } from "../kube/json-patch.ts";
import { err, ok } from "../api/result.ts";
import { badRequest, unsupportedMediaType } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { decodePatched, toStored } from "./decode-body.ts";
import { servedForm } from "./event-versions.ts";
import { isJsonObject, toJson, type JsonObject } from "./json.ts";
import { applyMergePatch } from "./patch/merge-patch.ts";
import { applyStrategicMergePatch, goText } from "./patch/strategic-merge.ts";
import { applyObject } from "./server-side-apply.ts";
import { changeObject, type Changer } from "./update.ts";

/** Answers a PATCH of an object or of its status. */
export async function patchObject(call: Call): Promise<Outcome> {
  switch (call.request.contentType.split(";")[0]) {
    case "application/json-patch+json":
      return changeObject(call, patched(call, jsonPatched));
    case "application/merge-patch+json":
      return changeObject(call, patched(call, mergePatched));
    case "application/strategic-merge-patch+json":
      return call.served.custom === undefined ? changeObject(call, patched(call, strategicPatched)) : err(unsupported(call));
    case "application/apply-patch+yaml":
      return applyObject(call);
    default:
      return err(unsupported(call));
  }
}

function unsupported({ served }: Call): ReturnType<typeof unsupportedMediaType> {
  const strategic = served.custom === undefined ? ["application/strategic-merge-patch+json"] : [];
  const types = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml", ...strategic];
  return unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`);
}

/** The patched object, and what an error about its fields quotes: the object, or a strategic merge patch itself. */
interface Patched {
  readonly object: JsonObject;
  readonly shown: () => string;
  readonly strategic?: true;
}

type Patcher = (call: Call, current: JsonObject) => Outcome<Patched>;

function shownWhole(object: JsonObject): Patched {
  return { object, shown: () => JSON.stringify(object) };
}

/** Computes the patched object in the version of the call, decoded and in its stored form. */
function patched(call: Call, patch: Patcher): Changer {
  return (current) => {
    const changed = patch(call, servedForm(current, call.served));
    if (!changed.ok) return changed;
    const decoded = decodePatched(call, changed.value.object, changed.value);
    return decoded.ok ? ok({ object: toStored(call.served, decoded.value) }) : decoded;
  };
}

const jsonPatched: Patcher = ({ request }, current) => {
  const operations = parseJsonPatch(request.body);
  if (!operations.ok) return err(badRequest(operations.error));
  const applied = applyJsonPatch(current, operations.value);
  if (!applied.ok)
    return err({ code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request", details: {} });
  const value = toJson(applied.value);
  return isJsonObject(value) ? ok(shownWhole(value)) : err(badRequest("the patch does not leave an object"));
};

const mergePatched: Patcher = ({ request }, current) =>
  isJsonObject(request.body) ? ok(shownWhole(applyMergePatch(current, request.body))) : err(badRequest("a merge patch is an object"));

const strategicPatched: Patcher = ({ request, served }, current) => {
  const { body } = request;
  if (!isJsonObject(body)) return err(badRequest("a strategic merge patch is an object"));
  const merged = applyStrategicMergePatch(current, body, served.schema());
  return merged.ok ? ok({ object: merged.value, shown: () => goText(body), strategic: true }) : err({ code: 500, message: merged.error });
};
