/**
 * Defaults of workloads and of what bounds them.
 *
 * Reads an object of a built-in kind. Returns it with the defaults that the real server fills in (its apps, batch and autoscaling defaults),
 * so that answers are equal field by field.
 */
import {
  arrayAt,
  equalJson,
  isJsonObject,
  mapAt,
  objectAt,
  stringAt,
  stringMapAt,
  valueAt,
  withDefaults,
  withValue,
  type JsonObject,
} from "../json.ts";
import { withClaimTemplateDefaults, withTemplateDefaults } from "./pod-defaults.ts";

type Defaulter = (object: JsonObject) => JsonObject;

const template = ["spec", "template"] as const;

function specDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  return { ...object, spec: withDefaults(objectAt(object, "spec"), defaults) };
}

const deployment: Defaulter = (object) => {
  const base = specDefaults(withTemplateDefaults(object, template), {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: {},
  });
  return mapAt(base, ["spec", "strategy"], (strategy) => {
    const typed = withDefaults(strategy, { type: "RollingUpdate" });
    if (typed["type"] !== "RollingUpdate") return typed;
    return { ...typed, rollingUpdate: withDefaults(objectAt(typed, "rollingUpdate"), { maxUnavailable: "25%", maxSurge: "25%" }) };
  });
};

const statefulSet: Defaulter = (object) => {
  const base = specDefaults(withTemplateDefaults(object, template), {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: "OrderedReady",
    updateStrategy: {},
    persistentVolumeClaimRetentionPolicy: {},
  });
  const retained = mapAt(base, ["spec", "persistentVolumeClaimRetentionPolicy"], (policy) =>
    withDefaults(policy, { whenDeleted: "Retain", whenScaled: "Retain" }),
  );
  const updated = mapAt(retained, ["spec", "updateStrategy"], (strategy) => {
    const typed =
      strategy["type"] === undefined
        ? { ...strategy, type: "RollingUpdate", rollingUpdate: objectAt(strategy, "rollingUpdate") }
        : strategy;
    return typed["type"] === "RollingUpdate"
      ? mapAt(typed, ["rollingUpdate"], (rolling) => withDefaults(rolling, { partition: 0 }))
      : typed;
  });
  const claims = arrayAt(updated, "spec", "volumeClaimTemplates");
  return claims.length === 0 ? updated : withValue(updated, ["spec", "volumeClaimTemplates"], withClaimTemplateDefaults(claims));
};

const daemonSet: Defaulter = (object) => {
  const base = specDefaults(withTemplateDefaults(object, template), { revisionHistoryLimit: 10, updateStrategy: {} });
  return mapAt(base, ["spec", "updateStrategy"], (strategy) => {
    const typed = withDefaults(strategy, { type: "RollingUpdate" });
    if (typed["type"] !== "RollingUpdate") return typed;
    return { ...typed, rollingUpdate: withDefaults(objectAt(typed, "rollingUpdate"), { maxUnavailable: 1, maxSurge: 0 }) };
  });
};

const replicaSet: Defaulter = (object) => specDefaults(withTemplateDefaults(object, template), { replicas: 1 });

/** What it does not say of its selector and its own labels, the template's labels say. */
const replicationController: Defaulter = (object) => {
  const base = specDefaults(withTemplateDefaults(object, template), { replicas: 1 });
  const labels = stringMapAt(base, "spec", "template", "metadata", "labels");
  if (Object.keys(labels).length === 0) return base;
  const isEmpty = (...path: readonly string[]): boolean => Object.keys(stringMapAt(base, ...path)).length === 0;
  const selecting = isEmpty("spec", "selector") ? withValue(base, ["spec", "selector"], labels) : base;
  return isEmpty("metadata", "labels") ? withValue(selecting, ["metadata", "labels"], labels) : selecting;
};

/** The largest 32-bit integer: no limit. */
const noBackoffLimit = 2_147_483_647;

const job: Defaulter = (object) => {
  const spec = objectAt(object, "spec");
  const single = spec["completions"] === undefined && spec["parallelism"] === undefined ? { completions: 1 } : {};
  const base = specDefaults(withTemplateDefaults(object, template), {
    ...single,
    parallelism: 1,
    backoffLimit: spec["backoffLimitPerIndex"] === undefined ? 6 : noBackoffLimit,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
    manualSelector: false,
  });
  const labels = stringMapAt(base, "spec", "template", "metadata", "labels");
  const hasLabels = Object.keys(stringMapAt(base, "metadata", "labels")).length > 0;
  return hasLabels || Object.keys(labels).length === 0 ? base : withValue(base, ["metadata", "labels"], labels);
};

const cronJob: Defaulter = (object) => {
  const templated = withTemplateDefaults(object, ["spec", "jobTemplate", "spec", "template"]);
  const base = specDefaults(templated, {
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  return mapAt(base, ["spec", "jobTemplate"], (jobTemplate) => ({ ...jobTemplate, metadata: objectAt(jobTemplate, "metadata") }));
};

const defaultCpuMetric: JsonObject = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
};

const autoscaler: Defaulter = (object) => specDefaults(object, { minReplicas: 1, metrics: [defaultCpuMetric] });

/** Defaulters by storage name. */
export const workloadDefaults: Readonly<Record<string, Defaulter>> = {
  "deployments.apps": deployment,
  "statefulsets.apps": statefulSet,
  "daemonsets.apps": daemonSet,
  "replicasets.apps": replicaSet,
  replicationcontrollers: replicationController,
  "jobs.batch": job,
  "cronjobs.batch": cronJob,
  "horizontalpodautoscalers.autoscaling": autoscaler,
};

/** Returns a new Job with the selector and the template labels that tie its Pods to it, unless it brings its own. */
export function withJobSelector(object: JsonObject): JsonObject {
  if (valueAt(object, "spec", "manualSelector") === true) return object;
  const name = stringAt(object, "metadata", "name") ?? "";
  const uid = stringAt(object, "metadata", "uid") ?? "";
  const generated = {
    "job-name": name,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "batch.kubernetes.io/controller-uid": uid,
  };
  const labels = { ...generated, ...objectAt(object, "spec", "template", "metadata", "labels") };
  const selector = objectAt(object, "spec", "selector");
  const matchLabels = { "batch.kubernetes.io/controller-uid": uid, ...objectAt(selector, "matchLabels") };
  const selected = withValue(object, ["spec", "selector"], { ...selector, matchLabels });
  if (!isJsonObject(valueAt(object, "spec", "template"))) return selected;
  // Labels that were defaulted from the template are one map with it in the real server, and get the same additions.
  const own = valueAt(object, "metadata", "labels");
  const isShared = own !== undefined && equalJson(own, valueAt(object, "spec", "template", "metadata", "labels"));
  const shared = isShared ? withValue(selected, ["metadata", "labels"], labels) : selected;
  return withValue(shared, ["spec", "template", "metadata", "labels"], labels);
}
