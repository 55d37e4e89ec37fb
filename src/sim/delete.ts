/**
 * DELETE of one object and of collections.
 *
 * Reads the call and its DeleteOptions. An object with finalizers, with a grace period or with orphan or foreground propagation is marked by
 * deletionTimestamp and stays until nothing holds it; any other one goes at once. Rules and answers are those of the generic registry's
 * Delete and of the Pod strategy's grace period.
 */
import { err, ok } from "../api/result.ts";
import { timeText } from "../kube/time-text.ts";
import { admitValidating } from "./admission.ts";
import { conflict, forbidden, notFound } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { definitionStorage } from "./built-in-resources.ts";
import { servedForm } from "./event-versions.ts";
import { arrayAt, isJsonObject, numberAt, objectAt, stringAt, stringsAt, valueAt, withValue, type JsonObject } from "./json.ts";
import { listObjects } from "./list.ts";
import { removeCustomObjects } from "./definition-removal.ts";

/** The parts of DeleteOptions that count. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

const attemptsMax = 8;
const foregroundFinalizer = "foregroundDeletion";
const orphanFinalizer = "orphan";
const protectedNamespaces: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** Answers a DELETE of one object. */
export async function deleteObject(call: Call, options = deleteOptionsOf(call)): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryDelete(call, options);
    if (tried !== "raced") return tried;
    if (attempt === attemptsMax) return err(conflict(call.served, call.name, "the object has been modified"));
  }
}

/** Answers a DELETE of a collection: every selected object, each by its own rules. */
export async function deleteCollection(call: Call): Promise<Outcome> {
  const listed = listObjects(call);
  if (!listed.ok) return listed;
  for (const item of arrayAt(listed.value.body, "items")) {
    const one: Call = { ...call, namespace: stringAt(item, "metadata", "namespace") ?? "", name: stringAt(item, "metadata", "name") ?? "" };
    const deleted = await deleteObject(one);
    if (!deleted.ok && deleted.error.code !== 404) return deleted;
  }
  return listed;
}

/** Reads DeleteOptions from the body; only without one the query counts. */
export function deleteOptionsOf({ request }: Call): DeleteOptions {
  return isJsonObject(request.body) ? deleteOptionsFrom(request.body, {}) : deleteOptionsFrom({}, request.query);
}

/** Reads DeleteOptions from an object, else from a query. */
export function deleteOptionsFrom(body: JsonObject, query: Readonly<Record<string, string>>): DeleteOptions {
  const queryGrace = query["gracePeriodSeconds"];
  const grace = numberAt(body, "gracePeriodSeconds") ?? (queryGrace === undefined ? undefined : Number(queryGrace));
  const orphans = valueAt(body, "orphanDependents") === true ? "Orphan" : undefined;
  const propagationPolicy = stringAt(body, "propagationPolicy") ?? query["propagationPolicy"] ?? orphans;
  const uid = stringAt(body, "preconditions", "uid");
  const resourceVersion = stringAt(body, "preconditions", "resourceVersion");
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    preconditions: { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  };
}

async function tryDelete(call: Call, options: DeleteOptions): Promise<Outcome | "raced"> {
  const { server, served, namespace, name } = call;
  const key = { resource: served.storage, namespace, name };
  const current = server.store.get(key);
  if (current === undefined) return err(notFound(served, name));
  const met = checkPreconditions(call, current, options);
  if (!met.ok) return met;
  if (served.storage === "namespaces" && protectedNamespaces.has(name)) {
    return err(forbidden(served, name, "this namespace may not be deleted"));
  }
  const admitted = call.admitted === true ? ok(undefined) : await admitValidating(call, { operation: "DELETE", old: current });
  if (!admitted.ok) return admitted;
  const marked = markedForDeletion(current, call, options);
  const grace = numberAt(marked, "metadata", "deletionGracePeriodSeconds") ?? 0;
  const held = isHeld(marked) || grace > 0;
  if (call.dryRun) return ok({ status: 200, body: held ? servedForm(marked, served) : successStatus(call, current) });
  const revision = stringAt(current, "metadata", "resourceVersion");
  if (held) {
    if (isAlreadyMarked(current, marked)) return ok({ status: 200, body: servedForm(current, served) });
    const written = server.store.replace(key, marked, revision);
    if (!written.ok) return "raced";
    if (served.storage === definitionStorage) removeCustomObjects(server, current);
    return ok({ status: 200, body: servedForm(written.value, served) });
  }
  // A Pod is marked before it goes, even without a grace period, and watchers see both.
  const isPod = served.storage === "pods";
  const written = isPod && !isAlreadyMarked(current, marked) ? server.store.replace(key, marked, revision) : ok(current);
  if (!written.ok) return "raced";
  const removed = server.store.remove(key, written.value, stringAt(written.value, "metadata", "resourceVersion"));
  if (!removed.ok) return "raced";
  if (served.storage === definitionStorage) removeCustomObjects(server, current);
  return ok({ status: 200, body: isPod ? servedForm(written.value, served) : successStatus(call, current) });
}

function checkPreconditions(call: Call, current: JsonObject, { preconditions }: DeleteOptions): Outcome<undefined> {
  // The real server names the kind here, where all its other conflicts name the resource.
  const of = { ...call.served, resource: call.served.kind };
  const uid = stringAt(current, "metadata", "uid") ?? "";
  const revision = stringAt(current, "metadata", "resourceVersion") ?? "";
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const cause = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`;
    return err(conflict(of, call.name, `${cause}. The object might have been deleted and then recreated`));
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== revision) {
    const cause = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${revision})`;
    return err(conflict(of, call.name, `${cause}. The object might have been modified`));
  }
  return ok(undefined);
}

/** Returns the object as deletion would leave it for now: marked, with the finalizers that its propagation asks for. */
function markedForDeletion(current: JsonObject, call: Call, options: DeleteOptions): JsonObject {
  const grace = graceSeconds(current, call, options);
  const finalizers = finalizersFor(current, options);
  const withFinalizers = withValue(current, ["metadata", "finalizers"], finalizers.length === 0 ? undefined : finalizers);
  const marked = markTime(withFinalizers, call, grace);
  if (call.served.storage !== "namespaces") return marked;
  return withValue(withValue(marked, ["metadata", "deletionGracePeriodSeconds"], undefined), ["status", "phase"], "Terminating");
}

function markTime(object: JsonObject, call: Call, grace: number): JsonObject {
  const before = numberAt(object, "metadata", "deletionGracePeriodSeconds");
  const isMarked = stringAt(object, "metadata", "deletionTimestamp") !== undefined;
  if (isMarked && (before === undefined || before <= grace)) return object;
  const generation = numberAt(object, "metadata", "generation");
  const metadata: JsonObject = {
    ...objectAt(object, "metadata"),
    deletionTimestamp: timeText(call.server.clock.now() + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(generation === undefined || isMarked ? {} : { generation: generation + 1 }),
  };
  return { ...object, metadata };
}

/** Only Pods have a grace period; one that never ran, or has ended, needs none. */
function graceSeconds(current: JsonObject, call: Call, { gracePeriodSeconds }: DeleteOptions): number {
  if (call.served.storage !== "pods") return 0;
  const asked = gracePeriodSeconds ?? numberAt(current, "spec", "terminationGracePeriodSeconds") ?? 30;
  const phase = stringAt(current, "status", "phase");
  const hasEnded = phase === "Failed" || phase === "Succeeded";
  const isBound = (stringAt(current, "spec", "nodeName") ?? "") !== "";
  return isBound && !hasEnded ? Math.max(0, asked) : 0;
}

function finalizersFor(current: JsonObject, { propagationPolicy }: DeleteOptions): readonly string[] {
  const present = stringsAt(current, "metadata", "finalizers");
  const others = present.filter((finalizer) => finalizer !== foregroundFinalizer && finalizer !== orphanFinalizer);
  if (propagationPolicy === "Orphan") return [...others, orphanFinalizer];
  if (propagationPolicy === "Foreground") return [...others, foregroundFinalizer];
  return propagationPolicy === "Background" ? others : present;
}

function isHeld(object: JsonObject): boolean {
  if (arrayAt(object, "metadata", "finalizers").length > 0) return true;
  return object["kind"] === "Namespace" && arrayAt(object, "spec", "finalizers").length > 0;
}

function isAlreadyMarked(current: JsonObject, marked: JsonObject): boolean {
  return (
    valueAt(current, "metadata", "deletionTimestamp") === valueAt(marked, "metadata", "deletionTimestamp") &&
    stringsAt(current, "metadata", "finalizers").join() === stringsAt(marked, "metadata", "finalizers").join()
  );
}

function successStatus({ served, name }: Call, removed: JsonObject): JsonObject {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name,
      ...(served.group === "" ? {} : { group: served.group }),
      kind: served.resource,
      uid: stringAt(removed, "metadata", "uid") ?? "",
    },
  };
}
