/**
 * CompiledContract: what one WorkloadProfile (or only a class) means for one workload, as data.
 *
 * Made by compile.ts; read by pod-patch.ts (what each Pod gets), by the profile's controller (the PodDisruptionBudget,
 * the status), by the rules (findings, conflicts) and by the provisioner (demand). A type only, in its own file, so
 * that its readers don't pull in the compiler.
 */
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import type { IntOrPercent, LabelSelector } from "../../api/object.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { NodeSelectorRequirement, Toleration, TopologySpreadConstraint } from "../../api/pod.ts";

/** The profile's name on the API server, as far as it is known (uid and generation are absent offline). */
export interface ProfileReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly generation?: number;
}

/** How compiled amounts meet what the Pod already says: replace, only where absent, or only where lower. */
export type SizingMode = "set" | "fill" | "floor";

/**
 * Amounts of one container, as quantities on the wire, by resource name. The profile's own words meet the Pod's by the
 * mode; what only the class says fills what is absent, so that a default never overrules a written value.
 */
export interface ContainerSizing {
  readonly requests: Readonly<Record<string, string>>;
  /** A memory limit here raises a lower one of the Pod, and never lowers a higher one. */
  readonly limits: Readonly<Record<string, string>>;
  readonly defaultRequests: Readonly<Record<string, string>>;
  readonly defaultLimits: Readonly<Record<string, string>>;
  /** An absent memory limit becomes the final memory request times this. */
  readonly memoryLimitRatio?: number;
}

/** Everything that is written into a Pod, in the order in which the compiler writes it. */
export interface PodParts {
  readonly mode: SizingMode;
  /** Sizing of the main container; absent where nothing is bound, or where VPA owns the requests. */
  readonly mainSizing?: ContainerSizing;
  /** The main container by the workload's template; a Pod's own default-container annotation is stronger. */
  readonly mainContainer?: string;
  /** Sizing by container name: compute.containers. */
  readonly namedSizing: Readonly<Record<string, ContainerSizing>>;
  /** What every other container and sidecar gets that requests nothing: the class's; absent where it says nothing. */
  readonly sidecarSizing?: ContainerSizing;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Requirements on nodes: added to every required node affinity term. */
  readonly nodeRequirements: readonly NodeSelectorRequirement[];
  /** Those of any time, while zones are lost: nodeRequirements then also name the zones that are left. Absent: they are the same. */
  readonly lastingRequirements?: readonly NodeSelectorRequirement[];
  readonly tolerations: readonly Toleration[];
  readonly spread: readonly TopologySpreadConstraint[];
  /** Absent: the Pod keeps its own. */
  readonly gracePeriodSeconds?: number;
  /** Seconds of a preStop sleep for a main container without a preStop hook; 0 is none. */
  readonly preStopSeconds: number;
  /** What the disruption engine reads of a Pod: do-not-disrupt and the disruption windows. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Allowed members of spec.podPatch, merged into the Pod's spec last; absent where there are none. */
  readonly podPatch?: Readonly<Record<string, unknown>>;
}

/** What some Pods of the workload get instead: one entry of spec.overrides, with everything that it leaves as it is. */
export interface PodVariant {
  readonly labels: Readonly<Record<string, string>>;
  readonly stage?: "canary" | "stable";
  readonly pod: PodParts;
}

/** How many Pods must not run on Spot, where the others may. */
export interface OnDemandFloor {
  readonly asked: IntOrPercent;
  /** Of the replicas of now, a share rounded up. */
  readonly replicas: number;
}

/** Why a workload has no PodDisruptionBudget of ours. */
export type NoBudgetReason =
  /** Nothing is bound: the class only judges. */
  | "unprofiled"
  /** The kind takes none (Job, CronJob, DaemonSet, bare Pod). */
  | "kind"
  /** One replica: every budget would block each drain, or mean nothing. */
  | "singleton"
  /** spec.validateOnly: compiled objects live in git. */
  | "validateOnly";

export type CompiledBudget =
  | {
      readonly kind: "budget";
      readonly budget: PodDisruptionBudget;
      /** True where the asked share would leave 0 evictions at the current scale, and maxUnavailable: 1 stands in. */
      readonly adjusted: boolean;
      /** What was asked: the profile's words, else the class's. */
      readonly asked: BudgetIntent;
      /** True where the class's capacity may be taken away: it decides the form from zero replicas on. */
      readonly interruptible: boolean;
    }
  | { readonly kind: "none"; readonly reason: NoBudgetReason };

/** The HorizontalPodAutoscaler of spec.scaling.manage: hpa, or why there is none. */
export type CompiledAutoscaler =
  | { readonly kind: "autoscaler"; readonly autoscaler: HorizontalPodAutoscaler }
  | { readonly kind: "none" }
  /** Asked for and not possible; `text` and `fix` are sentences. */
  | { readonly kind: "refused"; readonly text: string; readonly fix: string };

/** One of the two forms of a budget. */
export type BudgetIntent =
  { readonly field: "minAvailable"; readonly value: IntOrPercent } | { readonly field: "maxUnavailable"; readonly value: IntOrPercent };

/** A finding of the compiler: the caller's policy set decides the action; `text` and `fix` are the rule's sentences. */
export interface CompileFinding {
  readonly rule: "DRAIN-003";
  readonly path: string;
  readonly text: string;
  readonly fix: string;
}

export interface CompiledContract {
  readonly profile?: ProfileReference;
  readonly workload: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly className: string;
  /** The policy bundle's short hash. */
  readonly bundle: string;
  /** Short hash of what every Pod gets, but for minDomains, which is of the moment; the value of the profile-hash label. */
  readonly hash: string;
  /** False with spec.validateOnly: nothing is written into Pods, and no budget is made. */
  readonly writes: boolean;
  readonly pod: PodParts;
  /** In the order of spec.overrides: the first that a Pod matches holds for it. */
  readonly variants: readonly PodVariant[];
  /** Of an Argo Rollout: the template hash of its stable Pods; every other hash is the canary's. */
  readonly stableHash?: string;
  /** Absent where every Pod may run on Spot, or none. */
  readonly onDemandFloor?: OnDemandFloor;
  /** The workload's own selector; absent where the API server makes it (Jobs) or there is none. */
  readonly selector?: LabelSelector;
  readonly budget: CompiledBudget;
  readonly autoscaler: CompiledAutoscaler;
  readonly findings: readonly CompileFinding[];
  /** Fields of spec that are set but not compiled by this version, such as "scaling.headroomPods"; sorted. */
  readonly notYetCompiled: readonly string[];
  /** Members of spec.podPatch that policies.yaml does not allow; they are left out; sorted. */
  readonly refusedPatch: readonly string[];
}
