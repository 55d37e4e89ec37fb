/**
 * ResourceQuota, as on the wire: what a namespace may hold.
 */
import type { KubeObject, ResourceList } from "./object.ts";

/** One demand on the Pods that a quota counts. */
export interface QuotaScopeRequirement {
  readonly scopeName: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values?: readonly string[];
}

export interface ResourceQuota extends KubeObject {
  readonly spec?: {
    readonly hard?: ResourceList;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly QuotaScopeRequirement[] };
  };
}
