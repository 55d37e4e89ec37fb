/**
 * Validation: what the server refuses as invalid.
 *
 * Reads a new or changed object as it would be stored. Returns 422 with one cause a problem, as the real server collects them.
 */
import { err, ok } from "../api/result.ts";
import { invalid, type FieldProblem } from "./api-failure.ts";
import type { Outcome } from "./api-server.ts";
import { definitionStorage } from "./built-in-resources.ts";
import { objectAt, stringAt, valueAt, type JsonObject } from "./json.ts";
import type { ServedResource } from "./served-resource.ts";
import { customResourceProblems } from "./validation/custom-validation.ts";
import { invalidValue } from "./validation/field-problem.ts";
import { metadataChangeProblems, metadataProblems } from "./validation/metadata-validation.ts";
import { podChangeProblems, podSpecProblems } from "./validation/pod-validation.ts";
import { webhookConfigurationProblems } from "./validation/webhook-validation.ts";
import { workloadChangeProblems, workloadChecks } from "./validation/workload-validation.ts";

/** Validates a new object. */
export function validateNew(object: JsonObject, served: ServedResource): Outcome<undefined> {
  return verdictOf(object, served, [...metadataProblems(object, served), ...ownProblems(object, served)]);
}

/** Validates a changed object beside the stored one. */
export function validateChanged(
  object: JsonObject,
  current: JsonObject,
  { served, subresource }: { readonly served: ServedResource; readonly subresource: string },
): Outcome<undefined> {
  const problems = [...metadataProblems(object, served), ...metadataChangeProblems(object, current), ...ownProblems(object, served)];
  return verdictOf(object, served, subresource === "status" ? problems : [...problems, ...changeProblems(object, current, served)]);
}

function verdictOf(object: JsonObject, served: ServedResource, problems: readonly FieldProblem[]): Outcome<undefined> {
  return problems.length === 0 ? ok(undefined) : err(invalid(served, stringAt(object, "metadata", "name") ?? "", problems));
}

function ownProblems(object: JsonObject, served: ServedResource): readonly FieldProblem[] {
  if (served.custom !== undefined) return customResourceProblems(object, served.schema());
  if (served.storage === "pods") return podSpecProblems(objectAt(object, "spec"), "spec");
  if (served.storage === definitionStorage) return definitionProblems(object);
  if (served.group === "admissionregistration.k8s.io") return webhookConfigurationProblems(object);
  return workloadChecks[served.storage]?.(object) ?? [];
}

function changeProblems(object: JsonObject, current: JsonObject, served: ServedResource): readonly FieldProblem[] {
  if (served.custom !== undefined) return [];
  if (served.storage === "pods") return podChangeProblems(object, current);
  return workloadChangeProblems(served.storage, object, current);
}

function definitionProblems(object: JsonObject): readonly FieldProblem[] {
  const name = stringAt(object, "metadata", "name") ?? "";
  const wanted = `${stringAt(object, "spec", "names", "plural") ?? ""}.${stringAt(object, "spec", "group") ?? ""}`;
  const scope = valueAt(object, "spec", "scope");
  return [
    ...(name === wanted ? [] : [invalidValue("metadata.name", name, 'must be spec.names.plural+"."+spec.group')]),
    ...(scope === "Namespaced" || scope === "Cluster" ? [] : [invalidValue("spec.scope", scope, "must be Namespaced or Cluster")]),
  ];
}
