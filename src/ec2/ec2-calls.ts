/**
 * The EC2 calls that the provider makes, over the AWS SDK.
 *
 * Reads inputs in the SDK's own shapes. Returns its answers, and failures as values. The SDK is loaded at the first call, so
 * that a process without EC2 never pays for it; it retries what is safe to send again (every call here is: launches carry a
 * client token). Calls that change something are fenced.
 */
import type {
  CreateFleetCommandInput,
  CreateFleetResult,
  CreateLaunchTemplateCommandInput,
  DescribeImagesCommandInput,
  DescribeInstancesCommandInput,
  DescribeInstanceStatusCommandInput,
  DescribeInstanceTypeOfferingsCommandInput,
  DescribeInstanceTypesCommandInput,
  DescribeLaunchTemplatesCommandInput,
  DescribeSecurityGroupsCommandInput,
  DescribeSubnetsCommandInput,
  Image,
  Instance,
  InstanceStatus,
  InstanceTypeInfo,
  InstanceTypeOffering,
  LaunchTemplate,
  SecurityGroup,
  Subnet,
  Tag,
} from "@aws-sdk/client-ec2";
import { ok } from "../api/result.ts";
import { everyPage, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";
import { ec2Client, type Ec2Send } from "./ec2-client.ts";
import { ec2Failure } from "./errors.ts";

export interface Ec2Calls {
  /** All pages. */
  images(input: DescribeImagesCommandInput): AwsAnswer<readonly Image[]>;
  /** All pages. */
  subnets(input: DescribeSubnetsCommandInput): AwsAnswer<readonly Subnet[]>;
  /** All pages. */
  securityGroups(input: DescribeSecurityGroupsCommandInput): AwsAnswer<readonly SecurityGroup[]>;
  /** Whether a launch template of this name exists. */
  hasLaunchTemplate(name: string): AwsAnswer<boolean>;
  createLaunchTemplate(input: CreateLaunchTemplateCommandInput): AwsAnswer<void>;
  createFleet(input: CreateFleetCommandInput): AwsAnswer<CreateFleetResult>;
  /** All pages. */
  instances(input: DescribeInstancesCommandInput): AwsAnswer<readonly Instance[]>;
  terminate(instanceIDs: readonly string[]): AwsAnswer<void>;
  /** Adds tags to instances. */
  tagInstances(instanceIDs: readonly string[], tags: readonly Tag[]): AwsAnswer<void>;
  /** All pages. */
  launchTemplates(input: DescribeLaunchTemplatesCommandInput): AwsAnswer<readonly LaunchTemplate[]>;
  deleteLaunchTemplate(name: string): AwsAnswer<void>;
  /** The worse of EC2's two status checks of an instance. */
  instanceHealth(instanceID: string): AwsAnswer<"ok" | "impaired" | "unknown">;
  /** What an instance has written on its console so far, as text. */
  consoleOutput(instanceID: string): AwsAnswer<string>;
}

/** What `plimsoll catalog refresh` asks. */
export interface Ec2TypeCalls {
  /** All pages. */
  instanceTypes(input: DescribeInstanceTypesCommandInput): AwsAnswer<readonly InstanceTypeInfo[]>;
  /** All pages. */
  instanceTypeOfferings(input: DescribeInstanceTypeOfferingsCommandInput): AwsAnswer<readonly InstanceTypeOffering[]>;
}

/** What is asked for the health of instances. */
export interface Ec2StatusCalls {
  /** All pages; of running instances. */
  instanceStatuses(input: DescribeInstanceStatusCommandInput): AwsAnswer<readonly InstanceStatus[]>;
}

/** Makes the calls; credentials come from where the SDK looks for them. */
export function ec2Calls(endpoint: Ec2Endpoint): Ec2Calls & Ec2TypeCalls & Ec2StatusCalls {
  const send = ec2Client(endpoint);
  return {
    ...describing(send),
    ...describingTypes(send),
    ...describingStatus(send),
    ...changing(send),
    ...templateCalls(send),
    ...evidenceCalls(send),
  };
}

function describing(send: Ec2Send): Pick<Ec2Calls, "images" | "subnets" | "securityGroups" | "hasLaunchTemplate" | "instances"> {
  return {
    images: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { Images = [], NextToken } = await client.send(new sdk.DescribeImagesCommand({ ...input, ...page }));
          return { items: Images, NextToken };
        }),
      ),
    subnets: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { Subnets = [], NextToken } = await client.send(new sdk.DescribeSubnetsCommand({ ...input, ...page }));
          return { items: Subnets, NextToken };
        }),
      ),
    securityGroups: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { SecurityGroups = [], NextToken } = await client.send(new sdk.DescribeSecurityGroupsCommand({ ...input, ...page }));
          return { items: SecurityGroups, NextToken };
        }),
      ),
    hasLaunchTemplate: async (name) => {
      const found = await send(({ client, sdk }) => client.send(new sdk.DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] })));
      if (found.ok) return ok((found.value.LaunchTemplates ?? []).length > 0);
      return found.error.kind === "launch-template-not-found" ? ok(false) : found;
    },
    instances: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { Reservations = [], NextToken } = await client.send(new sdk.DescribeInstancesCommand({ ...input, ...page }));
          return { items: Reservations.flatMap(({ Instances = [] }) => Instances), NextToken };
        }),
      ),
  };
}

function describingTypes(send: Ec2Send): Ec2TypeCalls {
  return {
    instanceTypes: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { InstanceTypes = [], NextToken } = await client.send(new sdk.DescribeInstanceTypesCommand({ ...input, ...page }));
          return { items: InstanceTypes, NextToken };
        }),
      ),
    instanceTypeOfferings: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { InstanceTypeOfferings = [], NextToken } = await client.send(
            new sdk.DescribeInstanceTypeOfferingsCommand({ ...input, ...page }),
          );
          return { items: InstanceTypeOfferings, NextToken };
        }),
      ),
  };
}

function describingStatus(send: Ec2Send): Ec2StatusCalls {
  return {
    instanceStatuses: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { InstanceStatuses = [], NextToken } = await client.send(new sdk.DescribeInstanceStatusCommand({ ...input, ...page }));
          return { items: InstanceStatuses, NextToken };
        }),
      ),
  };
}

function changing(send: Ec2Send): Pick<Ec2Calls, "createLaunchTemplate" | "createFleet" | "terminate" | "tagInstances"> {
  return {
    createLaunchTemplate: (input) =>
      send(async ({ client, sdk }) => {
        await client.send(new sdk.CreateLaunchTemplateCommand(input));
      }),
    createFleet: (input) => send(({ client, sdk }) => client.send(new sdk.CreateFleetCommand(input))),
    terminate: (instanceIDs) =>
      send(async ({ client, sdk }) => {
        await client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [...new Set(instanceIDs)] }));
      }),
    tagInstances: (instanceIDs, tags) =>
      send(async ({ client, sdk }) => {
        await client.send(new sdk.CreateTagsCommand({ Resources: [...instanceIDs], Tags: [...tags] }));
      }),
  };
}

function templateCalls(send: Ec2Send): Pick<Ec2Calls, "launchTemplates" | "deleteLaunchTemplate"> {
  return {
    launchTemplates: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { LaunchTemplates = [], NextToken } = await client.send(new sdk.DescribeLaunchTemplatesCommand({ ...input, ...page }));
          return { items: LaunchTemplates, NextToken };
        }),
      ),
    deleteLaunchTemplate: (name) =>
      send(async ({ client, sdk }) => {
        await client.send(new sdk.DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
      }),
  };
}

function evidenceCalls(send: Ec2Send): Pick<Ec2Calls, "instanceHealth" | "consoleOutput"> {
  return {
    instanceHealth: (instanceID) =>
      send(async ({ client, sdk }) => {
        const { InstanceStatuses = [] } = await client.send(
          new sdk.DescribeInstanceStatusCommand({ InstanceIds: [instanceID], IncludeAllInstances: true }),
        );
        const checks = InstanceStatuses.flatMap(({ InstanceStatus, SystemStatus }) => [InstanceStatus?.Status, SystemStatus?.Status]);
        if (checks.includes("impaired")) return "impaired";
        return checks.length > 0 && checks.every((status) => status === "ok") ? "ok" : "unknown";
      }),
    consoleOutput: (instanceID) =>
      send(async ({ client, sdk }) => {
        const ask = (Latest: boolean) => client.send(new sdk.GetConsoleOutputCommand({ InstanceId: instanceID, Latest }));
        // Only Nitro instances show what they write now; of others there is what they wrote while they booted.
        const { Output = "" } = await ask(true).catch((thrown: unknown) => {
          if (ec2Failure(thrown).code !== "UnsupportedOperation") throw thrown;
          return ask(false);
        });
        return Buffer.from(Output, "base64").toString("utf8");
      }),
  };
}
