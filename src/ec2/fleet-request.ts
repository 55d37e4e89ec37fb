/**
 * The CreateFleet request of one NodeClaim, and what its answer means.
 *
 * Reads a claim, its candidate types (cheapest first), what its NodeClass selects and the launch templates. Returns the exact
 * request (karpenter-provider-aws pkg/providers/instance, for on-demand and Spot): one instance, at once, with an override for each type
 * and zone whose Priority is its price. The client token is the hash of the request and of the claim's uid, so that the same request
 * for a claim of the same name, made anew after a failure, is another one.
 */
import type { CreateFleetCommandInput, CreateFleetResult, FleetLaunchTemplateOverridesRequest } from "@aws-sdk/client-ec2";
import { hashOf } from "../api/hash.ts";
import type { InstanceType, Offering } from "../api/instance-type.ts";
import { archLabel, nodeClaimTag } from "../api/labels.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { decidedLabels, requirementsOf } from "../kube/requirements.ts";
import { failureKindOf } from "./errors.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import { clusterTags } from "./launch-template.ts";
import type { NodeClassResources } from "./node-class-resources.ts";

/** A request with its token: what is kept on the NodeClaim and sent, and sent again, byte for byte. */
export type FleetRequest = CreateFleetCommandInput & { readonly ClientToken: string };

export type CapacityType = "spot" | "on-demand";

interface FleetInput {
  readonly nodeClaim: NodeClaim;
  readonly nodeClass: EC2NodeClass;
  readonly offers: LaunchOffers;
  readonly resources: NodeClassResources;
  /** Names of launch templates by architecture. */
  readonly templates: Readonly<Record<string, string>>;
  readonly cluster: ClusterIdentity;
}

/** What is asked for: one way to buy, and the types with their zones. */
export interface LaunchOffers {
  readonly capacityType: CapacityType;
  readonly types: readonly InstanceType[];
}

/** Types in one request (Karpenter's MaxInstanceTypes of the AWS provider). */
const typesMax = 60;

/**
 * Returns what to ask for: Spot where a candidate has it, else on-demand; of a claim that may be either, no Spot that is
 * dearer than its cheapest on-demand offering. Undefined when nothing is to be had.
 */
export function launchOffers(candidates: readonly InstanceType[], resources: NodeClassResources): LaunchOffers | undefined {
  const usable = candidates.filter((type) => resources.images[architectureOf(type)] !== undefined);
  const cheapestOnDemand = Math.min(
    ...usable.flatMap(({ offerings }) => offerings.filter(isOnDemand).map(({ pricePerHour }) => pricePerHour)),
  );
  const narrowed = (keep: (offering: Offering) => boolean): readonly InstanceType[] =>
    usable
      .map((type) => ({
        ...type,
        offerings: type.offerings.filter(({ zone, ...rest }) => zone in resources.subnets && keep({ zone, ...rest })),
      }))
      .filter(({ offerings }) => offerings.length > 0)
      .sort((a, b) => priceOf(a) - priceOf(b))
      .slice(0, typesMax);
  const spot = narrowed(({ capacityType, pricePerHour }) => capacityType === "spot" && pricePerHour <= cheapestOnDemand);
  if (spot.length > 0) return { capacityType: "spot", types: spot };
  const onDemand = narrowed(isOnDemand);
  return onDemand.length > 0 ? { capacityType: "on-demand", types: onDemand } : undefined;
}

/** Returns the exact request, with its token. */
export function fleetRequest(input: FleetInput): FleetRequest {
  const { nodeClaim, nodeClass, offers, templates, cluster } = input;
  const tags = [...clusterTags({ nodeClaim, nodeClass, cluster }), { Key: nodeClaimTag, Value: nodeClaim.metadata.name ?? "" }];
  const request: CreateFleetCommandInput = {
    Type: "instant",
    ...(nodeClass.spec?.context === undefined ? {} : { Context: nodeClass.spec.context }),
    LaunchTemplateConfigs: Object.entries(templates).flatMap(([architecture, name]) => {
      const Overrides = overridesOf(input, architecture);
      const LaunchTemplateSpecification = { LaunchTemplateName: name, Version: "$Latest" };
      return Overrides.length === 0 ? [] : [{ LaunchTemplateSpecification, Overrides }];
    }),
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: offers.capacityType },
    ...(offers.capacityType === "spot"
      ? { SpotOptions: { AllocationStrategy: "price-capacity-optimized" } }
      : { OnDemandOptions: { AllocationStrategy: "lowest-price" } }),
    TagSpecifications: (["instance", "volume", "fleet"] as const).map((ResourceType) => ({ ResourceType, Tags: tags })),
  };
  return { ...request, ClientToken: hashOf({ request, uid: nodeClaim.metadata.uid ?? "" }) };
}

/** What a fleet's answer came to. */
export type FleetAnswer =
  | {
      readonly kind: "launched";
      readonly instanceID: string;
      readonly instanceType: string;
      readonly zone: string;
      readonly imageID: string;
      readonly capacityType: CapacityType;
    }
  | { readonly kind: "nothing"; readonly lacking: readonly LackingOffering[]; readonly message: string; readonly isCapacity: boolean };

/** An offering that EC2 said it can't fill now. */
export interface LackingOffering {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: CapacityType;
}

/** Returns every offering that a request asks for. */
export function askedOfferings(request: FleetRequest): readonly LackingOffering[] {
  const capacityType = capacityTypeOf(request);
  return (request.LaunchTemplateConfigs ?? [])
    .flatMap(({ Overrides }) => Overrides ?? [])
    .map(({ InstanceType = "", AvailabilityZone = "" }) => ({ instanceType: InstanceType, zone: AvailabilityZone, capacityType }));
}

function capacityTypeOf({ TargetCapacitySpecification }: FleetRequest): CapacityType {
  return TargetCapacitySpecification?.DefaultTargetCapacityType === "spot" ? "spot" : "on-demand";
}

/** Reads a fleet's answer with the request that caused it: EC2 does not repeat everything that we asked. */
export function fleetAnswer(request: FleetRequest, result: CreateFleetResult): FleetAnswer {
  const capacityType = capacityTypeOf(request);
  const overrides = (request.LaunchTemplateConfigs ?? []).flatMap(({ Overrides }) => Overrides ?? []);
  const zoneOf = (subnet: string | undefined) => overrides.find(({ SubnetId }) => SubnetId === subnet)?.AvailabilityZone ?? "";
  for (const { InstanceIds = [], InstanceType: type, LaunchTemplateAndOverrides } of result.Instances ?? []) {
    const [instanceID] = InstanceIds;
    if (instanceID === undefined) continue;
    const chosen = LaunchTemplateAndOverrides?.Overrides;
    const instanceType = type ?? chosen?.InstanceType ?? "";
    const zone = chosen?.AvailabilityZone ?? zoneOf(chosen?.SubnetId);
    const imageID =
      overrides.find(({ InstanceType: asked, AvailabilityZone }) => asked === instanceType && AvailabilityZone === zone)?.ImageId ?? "";
    return { kind: "launched", instanceID, instanceType, zone, imageID, capacityType };
  }
  const errors = result.Errors ?? [];
  const capacityErrors = errors.filter(({ ErrorCode }) => failureKindOf(ErrorCode ?? "") === "insufficient-capacity");
  const lacking = capacityErrors.flatMap(({ LaunchTemplateAndOverrides }): readonly LackingOffering[] => {
    const { InstanceType: instanceType, AvailabilityZone, SubnetId } = LaunchTemplateAndOverrides?.Overrides ?? {};
    const zone = AvailabilityZone ?? zoneOf(SubnetId);
    return instanceType === undefined || zone === "" ? [] : [{ instanceType, zone, capacityType }];
  });
  const texts = [...new Set(errors.map(({ ErrorCode, ErrorMessage }) => `${ErrorCode ?? ""}: ${ErrorMessage ?? ""}`))].sort();
  const isCapacity = errors.length > 0 && capacityErrors.length === errors.length;
  return {
    kind: "nothing",
    lacking,
    isCapacity,
    message: texts.length === 0 ? "CreateFleet made no instance and gave no reason" : texts.join("; "),
  };
}

/** Returns the architecture of a type in Kubernetes' words. */
export function architectureOf(type: InstanceType): string {
  return decidedLabels(requirementsOf(type.requirements))[archLabel] ?? "amd64";
}

function overridesOf({ offers, resources }: FleetInput, architecture: string): FleetLaunchTemplateOverridesRequest[] {
  const ImageId = resources.images[architecture];
  return offers.types
    .filter((type) => architectureOf(type) === architecture)
    .flatMap(({ name, offerings }) =>
      offerings.map(({ zone, pricePerHour }): FleetLaunchTemplateOverridesRequest => ({
        // EC2 knows more types than the SDK's list of a day; the name is sent as it is.
        InstanceType: name as NonNullable<FleetLaunchTemplateOverridesRequest["InstanceType"]>,
        AvailabilityZone: zone,
        ...(ImageId === undefined ? {} : { ImageId }),
        ...(resources.subnets[zone] === undefined ? {} : { SubnetId: resources.subnets[zone] }),
        Priority: pricePerHour,
      })),
    );
}

function isOnDemand({ capacityType }: Offering): boolean {
  return capacityType === "on-demand";
}

function priceOf({ offerings }: InstanceType): number {
  return Math.min(...offerings.map(({ pricePerHour }) => pricePerHour));
}
