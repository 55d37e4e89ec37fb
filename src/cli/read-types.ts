/**
 * Types of the kinds that stand beside workloads, in the form of the generated types.
 *
 * The generated types are those that the embedded API server serves. Of other kinds we read a few fields: only those stand here, and an object may
 * hold any others. Data alone.
 */

/** The type of each kind that is read and not judged, by its group and kind. */
export const besideTypes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["ConfigMap", "LimitRange", "PersistentVolume", "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "Secret", "Service"].map(
      (kind) => [`/${kind}`, `core.v1.${kind}`],
    ),
  ),
  "/ServiceAccount": "core.v1.ServiceAccount",
  "scheduling.k8s.io/PriorityClass": "scheduling.v1.PriorityClass",
  "coordination.k8s.io/Lease": "coordination.v1.Lease",
  "storage.k8s.io/StorageClass": "storage.v1.StorageClass",
  "storage.k8s.io/CSINode": "storage.v1.CSINode",
  "storage.k8s.io/VolumeAttachment": "storage.v1.VolumeAttachment",
  "argoproj.io/Rollout": "argoproj.v1alpha1.Rollout",
  "keda.sh/ScaledObject": "keda.v1alpha1.ScaledObject",
  "keda.sh/ScaledJob": "keda.v1alpha1.ScaledJob",
  "autoscaling.k8s.io/VerticalPodAutoscaler": "autoscaling.v1.VerticalPodAutoscaler",
};

/** The type of an object whose metadata alone we know. */
export const anyType = "plimsoll.Any";

const object = "apiVersion:string kind:string metadata:meta.v1.ObjectMeta";

/** The types that are not generated. */
export const readTypes: Readonly<Record<string, string>> = {
  [anyType]: object,
  "core.v1.PersistentVolume": `${object} spec!:core.v1.PersistentVolumeSpec`,
  "core.v1.PersistentVolumeSpec":
    "accessModes:[string] awsElasticBlockStore:core.v1.AWSElasticBlockStoreVolumeSource capacity:{quantity} claimRef:core.v1.ObjectReference csi:core.v1.CSIPersistentVolumeSource hostPath:core.v1.HostPathVolumeSource local:core.v1.LocalVolumeSource nodeAffinity:core.v1.VolumeNodeAffinity storageClassName:string",
  "core.v1.CSIPersistentVolumeSource": "driver!:string volumeHandle!:string",
  "core.v1.LocalVolumeSource": "path!:string",
  "core.v1.VolumeNodeAffinity": "required:core.v1.NodeSelector",
  "core.v1.PodTemplate": `${object} template:core.v1.PodTemplateSpec`,
  "storage.v1.StorageClass": `${object} provisioner!:string volumeBindingMode:string allowedTopologies:[core.v1.TopologySelectorTerm]`,
  "core.v1.TopologySelectorTerm": "matchLabelExpressions:[core.v1.TopologySelectorLabelRequirement]",
  "core.v1.TopologySelectorLabelRequirement": "key!:string values!:[string]",
  "storage.v1.CSINode": `${object} spec!:storage.v1.CSINodeSpec`,
  "storage.v1.CSINodeSpec": "drivers:[storage.v1.CSINodeDriver]",
  "storage.v1.CSINodeDriver": "name!:string allocatable:storage.v1.VolumeNodeResources",
  "storage.v1.VolumeNodeResources": "count:int32",
  "storage.v1.VolumeAttachment": `${object} spec!:storage.v1.VolumeAttachmentSpec status:storage.v1.VolumeAttachmentStatus`,
  "storage.v1.VolumeAttachmentSpec": "attacher!:string nodeName!:string source!:storage.v1.VolumeAttachmentSource",
  "storage.v1.VolumeAttachmentSource": "persistentVolumeName:string",
  "storage.v1.VolumeAttachmentStatus": "attached:boolean",
  "argoproj.v1alpha1.Rollout": `${object} spec:argoproj.v1alpha1.RolloutSpec status:argoproj.v1alpha1.RolloutStatus`,
  "argoproj.v1alpha1.RolloutSpec":
    "replicas:int32 selector:meta.v1.LabelSelector template:core.v1.PodTemplateSpec workloadRef:argoproj.v1alpha1.ObjectRef strategy:argoproj.v1alpha1.RolloutStrategy",
  "argoproj.v1alpha1.ObjectRef": "apiVersion:string kind:string name:string",
  "argoproj.v1alpha1.RolloutStrategy": "canary:argoproj.v1alpha1.AnyStrategy blueGreen:argoproj.v1alpha1.AnyStrategy",
  "argoproj.v1alpha1.AnyStrategy": "maxSurge:int-or-string maxUnavailable:int-or-string",
  "argoproj.v1alpha1.RolloutStatus": "stableRS:string currentPodHash:string",
  "keda.v1alpha1.ScaledObject": `${object} spec:keda.v1alpha1.ScaledObjectSpec`,
  "keda.v1alpha1.ScaledObjectSpec":
    "scaleTargetRef:keda.v1alpha1.ScaleTarget minReplicaCount:int32 maxReplicaCount:int32 idleReplicaCount:int32",
  "keda.v1alpha1.ScaleTarget": "apiVersion:string kind:string name:string",
  "keda.v1alpha1.ScaledJob": `${object} spec:keda.v1alpha1.ScaledJobSpec`,
  "keda.v1alpha1.ScaledJobSpec": "jobTargetRef!:batch.v1.JobSpec maxReplicaCount:int32",
  "autoscaling.v1.VerticalPodAutoscaler": `${object} spec:autoscaling.v1.VerticalPodAutoscalerSpec`,
  "autoscaling.v1.VerticalPodAutoscalerSpec":
    "targetRef:autoscaling.v2.CrossVersionObjectReference updatePolicy:autoscaling.v1.PodUpdatePolicy",
  "autoscaling.v1.PodUpdatePolicy": "updateMode:string",
};
