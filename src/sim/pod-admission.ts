/**
 * In-tree admission of Pods: what the real server's default plugins write on a new Pod, without its token volume.
 *
 * Reads a new Pod and the stored PriorityClasses. Returns it with the service account, the tolerations of not-ready and unreachable nodes
 * (300 s), and its priority; the error says that its priority class is unknown.
 */
import { err, ok, type Result } from "../api/result.ts";
import { arrayAt, numberAt, objectAt, stringAt, valueAt, withDefaults, type JsonObject, type JsonValue } from "./json.ts";
import type { Store } from "./store.ts";

const tolerationSeconds = 300;
const defaultedTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

/** Returns a Pod as the in-tree plugins leave it. */
export function withPodAdmission(pod: JsonObject, store: Store): Result<JsonObject, string> {
  const spec = objectAt(pod, "spec");
  const account = stringAt(spec, "serviceAccountName") ?? "default";
  const named = { ...spec, serviceAccountName: account, serviceAccount: account };
  const tolerant = withTolerations(named);
  const priority = priorityOf(tolerant, store);
  return priority.ok ? ok({ ...pod, spec: withDefaults(tolerant, priority.value) }) : priority;
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

function priorityOf(spec: JsonObject, store: Store): Result<JsonObject, string> {
  const named = stringAt(spec, "priorityClassName");
  const classes = store.list("priorityclasses.scheduling.k8s.io");
  const found = classes.find((item) =>
    named === undefined ? valueAt(item, "globalDefault") === true : stringAt(item, "metadata", "name") === named,
  );
  if (found === undefined) {
    return named === undefined
      ? ok({ priority: 0, preemptionPolicy: "PreemptLowerPriority" })
      : err(`no PriorityClass with name ${named} was found`);
  }
  return ok({
    priorityClassName: stringAt(found, "metadata", "name") ?? "",
    priority: numberAt(found, "value") ?? 0,
    preemptionPolicy: stringAt(found, "preemptionPolicy") ?? "PreemptLowerPriority",
  });
}
