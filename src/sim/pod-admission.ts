/**
 * In-tree admission of Pods: what the real server's default plugins write on a new Pod, without its token volume.
 *
 * Reads a new Pod and the stored PriorityClasses. Returns it with the service account, the tolerations of not-ready and unreachable nodes
 * (300 s), and its priority.
 */
import { arrayAt, isJsonObject, numberAt, objectAt, stringAt, valueAt, withDefaults, type JsonObject, type JsonValue } from "./json.ts";
import type { Store } from "./store.ts";

const tolerationSeconds = 300;
const defaultedTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

/** The classes that every cluster has. */
const systemPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** Returns a Pod as the in-tree plugins leave it. */
export function withPodAdmission(pod: JsonObject, store: Store): JsonObject {
  const spec = objectAt(pod, "spec");
  const account = stringAt(spec, "serviceAccountName") ?? "default";
  const named = { ...spec, serviceAccountName: account, serviceAccount: account };
  const tolerant = withTolerations(named);
  return { ...pod, spec: withDefaults(tolerant, priorityOf(tolerant, store)) };
}

function withTolerations(spec: JsonObject): JsonObject {
  const present = arrayAt(spec, "tolerations");
  const added = defaultedTaints
    .filter((key) => !present.some((toleration) => toleratesNoExecute(toleration, key)))
    .map((key) => ({ effect: "NoExecute", key, operator: "Exists", tolerationSeconds }));
  return added.length === 0 ? spec : { ...spec, tolerations: [...present, ...added] };
}

function toleratesNoExecute(toleration: JsonValue, taint: string): boolean {
  const key = stringAt(toleration, "key") ?? "";
  const effect = stringAt(toleration, "effect") ?? "";
  return (key === taint || key === "") && (effect === "NoExecute" || effect === "");
}

function priorityOf(spec: JsonObject, store: Store): JsonObject {
  const named = stringAt(spec, "priorityClassName");
  const classes = store.list("priorityclasses.scheduling.k8s.io");
  const found = classes.find((item) =>
    named === undefined ? valueAt(item, "globalDefault") === true : stringAt(item, "metadata", "name") === named,
  );
  const priority = numberAt(found, "value") ?? (named === undefined ? 0 : (systemPriorities[named] ?? 0));
  const preemptionPolicy = stringAt(found, "preemptionPolicy") ?? "PreemptLowerPriority";
  const className = named ?? stringAt(found, "metadata", "name");
  return { priority, preemptionPolicy, ...(isJsonObject(found) && className !== undefined ? { priorityClassName: className } : {}) };
}
