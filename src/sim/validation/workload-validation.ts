/**
 * Validation of workloads, budgets and autoscalers.
 *
 * Reads an object of a built-in kind, and the stored one for a change. Returns the problems in the words of the real server's apps, batch,
 * policy and autoscaling validation: selectors that match their template and never change, counts, percentages.
 */
import { parseCron } from "../../kube/schedule.ts";
import { isEmptySelector, matchesSelector } from "../../kube/selector.ts";
import type { FieldProblem } from "../api-failure.ts";
import {
  arrayAt,
  equalJson,
  isJsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringMapAt,
  valueAt,
  withValue,
  type JsonObject,
  type JsonValue,
} from "../json.ts";
import { labelSelectorOf } from "../object-codec.ts";
import { forbiddenField, invalidValue, notSupported, required } from "./field-problem.ts";
import { labelProblems } from "./metadata-validation.ts";
import { podSpecProblems } from "./pod-validation.ts";

/** Checks one kind. */
export type ObjectCheck = (object: JsonObject) => readonly FieldProblem[];

function negative(object: JsonObject, ...path: readonly string[]): readonly FieldProblem[] {
  const value = valueAt(object, ...path);
  return typeof value === "number" && value < 0 ? [invalidValue(path.join("."), value, "must be greater than or equal to 0")] : [];
}

function templateProblems(object: JsonObject, path: readonly string[]): readonly FieldProblem[] {
  const field = path.join(".");
  return [
    ...labelProblems(objectAt(object, ...path, "metadata"), `${field}.labels`),
    ...podSpecProblems(objectAt(object, ...path, "spec"), `${field}.spec`),
  ];
}

/** The checks that every replicated workload shares; `word` names it in the text about an empty selector. */
function replicated(word: string): ObjectCheck {
  return (object) => {
    const selector = valueAt(object, "spec", "selector");
    const restartPolicy = stringAt(object, "spec", "template", "spec", "restartPolicy") ?? "Always";
    return [
      ...negative(object, "spec", "replicas"),
      ...negative(object, "spec", "minReadySeconds"),
      ...selectorProblems(selector, object, word),
      ...templateProblems(object, ["spec", "template"]),
      ...(restartPolicy === "Always" ? [] : [notSupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"])]),
    ];
  };
}

/** Its selector is a plain map; without one it is the template's labels. */
const replicationController: ObjectCheck = (object) => {
  const matchLabels = stringMapAt(object, "spec", "selector");
  const isEmpty = Object.keys(matchLabels).length === 0;
  const problems = replicated("replicationcontroller")(withValue(object, ["spec", "selector"], { matchLabels }));
  return isEmpty ? [required("spec.selector"), ...problems.filter(({ field }) => field !== "spec.selector")] : problems;
};

/** A claim template is a volume of each Pod; it takes the place of a volume of its name. */
const statefulSet: ObjectCheck = (object) => {
  const path = ["spec", "template", "spec", "volumes"];
  const volumes = arrayAt(object, ...path);
  const named = new Set(volumes.map((volume) => stringAt(volume, "name")));
  const claims = arrayAt(object, "spec", "volumeClaimTemplates")
    .map((claim) => stringAt(claim, "metadata", "name") ?? "")
    .filter((name) => name !== "" && !named.has(name));
  const withClaims = claims.length === 0 ? object : withValue(object, path, [...volumes, ...claims.map((name) => ({ name }))]);
  return replicated("statefulset")(withClaims);
};

function selectorProblems(selector: JsonValue | undefined, object: JsonObject, word: string): readonly FieldProblem[] {
  const decoded = labelSelectorOf(selector);
  const labels = stringMapAt(object, "spec", "template", "metadata", "labels");
  const shown = Object.keys(labels).length === 0 ? null : labels;
  const mismatch = invalidValue("spec.template.metadata.labels", shown, "`selector` does not match template `labels`");
  if (decoded === undefined || selector === undefined) return [required("spec.selector"), mismatch];
  if (isEmptySelector(decoded)) return [invalidValue("spec.selector", selector, `empty selector is invalid for ${word}`)];
  return matchesSelector(decoded, labels) ? [] : [mismatch];
}

const job: ObjectCheck = (object) => [
  ...negative(object, "spec", "parallelism"),
  ...negative(object, "spec", "completions"),
  ...negative(object, "spec", "backoffLimit"),
  ...templateProblems(object, ["spec", "template"]),
  ...jobRestartProblems(object, ["spec", "template", "spec"]),
];

function jobRestartProblems(object: JsonObject, path: readonly string[]): readonly FieldProblem[] {
  const policy = stringAt(object, ...path, "restartPolicy") ?? "Always";
  const field = [...path, "restartPolicy"].join(".");
  if (policy === "Always") return [required(field, 'valid values: "OnFailure", "Never"')];
  return policy === "OnFailure" || policy === "Never" ? [] : [notSupported(field, policy, ["OnFailure", "Never"])];
}

const concurrencyPolicies = ["Allow", "Forbid", "Replace"];

/** A Job's name is a CronJob's with the minute of its start, eleven characters more. */
const cronJobNameMax = 52;

const cronJob: ObjectCheck = (object) => {
  const name = stringAt(object, "metadata", "name") ?? "";
  const schedule = stringAt(object, "spec", "schedule") ?? "";
  const policy = stringAt(object, "spec", "concurrencyPolicy") ?? "Allow";
  const parsed = parseCron(schedule);
  return [
    ...(schedule === "" ? [required("spec.schedule")] : []),
    ...(schedule !== "" && !parsed.ok ? [invalidValue("spec.schedule", schedule, parsed.error)] : []),
    ...(concurrencyPolicies.includes(policy) ? [] : [notSupported("spec.concurrencyPolicy", policy, concurrencyPolicies)]),
    ...templateProblems(object, ["spec", "jobTemplate", "spec", "template"]),
    ...jobRestartProblems(object, ["spec", "jobTemplate", "spec", "template", "spec"]),
    ...(name.length > cronJobNameMax ? [invalidValue("metadata.name", name, `must be no more than ${cronJobNameMax} characters`)] : []),
  ];
};

const budget: ObjectCheck = (object) => {
  const spec = objectAt(object, "spec");
  const isBoth = spec["minAvailable"] !== undefined && spec["maxUnavailable"] !== undefined;
  const policy = spec["unhealthyPodEvictionPolicy"];
  return [
    ...(isBoth ? [invalidValue("spec", internalBudget(spec), "minAvailable and maxUnavailable cannot be both set")] : []),
    ...countOrPercentProblems(spec["minAvailable"], "spec.minAvailable"),
    ...countOrPercentProblems(spec["maxUnavailable"], "spec.maxUnavailable"),
    ...(policy === undefined || policy === "AlwaysAllow" || policy === "IfHealthyBudget"
      ? []
      : [notSupported("spec.unhealthyPodEvictionPolicy", policy, ["AlwaysAllow", "IfHealthyBudget"])]),
  ];
};

/** The real server prints its internal type here. */
function internalBudget(spec: JsonObject): JsonObject {
  const { minAvailable = null, selector = null, maxUnavailable = null, unhealthyPodEvictionPolicy = null } = spec;
  return {
    MinAvailable: minAvailable,
    Selector: selector,
    MaxUnavailable: maxUnavailable,
    UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy,
  };
}

const percentRule =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

function countOrPercentProblems(value: JsonValue | undefined, field: string): readonly FieldProblem[] {
  if (typeof value === "number") return value < 0 ? [invalidValue(field, value, "must be greater than or equal to 0")] : [];
  if (typeof value !== "string") return [];
  if (!/^[0-9]+%$/.test(value)) return [invalidValue(field, value, percentRule)];
  return Number(value.slice(0, -1)) > 100 ? [invalidValue(field, value, "must not be greater than 100%")] : [];
}

const autoscaler: ObjectCheck = (object) => {
  const min = numberAt(object, "spec", "minReplicas") ?? 1;
  const max = numberAt(object, "spec", "maxReplicas") ?? 0;
  return [
    ...(min < 1 ? [invalidValue("spec.minReplicas", min, "must be greater than or equal to 1")] : []),
    ...(max < 1 ? [invalidValue("spec.maxReplicas", max, "must be greater than 0")] : []),
    ...(max >= 1 && max < min ? [invalidValue("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`")] : []),
  ];
};

/** Checks by storage name. */
export const workloadChecks: Readonly<Record<string, ObjectCheck>> = {
  "deployments.apps": replicated("deployment"),
  "replicasets.apps": replicated("replicaset"),
  replicationcontrollers: replicationController,
  "statefulsets.apps": statefulSet,
  "daemonsets.apps": replicated("daemonset"),
  "jobs.batch": job,
  "cronjobs.batch": cronJob,
  "poddisruptionbudgets.policy": budget,
  "horizontalpodautoscalers.autoscaling": autoscaler,
};

const selectorIsFixed: ReadonlySet<string> = new Set(["deployments.apps", "replicasets.apps", "daemonsets.apps", "jobs.batch"]);
const statefulMutable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

/** Returns the problems of a change of a workload: its selector stays, a Job's template and a StatefulSet's identity too. */
export function workloadChangeProblems(storage: string, object: JsonObject, current: JsonObject): readonly FieldProblem[] {
  if (storage === "statefulsets.apps" && !equalJson(statefulIdentity(object), statefulIdentity(current))) {
    const fields =
      "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";
    return [forbiddenField("spec", `updates to statefulset spec for fields other than ${fields} are forbidden`)];
  }
  const fixed = [
    ...(selectorIsFixed.has(storage) ? ["selector"] : []),
    ...(storage === "jobs.batch" && !isSuspended(current) ? ["template"] : []),
  ];
  return fixed.flatMap((name) => {
    const value = valueAt(object, "spec", name);
    return equalJson(value, valueAt(current, "spec", name)) ? [] : [invalidValue(`spec.${name}`, value, "field is immutable")];
  });
}

function isSuspended(job_: JsonObject): boolean {
  return valueAt(job_, "spec", "suspend") === true;
}

function statefulIdentity(object: JsonObject): JsonObject {
  const spec = objectAt(object, "spec");
  return statefulMutable.reduce((at, name) => (isJsonObject(at) ? withValue(at, [name], undefined) : at), spec);
}
