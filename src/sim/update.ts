/**
 * Changes of stored objects: one way for PUT, PATCH, scale and the subresources.
 *
 * Reads the call and a function from the stored object to the wanted one. Runs it against the latest object, then defaults, admission,
 * strategy, validation, and a compare-and-swap; another write in between makes it start over unless the client named the resourceVersion that
 * it had seen. An object that did not change is not written.
 */
import { err, ok } from "../api/result.ts";
import { admitMutating, admitValidating } from "./admission.ts";
import { conflict, invalid, modifiedCause, notFound } from "./api-failure.ts";
import { definitionStorage } from "./built-in-resources.ts";
import type { ServedResource } from "./served-resource.ts";
import { invalidValue } from "./validation/field-problem.ts";
import type { Call, Outcome } from "./api-server.ts";
import { decodeBody, toStored } from "./decode-body.ts";
import { withObjectDefaults } from "./defaulting.ts";
import { servedForm } from "./event-versions.ts";
import { arrayAt, numberAt, stringAt, type JsonObject } from "./json.ts";
import { sameButTimes, withUpdateOwnership, type Ownership } from "./patch/managed-fields.ts";
import { preparedForUpdate } from "./strategy.ts";
import { badRequest } from "./api-failure.ts";
import { validateChanged } from "./validation.ts";
import { storeNew } from "./create.ts";

const attemptsMax = 8;

/** The wanted object, and who owns its fields if the change already says so (server-side apply). */
export interface Change {
  readonly object: JsonObject;
  readonly ownership?: Ownership;
}

/** What a change sees and wants. */
export type Changer = (current: JsonObject) => Outcome<Change>;

/** Answers a PUT of an object, of its status, or of a Namespace's finalizers. */
export async function replaceObject(call: Call): Promise<Outcome> {
  const decoded = decodeBody(call);
  if (!decoded.ok) return decoded;
  const name = stringAt(decoded.value, "metadata", "name") ?? "";
  if (name !== call.name) {
    return err(badRequest(`the name of the object (${name}) does not match the name on the URL (${call.name})`));
  }
  const stored = toStored(call.served, decoded.value);
  const current = call.server.store.get({ resource: call.served.storage, namespace: call.namespace, name });
  if (current === undefined && call.subresource === "" && createsOnUpdate.has(call.served.storage)) return storeNew(call, decoded.value);
  return changeObject(call, () => ok({ object: stored }));
}

/** Resources that a PUT may create. */
const createsOnUpdate: ReadonlySet<string> = new Set(["leases.coordination.k8s.io", "events", "endpoints", "services"]);

/** Applies a change to the stored object and answers with what it became. */
export async function changeObject(call: Call, change: Changer): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryChange(call, change);
    if (tried !== "raced") return tried;
    if (attempt === attemptsMax) return err(conflict(call.served, call.name, modifiedCause));
  }
}

async function tryChange(call: Call, change: Changer): Promise<Outcome | "raced"> {
  const { server, served, namespace, name } = call;
  const key = { resource: served.storage, namespace, name };
  const current = server.store.get(key);
  if (current === undefined) return err(notFound(served, name));
  const wanted = change(current);
  if (!wanted.ok) return wanted;
  const locked = checkLock(call, wanted.value.object, current);
  if (!locked.ok) return locked;
  const next = await admittedChange(call, wanted.value, current);
  if (!next.ok) return next;
  if (sameButTimes(next.value, current)) return answer(call, current);
  if (call.dryRun) return answer(call, next.value);
  const revision = stringAt(current, "metadata", "resourceVersion");
  const ends = stringAt(next.value, "metadata", "deletionTimestamp") !== undefined && isReleased(next.value);
  const written = ends ? server.store.remove(key, next.value, revision) : server.store.replace(key, next.value, revision);
  if (written.ok) return answer(call, written.value);
  if (written.error === "not-found") return err(notFound(served, name));
  return stringAt(wanted.value.object, "metadata", "resourceVersion") === undefined || call.request.method === "PATCH"
    ? "raced"
    : err(conflict(served, name, modifiedCause));
}

/** Resources that are never replaced blindly. */
const neverBlindly: ReadonlySet<string> = new Set([
  "leases.coordination.k8s.io",
  "poddisruptionbudgets.policy",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  definitionStorage,
]);

function needsRevision({ custom, storage }: ServedResource): boolean {
  return custom !== undefined || neverBlindly.has(storage);
}

/** True where nothing holds back an object that is being deleted. */
function isReleased(object: JsonObject): boolean {
  if (arrayAt(object, "metadata", "finalizers").length > 0) return false;
  if (object["kind"] === "Namespace" && arrayAt(object, "spec", "finalizers").length > 0) return false;
  return (numberAt(object, "metadata", "deletionGracePeriodSeconds") ?? 0) === 0;
}

function checkLock(call: Call, wanted: JsonObject, current: JsonObject): Outcome<undefined> {
  const { served, name } = call;
  const uid = stringAt(wanted, "metadata", "uid");
  const currentUid = stringAt(current, "metadata", "uid");
  if (uid !== undefined && uid !== currentUid) {
    const key = `/registry/${served.storage.replace(/^([^.]+)\..*/, "$1")}/${served.namespaced ? `${call.namespace}/` : ""}${name}`;
    const where = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg`;
    return err(
      conflict(served, name, `${where}: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${currentUid ?? ""}`),
    );
  }
  const revision = stringAt(wanted, "metadata", "resourceVersion");
  if (revision === undefined && call.request.method === "PUT" && call.subresource !== "scale" && needsRevision(served)) {
    const problem = invalidValue("metadata.resourceVersion", 0, "must be specified for an update");
    return err(invalid({ group: served.group, kind: served.resource }, name, [problem]));
  }
  if (revision !== undefined && revision !== "0" && revision !== stringAt(current, "metadata", "resourceVersion")) {
    return err(conflict(served, name, modifiedCause));
  }
  return ok(undefined);
}

/** What the server itself writes behind a subresource was admitted as that subresource's own object. */
const serverWritten: ReadonlySet<string> = new Set(["binding", "eviction", "scale"]);

async function admittedChange(call: Call, wanted: Change, current: JsonObject): Promise<Outcome<JsonObject>> {
  const { served, server } = call;
  const now = server.clock.now();
  if (serverWritten.has(call.subresource)) {
    const next = preparedForUpdate(wanted.object, current, { served, subresource: call.subresource, now });
    return ok(withUpdateOwnership({ call, next, current }));
  }
  const defaulted = withObjectDefaults(wanted.object, served);
  const prepared = preparedForUpdate(defaulted, current, { served, subresource: call.subresource, now });
  const mutated = await admitMutating(call, { operation: "UPDATE", object: prepared, old: current });
  if (!mutated.ok) return mutated;
  const settled = preparedForUpdate(mutated.value, current, { served, subresource: call.subresource, now });
  const owned = withUpdateOwnership({
    call,
    next: settled,
    current,
    ...(wanted.ownership === undefined ? {} : { ownership: wanted.ownership }),
  });
  const valid = validateChanged(owned, current, { served, subresource: call.subresource });
  if (!valid.ok) return valid;
  const admitted = await admitValidating(call, { operation: "UPDATE", object: owned, old: current });
  return admitted.ok ? ok(owned) : admitted;
}

function answer(call: Call, object: JsonObject): Outcome {
  return ok({ status: 200, body: servedForm(object, call.served) });
}
