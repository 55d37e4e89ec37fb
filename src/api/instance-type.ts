/**
 * InstanceType and Offering: what a cloud provider can launch, as the solver sees it.
 *
 * Shapes only. The catalog builds them from EC2 facts, a provider narrows them by NodeClass; the solver reads them.
 */
import type { Resources } from "./object.ts";
import type { NodeSelectorRequirement } from "./pod.ts";

/** One place and way to buy an instance type. Prices are USD an hour. */
export interface Offering {
  readonly zone: string;
  readonly capacityType: "spot" | "on-demand" | "reserved";
  readonly pricePerHour: number;
  /** False while the offering is known to lack capacity or is not offered there. */
  readonly available: boolean;
}

export interface InstanceType {
  readonly name: string;
  /** Well-known labels of a Node of this type, as requirements (each In, or DoesNotExist for labels it never has). */
  readonly requirements: readonly NodeSelectorRequirement[];
  readonly capacity: Resources;
  /** Capacity less kube-reserved, system-reserved and eviction threshold. */
  readonly allocatable: Resources;
  readonly offerings: readonly Offering[];
}
