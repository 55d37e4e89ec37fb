/**
 * Rows of workloads and of what bounds them: Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, budgets and autoscalers.
 *
 * Reads an object. Returns the cells of `kubectl get`, with the real printers' columns and words.
 */
import { formatSelector } from "../../kube/selector.ts";
import { arrayAt, numberAt, objectAt, stringAt, textOf, valueAt, type JsonObject, type JsonValue } from "../json.ts";
import { labelSelectorOf } from "../object-codec.ts";
import { ageOf, humanDuration } from "./human-duration.ts";
import { columns, containerCells, nameOf, objectAge, type Printer } from "./printer.ts";

const templateSpec = ["spec", "template", "spec"] as const;

function count(object: JsonObject, ...path: readonly string[]): number {
  return numberAt(object, ...path) ?? 0;
}

function selectorCell(object: JsonObject, ...path: readonly string[]): string {
  return formatSelector(labelSelectorOf(valueAt(object, ...path)));
}

const deployment: Printer = {
  columns: columns("Name", "Ready", "Up-to-date", "Available", "Age", "Containers*", "Images*", "Selector*"),
  cells: (object, now) => [
    nameOf(object),
    `${count(object, "status", "readyReplicas")}/${count(object, "spec", "replicas")}`,
    count(object, "status", "updatedReplicas"),
    count(object, "status", "availableReplicas"),
    objectAge(object, now),
    ...containerCells(object, ...templateSpec),
    selectorCell(object, "spec", "selector"),
  ],
};

const replicaSet: Printer = {
  columns: columns("Name", "Desired:integer", "Current:integer", "Ready:integer", "Age", "Containers*", "Images*", "Selector*"),
  cells: (object, now) => [
    nameOf(object),
    count(object, "spec", "replicas"),
    count(object, "status", "replicas"),
    count(object, "status", "readyReplicas"),
    objectAge(object, now),
    ...containerCells(object, ...templateSpec),
    selectorCell(object, "spec", "selector"),
  ],
};

/** Its selector is a plain map. */
const replicationController: Printer = {
  columns: replicaSet.columns,
  cells: (object, now) => [...replicaSet.cells(object, now).slice(0, -1), formatLabels(objectAt(object, "spec", "selector"))],
};

const statefulSet: Printer = {
  columns: columns("Name", "Ready", "Age", "Containers*", "Images*"),
  cells: (object, now) => [
    nameOf(object),
    `${count(object, "status", "readyReplicas")}/${count(object, "spec", "replicas")}`,
    objectAge(object, now),
    ...containerCells(object, ...templateSpec),
  ],
};

const daemonSet: Printer = {
  columns: columns(
    "Name",
    "Desired:integer",
    "Current:integer",
    "Ready:integer",
    "Up-to-date:integer",
    "Available:integer",
    "Node Selector",
    "Age",
    "Containers*",
    "Images*",
    "Selector*",
  ),
  cells: (object, now) => [
    nameOf(object),
    count(object, "status", "desiredNumberScheduled"),
    count(object, "status", "currentNumberScheduled"),
    count(object, "status", "numberReady"),
    count(object, "status", "updatedNumberScheduled"),
    count(object, "status", "numberAvailable"),
    formatLabels(objectAt(object, ...templateSpec, "nodeSelector")),
    objectAge(object, now),
    ...containerCells(object, ...templateSpec),
    selectorCell(object, "spec", "selector"),
  ],
};

/** Returns labels as labels.FormatLabels writes them. */
export function formatLabels(labels: JsonObject): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${textOf(value)}`);
  return pairs.length === 0 ? "<none>" : pairs.sort().join(",");
}

const jobStatusWords: readonly (readonly [condition: string, word: string])[] = [
  ["Complete", "Complete"],
  ["Failed", "Failed"],
  ["", "Terminating"],
  ["Suspended", "Suspended"],
  ["FailureTarget", "FailureTarget"],
  ["SuccessCriteriaMet", "SuccessCriteriaMet"],
];

const job: Printer = {
  columns: columns("Name", "Status", "Completions", "Duration", "Age", "Containers*", "Images*", "Selector*"),
  cells: (object, now) => {
    const started = stringAt(object, "status", "startTime");
    const completed = stringAt(object, "status", "completionTime");
    const until = completed === undefined ? now : Date.parse(completed);
    return [
      nameOf(object),
      jobStatus(object),
      completions(object),
      started === undefined ? "" : humanDuration(until - Date.parse(started)),
      objectAge(object, now),
      ...containerCells(object, ...templateSpec),
      selectorCell(object, "spec", "selector"),
    ];
  },
};

function jobStatus(object: JsonObject): string {
  const isTrue = (type: string): boolean =>
    arrayAt(object, "status", "conditions").some(
      (condition) => stringAt(condition, "type") === type && stringAt(condition, "status") === "True",
    );
  const isEnding = stringAt(object, "metadata", "deletionTimestamp") !== undefined;
  return jobStatusWords.find(([condition]) => (condition === "" ? isEnding : isTrue(condition)))?.[1] ?? "Running";
}

function completions(object: JsonObject): string {
  const succeeded = count(object, "status", "succeeded");
  const wanted = numberAt(object, "spec", "completions");
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = count(object, "spec", "parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

const cronJob: Printer = {
  columns: columns(
    "Name",
    "Schedule",
    "Timezone",
    "Suspend:boolean",
    "Active:integer",
    "Last Schedule",
    "Age",
    "Containers*",
    "Images*",
    "Selector*",
  ),
  cells: (object, now) => {
    const last = stringAt(object, "status", "lastScheduleTime");
    const suspend = valueAt(object, "spec", "suspend");
    return [
      nameOf(object),
      stringAt(object, "spec", "schedule") ?? "",
      stringAt(object, "spec", "timeZone") ?? "<none>",
      typeof suspend === "boolean" ? (suspend ? "True" : "False") : "<unset>",
      arrayAt(object, "status", "active").length,
      last === undefined ? "<none>" : ageOf(last, now),
      objectAge(object, now),
      ...containerCells(object, "spec", "jobTemplate", "spec", "template", "spec"),
      selectorCell(object, "spec", "jobTemplate", "spec", "selector"),
    ];
  },
};

const budget: Printer = {
  columns: columns("Name", "Min Available", "Max Unavailable", "Allowed Disruptions:integer", "Age"),
  cells: (object, now) => [
    nameOf(object),
    boundText(valueAt(object, "spec", "minAvailable")),
    boundText(valueAt(object, "spec", "maxUnavailable")),
    count(object, "status", "disruptionsAllowed"),
    objectAge(object, now),
  ],
};

function boundText(value: JsonValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "N/A";
}

const autoscaler: Printer = {
  columns: columns("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"),
  cells: (object, now) => [
    nameOf(object),
    `${stringAt(object, "spec", "scaleTargetRef", "kind") ?? ""}/${stringAt(object, "spec", "scaleTargetRef", "name") ?? ""}`,
    metricsText(object),
    String(numberAt(object, "spec", "minReplicas") ?? "<unset>"),
    count(object, "spec", "maxReplicas"),
    count(object, "status", "currentReplicas"),
    objectAge(object, now),
  ],
};

/** Resource metrics by utilization; the embedded world measures none, so what is current is unknown. */
function metricsText(object: JsonObject): string {
  const metrics = arrayAt(object, "spec", "metrics").map((metric) => {
    const target = numberAt(metric, "resource", "target", "averageUtilization");
    return `${stringAt(metric, "resource", "name") ?? ""}: <unknown>/${target === undefined ? "<auto>" : `${target}%`}`;
  });
  if (metrics.length === 0) return "<none>";
  return metrics.length <= 2 ? metrics.join(", ") : `${metrics.slice(0, 2).join(", ")} + ${metrics.length - 2} more...`;
}

/** Printers by storage name. */
export const workloadPrinters: Readonly<Record<string, Printer>> = {
  "deployments.apps": deployment,
  "replicasets.apps": replicaSet,
  replicationcontrollers: replicationController,
  "statefulsets.apps": statefulSet,
  "daemonsets.apps": daemonSet,
  "jobs.batch": job,
  "cronjobs.batch": cronJob,
  "poddisruptionbudgets.policy": budget,
  "horizontalpodautoscalers.autoscaling": autoscaler,
};
