/**
 * The CreateFleet request of one launch, but for what tells it apart from others alike.
 *
 * Reads a claim, the offers in their groups, the subnets and the launch templates. Returns the request (karpenter-provider-aws
 * pkg/providers/instance): instances at once, with an override for each type and zone whose Priority is its price. Claims that ask for the
 * same get the same request, and are launched by one (launch-attempt.ts adds how many, and the token).
 */
import type { CreateFleetCommandInput, FleetLaunchTemplateOverridesRequest } from "@aws-sdk/client-ec2";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import type { LaunchGroup } from "./launch-groups.ts";
import type { LaunchOffers } from "./launch-offers.ts";
import { clusterTags } from "./launch-template.ts";

/** A request without count, token and the tags of its members. */
export type FleetBase = Omit<CreateFleetCommandInput, "ClientToken">;

interface FleetInput {
  readonly nodeClaim: NodeClaim;
  readonly nodeClass: EC2NodeClass;
  readonly offers: LaunchOffers;
  /** Each with the name of its launch template. */
  readonly groups: readonly (LaunchGroup & { readonly template: string })[];
  /** By zone. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly cluster: ClusterIdentity;
}

/** Returns the request for one instance. */
export function fleetRequest(input: FleetInput): FleetBase {
  const { nodeClaim, nodeClass, offers, groups, subnets, cluster } = input;
  const tags = clusterTags({ nodeClaim, nodeClass, cluster });
  return {
    Type: "instant",
    ...(nodeClass.spec?.context === undefined ? {} : { Context: nodeClass.spec.context }),
    LaunchTemplateConfigs: groups.map(({ template, ...group }) => ({
      LaunchTemplateSpecification: { LaunchTemplateName: template, Version: "$Latest" },
      Overrides: overridesOf(group, subnets),
    })),
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: targetCapacityType(offers) },
    ...strategies(offers),
    TagSpecifications: (["instance", "volume", "fleet"] as const).map((ResourceType) => ({ ResourceType, Tags: tags })),
  };
}

function targetCapacityType({ capacityType, reservationKind }: LaunchOffers) {
  if (capacityType !== "reserved") return capacityType;
  if (reservationKind === "capacity-block") return "capacity-block";
  // An ordinary reservation is on-demand capacity that the launch template points at.
  return reservationKind === "interruptible" ? "reserved-capacity" : "on-demand";
}

/** Where somebody has set prices, EC2 is told to go by them; else it knows its own better. */
function strategies({ capacityType, reservationKind, types }: LaunchOffers): Partial<FleetBase> {
  const isOverlaid = types.some(({ offerings }) => offerings.some((offering) => offering.isOverlaid === true));
  if (capacityType === "spot")
    return { SpotOptions: { AllocationStrategy: isOverlaid ? "capacity-optimized-prioritized" : "price-capacity-optimized" } };
  if (reservationKind === "capacity-block") return {};
  if (reservationKind === "interruptible") return { ReservedCapacityOptions: { ReservationTypes: ["interruptible-capacity-reservation"] } };
  return { OnDemandOptions: { AllocationStrategy: isOverlaid ? "prioritized" : "lowest-price" } };
}

function overridesOf({ types, imageID }: LaunchGroup, subnets: Readonly<Record<string, string>>): FleetLaunchTemplateOverridesRequest[] {
  return types.flatMap(({ name, offerings }) =>
    offerings.map(({ zone, pricePerHour }): FleetLaunchTemplateOverridesRequest => ({
      // EC2 knows more types than the SDK's list of a day; the name is sent as it is.
      InstanceType: name as NonNullable<FleetLaunchTemplateOverridesRequest["InstanceType"]>,
      AvailabilityZone: zone,
      ImageId: imageID,
      ...(subnets[zone] === undefined ? {} : { SubnetId: subnets[zone] }),
      Priority: pricePerHour,
    })),
  );
}
