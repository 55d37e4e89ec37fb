/**
 * Dry runs: whether EC2 would let this process launch nodes of an EC2NodeClass, asked before anybody needs one.
 *
 * Reads a class and its resources. Returns that it would, what it refuses in Karpenter's words, or that nobody knows yet. A fleet can
 * only be tried with a launch template that exists; it is made for the purpose under a name that follows from its contents, and
 * deleted when the answers are in.
 */
import type { CreateFleetCommandInput, RequestLaunchTemplateData, RunInstancesCommandInput, Tag } from "@aws-sdk/client-ec2";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import { hashOf } from "../api/hash.ts";
import { clusterNameTag, nodeClassTag, nodePoolTag } from "../api/labels.ts";
import { failureText, type Ec2Failure } from "./errors.ts";
import type { NodeClassCalls } from "./node-class-calls.ts";
import { imageArchitecture, type NodeImage } from "./node-class-images.ts";
import type { NodeSubnet } from "./node-class-findings.ts";

export type DryRunOutcome =
  | { readonly kind: "passed" }
  /** Nobody asks EC2. */
  | { readonly kind: "skipped" }
  | { readonly kind: "refused"; readonly reason: string; readonly message: string }
  /** No word on permissions: an answer that may pass, or none. With a reason, it is one that passes within seconds. */
  | { readonly kind: "open"; readonly message: string; readonly reason?: typeof profileUnseen };

/** EC2 does not see an instance profile that IAM has made: a launch with it would be refused. */
export const profileUnseen = "InstanceProfileNotFound";

/** What a class's nodes would be launched with. */
export interface DryRun {
  readonly nodeClass: EC2NodeClass;
  readonly clusterName: string;
  readonly images: readonly NodeImage[];
  readonly subnets: readonly NodeSubnet[];
  readonly securityGroupIDs: readonly string[];
  readonly instanceProfile: string;
  /** As the instance reads it. */
  readonly userData: string;
}

type DryRunCalls = Pick<NodeClassCalls, "createTemplate" | "deleteTemplate" | "dryRunFleet" | "dryRunInstances">;

/** Returns a name for all that a dry run depends on: the same name is the same question. */
export function dryRunKey({ nodeClass, clusterName, images, subnets, securityGroupIDs, instanceProfile, userData }: DryRun): string {
  const { spec, metadata } = nodeClass;
  const ids = { images: images.map(({ id }) => id).sort(), subnets: subnets.map(({ id }) => id).sort(), securityGroupIDs };
  return hashOf({ name: metadata.name, spec, clusterName, ...ids, instanceProfile, userData });
}

/** Asks for a launch template, a fleet and an instance; the first refusal is the outcome. */
export async function dryRun(calls: DryRunCalls, of: DryRun): Promise<DryRunOutcome> {
  const image = of.images.find(({ requirements }) => !requirements.some(({ operator }) => operator === "Exists")) ?? of.images[0];
  if (image === undefined) return { kind: "open", message: "there is no image to try" };
  const tags = tagsOf(of);
  const data = templateData(of, { image, tags });
  const name = `karpenter.k8s.aws/check-${hashOf({ data, cluster: of.clusterName }).slice(0, 20)}`;
  const TagSpecifications = [{ ResourceType: "launch-template" as const, Tags: tags }];
  const made = await calls.createTemplate({ LaunchTemplateName: name, LaunchTemplateData: data, TagSpecifications });
  if (!made.ok) return outcomeOf("CreateLaunchTemplate", made.error);
  const outcome = await withTemplate(calls, { of, name, image, tags });
  const gone = await calls.deleteTemplate(name);
  if (gone.ok || outcome.kind === "refused") return outcome;
  // Left behind it would be found by its tags when the class goes; asked again, it is deleted again.
  return { kind: "open", message: `launch template ${name} can't be deleted: ${failureText(gone.error)}` };
}

interface Trial {
  readonly of: DryRun;
  readonly name: string;
  readonly image: NodeImage;
  readonly tags: Tag[];
}

async function withTemplate(calls: DryRunCalls, trial: Trial): Promise<DryRunOutcome> {
  const fleet = await calls.dryRunFleet(fleetInput(trial));
  if (!fleet.ok) return outcomeOf("CreateFleet", fleet.error);
  let first: DryRunOutcome | undefined;
  for (const subnet of trial.of.subnets) {
    const instance = await calls.dryRunInstances(instanceInput(trial, subnet));
    // Permissions rarely depend on the subnet: one that would do is enough.
    if (instance.ok) return { kind: "passed" };
    first ??= missingProfile(trial.of, instance.error) ?? outcomeOf("RunInstances", instance.error);
  }
  return first ?? { kind: "open", message: "there is no subnet to try" };
}

function outcomeOf(call: "CreateLaunchTemplate" | "CreateFleet" | "RunInstances", failure: Ec2Failure): DryRunOutcome {
  if (failure.kind !== "unauthorized") return { kind: "open", message: `ec2:${call} as a dry run: ${failureText(failure)}` };
  return {
    kind: "refused",
    reason: `${call}AuthCheckFailed`,
    message: `Controller isn't authorized to call ec2:${call}: ${failureText(failure)}`,
  };
}

/** A profile of our own that EC2 does not see yet will be there in seconds; one that somebody named is missing. */
function missingProfile({ nodeClass }: DryRun, { code, message }: Ec2Failure): DryRunOutcome | undefined {
  if (code !== "InvalidParameterValue" || !message.includes("Invalid IAM Instance Profile")) return undefined;
  const named = nodeClass.spec?.instanceProfile;
  if (named === undefined) return { kind: "open", reason: profileUnseen, message: "EC2 does not know the new instance profile yet" };
  return { kind: "refused", reason: profileUnseen, message: `Instance profile "${named}" not found` };
}

function templateData(
  { instanceProfile, securityGroupIDs, userData }: DryRun,
  { image, tags }: Pick<Trial, "image" | "tags">,
): RequestLaunchTemplateData {
  return {
    ImageId: image.id,
    IamInstanceProfile: { Name: instanceProfile },
    ...(userData === "" ? {} : { UserData: Buffer.from(userData).toString("base64") }),
    NetworkInterfaces: [{ DeviceIndex: 0, Groups: [...securityGroupIDs] }],
    TagSpecifications: [{ ResourceType: "network-interface", Tags: tags }],
  };
}

function fleetInput({ of, name, image, tags }: Trial): CreateFleetCommandInput {
  const Overrides = of.subnets.map(({ id }) => ({ InstanceType: typeFor(image), SubnetId: id }));
  return {
    Type: "instant",
    LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName: name, Version: "$Latest" }, Overrides }],
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" },
    OnDemandOptions: { AllocationStrategy: "lowest-price" },
    TagSpecifications: (["instance", "volume", "fleet"] as const).map((ResourceType) => ({ ResourceType, Tags: tags })),
  };
}

function instanceInput({ name, image, tags }: Trial, { id }: NodeSubnet): RunInstancesCommandInput {
  return {
    MinCount: 1,
    MaxCount: 1,
    LaunchTemplate: { LaunchTemplateName: name, Version: "$Latest" },
    InstanceType: typeFor(image),
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: id }],
    TagSpecifications: (["instance", "volume", "network-interface"] as const).map((ResourceType) => ({ ResourceType, Tags: tags })),
  };
}

/** Types that every region has, as Karpenter takes them. */
function typeFor(image: NodeImage): NonNullable<RunInstancesCommandInput["InstanceType"]> {
  return imageArchitecture(image) === "arm64" ? "m6g.large" : "m5.large";
}

/** The tags of a real launch, with which permissions are bound. */
function tagsOf({ nodeClass, clusterName }: DryRun): Tag[] {
  const tags: Readonly<Record<string, string>> = {
    ...nodeClass.spec?.tags,
    [clusterNameTag]: clusterName,
    [`kubernetes.io/cluster/${clusterName}`]: "owned",
    [nodePoolTag]: "",
    [nodeClassTag]: nodeClass.metadata.name ?? "",
  };
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
