/**
 * What the EC2 stand-in does, as the SDK sees it: the contract that every other test on it may count on.
 *
 * moto behind ec2-proxy.ts, its clock moved by hand. Each test asks in AWS' own protocols and reads AWS' own answers.
 */
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  DescribeCapacityReservationsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplatesCommand,
  DescribePlacementGroupsCommand,
  DescribeSpotPriceHistoryCommand,
  DescribeSubnetsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RegisterImageCommand,
  TerminateInstancesCommand,
  type CreateFleetCommandInput,
  type CreateFleetResult,
  type FleetLaunchTemplateOverridesRequest,
  type Subnet,
} from "@aws-sdk/client-ec2";
import { DescribeClusterCommand, EKSClient } from "@aws-sdk/client-eks";
import { CreateInstanceProfileCommand, IAMClient, ListInstanceProfilesCommand } from "@aws-sdk/client-iam";
import { GetProductsCommand, PricingClient } from "@aws-sdk/client-pricing";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { launchDiagnosis } from "../../src/ec2/launch-diagnosis.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../support/ec2-proxy.ts";
import { evidenceOf, joinFailures } from "../support/join-failures.ts";

const region = "ap-southeast-1";
const zone = "ap-southeast-1a";
const imageID = "ami-05c2b717d1c760a21";
const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  describe("the EC2 stand-in", () => {
    standInTests(moto);
  });

function standInTests(server: Moto): void {
  let proxy: Ec2Proxy;
  let ec2: EC2Client;
  let group: string;
  let subnets: readonly Subnet[];
  let nowMs = Date.parse("2026-11-22T12:00:00Z");
  let tokens = 0;
  /** One attempt, so that each call is seen as it was answered. */
  const once = () => ({ region, endpoint: proxy.url, maxAttempts: 1, credentials: { accessKeyId: "test", secretAccessKey: "test" } });

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    proxy = await startEc2Proxy(server.url, { nowMs: () => nowMs });
    ec2 = new EC2Client(once());
    const { GroupId = "" } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "nodes", Description: "nodes" }));
    group = GroupId;
    subnets = (await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? [];
    await template("plain");
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });
  beforeEach(async () => {
    nowMs += 60_000;
    proxy.lack([]);
    proxy.inject([]);
    const left = await live();
    if (left.length > 0) await ec2.send(new TerminateInstancesCommand({ InstanceIds: [...left] }));
  });

  const template = (name: string, data: object = {}) =>
    ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        LaunchTemplateData: { ImageId: imageID, NetworkInterfaces: [{ DeviceIndex: 0, Groups: [group] }], ...data },
      }),
    );
  const subnetOf = (at: string): string => subnets.find(({ AvailabilityZone }) => AvailabilityZone === at)?.SubnetId ?? "";
  const override = (type: string, priority = 1, at = zone): FleetLaunchTemplateOverridesRequest => ({
    InstanceType: type as "m7i.large",
    AvailabilityZone: at,
    SubnetId: subnetOf(at),
    Priority: priority,
  });
  const fleetOf = (overrides: readonly FleetLaunchTemplateOverridesRequest[], change: Partial<CreateFleetCommandInput> = {}) => ({
    ClientToken: `token-${++tokens}`,
    Type: "instant" as const,
    LaunchTemplateConfigs: [
      { LaunchTemplateSpecification: { LaunchTemplateName: "plain", Version: "$Latest" }, Overrides: [...overrides] },
    ],
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" as const },
    ...change,
  });
  const fleet = (input: CreateFleetCommandInput): Promise<CreateFleetResult> => ec2.send(new CreateFleetCommand(input));
  const idsOf = ({ Instances = [] }: CreateFleetResult): readonly string[] => Instances.flatMap(({ InstanceIds = [] }) => InstanceIds);
  const typesOf = ({ Instances = [] }: CreateFleetResult) => Instances.map(({ InstanceType }) => InstanceType);
  const errorsOf = ({ Errors = [] }: CreateFleetResult) => Errors.map(({ ErrorCode }) => ErrorCode);
  const instance = async (id: string) =>
    (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0];
  const codeOf = (sent: Promise<unknown>): Promise<string> =>
    sent.then(
      () => "none",
      (error: unknown) => (error as Error).name,
    );
  /** Live instances, as moto itself tells. */
  const live = async (): Promise<readonly string[]> => {
    const direct = new EC2Client({ ...once(), endpoint: server.url });
    const running = [{ Name: "instance-state-name", Values: ["running"] }];
    const { Reservations = [] } = await direct.send(new DescribeInstancesCommand({ Filters: running, MaxResults: 1000 }));
    return Reservations.flatMap(({ Instances = [] }) => Instances).flatMap(({ InstanceId }) => InstanceId ?? []);
  };

  describe("fleets", () => {
    test("a known client token gets the first answer, byte for byte, and another request with it is refused", async () => {
      const input = fleetOf([override("m7i.large")]);
      const [first, second] = await Promise.all([fleet(input), fleet(input)]);
      expect(idsOf(first)).toHaveLength(1);
      expect(idsOf(second)).toEqual(idsOf(first));
      expect(await codeOf(fleet({ ...input, Context: "other" }))).toBe("IdempotentParameterMismatch");
    });

    test("a launch template's token is kept, too: its retry is no clash of names", async () => {
      const input = { ClientToken: "lt", LaunchTemplateName: "again", LaunchTemplateData: { ImageId: imageID } };
      await ec2.send(new CreateLaunchTemplateCommand(input));
      await ec2.send(new CreateLaunchTemplateCommand(input));
      expect(await codeOf(template("again"))).toBe("InvalidLaunchTemplateName.AlreadyExistsException");
    });

    test("lowest-price goes by EC2's price and not by ours; prioritized by our priority", async () => {
      proxy.setPrice({ instanceType: "r6i.large", capacityType: "on-demand", pricePerHour: 0.0001 });
      const overrides = [override("m7i.large", 0.1), override("r6i.large", 0.2)];
      expect(typesOf(await fleet(fleetOf(overrides)))).toEqual(["r6i.large"]);
      const prioritized = { OnDemandOptions: { AllocationStrategy: "prioritized" as const } };
      expect(typesOf(await fleet(fleetOf(overrides, prioritized)))).toEqual(["m7i.large"]);
    });

    test("Spot has prices of its own, and its instances say that they are Spot", async () => {
      proxy.setPrice({ instanceType: "c6i.large", zone, capacityType: "spot", pricePerHour: 0.001 });
      const made = await fleet(
        fleetOf([override("m7i.large"), override("c6i.large")], {
          TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "spot" },
          SpotOptions: { AllocationStrategy: "price-capacity-optimized" },
        }),
      );
      expect(typesOf(made)).toEqual(["c6i.large"]);
      expect((await instance(idsOf(made)[0] ?? ""))?.InstanceLifecycle).toBe("spot");
    });

    test("what lacks capacity is passed over and told; when all lack it, nothing is made", async () => {
      const overrides = [override("c6a.large", 1), override("c6i.large", 2)];
      proxy.lack([{ instanceType: "c6a.large", zone }]);
      const passed = await fleet(fleetOf(overrides));
      expect([typesOf(passed), errorsOf(passed)]).toEqual([["c6i.large"], ["InsufficientInstanceCapacity"]]);
      proxy.lack([{ code: "VcpuLimitExceeded" }]);
      const none = await fleet(fleetOf(overrides));
      expect([typesOf(none), errorsOf(none)]).toEqual([[], ["VcpuLimitExceeded", "VcpuLimitExceeded"]]);
      expect(none.Errors?.[0]?.LaunchTemplateAndOverrides?.Overrides).toMatchObject({ InstanceType: "c6a.large", AvailabilityZone: zone });
    });

    test("several instances are one item with their ids; what a pool can't give comes from the next, or is missing", async () => {
      const three = { TargetCapacitySpecification: { TotalTargetCapacity: 3, DefaultTargetCapacityType: "on-demand" as const } };
      proxy.lack([
        { instanceType: "c6a.large", left: 1 },
        { instanceType: "c6i.large", left: 1 },
      ]);
      const made = await fleet(fleetOf([override("c6a.large"), override("c6i.large")], three));
      expect(typesOf(made)).toEqual(["c6a.large", "c6i.large"]);
      expect(idsOf(made)).toHaveLength(2);
      expect(errorsOf(made)).toHaveLength(2);
      proxy.lack([]);
      const all = await fleet(fleetOf([override("c6a.large")], three));
      expect([typesOf(all), idsOf(all).length]).toEqual([["c6a.large"], 3]);
    });

    test("instances have the launch template's security groups", async () => {
      const [id = ""] = idsOf(await fleet(fleetOf([override("m7i.large")])));
      expect((await instance(id))?.SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([group]);
    });

    test("a repeated id is no error, and a dry run makes nothing", async () => {
      const [id = ""] = idsOf(await fleet(fleetOf([override("m7i.large")])));
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id, id] }));
      expect(Reservations.flatMap(({ Instances = [] }) => Instances)).toHaveLength(1);
      const before = (await live()).length;
      expect(await codeOf(fleet(fleetOf([override("m7i.large")], { DryRun: true })))).toBe("DryRunOperation");
      expect(await codeOf(ec2.send(new DescribeInstanceTypesCommand({ DryRun: true })))).toBe("DryRunOperation");
      expect(await live()).toHaveLength(before);
    });

    test("an instance may be hidden for a while after its launch, by id and by tag", async () => {
      proxy.hideNewFor(5_000);
      const before = (await live()).length;
      const [id = ""] = idsOf(await fleet(fleetOf([override("m7i.large")])));
      expect(await codeOf(instance(id))).toBe("InvalidInstanceID.NotFound");
      const shown = async () => {
        const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
        return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId }) => InstanceId);
      };
      expect(await shown()).not.toContain(id);
      expect(await live()).toHaveLength(before + 1);
      nowMs += 5_000;
      expect(await shown()).toContain(id);
      proxy.hideNewFor(0);
    });

    test("every launch template is listed, however many", async () => {
      for (let index = 0; index < 20; index++) await template(`many-${index}`);
      const { LaunchTemplates = [] } = await ec2.send(new DescribeLaunchTemplatesCommand({}));
      expect(LaunchTemplates.filter(({ LaunchTemplateName = "" }) => LaunchTemplateName.startsWith("many-"))).toHaveLength(20);
    });
  });

  describe("rate limits and faults", () => {
    test("CreateFleet is taken five times at once, and twice a second after that", async () => {
      const attempts = [];
      for (let index = 0; index < 7; index++) attempts.push(await codeOf(fleet(fleetOf([override("t3.micro")]))));
      expect(attempts).toEqual([...Array<string>(5).fill("none"), "RequestLimitExceeded", "RequestLimitExceeded"]);
      nowMs += 1_000;
      const later = [];
      for (let index = 0; index < 3; index++) later.push(await codeOf(fleet(fleetOf([override("t3.micro")]))));
      expect(later).toEqual(["none", "none", "RequestLimitExceeded"]);
    });

    const rows: readonly (readonly [Parameters<Ec2Proxy["inject"]>[0][number], { readonly made: number; readonly code: string }])[] = [
      [
        { action: "CreateFleet", nth: 2, kind: "throttled" },
        { made: 1, code: "RequestLimitExceeded" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "error" },
        { made: 1, code: "InternalError" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "error", status: 403, code: "UnauthorizedOperation" },
        { made: 1, code: "UnauthorizedOperation" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "error-after-success" },
        { made: 2, code: "InternalError" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "lost-request" },
        { made: 1, code: "broken" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "lost-answer" },
        { made: 2, code: "broken" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "timeout-after-success", afterMs: 50 },
        { made: 2, code: "broken" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "late", afterMs: 50 },
        { made: 2, code: "broken" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "duplicated" },
        { made: 2, code: "none" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "slow", afterMs: 50 },
        { made: 2, code: "none" },
      ],
      [
        { action: "CreateFleet", nth: 2, kind: "insufficient-capacity" },
        { made: 1, code: "none" },
      ],
    ];
    test.each(rows)("%j befalls the second call alone", async (fault, expected) => {
      proxy.inject([fault]);
      const before = (await live()).length;
      const inputs = [fleetOf([override("t3.micro")]), fleetOf([override("t3.micro")])];
      const codes = [];
      for (const input of inputs) codes.push(await codeOf(fleet(input)));
      const known = ["none", "RequestLimitExceeded", "InternalError", "UnauthorizedOperation"];
      expect(codes[0]).toBe("none");
      expect(known.includes(codes[1] ?? "") ? codes[1] : "broken").toBe(expected.code);
      await expect.poll(async () => (await live()).length - before).toBe(expected.made);
      expect(proxy.fired()).toEqual([fault]);
      // Asked again with its token, it ends as if nothing had happened: one instance for each request.
      for (const input of inputs) expect(await codeOf(fleet(input))).toBe("none");
      expect((await live()).length - before).toBe(fault.kind === "insufficient-capacity" ? 1 : 2);
    });
  });

  describe("prices", () => {
    test("Spot's history names a price for each zone, dearer some hours ago, and the newest alone from now on", async () => {
      const asked = { InstanceTypes: ["m7i.large" as const], ProductDescriptions: ["Linux/UNIX"] };
      const { SpotPriceHistory: all = [] } = await ec2.send(new DescribeSpotPriceHistoryCommand(asked));
      expect(all).toHaveLength(6);
      const { SpotPriceHistory: now = [] } = await ec2.send(new DescribeSpotPriceHistoryCommand({ ...asked, StartTime: new Date(nowMs) }));
      expect(now.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(["a", "b", "c"].map((letter) => `${region}${letter}`));
      const onDemand = proxy.price({ instanceType: "m7i.large", zone, capacityType: "on-demand" }) ?? 0;
      for (const { SpotPrice } of now) {
        expect(Number(SpotPrice)).toBeGreaterThan(onDemand * 0.2);
        expect(Number(SpotPrice)).toBeLessThan(onDemand * 0.7);
      }
    });

    test("the Pricing API tells what fleets go by, page by page, beside what was not asked for", async () => {
      const pricing = new PricingClient({ ...once(), region: "us-east-1" });
      const wanted = { regionCode: region, operatingSystem: "Linux", tenancy: "Shared", capacitystatus: "Used", preInstalledSw: "NA" };
      const Filters = Object.entries(wanted).map(([Field, Value]) => ({ Type: "TERM_MATCH" as const, Field, Value }));
      const listed = async (Filter: typeof Filters): Promise<readonly string[]> => {
        const answer = await pricing.send(new GetProductsCommand({ ServiceCode: "AmazonEC2", Filters: Filter }));
        return (answer.PriceList as readonly unknown[]).map(String);
      };
      expect(await listed(Filters)).toHaveLength(100);
      expect((await pricing.send(new GetProductsCommand({ ServiceCode: "AmazonEC2", Filters }))).NextToken).toBe("100");
      const one = [...Filters, { Type: "TERM_MATCH" as const, Field: "instanceType", Value: "m7i.large" }];
      const [text = "", ...more] = await listed(one);
      expect(more).toEqual([]);
      expect(/"USD":"([\d.]+)"/.exec(text)?.[1]).toBe(
        proxy.price({ instanceType: "m7i.large", zone, capacityType: "on-demand" })?.toFixed(10),
      );
      expect(await listed(one.slice(-1))).toHaveLength(3);
    });

    test("vCPU quotas are told, and set", async () => {
      const quotas = new ServiceQuotasClient(once());
      proxy.setQuota("L-1216C47A", 16);
      const asked = new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: "L-1216C47A" });
      expect((await quotas.send(asked)).Quota).toMatchObject({ Value: 16, QuotaCode: "L-1216C47A" });
    });
  });

  describe("images", () => {
    const parameter = (name: string) => new SSMClient(once()).send(new GetParameterCommand({ Name: `/aws/service/${name}/image_id` }));

    test("an alias leads through SSM to an image of its architecture, and to the newest after a release", async () => {
      const path = "eks/optimized-ami/1.36/amazon-linux-2023/arm64/standard/recommended";
      const before = (await parameter(path)).Parameter?.Value ?? "";
      const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [before] }));
      expect(Images[0]).toMatchObject({
        Architecture: "arm64",
        State: "available",
        Name: expect.stringContaining("al2023-arm64") as string,
      });
      proxy.images.release("v20261120");
      const after = (await parameter(path)).Parameter?.Value ?? "";
      expect(after).not.toBe(before);
      const pinned = await parameter(`eks/optimized-ami/1.36/amazon-linux-2023/arm64/standard/${Images[0]?.Name ?? ""}`);
      expect(pinned.Parameter?.Value).toBe(before);
      expect((await parameter("bottlerocket/aws-k8s-1.36/x86_64/latest")).Parameter?.Value).toMatch(/^ami-/);
      expect(await codeOf(parameter("eks/optimized-ami/1.36/amazon-linux-2/recommended"))).toBe("ParameterNotFound");
    });

    test("a deprecated image is found by who asks for such, and a registered one keeps its architecture and tags", async () => {
      const name = "amazon-eks-node-al2023-x86_64-standard-1.35-*";
      const named = async (IncludeDeprecated: boolean) =>
        (await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], IncludeDeprecated, Filters: [{ Name: "name", Values: [name] }] })))
          .Images ?? [];
      const all = await named(true);
      proxy.images.deprecate(all[0]?.ImageId ?? "");
      expect((await named(false)).length).toBe(all.length - 1);
      expect((await named(true)).filter(({ DeprecationTime }) => DeprecationTime !== undefined)).toHaveLength(1);

      const registered = await ec2.send(
        new RegisterImageCommand({
          Name: "own",
          Architecture: "arm64",
          TagSpecifications: [{ ResourceType: "image", Tags: [{ Key: "team", Value: "shop" }] }],
        }),
      );
      const tagged = await ec2.send(new DescribeImagesCommand({ Owners: ["self"], Filters: [{ Name: "tag:team", Values: ["shop"] }] }));
      expect(tagged.Images?.map(({ ImageId, Architecture }) => [ImageId, Architecture])).toEqual([[registered.ImageId, "arm64"]]);
    });
  });

  describe("reservations and placement groups", () => {
    test("a launch takes a reservation's place and gives it back when it ends; a full one says so", async () => {
      const id = "cr-0123456789abcdef0";
      proxy.setReservations([{ id, instanceType: "m7i.large", zone, total: 1, tags: { team: "shop" } }]);
      await template("reserved", {
        CapacityReservationSpecification: {
          CapacityReservationPreference: "capacity-reservations-only",
          CapacityReservationTarget: { CapacityReservationId: id },
        },
      });
      const LaunchTemplateConfigs = [
        { LaunchTemplateSpecification: { LaunchTemplateName: "reserved", Version: "$Latest" }, Overrides: [override("m7i.large")] },
      ];
      const free = async () =>
        (
          await ec2.send(new DescribeCapacityReservationsCommand({ Filters: [{ Name: "tag:team", Values: ["shop"] }] }))
        ).CapacityReservations?.map(({ AvailableInstanceCount, InstanceType }) => [InstanceType, AvailableInstanceCount]);
      expect(await free()).toEqual([["m7i.large", 1]]);
      const [instanceID = ""] = idsOf(await fleet(fleetOf([], { LaunchTemplateConfigs })));
      expect((await instance(instanceID))?.CapacityReservationId).toBe(id);
      expect(await free()).toEqual([["m7i.large", 0]]);
      expect(errorsOf(await fleet(fleetOf([], { LaunchTemplateConfigs })))).toEqual(["ReservationCapacityExceeded"]);
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceID, instanceID] }));
      expect(await free()).toEqual([["m7i.large", 1]]);
      const unknown = new DescribeCapacityReservationsCommand({ CapacityReservationIds: ["cr-00000000000000000"] });
      expect(await codeOf(ec2.send(unknown))).toBe("InvalidCapacityReservationId.NotFound");
    });

    test("placement groups are found by name", async () => {
      proxy.setPlacementGroups([{ id: "pg-1", name: "spread", strategy: "partition", partitions: 3 }]);
      const found = await ec2.send(new DescribePlacementGroupsCommand({ GroupNames: ["spread"] }));
      expect(found.PlacementGroups).toMatchObject([{ GroupId: "pg-1", Strategy: "partition", PartitionCount: 3 }]);
    });
  });

  describe("the account", () => {
    test("EKS tells the cluster with its service addresses", async () => {
      proxy.setCluster({
        name: "prod",
        endpoint: "https://api.example.com",
        certificateAuthority: "Q0E=",
        serviceIPv4CIDR: "10.96.0.0/16",
        version: "1.36",
      });
      const { cluster } = await new EKSClient(once()).send(new DescribeClusterCommand({ name: "prod" }));
      expect(cluster).toMatchObject({ version: "1.36", kubernetesNetworkConfig: { serviceIpv4Cidr: "10.96.0.0/16" } });
      expect(await codeOf(new EKSClient(once()).send(new DescribeClusterCommand({ name: "none" })))).toBe("ResourceNotFoundException");
    });

    test("instance profiles are listed by path", async () => {
      const iam = new IAMClient(once());
      for (const [InstanceProfileName, Path] of [
        ["ours", "/karpenter/ap-southeast-1/prod/"],
        ["theirs", "/other/"],
      ] as const)
        await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path }));
      const { InstanceProfiles = [] } = await iam.send(new ListInstanceProfilesCommand({ PathPrefix: "/karpenter/" }));
      expect(InstanceProfiles.map(({ InstanceProfileName }) => InstanceProfileName)).toEqual(["ours"]);
    });

    test("a queue keeps messages until they are deleted, and its URL leads through the stand-in", async () => {
      const sqs = new SQSClient(once());
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "interruptions" }));
      expect(QueueUrl.startsWith(proxy.url)).toBe(true);
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      expect(Messages.map(({ Body }) => Body)).toEqual(["{}"]);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle ?? "" }));
      expect(proxy.requests.map(({ service, action }) => `${service}:${action}`)).toContain("sqs:ReceiveMessage");
    });
  });

  describe("what an instance shows", () => {
    const shownBy = async (id: string) => {
      const status = (await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] }))).InstanceStatuses?.[0];
      const { Output = "" } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
      const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetOf(zone)] }));
      return {
        status: status?.InstanceStatus?.Status,
        system: status?.SystemStatus?.Status,
        events: status?.Events?.map(({ Code }) => Code) ?? [],
        console: Buffer.from(Output, "base64").toString("utf8"),
        addresses: Subnets[0]?.AvailableIpAddressCount ?? -1,
      };
    };

    test("one of which nothing was said is well", async () => {
      const [id = ""] = idsOf(await fleet(fleetOf([override("t3.micro")])));
      const shown = await shownBy(id);
      expect(shown).toMatchObject({ status: "ok", system: "ok", events: [] });
      expect(shown.console).toContain("Successfully registered node");
      expect(shown.addresses).toBeGreaterThan(100);
    });

    test.each(joinFailures)("one that fails to join by %s shows it, and not otherwise", async (failure) => {
      const [id = ""] = idsOf(await fleet(fleetOf([override("t3.micro")])));
      proxy.show(id, evidenceOf(failure));
      const shown = await shownBy(id);
      expect(shown.status).toBe(failure === "image-or-user-data" ? "impaired" : "ok");
      expect(shown.console).not.toContain("Successfully registered node");
      expect(shown.addresses === 0).toBe(failure === "no-addresses");
      proxy.setAddressesLeft(subnetOf(zone), 4_000);
      const others = joinFailures.filter((one) => one !== failure).map((one) => evidenceOf(one).consoleOutput);
      expect(others).not.toContain(shown.console);
    });

    test.each(joinFailures)("the diagnosis of a launch names %s", async (failure) => {
      const [id = ""] = idsOf(await fleet(fleetOf([override("t3.micro")])));
      proxy.show(id, evidenceOf(failure));
      const found = await launchDiagnosis(ec2Calls({ region, endpoint: proxy.url }), id);
      proxy.setAddressesLeft(subnetOf(zone), 4_000);
      expect(found).toMatchObject({ ok: true, value: { cause: failure } });
    });

    test("scheduled events and an impaired system are told", async () => {
      const [id = ""] = idsOf(await fleet(fleetOf([override("t3.micro")])));
      const events = [{ code: "instance-retirement", description: "old hardware", notBefore: "2026-11-25T00:00:00.000Z" }];
      proxy.show(id, { systemStatus: "impaired", events });
      expect(await shownBy(id)).toMatchObject({ status: "ok", system: "impaired", events: ["instance-retirement"] });
    });
  });
}
