/**
 * The Deployment controller of the embedded world.
 *
 * Reads a Deployment and its ReplicaSets. Makes one ReplicaSet per template (named by a hash of it), scales the new one up
 * and the old ones down within maxSurge and maxUnavailable, and tells the status that `kubectl rollout status` waits for.
 */
import { shortHashOf } from "../../api/hash.ts";
import type { Condition } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import type { Deployment, ReplicaSet } from "../../api/workload.ts";
import { transitionTime } from "../../kube/condition.ts";
import { controllerOf } from "../../kube/owner.ts";
import { rollingBounds } from "../../kube/rolling-update.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

const templateHashLabel = "pod-template-hash";
const revisionAnnotation = "deployment.kubernetes.io/revision";

/** Returns the controller. */
export function deploymentController(server: ApiServer): WorldController {
  const client = worldClient(server, "deployment-controller");
  return {
    name: "deployment",
    watches: {
      "deployments.apps": (event) => [keyOf(changed(event, "Deployment"))],
      "replicasets.apps": (event) => ownerKey(changed(event, "ReplicaSet")),
    },
    reconcile: async (key) => {
      const deployment = client.get("Deployment", key);
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return done;
      return reconcile(client, deployment);
    },
  };
}

function ownerKey(replicaSet: ReplicaSet): readonly string[] {
  const owner = controllerOf(replicaSet);
  return owner?.kind === "Deployment" ? [`${replicaSet.metadata.namespace ?? ""}/${owner.name}`] : [];
}

async function reconcile(client: WorldClient, deployment: Deployment): Promise<Again> {
  const owned = client
    .list("ReplicaSet", deployment.metadata.namespace)
    .filter((replicaSet) => controllerOf(replicaSet)?.uid === deployment.metadata.uid);
  const hash = shortHashOf(deployment.spec.template);
  const current = owned.find((replicaSet) => replicaSet.metadata.labels?.[templateHashLabel] === hash);
  const old = owned.filter((replicaSet) => replicaSet !== current);
  if (current === undefined && deployment.spec.paused !== true) {
    const created = await client.create("ReplicaSet", newReplicaSet(deployment, { hash, revision: revisionAfter(old) }));
    return settled(created) ? done : failed;
  }
  if (current !== undefined && !(await setRevision(client, current, revisionAfter(old)))) return failed;
  const scaled = await scaleStep(client, deployment, { current, old });
  if (!scaled) return failed;
  return (await writeStatus(client, deployment, { current, old })) ? done : failed;
}

interface Generations {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

function newReplicaSet(deployment: Deployment, { hash, revision }: { readonly hash: string; readonly revision: number }): ReplicaSet {
  const { metadata, spec } = deployment;
  const labels = { ...spec.template.metadata?.labels, [templateHashLabel]: hash };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${metadata.name ?? ""}-${hash}`,
      namespace: metadata.namespace ?? "",
      labels,
      annotations: { [revisionAnnotation]: String(revision) },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: metadata.name ?? "",
          uid: metadata.uid ?? "",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      // The scale step that follows raises it within the bounds.
      replicas: 0,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [templateHashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

function revisionAfter(old: readonly ReplicaSet[]): number {
  return 1 + Math.max(0, ...old.map((replicaSet) => Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? 0)));
}

/** A template that comes back, by a rollback, is the latest revision again; its ReplicaSet is the old one. */
async function setRevision(client: WorldClient, current: ReplicaSet, revision: number): Promise<boolean> {
  if (Number(current.metadata.annotations?.[revisionAnnotation] ?? 0) >= revision) return true;
  return settled(await client.patch("ReplicaSet", current, { metadata: { annotations: { [revisionAnnotation]: String(revision) } } }));
}

/** One step of the rolling update; every ReplicaSet's own change brings the next. */
async function scaleStep(client: WorldClient, deployment: Deployment, { current, old }: Generations): Promise<boolean> {
  const wanted = deployment.spec.replicas ?? 1;
  const bounds = rollingBounds({ strategy: deployment.spec.strategy, replicas: wanted });
  const oldReplicas = sum(old, (replicaSet) => replicaSet.spec.replicas ?? 0);
  const recreate = deployment.spec.strategy?.type === "Recreate";
  const oldRunning = sum(old, (replicaSet) => replicaSet.status?.replicas ?? 0);
  const currentReplicas = current?.spec.replicas ?? 0;
  const room = recreate ? (oldRunning === 0 ? wanted : 0) : wanted + bounds.maxSurge - oldReplicas;
  const target = Math.max(Math.min(wanted, room), Math.min(currentReplicas, wanted));
  if (current !== undefined && target !== currentReplicas && !(await setReplicas(client, current, target))) return false;
  const ready = sum([...old, ...(current ? [current] : [])], keptReady);
  // A Pod that is not ready serves nobody: its removal costs no availability.
  const oldUnready = oldReplicas - sum(old, keptReady);
  let removable = Math.max(0, ready - (wanted - bounds.maxUnavailable)) + Math.max(0, oldUnready);
  for (const replicaSet of old) {
    const replicas = replicaSet.spec.replicas ?? 0;
    const take = Math.min(replicas, removable);
    removable -= take;
    if (take > 0 && !(await setReplicas(client, replicaSet, replicas - take))) return false;
  }
  return true;
}

/** Ready Pods that will stay: a status is of the moment before the last scale-down. */
function keptReady({ spec, status }: ReplicaSet): number {
  return Math.min(status?.readyReplicas ?? 0, spec.replicas ?? 1);
}

async function setReplicas(client: WorldClient, replicaSet: ReplicaSet, replicas: number): Promise<boolean> {
  return settled(await client.patch("ReplicaSet", replicaSet, { spec: { replicas } }));
}

async function writeStatus(client: WorldClient, deployment: Deployment, { current, old }: Generations): Promise<boolean> {
  const all = [...old, ...(current ? [current] : [])];
  const wanted = deployment.spec.replicas ?? 1;
  const replicas = sum(all, (replicaSet) => replicaSet.status?.replicas ?? 0);
  const ready = sum(all, (replicaSet) => replicaSet.status?.readyReplicas ?? 0);
  const updated = current?.status?.replicas ?? 0;
  const bounds = rollingBounds({ strategy: deployment.spec.strategy, replicas: wanted });
  const status = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
    conditions: conditionsOf(deployment, {
      isAvailable: ready >= wanted - bounds.maxUnavailable,
      isComplete: updated === wanted && replicas === wanted && ready >= wanted,
      current,
      now: client.now(),
    }),
  };
  const revision = current?.metadata.annotations?.[revisionAnnotation];
  const isTold = revision === undefined || deployment.metadata.annotations?.[revisionAnnotation] === revision;
  if (isTold && sameStatus(deployment, status)) return true;
  // With the status, as the real controller does: an annotation written with the object would count as a new generation.
  const metadata = isTold ? {} : { metadata: { annotations: { [revisionAnnotation]: revision } } };
  return settled(await client.patch("Deployment", deployment, { ...metadata, status }, "status"));
}

interface Progress {
  readonly isAvailable: boolean;
  /** True once every Pod is of the current template and ready, and no other is left. */
  readonly isComplete: boolean;
  readonly current: ReplicaSet | undefined;
  readonly now: Instant;
}

/** A Deployment's condition tells besides when anything about it was last said anew. */
interface DeploymentCondition extends Condition {
  readonly lastUpdateTime?: string;
}

function conditionsOf(deployment: Deployment, { isAvailable, isComplete, current, now }: Progress): readonly DeploymentCondition[] {
  const known: readonly DeploymentCondition[] = deployment.status?.conditions ?? [];
  const name = current?.metadata.name ?? "";
  const available: Condition = {
    type: "Available",
    status: isAvailable ? "True" : "False",
    reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  };
  const progressing: Condition = {
    type: "Progressing",
    status: "True",
    reason: isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
    message: `ReplicaSet "${name}" ${isComplete ? "has successfully progressed." : "is progressing."}`,
  };
  const said = current === undefined ? [available] : [available, progressing];
  return said.map((condition) => timed(condition, known, now));
}

function timed(condition: Condition, known: readonly DeploymentCondition[], now: Instant): DeploymentCondition {
  const before = known.find(({ type }) => type === condition.type);
  const isSame = before?.status === condition.status && before.reason === condition.reason && before.message === condition.message;
  return {
    ...condition,
    lastUpdateTime: (isSame ? before.lastUpdateTime : undefined) ?? timeText(now),
    lastTransitionTime: transitionTime(condition, { known, now }),
  };
}

function sameStatus(deployment: Deployment, status: object): boolean {
  const known = new Map(Object.entries(deployment.status ?? {}));
  return Object.entries(status).every(([name, value]) => JSON.stringify(known.get(name) ?? 0) === JSON.stringify(value));
}

function sum<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0);
}
