/**
 * The disruption controller of the embedded world: the status of every PodDisruptionBudget.
 *
 * Reads budgets, Pods and the scale of their controllers. Writes what kube/disruption-budget.ts computes, which is what the
 * eviction subresource then reads.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import { transitionTime } from "../../kube/condition.ts";
import { disruptionStatus, type PodScale } from "../../kube/disruption-budget.ts";
import { controllerOf } from "../../kube/owner.ts";
import { matchesSelector } from "../../kube/selector.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

/** Returns the controller. */
export function disruptionController(server: ApiServer): WorldController {
  const client = worldClient(server, "disruption-controller");
  const ofNamespace = (namespace: string | undefined): readonly string[] => client.list("PodDisruptionBudget", namespace).map(keyOf);
  return {
    name: "disruption",
    watches: {
      "poddisruptionbudgets.policy": (event) => [keyOf(changed(event, "PodDisruptionBudget"))],
      pods: (event) => ofNamespace(event.object["metadata"] === undefined ? undefined : changed(event, "Pod").metadata.namespace),
      "deployments.apps": (event) => ofNamespace(changed(event, "Deployment").metadata.namespace),
      "statefulsets.apps": (event) => ofNamespace(changed(event, "StatefulSet").metadata.namespace),
      "replicasets.apps": (event) => ofNamespace(changed(event, "ReplicaSet").metadata.namespace),
    },
    reconcile: async (key) => {
      const budget = client.get("PodDisruptionBudget", key);
      return budget === undefined ? done : reconcile(client, budget);
    },
  };
}

async function reconcile(client: WorldClient, budget: PodDisruptionBudget): Promise<Again> {
  const namespace = budget.metadata.namespace ?? "";
  const pods = client.list("Pod", namespace).filter((pod) => matchesSelector(budget.spec.selector, pod.metadata.labels));
  const computed = disruptionStatus({ budget, pods, scaleOf: (pod) => scaleOf(client, pod), now: client.now() });
  const { condition, recheckAt, observedGeneration, disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, disruptedPods } =
    computed;
  const counts = { observedGeneration, disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, disruptedPods };
  const lastTransitionTime = transitionTime(condition, { known: budget.status?.conditions, now: client.now() });
  const conditions = [{ ...condition, lastTransitionTime, observedGeneration: counts.observedGeneration }];
  const status = { ...counts, disruptedPods: mergePatchOf(budget.status?.disruptedPods, counts.disruptedPods), conditions };
  const again: Again = recheckAt === undefined ? done : { kind: "after", delayMs: Math.max(1, recheckAt - client.now()) };
  if (isSame(budget, { ...counts, conditions })) return again;
  // The version guards disruptedPods: an eviction in between has counted itself, and must not be forgotten.
  const patch = { metadata: { resourceVersion: budget.metadata.resourceVersion }, status };
  return settled(await client.patch("PodDisruptionBudget", budget, patch, "status")) ? again : failed;
}

/** A merge patch removes a member only when told so by null. */
function mergePatchOf(known: Readonly<Record<string, string>> | undefined, wanted: Readonly<Record<string, string>>): object {
  const gone = Object.keys(known ?? {}).filter((name) => !(name in wanted));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...wanted };
}

function isSame(budget: PodDisruptionBudget, status: object): boolean {
  const known = new Map<string, unknown>(Object.entries(budget.status ?? {}));
  return Object.entries(status).every(([name, value]) => JSON.stringify(known.get(name) ?? {}) === JSON.stringify(value));
}

function scaleOf(client: WorldClient, pod: Pod): PodScale {
  const owner = controllerOf(pod);
  if (owner === undefined) return { kind: "unmanaged" };
  const at = (name: string): string => `${pod.metadata.namespace ?? ""}/${name}`;
  if (owner.kind === "ReplicaSet") {
    const replicaSet = client.get("ReplicaSet", at(owner.name));
    if (replicaSet === undefined) return { kind: "not-found" };
    const above = controllerOf(replicaSet);
    const deployment = above?.kind === "Deployment" ? client.get("Deployment", at(above.name)) : undefined;
    const scaled = deployment ?? replicaSet;
    return { kind: "scale", uid: scaled.metadata.uid ?? "", replicas: scaled.spec.replicas ?? 1 };
  }
  if (owner.kind !== "StatefulSet" && owner.kind !== "ReplicationController") return { kind: "no-scale", controller: owner.kind };
  const scaled = client.get(owner.kind, at(owner.name));
  if (scaled === undefined) return { kind: "not-found" };
  return { kind: "scale", uid: scaled.metadata.uid ?? "", replicas: scaled.spec.replicas ?? 1 };
}
