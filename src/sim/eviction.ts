/**
 * pods/eviction: a deletion that asks the Pod's budget first.
 *
 * Reads an Eviction. Answers as the real handler does (kube/eviction.ts has the decision): a budget pays with one allowed disruption, the Pod
 * gets the DisruptionTarget condition and is deleted with the given options; a dry run stops after the decision.
 */
import { evictionAnswer } from "../kube/eviction.ts";
import { matchesSelector } from "../kube/selector.ts";
import { timeText } from "../kube/time-text.ts";
import { err, ok } from "../api/result.ts";
import { admitMutating, admitValidating } from "./admission.ts";
import { badRequest, notFound } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { deleteObject, deleteOptionsFrom } from "./delete.ts";
import {
  arrayAt,
  isJsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringMapAt,
  valueAt,
  withValue,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
import { budgetOf, labelSelectorOf, podOf } from "./object-codec.ts";
import { changeObject } from "./update.ts";

const budgetStorage = "poddisruptionbudgets.policy";
const attemptsMax = 20;

/** Answers a POST to pods/NAME/eviction. */
export async function evictPod(call: Call): Promise<Outcome> {
  const { body } = call.request;
  if (!isJsonObject(body)) return err(badRequest("an Eviction is an object"));
  const named = stringAt(body, "metadata", "name") ?? call.name;
  if (named !== call.name) return err(badRequest("name in URL does not match name in Eviction object"));
  const eviction: JsonObject = { ...body, metadata: { ...objectAt(body, "metadata"), name: named, namespace: call.namespace } };
  const mutated = await admitMutating(call, { operation: "CREATE", object: eviction });
  if (!mutated.ok) return mutated;
  const admitted = await admitValidating(call, { operation: "CREATE", object: mutated.value });
  if (!admitted.ok) return admitted;
  const paid = payForEviction(call);
  if (!paid.ok) return paid;
  return endPod(call, mutated.value);
}

/** Asks the budgets, and takes one disruption from the one that pays; another write of it in between means asking again. */
function payForEviction(call: Call): Outcome<undefined> {
  const { server, namespace, name } = call;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const pod = server.store.get({ resource: "pods", namespace, name });
    if (pod === undefined) return err(notFound(call.served, name));
    const labels = stringMapAt(pod, "metadata", "labels");
    const budgets = server.store
      .list(budgetStorage, namespace)
      .filter((budget) => matchesSelector(labelSelectorOf(valueAt(budget, "spec", "selector")), labels));
    const answer = evictionAnswer({ pod: podOf(pod), budgets: budgets.map(budgetOf) });
    if (answer.kind === "refused") return err(answer.status);
    const budget = budgets[0];
    if (answer.kind === "delete" || budget === undefined || call.dryRun) return ok(undefined);
    const key = { resource: budgetStorage, namespace, name: stringAt(budget, "metadata", "name") ?? "" };
    const counted = server.store.replace(key, countedBudget(budget, call), stringAt(budget, "metadata", "resourceVersion"));
    if (counted.ok) return ok(undefined);
  }
  return err({ code: 504, reason: "Timeout", message: `Timeout: couldn't update PodDisruptionBudget due to conflicts` });
}

function countedBudget(budget: JsonObject, { name, server }: Call): JsonObject {
  const allowed = numberAt(budget, "status", "disruptionsAllowed") ?? 0;
  const disrupted = { ...objectAt(budget, "status", "disruptedPods"), [name]: timeText(server.clock.now()) };
  return withValue(withValue(budget, ["status", "disruptionsAllowed"], allowed - 1), ["status", "disruptedPods"], disrupted);
}

async function endPod(call: Call, eviction: JsonObject): Promise<Outcome> {
  const podCall: Call = { ...call, subresource: "eviction" };
  if (!call.dryRun) {
    const marked = await changeObject(podCall, (pod) => ok({ object: withDisruptionTarget(pod, timeText(call.server.clock.now())) }));
    if (!marked.ok && marked.error.code !== 404) return marked;
  }
  const options = deleteOptionsFrom(objectAt(eviction, "deleteOptions"), {});
  const deleted = await deleteObject({ ...call, subresource: "", admitted: true }, options);
  if (!deleted.ok) return deleted;
  return ok({ status: 201, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } });
}

function withDisruptionTarget(pod: JsonObject, now: string): JsonObject {
  const others = arrayAt(pod, "status", "conditions").filter((condition) => stringAt(condition, "type") !== "DisruptionTarget");
  const target: JsonValue = {
    lastProbeTime: null,
    lastTransitionTime: now,
    message: "Eviction API: evicting",
    reason: "EvictionByEvictionAPI",
    status: "True",
    type: "DisruptionTarget",
  };
  return withValue(pod, ["status", "conditions"], [...others, target]);
}
