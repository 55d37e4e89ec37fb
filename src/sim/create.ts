/**
 * New objects: POST, and the first server-side apply.
 *
 * Reads the call and the object. Runs defaults, admission, strategy (names, uid, time), validation and the store's create, in the order of the
 * real server: mutating webhooks see no generated name, validating ones do.
 */
import { err, ok } from "../api/result.ts";
import { admitMutating, admitValidating } from "./admission.ts";
import { alreadyExists, invalid } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { decodeBody, toStored } from "./decode-body.ts";
import { withObjectDefaults } from "./defaulting.ts";
import { servedForm } from "./event-versions.ts";
import { stringAt, type JsonObject } from "./json.ts";
import { withCreateOwnership, type Ownership } from "./patch/managed-fields.ts";
import { preparedForCreate } from "./strategy.ts";
import { validateNew } from "./validation.ts";

const generatedNamesMax = 8;

/** Answers a POST to a collection. */
export async function createObject(call: Call): Promise<Outcome> {
  const decoded = decodeBody(call);
  return decoded.ok ? storeNew(call, decoded.value) : decoded;
}

/** Stores a new object and answers with it. */
export async function storeNew(call: Call, sent: JsonObject, ownership?: Ownership): Promise<Outcome> {
  const { server, served } = call;
  const object = toStored(served, sent);
  const given = stringAt(object, "metadata", "name") ?? "";
  if (given === "" && (stringAt(object, "metadata", "generateName") ?? "") === "") {
    return err(
      invalid(served, "", [
        { reason: "FieldValueRequired", field: "metadata.name", message: "Required value: name or generateName is required" },
      ]),
    );
  }
  const mutated = await admitMutating(call, { operation: "CREATE", object: withObjectDefaults(object, served) });
  if (!mutated.ok) return mutated;
  for (let attempt = 1; ; attempt += 1) {
    const born = preparedForCreate(mutated.value, served, { now: server.clock.now(), random: server.random });
    const owned = withCreateOwnership({ call, object: born, ...(ownership === undefined ? {} : { ownership }) });
    const valid = validateNew(owned, served);
    if (!valid.ok) return valid;
    const admitted = await admitValidating(call, { operation: "CREATE", object: owned });
    if (!admitted.ok) return admitted;
    const name = stringAt(owned, "metadata", "name") ?? "";
    const key = { resource: served.storage, namespace: call.namespace, name };
    const isTaken = server.store.get(key) !== undefined;
    if (call.dryRun && !isTaken) return ok({ status: 201, body: servedForm(owned, served) });
    const created = isTaken ? undefined : server.store.create(key, owned);
    if (created?.ok === true) return ok({ status: 201, body: servedForm(created.value, served) });
    if (given !== "" || attempt === generatedNamesMax) return err(alreadyExists(served, name));
  }
}
