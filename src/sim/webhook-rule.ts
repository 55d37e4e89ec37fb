/**
 * Webhook rules: whether a request is one that a webhook is registered for.
 *
 * Reads a webhook of a stored configuration, and the request. Returns whether operation, group, version, resource with subresource, scope,
 * namespace labels, object labels and match conditions all agree, as the real matcher decides.
 */
import { matchesSelector } from "../kube/selector.ts";
import type { AdmittedWrite } from "./admitted-write.ts";
import type { Call } from "./api-server.ts";
import { arrayAt, stringAt, stringMapAt, stringsAt, valueAt, type JsonObject, type JsonValue } from "./json.ts";
import { parseMatchCondition } from "./match-condition.ts";
import { labelSelectorOf } from "./object-codec.ts";

/** True where the webhook is asked about the write. `review` is the AdmissionReview's request. */
export function meetsWebhook(
  hook: JsonValue,
  call: Call,
  { write, review }: { readonly write: AdmittedWrite; readonly review: JsonObject },
): boolean {
  return (
    arrayAt(hook, "rules").some((rule) => meetsRule(rule, call, write.operation)) &&
    meetsNamespace(hook, call, write) &&
    meetsObject(hook, write) &&
    arrayAt(hook, "matchConditions").every((condition) => meetsCondition(condition, review))
  );
}

function meetsRule(rule: JsonValue, { served, subresource }: Call, operation: string): boolean {
  const has = (list: string, wanted: string): boolean => {
    const values = stringsAt(rule, list);
    return values.includes("*") || values.includes(wanted);
  };
  const scope = stringAt(rule, "scope") ?? "*";
  return (
    has("operations", operation) &&
    has("apiGroups", served.group) &&
    has("apiVersions", served.version) &&
    stringsAt(rule, "resources").some((resource) => meetsResource(resource, served.resource, subresource)) &&
    (scope === "*" || (scope === "Namespaced") === served.namespaced)
  );
}

/** "pods" is the resource alone, "pods/*" its subresources, "*" all resources alone, and a slash names both. */
function meetsResource(pattern: string, resource: string, subresource: string): boolean {
  const [wanted = "", wantedSub = ""] = pattern.split("/");
  if (wanted !== "*" && wanted !== resource) return false;
  if (!pattern.includes("/")) return subresource === "";
  return wantedSub === "*" || wantedSub === subresource;
}

/** A cluster-scoped object other than a Namespace is never exempt by labels. */
function meetsNamespace(hook: JsonValue, { served, namespace, server }: Call, write: AdmittedWrite): boolean {
  const selector = labelSelectorOf(valueAt(hook, "namespaceSelector"));
  if (selector === undefined) return true;
  if (served.storage === "namespaces") return matchesSelector(selector, stringMapAt(write.object ?? write.old, "metadata", "labels"));
  if (!served.namespaced) return true;
  const found = server.store.get({ resource: "namespaces", namespace: "", name: namespace });
  return matchesSelector(selector, stringMapAt(found, "metadata", "labels"));
}

function meetsObject(hook: JsonValue, { object, old }: AdmittedWrite): boolean {
  const selector = labelSelectorOf(valueAt(hook, "objectSelector"));
  if (selector === undefined) return true;
  return [object, old].some((item) => item !== undefined && matchesSelector(selector, stringMapAt(item, "metadata", "labels")));
}

function meetsCondition(condition: JsonValue, review: JsonObject): boolean {
  const parsed = parseMatchCondition(stringAt(condition, "expression") ?? "");
  return parsed.ok && parsed.value(review);
}
