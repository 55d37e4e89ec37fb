/**
 * Judged kinds: the words for kinds that a policies file may use.
 *
 * Constants, for whatever of the file names a kind: one that admission is never asked about would be a rule, or an exemption, of
 * nothing. Nodes' objects stand in no namespace, and an exemption is of one.
 */

/** Kinds that admission is asked about and that stand in a namespace, or are one. */
export const judgedNamespacedKinds: readonly string[] = [
  ...(["CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"] as const),
  ...([
    "CapacityBuffer",
    "HorizontalPodAutoscaler",
    "Namespace",
    "PodDisruptionBudget",
    "PodTemplate",
    "ScaledObject",
    "WorkloadProfile",
  ] as const),
];

/** Every kind that admission is asked about. */
export const judgedKinds: readonly string[] = [...judgedNamespacedKinds, ...(["EC2NodeClass", "NodeClass", "NodePool"] as const)];
