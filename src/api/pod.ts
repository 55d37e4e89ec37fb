/**
 * Pod and its parts, as on the wire: the fields that policies, the solver and the simulator read or write.
 *
 * Unknown fields stay on the object untouched; these shapes only name what our code looks at.
 */
import type { Condition, KubeObject, LabelSelector, ObjectMeta, ResourceList } from "./object.ts";
import type { ContainerSecurityContext, PodSecurityContext } from "./pod-security-context.ts";
import type { VolumeClaimTemplate } from "./volume-claim.ts";

export interface ResourceRequirements {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

export interface ContainerPort {
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly hostIP?: string;
  readonly protocol?: string;
  readonly name?: string;
}

/** How a kubelet asks a container how it is; one of the three is set. */
export interface Probe {
  readonly exec?: { readonly command?: readonly string[] };
  /** An absent host is the Pod itself. */
  readonly httpGet?: { readonly path?: string; readonly port?: number | string; readonly host?: string };
  readonly tcpSocket?: { readonly port?: number | string; readonly host?: string };
}

export interface LifecycleHandler {
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: unknown;
  readonly sleep?: { readonly seconds: number };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly resources?: ResourceRequirements;
  readonly ports?: readonly ContainerPort[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: unknown;
  readonly startupProbe?: unknown;
  readonly lifecycle?: { readonly preStop?: LifecycleHandler; readonly postStart?: LifecycleHandler };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  /** "Always" on an init container makes it a sidecar. */
  readonly restartPolicy?: string;
  readonly securityContext?: ContainerSecurityContext;
}

export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" | "Gte" | "Lte";
  readonly values?: readonly string[];
  /** Karpenter only: at least this many distinct values must stay possible. */
  readonly minValues?: number;
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[];
  readonly matchFields?: readonly NodeSelectorRequirement[];
}

export interface PreferredSchedulingTerm {
  readonly weight: number;
  readonly preference: NodeSelectorTerm;
}

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] };
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredSchedulingTerm[];
}

export interface PodAffinityTerm {
  readonly topologyKey: string;
  readonly labelSelector?: LabelSelector;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

export interface WeightedPodAffinityTerm {
  readonly weight: number;
  readonly podAffinityTerm: PodAffinityTerm;
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[];
}

export interface Affinity {
  readonly nodeAffinity?: NodeAffinity;
  readonly podAffinity?: PodAffinity;
  readonly podAntiAffinity?: PodAffinity;
}

export type TaintEffect = "NoSchedule" | "PreferNoSchedule" | "NoExecute";

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: TaintEffect;
  readonly timeAdded?: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: TaintEffect;
  readonly tolerationSeconds?: number;
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
  readonly labelSelector?: LabelSelector;
  readonly minDomains?: number;
  readonly matchLabelKeys?: readonly string[];
  readonly nodeAffinityPolicy?: "Honor" | "Ignore";
  readonly nodeTaintsPolicy?: "Honor" | "Ignore";
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  /** A PersistentVolumeClaim that is made for the Pod and goes with it. */
  readonly ephemeral?: { readonly volumeClaimTemplate?: VolumeClaimTemplate };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly resources?: ResourceRequirements;
  readonly overhead?: ResourceList;
  readonly nodeName?: string;
  /** While any is left, the scheduler does not look at the Pod. */
  readonly schedulingGates?: readonly { readonly name: string }[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: Affinity;
  readonly tolerations?: readonly Toleration[];
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[];
  readonly terminationGracePeriodSeconds?: number;
  readonly restartPolicy?: string;
  readonly priorityClassName?: string;
  readonly priority?: number;
  readonly schedulerName?: string;
  readonly serviceAccountName?: string;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly os?: { readonly name: string };
  readonly securityContext?: PodSecurityContext;
  readonly activeDeadlineSeconds?: number;
  readonly runtimeClassName?: string;
  readonly volumes?: readonly Volume[];
  /** Devices of dynamic resource allocation, by the Pod's own names for them. */
  readonly resourceClaims?: readonly { readonly name: string }[];
}

/** What the kubelet tells of a container's amounts; they differ from the spec's while a resize in place is under way. */
export interface ContainerStatus {
  readonly name: string;
  /** What the container runs with. */
  readonly resources?: ResourceRequirements;
  /** What the kubelet has admitted. */
  readonly allocatedResources?: ResourceList;
}

export interface PodStatus {
  readonly podIP?: string;
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly conditions?: readonly Condition[];
  readonly nominatedNodeName?: string;
  readonly startTime?: string;
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

export interface PodTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec: PodSpec;
}
