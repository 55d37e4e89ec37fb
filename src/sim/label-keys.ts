/**
 * Label keys of a new Pod: matchLabelKeys and mismatchLabelKeys as expressions with the Pod's own values.
 *
 * Reads a Pod as it is to be stored. Returns it with the selectors of its spread and affinity completed, as the Pod strategy does since
 * Kubernetes 1.33 (affinity) and 1.34 (spread). A key that the Pod lacks adds nothing, and a term without a selector stays without.
 */
import { arrayAt, mapEachAt, objectAt, stringAt, stringsAt, valueAt, withValue, type JsonObject } from "./json.ts";

const affinities = ["podAffinity", "podAntiAffinity"] as const;

/** Returns the Pod whose selectors say all that the scheduler reads. */
export function withLabelKeys(pod: JsonObject): JsonObject {
  const labels = objectAt(pod, "metadata", "labels");
  const complete = (term: JsonObject): JsonObject => withKeys(term, labels);
  const weighed = (one: JsonObject): JsonObject => withValue(one, ["podAffinityTerm"], complete(objectAt(one, "podAffinityTerm")));
  const spread = mapEachAt(pod, ["spec", "topologySpreadConstraints"], complete);
  return affinities.reduce((before, kind) => {
    const required = mapEachAt(before, ["spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"], complete);
    return mapEachAt(required, ["spec", "affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution"], weighed);
  }, spread);
}

function withKeys(term: JsonObject, labels: JsonObject): JsonObject {
  if (valueAt(term, "labelSelector") === undefined) return term;
  const expressions = [
    ...stringsAt(term, "matchLabelKeys").map((key) => ({ key, operator: "In", value: stringAt(labels, key) })),
    ...stringsAt(term, "mismatchLabelKeys").map((key) => ({ key, operator: "NotIn", value: stringAt(labels, key) })),
  ].flatMap(({ key, operator, value }): readonly JsonObject[] => (value === undefined ? [] : [{ key, operator, values: [value] }]));
  if (expressions.length === 0) return term;
  const path = ["labelSelector", "matchExpressions"];
  return withValue(term, path, [...arrayAt(term, ...path), ...expressions]);
}
