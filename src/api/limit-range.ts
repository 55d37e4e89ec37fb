/**
 * LimitRange, as on the wire: what the API server fills into containers before any webhook sees a Pod.
 */
import type { KubeObject, ResourceList } from "./object.ts";

export interface LimitRangeItem {
  readonly type: "Pod" | "Container" | "PersistentVolumeClaim";
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly max?: ResourceList;
  readonly min?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}

export interface LimitRange extends KubeObject {
  readonly spec: { readonly limits: readonly LimitRangeItem[] };
}
