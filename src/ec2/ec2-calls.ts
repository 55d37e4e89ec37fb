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
  EC2Client,
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
import { err, ok, type Result } from "../api/result.ts";
import { assertMayChange, fencePlace, type MayChange } from "./aws-fence.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";
import type { CallLogger } from "./recorded-call.ts";

export interface Ec2Endpoint {
  readonly region: string;
  /** Another endpoint than AWS' own for the region. */
  readonly endpoint?: string;
  /** Hears of every call; the SDK's own setting, so that every client that is made of an endpoint has it. */
  readonly logger?: CallLogger;
  /** Asked before each call that changes something; default: it may. */
  readonly mayChange?: MayChange;
}

type Answer<T> = Promise<Result<T, Ec2Failure>>;

export interface Ec2Calls {
  images(input: DescribeImagesCommandInput): Answer<readonly Image[]>;
  subnets(input: DescribeSubnetsCommandInput): Answer<readonly Subnet[]>;
  securityGroups(input: DescribeSecurityGroupsCommandInput): Answer<readonly SecurityGroup[]>;
  /** Whether a launch template of this name exists. */
  hasLaunchTemplate(name: string): Answer<boolean>;
  createLaunchTemplate(input: CreateLaunchTemplateCommandInput): Answer<void>;
  createFleet(input: CreateFleetCommandInput): Answer<CreateFleetResult>;
  /** All pages. */
  instances(input: DescribeInstancesCommandInput): Answer<readonly Instance[]>;
  terminate(instanceIDs: readonly string[]): Answer<void>;
  /** Adds tags to instances. */
  tagInstances(instanceIDs: readonly string[], tags: readonly Tag[]): Answer<void>;
  /** All pages. */
  launchTemplates(input: DescribeLaunchTemplatesCommandInput): Answer<readonly LaunchTemplate[]>;
  deleteLaunchTemplate(name: string): Answer<void>;
  /** The worse of EC2's two status checks of an instance. */
  instanceHealth(instanceID: string): Answer<"ok" | "impaired" | "unknown">;
  /** What an instance has written on its console so far, as text. */
  consoleOutput(instanceID: string): Answer<string>;
}

/** What `plimsoll catalog refresh` asks. */
export interface Ec2TypeCalls {
  /** All pages. */
  instanceTypes(input: DescribeInstanceTypesCommandInput): Answer<readonly InstanceTypeInfo[]>;
  /** All pages. */
  instanceTypeOfferings(input: DescribeInstanceTypeOfferingsCommandInput): Answer<readonly InstanceTypeOffering[]>;
}

/** What is asked for the health of instances. */
export interface Ec2StatusCalls {
  /** All pages; of running instances. */
  instanceStatuses(input: DescribeInstanceStatusCommandInput): Answer<readonly InstanceStatus[]>;
}

/** The SDK's own retries: standard mode, as Karpenter's. */
const attemptsMax = 4;
/** More pages than this are a server that never ends its tokens. */
const pagesMax = 1_000;

type Sdk = Awaited<ReturnType<typeof loadSdk>>;
type Send = <T>(call: (client: EC2Client, sdk: Sdk) => Promise<T>) => Answer<T>;

/** Makes the calls; credentials come from where the SDK looks for them. */
export function ec2Calls(endpoint: Ec2Endpoint): Ec2Calls & Ec2TypeCalls & Ec2StatusCalls {
  let opened: Promise<{ readonly client: EC2Client; readonly sdk: Sdk }> | undefined;
  const send: Send = async (call) => {
    try {
      opened ??= open(endpoint);
      const { client, sdk } = await opened;
      return ok(await call(client, sdk));
    } catch (thrown) {
      return err(ec2Failure(thrown));
    }
  };
  return {
    ...describing(send),
    ...describingTypes(send),
    ...describingStatus(send),
    ...changing(send),
    ...templateCalls(send),
    ...evidenceCalls(send),
  };
}

function loadSdk() {
  return import("@aws-sdk/client-ec2");
}

async function open(endpoint: Ec2Endpoint): Promise<{ readonly client: EC2Client; readonly sdk: Sdk }> {
  const sdk = await loadSdk();
  const { mayChange, ...settings } = endpoint;
  const client = new sdk.EC2Client({ ...settings, retryMode: "standard", maxAttempts: attemptsMax });
  client.middlewareStack.add(
    (next, context) => (args) => {
      assertMayChange(context.commandName, mayChange);
      return next(args);
    },
    fencePlace,
  );
  return { sdk, client };
}

function describing(send: Send): Pick<Ec2Calls, "images" | "subnets" | "securityGroups" | "hasLaunchTemplate" | "instances"> {
  return {
    images: (input) => send(async (client, sdk) => (await client.send(new sdk.DescribeImagesCommand(input))).Images ?? []),
    subnets: (input) => send(async (client, sdk) => (await client.send(new sdk.DescribeSubnetsCommand(input))).Subnets ?? []),
    securityGroups: (input) =>
      send(async (client, sdk) => (await client.send(new sdk.DescribeSecurityGroupsCommand(input))).SecurityGroups ?? []),
    hasLaunchTemplate: async (name) => {
      const found = await send((client, sdk) => client.send(new sdk.DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] })));
      if (found.ok) return ok((found.value.LaunchTemplates ?? []).length > 0);
      return found.error.kind === "launch-template-not-found" ? ok(false) : found;
    },
    instances: (input) =>
      send(async (client, sdk) => {
        const found: Instance[] = [];
        let NextToken: string | undefined;
        for (let page = 0; page < pagesMax; page++) {
          const answer = await client.send(
            new sdk.DescribeInstancesCommand({ ...input, ...(NextToken === undefined ? {} : { NextToken }) }),
          );
          for (const { Instances = [] } of answer.Reservations ?? []) found.push(...Instances);
          NextToken = answer.NextToken;
          if (NextToken === undefined || NextToken === "") break;
        }
        return found;
      }),
  };
}

function describingTypes(send: Send): Ec2TypeCalls {
  return {
    instanceTypes: (input) =>
      send((client, sdk) =>
        everyPage(async (page) => {
          const { InstanceTypes = [], NextToken } = await client.send(new sdk.DescribeInstanceTypesCommand({ ...input, ...page }));
          return { items: InstanceTypes, NextToken };
        }),
      ),
    instanceTypeOfferings: (input) =>
      send((client, sdk) =>
        everyPage(async (page) => {
          const { InstanceTypeOfferings = [], NextToken } = await client.send(
            new sdk.DescribeInstanceTypeOfferingsCommand({ ...input, ...page }),
          );
          return { items: InstanceTypeOfferings, NextToken };
        }),
      ),
  };
}

function describingStatus(send: Send): Ec2StatusCalls {
  return {
    instanceStatuses: (input) =>
      send((client, sdk) =>
        everyPage(async (page) => {
          const { InstanceStatuses = [], NextToken } = await client.send(new sdk.DescribeInstanceStatusCommand({ ...input, ...page }));
          return { items: InstanceStatuses, NextToken };
        }),
      ),
  };
}

type Page = { readonly NextToken?: string };

async function everyPage<T>(
  ask: (page: Page) => Promise<{ readonly items: readonly T[]; readonly NextToken: string | undefined }>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let page: Page = {};
  for (let count = 0; count < pagesMax; count++) {
    const { items, NextToken = "" } = await ask(page);
    found.push(...items);
    if (NextToken === "") break;
    page = { NextToken };
  }
  return found;
}

function changing(send: Send): Pick<Ec2Calls, "createLaunchTemplate" | "createFleet" | "terminate" | "tagInstances"> {
  return {
    createLaunchTemplate: (input) =>
      send(async (client, sdk) => {
        await client.send(new sdk.CreateLaunchTemplateCommand(input));
      }),
    createFleet: (input) => send((client, sdk) => client.send(new sdk.CreateFleetCommand(input))),
    terminate: (instanceIDs) =>
      send(async (client, sdk) => {
        await client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [...new Set(instanceIDs)] }));
      }),
    tagInstances: (instanceIDs, tags) =>
      send(async (client, sdk) => {
        await client.send(new sdk.CreateTagsCommand({ Resources: [...instanceIDs], Tags: [...tags] }));
      }),
  };
}

function templateCalls(send: Send): Pick<Ec2Calls, "launchTemplates" | "deleteLaunchTemplate"> {
  return {
    launchTemplates: (input) =>
      send((client, sdk) =>
        everyPage(async (page) => {
          const { LaunchTemplates = [], NextToken } = await client.send(new sdk.DescribeLaunchTemplatesCommand({ ...input, ...page }));
          return { items: LaunchTemplates, NextToken };
        }),
      ),
    deleteLaunchTemplate: (name) =>
      send(async (client, sdk) => {
        await client.send(new sdk.DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
      }),
  };
}

function evidenceCalls(send: Send): Pick<Ec2Calls, "instanceHealth" | "consoleOutput"> {
  return {
    instanceHealth: (instanceID) =>
      send(async (client, sdk) => {
        const { InstanceStatuses = [] } = await client.send(
          new sdk.DescribeInstanceStatusCommand({ InstanceIds: [instanceID], IncludeAllInstances: true }),
        );
        const checks = InstanceStatuses.flatMap(({ InstanceStatus, SystemStatus }) => [InstanceStatus?.Status, SystemStatus?.Status]);
        if (checks.includes("impaired")) return "impaired";
        return checks.length > 0 && checks.every((status) => status === "ok") ? "ok" : "unknown";
      }),
    consoleOutput: (instanceID) =>
      send(async (client, sdk) => {
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
