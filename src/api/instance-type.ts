/**
 * InstanceType and Offering: what a cloud provider can launch, as the solver sees it.
 *
 * Shapes only. The catalog builds them from EC2 facts, a provider narrows them by NodeClass; the solver reads them.
 */
import type { Resources } from "./object.ts";
import type { NodeSelectorRequirement } from "./pod.ts";

/** Where and how an instance type is sold, whether or not its price is known. */
export interface Place {
  readonly zone: string;
  readonly capacityType: "spot" | "on-demand" | "reserved";
  /** False while the place is known to lack capacity or the type is not offered there. */
  readonly available: boolean;
  /** What keeps it from being had besides capacity: a quota of the account, or that its subnets have no free address. */
  readonly lack?: "vcpu-quota" | "addresses";
}

/** A place that can be bought from. Prices are USD an hour. */
export interface Offering extends Place {
  readonly pricePerHour: number;
  /** The capacity reservation that a reserved offering is bought from. */
  readonly reservation?: Reservation;
  /** True where a NodeOverlay has set the price. */
  readonly isOverlaid?: true;
}

/** Capacity that is paid for already. */
export interface Reservation {
  readonly id: string;
  readonly kind: "default" | "capacity-block";
  /** True where its owner may take it back. */
  readonly isInterruptible: boolean;
  /** Instances that it still has room for; absent where the cloud has not told. */
  readonly remaining?: number;
}

export interface InstanceType {
  readonly name: string;
  /** Well-known labels of a Node of this type, as requirements (each In, or DoesNotExist for labels it never has). */
  readonly requirements: readonly NodeSelectorRequirement[];
  readonly capacity: Resources;
  /** Capacity less kube-reserved, system-reserved and eviction threshold. */
  readonly allocatable: Resources;
  /** How many volumes of each CSI driver a Node can attach; of a driver that is not named no limit is known. */
  readonly attachable?: Readonly<Record<string, number>>;
  /** What may be bought; empty where no price is known, since nothing is bought blindly. */
  readonly offerings: readonly Offering[];
  /** Where a type without offerings is sold all the same: rules and reviews judge by it, the solver never does. */
  readonly soldIn?: readonly Place[];
}
