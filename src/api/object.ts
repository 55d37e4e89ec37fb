/**
 * The parts that every Kubernetes object shares: metadata, references, selectors, conditions.
 *
 * Shapes only, as they are on the wire (times are RFC 3339 text). Objects are read-only everywhere: a change is a new
 * object or a patch, so a snapshot can be shared without copies.
 */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  /** Empty while an object with generateName is in the mutating phase of admission. */
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** Any object of any kind, as decoded from the wire. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Names one object of a known kind; namespace is "" for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
}

/** A count or a percentage, as in PodDisruptionBudgets: 1 or "20%". */
export type IntOrPercent = number | string;

/** A quantity as on the wire: "500m", "2Gi", or a bare number. */
export type QuantityText = string | number;

/** Resource amounts as on the wire, by resource name. */
export type ResourceList = Readonly<Record<string, QuantityText>>;

/**
 * Resource amounts as numbers, by resource name: cpu in millicores, memory and storage in bytes, all else in units.
 * A missing name means 0. Integers below 2^53.
 */
export type Resources = Readonly<Record<string, number>>;
