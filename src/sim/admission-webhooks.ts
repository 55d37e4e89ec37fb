/**
 * Admission webhooks: the calls that a write makes, and what their answers do.
 *
 * Reads the stored webhook configurations and the write. Mutating webhooks run one after another by configuration name, patch the object, and
 * are asked once more if they wish and another changed it after them; validating ones run side by side. A denial, a broken answer and a failed
 * call come out in the real API server's words; failurePolicy decides about the last two.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { err, ok, type Result } from "../api/result.ts";
import { applyJsonPatch, parseJsonPatch } from "../kube/json-patch.ts";
import type { AdmittedWrite } from "./admitted-write.ts";
import { internalError } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { decodeForServed } from "./decode-body.ts";
import { withObjectDefaults } from "./defaulting.ts";
import { arrayAt, equalJson, isJsonObject, numberAt, objectAt, stringAt, toJson, type JsonObject, type JsonValue } from "./json.ts";
import { reviewRequest } from "./review-request.ts";
import { decodeReviewResponse, denialStatus, type ReviewResponse } from "./review-response.ts";
import { meetsWebhook } from "./webhook-rule.ts";

const mutatingStorage = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
const validatingStorage = "validatingwebhookconfigurations.admissionregistration.k8s.io";

type Mutation = AdmittedWrite & { readonly object: JsonObject };

/** Runs the mutating webhooks; returns the object that goes on. */
export async function mutateByWebhooks(call: Call, write: Mutation): Promise<Outcome<JsonObject>> {
  const hooks = webhooksOf(call, mutatingStorage);
  let object = write.object;
  const lastSeen = new Map<JsonValue, JsonObject>();
  for (const round of [0, 1]) {
    for (const hook of hooks) {
      const before = lastSeen.get(hook);
      const asksAgain = before !== undefined && stringAt(hook, "reinvocationPolicy") === "IfNeeded" && !equalJson(before, object);
      if (round === 1 && !asksAgain) continue;
      const mutated = await mutateOnce(call, hook, withObject(write, object));
      if (!mutated.ok) return mutated;
      if (mutated.value === undefined) continue;
      object = mutated.value;
      lastSeen.set(hook, object);
    }
  }
  return ok(object);
}

function withObject(write: Mutation, object: JsonObject): Mutation {
  return write.operation === "UPDATE" ? { operation: "UPDATE", object, old: write.old } : { operation: "CREATE", object };
}

/** Asks one webhook; undefined where it is not concerned or its failure is ignored. */
async function mutateOnce(call: Call, hook: JsonValue, write: Mutation): Promise<Outcome<JsonObject | undefined>> {
  const asked = await askWebhook(call, hook, write);
  if (!asked.ok) return asked;
  const response = asked.value;
  if (response === undefined) return ok(undefined);
  if (response.patch === undefined) return ok(write.object);
  return patchedObject(call, write.object, response.patch);
}

/** Runs the validating webhooks side by side; the first denial in the order of the configurations is told. */
export async function validateByWebhooks(call: Call, write: AdmittedWrite): Promise<Outcome<undefined>> {
  const hooks = webhooksOf(call, validatingStorage);
  const answers = await Promise.all(hooks.map((hook) => askWebhook(call, hook, write)));
  return answers.find((answer) => !answer.ok) ?? ok(undefined);
}

/** Webhook configurations are never sent to webhooks, so that one can always be deleted. */
function webhooksOf({ server, served }: Call, storage: string): readonly JsonValue[] {
  if (served.group === "admissionregistration.k8s.io") return [];
  return server.store.list(storage).flatMap((configuration) => arrayAt(configuration, "webhooks"));
}

async function askWebhook(call: Call, hook: JsonValue, write: AdmittedWrite): Promise<Outcome<ReviewResponse | undefined>> {
  const review = reviewRequest(call, write);
  if (!meetsWebhook(hook, call, { write, review })) return ok(undefined);
  const name = stringAt(hook, "name") ?? "";
  const answered = await sendReview(call, hook, review);
  if (!answered.ok) return stringAt(hook, "failurePolicy") === "Ignore" ? ok(undefined) : err(callFailure(name, answered.error));
  const response = answered.value;
  call.warnings.push(...response.warnings);
  return response.allowed ? ok(response) : err(denialStatus(name, response));
}

async function sendReview(call: Call, hook: JsonValue, request: JsonObject): Promise<Result<ReviewResponse, string>> {
  const timeoutSeconds = numberAt(hook, "timeoutSeconds") ?? 10;
  const bundle = stringAt(hook, "clientConfig", "caBundle");
  const sent = await call.server.callWebhook({
    url: `${webhookUrl(hook)}?timeout=${timeoutSeconds}s`,
    timeoutMs: timeoutSeconds * 1000,
    review: { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request },
    ...(bundle === undefined ? {} : { caBundle: Buffer.from(bundle, "base64").toString("utf8") }),
  });
  if (!sent.ok) return err(`failed to call webhook: ${sent.error}`);
  return decodeReviewResponse(sent.value, stringAt(request, "uid") ?? "");
}

/** A Service is reached by its cluster name, which resolves only where there is a cluster network. */
function webhookUrl(hook: JsonValue): string {
  const url = stringAt(hook, "clientConfig", "url");
  if (url !== undefined) return url;
  const service = objectAt(hook, "clientConfig", "service");
  const host = `${stringAt(service, "name") ?? ""}.${stringAt(service, "namespace") ?? ""}.svc`;
  return `https://${host}:${numberAt(service, "port") ?? 443}${stringAt(service, "path") ?? "/"}`;
}

function callFailure(name: string, cause: string): ApiStatus {
  return internalError(`failed calling webhook "${name}": ${cause}`);
}

/** A patch that does not apply is the caller's error whatever the failurePolicy. */
function patchedObject(call: Call, object: JsonObject, patch: JsonValue): Outcome<JsonObject> {
  const operations = parseJsonPatch(patch);
  if (!operations.ok) return err(internalError(operations.error));
  const applied = applyJsonPatch(object, operations.value);
  if (!applied.ok) return err(internalError(applied.error));
  const value = toJson(applied.value);
  if (!isJsonObject(value)) return err(internalError("the patch does not leave an object"));
  if (call.subresource !== "" && call.subresource !== "status") return ok(value);
  const decoded = decodeForServed(call, value);
  return decoded.ok ? ok(withObjectDefaults(decoded.value, call.served)) : decoded;
}
