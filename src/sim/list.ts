/**
 * GET of one object and of collections, page by page.
 *
 * Reads the store. Returns an object, or a List whose pages all show one revision: a continue token names the revision and the last key, and
 * later pages undo what changed since by the store's history; a token older than the history is 410 with a token to go on inconsistently.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { err, ok } from "../api/result.ts";
import { badRequest, expired, notFound } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { servedForm } from "./event-versions.ts";
import { numberAt, stringAt, toJson, withoutMembers, type JsonObject } from "./json.ts";
import { selectionOf } from "./selection.ts";
import { apiVersionOf, type ServedResource } from "./served-resource.ts";
import type { Store } from "./store.ts";

/** Answers a GET of one object. */
export function getObject(call: Call): Outcome {
  const { served, namespace, name, server } = call;
  const found = server.store.get({ resource: served.storage, namespace, name });
  if (found === undefined) return err(notFound(served, name));
  return ok({ status: 200, body: servedForm(found, served) });
}

interface Token {
  readonly revision: number;
  /** "namespace/name" of the last object of the page before. */
  readonly after: string;
}

/** Answers a GET of a collection. */
export function listObjects(call: Call): Outcome {
  const { served, server, request } = call;
  const selected = selectionOf(request.query, served);
  if (!selected.ok) return selected;
  const token = tokenOf(request.query["continue"]);
  if (!token.ok) return token;
  const revision = token.value?.revision ?? server.store.revision();
  const all = objectsAt(server.store, served.storage, revision, call.namespace === "" ? undefined : call.namespace);
  if (all === undefined) return err(goneToken(token.value, server.store.revision()));
  const after = token.value?.after;
  const rest = (after === undefined ? all : all.filter((object) => keyOf(object) > after)).filter(selected.value);
  const limit = Number(request.query["limit"] ?? "0");
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  return ok({
    status: 200,
    body: listBody(served, page, { revision, remaining: rest.length - page.length, selective: isSelective(call) }),
  });
}

function isSelective({ request }: Call): boolean {
  return (request.query["labelSelector"] ?? "") !== "" || (request.query["fieldSelector"] ?? "") !== "";
}

interface PageEnd {
  readonly revision: number;
  readonly remaining: number;
  /** With a selector the real server does not count what is left. */
  readonly selective: boolean;
}

function listBody(served: ServedResource, page: readonly JsonObject[], end: PageEnd): JsonObject {
  const last = page.at(-1);
  const goesOn = end.remaining > 0 && last !== undefined;
  return {
    kind: served.listKind,
    apiVersion: apiVersionOf(served),
    metadata: {
      resourceVersion: String(end.revision),
      ...(goesOn ? { continue: encodeToken({ revision: end.revision, after: keyOf(last) }) } : {}),
      // Lists of custom resources write the member even where it is empty.
      ...(!goesOn && served.custom !== undefined ? { continue: "" } : {}),
      ...(goesOn && !end.selective ? { remainingItemCount: end.remaining } : {}),
    },
    items: page.map((object) => listedForm(object, served)),
  };
}

/** Items of built-in lists carry no kind of their own. */
function listedForm(object: JsonObject, served: ServedResource): JsonObject {
  const form = servedForm(object, served);
  if (served.custom !== undefined) return form;
  return withoutMembers(form, ["kind", "apiVersion"]);
}

/** The objects of a resource as they were at a revision: now, less what happened since. */
function objectsAt(store: Store, storage: string, revision: number, namespace: string | undefined): readonly JsonObject[] | undefined {
  const now = store.list(storage, namespace);
  const since = store.eventsAfter(storage, revision);
  if (since === undefined) return undefined;
  if (since.length === 0) return now;
  const byKey = new Map(now.map((object) => [keyOf(object), object]));
  for (const event of since.toReversed()) {
    if (namespace !== undefined && stringAt(event.object, "metadata", "namespace") !== namespace) continue;
    if (event.previous === undefined) byKey.delete(keyOf(event.object));
    else byKey.set(keyOf(event.previous), event.previous);
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

function keyOf(object: JsonObject): string {
  return `${stringAt(object, "metadata", "namespace") ?? ""}/${stringAt(object, "metadata", "name") ?? ""}`;
}

function encodeToken({ revision, after }: Token): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: after })).toString("base64url");
}

function tokenOf(text: string | undefined): Outcome<Token | undefined> {
  if (text === undefined || text === "") return ok(undefined);
  try {
    const parsed = toJson(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    const revision = numberAt(parsed, "rv");
    const after = stringAt(parsed, "start");
    if (revision !== undefined && after !== undefined) return ok({ revision, after });
  } catch {
    // Not our token: the same answer as for one of the wrong shape.
  }
  return err(badRequest("invalid continue token: continue key is not valid: it is not one that this server gave out"));
}

function goneToken(token: Token | undefined, revision: number): ApiStatus {
  const next = token === undefined ? "" : encodeToken({ revision, after: token.after });
  const failure = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  return { ...failure, ...(next === "" ? {} : { continue: next }) };
}
