/**
 * The EC2 calls that an EC2NodeClass needs besides those of a launch, over the AWS SDK: reservations, placement groups, dry runs, and
 * the launch templates that are to go with it.
 *
 * Reads inputs in the SDK's own shapes. Returns its answers, and failures as values. A dry run that would have been done is a success.
 */
import type {
  CapacityReservation,
  CreateFleetCommandInput,
  CreateLaunchTemplateCommandInput,
  DescribeCapacityReservationsCommandInput,
  DescribePlacementGroupsCommandInput,
  Filter,
  PlacementGroup,
  RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { ok } from "../api/result.ts";
import { everyPage, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";
import { ec2Client, type Ec2Send } from "./ec2-client.ts";

export interface NodeClassCalls {
  /** All pages; none where an id that is asked for does not exist. */
  capacityReservations(input: DescribeCapacityReservationsCommandInput): AwsAnswer<readonly CapacityReservation[]>;
  /** None where the one that is asked for does not exist. */
  placementGroups(input: DescribePlacementGroupsCommandInput): AwsAnswer<readonly PlacementGroup[]>;
  /** Names of launch templates; all pages. */
  launchTemplates(filters: readonly Filter[]): AwsAnswer<readonly string[]>;
  /** One that is there already counts as made. */
  createTemplate(input: CreateLaunchTemplateCommandInput): AwsAnswer<void>;
  /** One that is gone counts as deleted. */
  deleteTemplate(name: string): AwsAnswer<void>;
  dryRunFleet(input: CreateFleetCommandInput): AwsAnswer<void>;
  dryRunInstances(input: RunInstancesCommandInput): AwsAnswer<void>;
}

/** Makes the calls; credentials come from where the SDK looks for them. */
export function nodeClassCalls(endpoint: Ec2Endpoint): NodeClassCalls {
  const send = ec2Client(endpoint);
  return { ...describing(send), ...templates(send), ...dryRuns(send) };
}

function describing(send: Ec2Send): Pick<NodeClassCalls, "capacityReservations" | "placementGroups" | "launchTemplates"> {
  return {
    capacityReservations: async (input) => {
      const found = await send(({ client, sdk }) =>
        everyPage(async (page) => {
          const answer = await client.send(new sdk.DescribeCapacityReservationsCommand({ ...input, ...page }));
          return { items: answer.CapacityReservations ?? [], NextToken: answer.NextToken };
        }),
      );
      return !found.ok && found.error.kind === "not-found" ? ok([]) : found;
    },
    placementGroups: async (input) => {
      const found = await send(
        async ({ client, sdk }) => (await client.send(new sdk.DescribePlacementGroupsCommand(input))).PlacementGroups ?? [],
      );
      return !found.ok && found.error.kind === "not-found" ? ok([]) : found;
    },
    launchTemplates: (filters) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const answer = await client.send(new sdk.DescribeLaunchTemplatesCommand({ Filters: [...filters], ...page }));
          return {
            items: (answer.LaunchTemplates ?? []).flatMap(({ LaunchTemplateName }) => LaunchTemplateName ?? []),
            NextToken: answer.NextToken,
          };
        }),
      ),
  };
}

function templates(send: Ec2Send): Pick<NodeClassCalls, "createTemplate" | "deleteTemplate"> {
  return {
    createTemplate: async (input) => {
      const made = await send(async ({ client, sdk }): Promise<void> => {
        await client.send(new sdk.CreateLaunchTemplateCommand(input));
      });
      return !made.ok && made.error.kind === "already-exists" ? ok(undefined) : made;
    },
    deleteTemplate: async (name) => {
      const gone = await send(async ({ client, sdk }): Promise<void> => {
        await client.send(new sdk.DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
      });
      return !gone.ok && gone.error.kind === "launch-template-not-found" ? ok(undefined) : gone;
    },
  };
}

function dryRuns(send: Ec2Send): Pick<NodeClassCalls, "dryRunFleet" | "dryRunInstances"> {
  const passed = async (answer: AwsAnswer<void>): AwsAnswer<void> => {
    const done = await answer;
    return !done.ok && done.error.kind === "dry-run-passed" ? ok(undefined) : done;
  };
  return {
    dryRunFleet: (input) =>
      passed(
        send(async ({ client, sdk }) => {
          await client.send(new sdk.CreateFleetCommand({ ...input, DryRun: true }));
        }),
      ),
    dryRunInstances: (input) =>
      passed(
        send(async ({ client, sdk }) => {
          await client.send(new sdk.RunInstancesCommand({ ...input, DryRun: true }));
        }),
      ),
  };
}
