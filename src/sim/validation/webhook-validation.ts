/**
 * Validation of webhook configurations.
 *
 * Reads a MutatingWebhookConfiguration or ValidatingWebhookConfiguration. Returns the problems of admission registration's own validation, and
 * one of ours: a matchCondition that the embedded world cannot evaluate is refused at creation, never skipped.
 */
import type { FieldProblem } from "../api-failure.ts";
import { arrayAt, numberAt, stringAt, stringsAt, valueAt, type JsonObject, type JsonValue } from "../json.ts";
import { parseMatchCondition } from "../match-condition.ts";
import { duplicate, invalidValue, notSupported, required } from "./field-problem.ts";

/** Returns the problems of a webhook configuration. */
export function webhookConfigurationProblems(object: JsonObject): readonly FieldProblem[] {
  const seen = new Set<string>();
  return arrayAt(object, "webhooks").flatMap((hook, index) => {
    const name = stringAt(hook, "name") ?? "";
    const isTaken = seen.has(name);
    seen.add(name);
    return [...(isTaken ? [duplicate(`webhooks[${index}].name`, name)] : []), ...webhookProblems(hook, `webhooks[${index}]`)];
  });
}

function webhookProblems(hook: JsonValue, path: string): readonly FieldProblem[] {
  const name = stringAt(hook, "name") ?? "";
  const timeout = numberAt(hook, "timeoutSeconds") ?? 10;
  const sideEffects = stringAt(hook, "sideEffects");
  const versions = stringsAt(hook, "admissionReviewVersions");
  return [
    ...(name === "" ? [required(`${path}.name`)] : []),
    ...(name !== "" && name.split(".").length < 3
      ? [invalidValue(`${path}.name`, name, "should be a domain with at least three segments separated by dots")]
      : []),
    ...(sideEffects === undefined ? [required(`${path}.sideEffects`, `must specify one of None, NoneOnDryRun`)] : []),
    ...(sideEffects !== undefined && sideEffects !== "None" && sideEffects !== "NoneOnDryRun"
      ? [notSupported(`${path}.sideEffects`, sideEffects, ["None", "NoneOnDryRun"])]
      : []),
    ...(timeout < 1 || timeout > 30
      ? [invalidValue(`${path}.timeoutSeconds`, timeout, "the timeout value must be between 1 and 30 seconds")]
      : []),
    ...(versions.length === 0 ? [required(`${path}.admissionReviewVersions`, "must specify one of v1, v1beta1")] : []),
    ...(versions.length > 0 && !versions.some((version) => version === "v1" || version === "v1beta1")
      ? [invalidValue(`${path}.admissionReviewVersions`, versions, "must include at least one of v1, v1beta1")]
      : []),
    ...clientProblems(hook, `${path}.clientConfig`),
    ...arrayAt(hook, "matchConditions").flatMap((condition, index) => conditionProblems(condition, `${path}.matchConditions[${index}]`)),
  ];
}

function clientProblems(hook: JsonValue, path: string): readonly FieldProblem[] {
  const url = stringAt(hook, "clientConfig", "url");
  const hasService = valueAt(hook, "clientConfig", "service") !== undefined;
  if ((url === undefined) === !hasService) return [required(path, "exactly one of url or service is required")];
  if (url === undefined) return [];
  return /^https:\/\/[^?#@]+$/.test(url)
    ? []
    : [invalidValue(`${path}.url`, url, "'https' is the only allowed URL scheme; desired format: https://host[/path]")];
}

function conditionProblems(condition: JsonValue, path: string): readonly FieldProblem[] {
  const expression = stringAt(condition, "expression") ?? "";
  if (expression.trim() === "") return [required(`${path}.expression`)];
  const parsed = parseMatchCondition(expression);
  return parsed.ok ? [] : [invalidValue(`${path}.expression`, expression, parsed.error)];
}
