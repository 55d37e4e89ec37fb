/**
 * Selection: which objects a list, a watch or a collection delete means.
 *
 * Reads the labelSelector and fieldSelector of a query. Returns a predicate over objects, or the 400 of a selector that the resource does not
 * support. The fields that a resource can be selected by are those of the real server.
 */
import { parseSelectorText, matchesSelector } from "../kube/selector.ts";
import { err, ok } from "../api/result.ts";
import { badRequest } from "./api-failure.ts";
import type { Outcome } from "./api-server.ts";
import { stringMapAt, valueAt, type JsonObject, type JsonValue } from "./json.ts";
import type { ServedResource } from "./served-resource.ts";

/** True where an object is meant. */
export type Selection = (object: JsonObject) => boolean;

const eventFields = [
  "involvedObject.kind",
  "involvedObject.namespace",
  "involvedObject.name",
  "involvedObject.uid",
  "involvedObject.apiVersion",
  "involvedObject.resourceVersion",
  "involvedObject.fieldPath",
  "reason",
  "reportingComponent",
  "source",
  "type",
];

/** Fields beside metadata.name and metadata.namespace, by storage name. */
const selectableFields: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  nodes: ["spec.unschedulable"],
  namespaces: ["status.phase"],
  secrets: ["type"],
  services: ["spec.clusterIP", "spec.type"],
  events: eventFields,
  replicationcontrollers: ["status.replicas"],
  "replicasets.apps": ["status.replicas"],
  "jobs.batch": ["status.successful"],
};

/** Parses the selectors of a query. */
export function selectionOf(query: Readonly<Record<string, string>>, served: ServedResource): Outcome<Selection> {
  const labels = labelSelection(query["labelSelector"] ?? "");
  if (!labels.ok) return labels;
  const fields = fieldSelection(query["fieldSelector"] ?? "", served);
  if (!fields.ok) return fields;
  return ok((object) => labels.value(object) && fields.value(object));
}

function labelSelection(text: string): Outcome<Selection> {
  if (text.trim() === "") return ok(() => true);
  const selector = parseSelectorText(text);
  if (!selector.ok) return err(badRequest(selector.error));
  return ok((object) => matchesSelector(selector.value, stringMapAt(object, "metadata", "labels")));
}

function fieldSelection(text: string, served: ServedResource): Outcome<Selection> {
  const terms: Selection[] = [];
  for (const term of text.split(",").filter((part) => part.trim() !== "")) {
    const [, field, operator, wanted] = /^([^=!]+)(==|!=|=)(.*)$/.exec(term.trim()) ?? [];
    if (field === undefined || wanted === undefined) return err(badRequest(`invalid selector: '${text}'; can't understand '${term}'`));
    if (!isSelectable(field, served)) return err(badRequest(unknownField(text, field, served)));
    terms.push((object) => (fieldText(object, field) === wanted) === (operator !== "!="));
  }
  return ok((object) => terms.every((matches) => matches(object)));
}

function isSelectable(field: string, served: ServedResource): boolean {
  if (field === "metadata.name" || field === "metadata.namespace") return true;
  return (served.custom?.selectableFields ?? selectableFields[served.storage] ?? []).includes(field);
}

function unknownField(text: string, field: string, { group, version, resource, storage, custom }: ServedResource): string {
  if (custom === undefined && selectableFields[storage] !== undefined) return `field label not supported: ${field}`;
  const of = `${group}/${version}, Resource=${resource}`;
  return `Unable to find "${of}" that match label selector "", field selector "${text}": "${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** The text that a field selector compares; an absent field is "", except flags, which are "false". */
function fieldText(object: JsonObject, field: string): string {
  const found: JsonValue | undefined = field === "source" ? valueAt(object, "source", "component") : valueAt(object, ...field.split("."));
  if (found === undefined) return field === "spec.unschedulable" || field === "spec.hostNetwork" ? "false" : "";
  return typeof found === "object" ? "" : String(found);
}
