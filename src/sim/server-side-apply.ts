/**
 * PATCH with application/apply-patch+yaml: server-side apply.
 *
 * Reads the configuration, its field manager and force. Creates the object where it is missing, else merges (patch/apply.ts); conflicts are 409
 * with one cause a field, in the words of the real server's field manager.
 */
import type { ApiStatus } from "../api/api-status.ts";
import { err, ok } from "../api/result.ts";
import { badRequest, invalid } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { storeNew } from "./create.ts";
import { toStored } from "./decode-body.ts";
import { decodeFields } from "./field-decoding.ts";
import { arrayAt, isJsonObject, objectAt, stringAt, withValue, type JsonObject } from "./json.ts";
import { applyConfiguration, type FieldConflict } from "./patch/apply.ts";
import { isOwnHistory, withLastApplied } from "./patch/last-applied.ts";
import { leavesOf, pathForPeople } from "./patch/field-set.ts";
import { managersOf, writerOf } from "./patch/managed-fields.ts";
import { apiVersionOf } from "./served-resource.ts";
import { changeObject } from "./update.ts";

/** Answers an apply of an object or of its status. */
export async function applyObject(call: Call): Promise<Outcome> {
  const decoded = decodeConfiguration(call);
  if (!decoded.ok) return decoded;
  const config = decoded.value;
  const { server, served, namespace, name } = call;
  const applier = writerOf(call, new Set(leavesOf(config, served.schema()).keys()), "Apply");
  const exists = server.store.get({ resource: served.storage, namespace, name }) !== undefined;
  if (!exists && call.subresource === "") return storeNew(call, config, { managers: [applier] });
  const force = call.request.query["force"] === "true";
  return changeObject(call, (current) => {
    const application = {
      live: current,
      config: identified(config, current),
      schema: served.schema(),
      managers: managersOf(current),
      applier,
    };
    const tried = applyConfiguration({ ...application, force });
    const isOwn = !tried.ok && isOwnHistory(current, tried.error, { name: applier.name, schema: served.schema() });
    const applied = isOwn ? applyConfiguration({ ...application, force: true }) : tried;
    if (!applied.ok) return err(conflictStatus(applied.error));
    const { object, managers } = applied.value;
    return ok({ object: withLastApplied(object, config, applier.name), ownership: { managers } });
  });
}

/** The identity of the live object stands; a resourceVersion of the configuration is an optimistic lock. */
function identified(config: JsonObject, current: JsonObject): JsonObject {
  const uid = stringAt(current, "metadata", "uid");
  const sent = objectAt(config, "metadata");
  return { ...config, metadata: { ...sent, ...(uid === undefined || sent["uid"] !== undefined ? {} : { uid }) } };
}

function decodeConfiguration(call: Call): Outcome<JsonObject> {
  const { request, served } = call;
  const { body } = request;
  if (request.query["fieldManager"] === undefined || request.query["fieldManager"] === "") {
    const problem = {
      reason: "FieldValueRequired",
      field: "fieldManager",
      message: "Required value: is required for apply patch",
    } as const;
    return err(invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [problem]));
  }
  if (!isJsonObject(body)) return err(badRequest("error decoding YAML: an apply patch is an object"));
  if (arrayAt(body, "metadata", "managedFields").length > 0) return err(badRequest("metadata.managedFields must be nil"));
  const apiVersion = stringAt(body, "apiVersion") ?? "";
  const kind = stringAt(body, "kind") ?? "";
  if (apiVersion !== apiVersionOf(served) || kind !== served.kind) {
    return err(badRequest(`invalid object type: ${apiVersion}, Kind=${kind}`));
  }
  const given = stringAt(body, "metadata", "name") ?? call.name;
  if (given !== call.name) return err(badRequest(`the name of the object (${given}) does not match the name on the URL (${call.name})`));
  const named = { ...body, metadata: { ...objectAt(body, "metadata"), name: call.name } };
  const placed = served.namespaced ? withValue(named, ["metadata", "namespace"], call.namespace) : named;
  const decoded = decodeFields(placed, served.schema(), { custom: served.custom !== undefined });
  const subject = `(${stringAt(body, "metadata", "namespace") ?? ""}/${call.name}; ${apiVersion}, Kind=${kind})`;
  const [unknown] = decoded.unknownFields;
  if (unknown !== undefined)
    return err(badTyped(`failed to create typed patch object ${subject}: .${unknown}: field not declared in schema`));
  if (decoded.typeError !== undefined) return err(badTyped(`failed to create typed patch object ${subject}: ${decoded.typeError}`));
  return ok(toStored(served, ownPart(call, decoded.value)));
}

function badTyped(message: string): ApiStatus {
  return { code: 500, message };
}

/** An apply of the object leaves the status alone; one of the status, everything else. */
function ownPart({ served, subresource }: Call, config: JsonObject): JsonObject {
  if (subresource === "status") {
    const { name, namespace, resourceVersion } = objectAt(config, "metadata");
    const metadata = Object.fromEntries(
      Object.entries({ name, namespace, resourceVersion }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    return {
      apiVersion: config["apiVersion"] ?? "",
      kind: config["kind"] ?? "",
      metadata,
      ...(config["status"] === undefined ? {} : { status: config["status"] }),
    };
  }
  return served.statusIsolated ? withValue(config, ["status"], undefined) : config;
}

function conflictStatus(conflicts: readonly FieldConflict[]): ApiStatus {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(manager)}`,
    field: pathForPeople(path),
  }));
  return {
    code: 409,
    reason: "Conflict",
    message: `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? "" : "s"}: ${conflictText(conflicts)}`,
    details: { causes },
  };
}

function managerText(manager: FieldConflict["manager"]): string {
  const using = manager.operation === "Update" ? ` using ${manager.apiVersion}` : "";
  const subresource = manager.subresource === "" ? "" : ` with subresource "${manager.subresource}"`;
  return `"${manager.name}"${subresource}${using}`;
}

function conflictText(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) return `conflict with ${managerText(first.manager)}: ${pathForPeople(first.path)}`;
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const text = managerText(manager);
    byManager.set(text, [...(byManager.get(text) ?? []), pathForPeople(path)]);
  }
  return [...byManager].map(([manager, paths]) => `conflicts with ${manager}:\n${paths.map((path) => `- ${path}`).join("\n")}`).join("\n");
}
