/**
 * pods/binding: the scheduler's word that a Pod goes to a node.
 *
 * Reads a Binding. Writes spec.nodeName and the PodScheduled condition in one change; a Pod that is bound or ends is a conflict.
 */
import { err, ok } from "../api/result.ts";
import { timeText } from "../kube/time-text.ts";
import { badRequest, conflict } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { arrayAt, isJsonObject, objectAt, stringAt, type JsonObject, type JsonValue } from "./json.ts";
import { changeObject } from "./update.ts";

/** Answers a POST to pods/NAME/binding. */
export async function bindPod(call: Call): Promise<Outcome> {
  const { body } = call.request;
  const node = stringAt(body, "target", "name");
  if (!isJsonObject(body) || node === undefined) return err(badRequest("target.name: Required value"));
  const of = { ...call.served, resource: "pods/binding" };
  const now = timeText(call.server.clock.now());
  const bound = await changeObject(call, (current) => {
    const at = stringAt(current, "spec", "nodeName") ?? "";
    if (stringAt(current, "metadata", "deletionTimestamp") !== undefined) {
      return err(conflict(of, call.name, `pod ${call.name} is being deleted, cannot be assigned to a host`));
    }
    if (at !== "") return err(conflict(of, call.name, `pod ${call.name} is already assigned to node "${at}"`));
    return ok({ object: boundPod(current, body, { node, now }) });
  });
  if (!bound.ok) return bound;
  return ok({ status: 201, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } });
}

function boundPod(pod: JsonObject, binding: JsonObject, { node, now }: { readonly node: string; readonly now: string }): JsonObject {
  const scheduled: JsonValue = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: now };
  const others = arrayAt(pod, "status", "conditions").filter((condition) => stringAt(condition, "type") !== "PodScheduled");
  const metadata = objectAt(pod, "metadata");
  const annotations = { ...objectAt(metadata, "annotations"), ...objectAt(binding, "metadata", "annotations") };
  return {
    ...pod,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec: { ...objectAt(pod, "spec"), nodeName: node },
    status: { ...objectAt(pod, "status"), conditions: [...others, scheduled] },
  };
}
