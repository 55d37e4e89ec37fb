/**
 * Admission webhooks (being laid): the configurations that are stored and their calls.
 */
import { ok } from "../api/result.ts";
import type { AdmittedWrite } from "./admission.ts";
import type { Call, Outcome } from "./api-server.ts";
import type { JsonObject } from "./json.ts";

export async function mutateByWebhooks(_call: Call, write: AdmittedWrite & { readonly object: JsonObject }): Promise<Outcome<JsonObject>> {
  return Promise.resolve(ok(write.object));
}

export async function validateByWebhooks(_call: Call, _write: AdmittedWrite): Promise<Outcome<undefined>> {
  return Promise.resolve(ok(undefined));
}
