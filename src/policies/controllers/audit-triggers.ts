/**
 * Which changes in the cluster make a namespace worth another audit.
 *
 * Reads one change. Returns keys: a namespace and the report's name. What only a status says is left out, and so are Pods that
 * carry a contract: they come and go all day, and their workload is what is judged.
 */
import type { AnyTrigger, Change } from "../../api/controller.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { controllerOf } from "../../kube/owner.ts";
import { auditedNamespaces } from "../audit.ts";
import { reportName } from "../audit-report.ts";
import { isWanted } from "./profile-triggers.ts";

export interface AuditTriggerSources {
  readonly snapshot: () => ClusterSnapshot;
  readonly names: PlatformNames;
}

/** Returns the triggers of the audit's controller. */
export function auditTriggers({ snapshot, names }: AuditTriggerSources): readonly AnyTrigger[] {
  const own = (change: Change<KubeObject>) => (isWanted(change) ? [auditKey(change.object.metadata.namespace ?? "")] : []);
  // What a controller made of a workload is told with the workload.
  const top = (change: Change<KubeObject>) => (controllerOf(change.object) === undefined ? own(change) : []);
  return [
    ...(["Deployment", "StatefulSet", "DaemonSet", "CronJob", "PodDisruptionBudget", "HorizontalPodAutoscaler"] as const).map(
      (watches) => ({ watches, keysOf: own }),
    ),
    ...(["ReplicaSet", "ReplicationController", "Job"] as const).map((watches) => ({ watches, keysOf: top })),
    ...(["WorkloadProfile", "ScaledObject", "Rollout", "EC2NodeClass", "NodeClass"] as const).map((watches) => ({ watches, keysOf: own })),
    // Where Pods fit is judged in every namespace.
    { watches: "NodePool", keysOf: (change) => (isWanted(change) ? auditKeys(snapshot()) : []) },
    { watches: "Namespace", keysOf: (change) => (isWanted(change) ? [auditKey(change.object.metadata.name ?? "")] : []) },
    { watches: "Pod", keysOf: (change) => (concerns(change, names) ? [auditKey(change.object.metadata.namespace ?? "")] : []) },
  ];
}

/** Returns the keys of everything: what new policies concern. */
export function auditKeys(snapshot: ClusterSnapshot): readonly ObjectKey[] {
  return auditedNamespaces(snapshot).map(auditKey);
}

/** A Pod of nobody's is a workload; one without our label may have entered unseen. */
function concerns(change: Change<Pod>, { workloadClassLabel }: PlatformNames): boolean {
  if (change.kind === "updated" && change.before.metadata.deletionTimestamp === change.object.metadata.deletionTimestamp) return false;
  const { object } = change;
  return controllerOf(object) === undefined || object.metadata.labels?.[workloadClassLabel] === undefined;
}

/** Returns the key of a namespace. */
export function auditKey(namespace: string): ObjectKey {
  return { namespace, name: reportName };
}
