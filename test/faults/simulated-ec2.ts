/**
 * EC2 in memory, on a clock of the test's: what the provider asks of it, behind the calls port.
 *
 * Reads inputs in the SDK's own shapes. Answers as EC2 does where a launch can tell: a client token is answered once and again, and refused
 * with other parameters; a fleet takes the cheapest override that has capacity; a new instance may be hidden from DescribeInstances for a
 * while; states take time; one unknown id fails a whole TerminateInstances; CreateFleet has a rate limit. A call that it does not know, and
 * a filter that it does not know, throws: what is not simulated must not look like an answer.
 */
import type { CreateFleetCommandInput, CreateFleetError, CreateFleetInstance, CreateFleetResult } from "@aws-sdk/client-ec2";
import type {
  DescribeInstancesCommandInput,
  Filter,
  FleetLaunchTemplateOverrides,
  FleetLaunchTemplateOverridesRequest,
} from "@aws-sdk/client-ec2";
import type { Instance, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { canonicalJson } from "../../src/api/hash.ts";
import type { Clock, Instant } from "../../src/api/ports.ts";
import { err, ok, type Result } from "../../src/api/result.ts";
import { ec2Failure, type Ec2Failure } from "../../src/ec2/errors.ts";
import type { Ec2Services } from "../../src/cli/ec2-composition.ts";
import { isLacking, type InstanceFate, type Weather } from "./weather.ts";

/** One instance, from its launch until long after its end. */
export interface SimulatedInstance {
  readonly id: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly subnet: string;
  readonly capacityType: "spot" | "on-demand";
  readonly imageID: string;
  readonly launchedAt: Instant;
  readonly visibleAt: Instant;
  readonly fate: InstanceFate;
  readonly token: string;
  tags: readonly Tag[];
  state: "pending" | "running" | "shutting-down" | "terminated";
  /** Who ended it: a call of ours, or the cloud by itself. */
  endedBy?: "us" | "cloud";
  /** The cloud takes it back in two minutes. */
  isWarned?: true;
}

export interface SimulatedEc2 {
  readonly cloud: Ec2Services;
  readonly instances: ReadonlyMap<string, SimulatedInstance>;
  /** Names of the launch templates that stand. */
  readonly templates: ReadonlySet<string>;
  /** Ends an instance without us, as a Spot interruption or broken hardware does. */
  readonly kill: (id: string) => void;
}

export interface Ec2Simulation {
  readonly clock: Clock;
  readonly weather: Weather;
  /** Subnet ids by zone. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  /** Price of an offering, for fleets whose overrides say none. */
  readonly priceOf: (instanceType: string, zone: string) => number;
  /** Called at each change of an instance's state, launch included. */
  readonly onState: (instance: SimulatedInstance) => void;
  /** Called two minutes before the cloud takes a Spot instance back. */
  readonly onWarning: (instance: SimulatedInstance) => void;
  readonly sqs?: Ec2Services["sqs"];
}

interface Template {
  readonly tags: readonly Tag[];
  readonly madeAt: Instant;
}

interface State extends Ec2Simulation {
  readonly instances: Map<string, SimulatedInstance>;
  readonly templates: Map<string, Template>;
  /** By client token: what was asked, and the answer. */
  readonly fleets: Map<string, { readonly asked: string; readonly answer: CreateFleetResult }>;
  readonly rate: { tokens: number; at: Instant };
}

type Answer<T> = Promise<Result<T, Ec2Failure>>;

const spotWarningMs = 120_000;
/** CreateFleet's own rate limit. */
const fleetsPerSecond = 2;
const fleetsBurst = 5;

/** Starts an EC2 with nothing in it but subnets, images and a security group. */
export function simulatedEc2(simulation: Ec2Simulation): SimulatedEc2 {
  const state: State = {
    ...simulation,
    instances: new Map(),
    templates: new Map(),
    fleets: new Map(),
    rate: { tokens: fleetsBurst, at: simulation.clock.now() },
  };
  return {
    cloud: {
      ec2: onlyKnown<Ec2Services["ec2"]>({ ...readingCalls(state), ...writingCalls(state) }),
      classes: onlyKnown<Ec2Services["classes"]>(classCalls(state)),
      // All is said by id, and the instance profile by name: nobody has to be asked, but for what is nobody's.
      ssm: onlyKnown<Ec2Services["ssm"]>({}),
      eks: onlyKnown<Ec2Services["eks"]>({ cluster: () => answer(undefined) }),
      iam: onlyKnown<Ec2Services["iam"]>({ profile: () => answer(undefined), profilesUnder: () => answer([]) }),
      ...(simulation.sqs === undefined ? {} : { sqs: simulation.sqs }),
    },
    instances: state.instances,
    get templates() {
      return new Set(state.templates.keys());
    },
    kill: (id) => void kill(state, id),
  };
}

/** A Spot instance gets its warning first. */
async function kill(state: State, id: string): Promise<void> {
  const instance = state.instances.get(id);
  if (instance === undefined) return;
  if (instance.capacityType === "spot") {
    instance.isWarned = true;
    state.onWarning(instance);
    await state.clock.sleep(spotWarningMs);
  }
  shutDown(state, { instance, by: "cloud" });
}

/** A call that this EC2 does not have throws when it is made, and names itself. */
function onlyKnown<Calls extends object>(calls: Partial<Calls>): Calls {
  return new Proxy(calls, {
    get: (target, name): unknown =>
      Reflect.get(target, name) ??
      (() => {
        throw new Error(`the simulated EC2 does not know the call ${String(name)}: add it to test/faults/simulated-ec2.ts`);
      }),
  }) as Calls;
}

function readingCalls(state: State): Partial<Ec2Services["ec2"]> {
  return {
    // Every instance that runs is well: one that is not has no Node, or loses it.
    instanceStatuses: () => answer([]),
    images: () =>
      answer(
        state.images.map((ImageId) => ({ ImageId, Architecture: "x86_64", State: "available", CreationDate: "2026-01-01T00:00:00.000Z" })),
      ),
    subnets: () =>
      answer(
        Object.entries(state.subnets).map(([AvailabilityZone, SubnetId]) => ({
          AvailabilityZone,
          SubnetId,
          AvailableIpAddressCount: 4_000,
        })),
      ),
    securityGroups: () => answer([{ GroupId: "sg-1", GroupName: "nodes" }]),
    hasLaunchTemplate: (name) => answer(state.templates.has(name)),
    launchTemplates: ({ Filters = [] }) =>
      answer(
        [...state.templates]
          .filter(([, { tags }]) => Filters.every((filter) => hasTag(tags, filter)))
          .map(([LaunchTemplateName, { tags, madeAt }]) => ({ LaunchTemplateName, Tags: [...tags], CreateTime: new Date(madeAt) })),
      ),
    // What keeps an instance of a run from joining shows nowhere.
    instanceHealth: () => answer("ok" as const),
    consoleOutput: () => answer(""),
    instances: (input) => answer(describe(state, input)),
  };
}

function classCalls({ templates, clock }: State): Partial<Ec2Services["classes"]> {
  return {
    capacityReservations: () => answer([]),
    placementGroups: () => answer([]),
    launchTemplates: (filters) =>
      answer([...templates].filter(([, { tags }]) => filters.every((filter) => hasTag(tags, filter))).map(([name]) => name)),
    createTemplate: ({ LaunchTemplateName = "", TagSpecifications = [] }) => {
      if (!templates.has(LaunchTemplateName)) templates.set(LaunchTemplateName, { tags: tagsOf(TagSpecifications), madeAt: clock.now() });
      return answer(undefined);
    },
    deleteTemplate: (name) => {
      templates.delete(name);
      return answer(undefined);
    },
    dryRunFleet: () => answer(undefined),
    dryRunInstances: () => answer(undefined),
  };
}

function writingCalls(state: State): Partial<Ec2Services["ec2"]> {
  return {
    createLaunchTemplate: ({ LaunchTemplateName = "", TagSpecifications = [] }) => {
      if (state.templates.has(LaunchTemplateName)) return failure("InvalidLaunchTemplateName.AlreadyExistsException");
      state.templates.set(LaunchTemplateName, { tags: tagsOf(TagSpecifications), madeAt: state.clock.now() });
      return answer(undefined);
    },
    deleteLaunchTemplate: (name) =>
      state.templates.delete(name) ? answer(undefined) : failure("InvalidLaunchTemplateName.NotFoundException"),
    tagInstances: (ids, tags) => {
      const found = ids.flatMap((id) => state.instances.get(id) ?? []);
      if (found.length < ids.length) return failure("InvalidInstanceID.NotFound");
      for (const instance of found) instance.tags = [...instance.tags.filter(({ Key }) => !tags.some((tag) => tag.Key === Key)), ...tags];
      return answer(undefined);
    },
    createFleet: (input) => createFleet(state, input),
    terminate: (ids) => {
      const found = ids.flatMap((id) => state.instances.get(id) ?? []);
      if (found.length < ids.length) return failure("InvalidInstanceID.NotFound");
      for (const instance of found) shutDown(state, { instance, by: "us" });
      return answer(undefined);
    },
  };
}

function createFleet(state: State, input: CreateFleetCommandInput): Answer<CreateFleetResult> {
  if (!takesRate(state)) return failure("RequestLimitExceeded");
  const { ClientToken = "", LaunchTemplateConfigs = [] } = input;
  const asked = canonicalJson(input);
  const known = state.fleets.get(ClientToken);
  if (known !== undefined) return known.asked === asked ? answer(known.answer) : failure("IdempotentParameterMismatch");
  const names = LaunchTemplateConfigs.map(({ LaunchTemplateSpecification }) => LaunchTemplateSpecification?.LaunchTemplateName ?? "");
  if (names.some((name) => !state.templates.has(name))) return failure("InvalidLaunchTemplateName.NotFoundException");
  const made = launchCheapest(state, input);
  if (ClientToken !== "") state.fleets.set(ClientToken, { asked, answer: made });
  return answer(made);
}

/** Two a second, five at once. */
function takesRate({ rate, clock }: State): boolean {
  const now = clock.now();
  rate.tokens = Math.min(fleetsBurst, rate.tokens + ((now - rate.at) / 1_000) * fleetsPerSecond);
  rate.at = now;
  if (rate.tokens < 1) return false;
  rate.tokens -= 1;
  return true;
}

function launchCheapest(state: State, input: CreateFleetCommandInput): CreateFleetResult {
  const { TargetCapacitySpecification, TagSpecifications = [] } = input;
  const capacityType = TargetCapacitySpecification?.DefaultTargetCapacityType === "spot" ? "spot" : "on-demand";
  const wanted = TargetCapacitySpecification?.TotalTargetCapacity ?? 1;
  const now = state.clock.now();
  const overrides = (input.LaunchTemplateConfigs ?? []).flatMap(({ Overrides = [] }) => Overrides);
  const lacks = (override: FleetLaunchTemplateOverridesRequest): boolean =>
    isLacking(state.weather, { instanceType: override.InstanceType ?? "", zone: zoneOf(state, override), capacityType, now });
  const [cheapest] = overrides.filter((override) => !lacks(override)).sort((a, b) => priceOf(state, a) - priceOf(state, b));
  const Errors = overrides.filter(lacks).map((override) => shortageError(state, override));
  if (cheapest === undefined) return { FleetId: "fleet-none", Errors, Instances: [] };
  const tags = TagSpecifications.filter(({ ResourceType }) => ResourceType === "instance").flatMap(({ Tags = [] }) => Tags);
  const ids = Array.from({ length: wanted }, () =>
    launchOne(state, { override: cheapest, capacityType, tags, token: input.ClientToken ?? "" }),
  );
  const launched: CreateFleetInstance = {
    InstanceIds: ids,
    InstanceType: cheapest.InstanceType,
    Lifecycle: capacityType,
    LaunchTemplateAndOverrides: { Overrides: placeOf(state, cheapest) },
  };
  return { FleetId: `fleet-${ids[0] ?? ""}`, Errors, Instances: [launched] };
}

function launchOne(
  state: State,
  of: {
    readonly override: FleetLaunchTemplateOverridesRequest;
    readonly capacityType: "spot" | "on-demand";
    readonly tags: readonly Tag[];
    readonly token: string;
  },
): string {
  const { clock, weather } = state;
  const now = clock.now();
  const fate = weather.fate();
  const instance: SimulatedInstance = {
    id: `i-${(state.instances.size + 1).toString(16).padStart(17, "0")}`,
    instanceType: of.override.InstanceType ?? "",
    zone: zoneOf(state, of.override),
    subnet: of.override.SubnetId ?? "",
    capacityType: of.capacityType,
    imageID: of.override.ImageId ?? state.images[0] ?? "",
    launchedAt: now,
    visibleAt: now + fate.hiddenMs,
    fate,
    token: of.token,
    tags: of.tags,
    state: "pending",
  };
  state.instances.set(instance.id, instance);
  state.onState(instance);
  void clock.sleep(fate.startMs).then(() => {
    if (instance.state === "pending") setState(state, instance, "running");
  });
  return instance.id;
}

function shutDown(state: State, { instance, by }: { readonly instance: SimulatedInstance; readonly by: "us" | "cloud" }): void {
  if (instance.state === "shutting-down" || instance.state === "terminated") return;
  instance.endedBy = by;
  setState(state, instance, "shutting-down");
  void state.clock.sleep(state.weather.stopMs()).then(() => {
    setState(state, instance, "terminated");
  });
}

function setState(state: State, instance: SimulatedInstance, to: SimulatedInstance["state"]): void {
  instance.state = to;
  state.onState(instance);
}

function shortageError(state: State, override: FleetLaunchTemplateOverridesRequest): CreateFleetError {
  return {
    ErrorCode: "InsufficientInstanceCapacity",
    ErrorMessage: `We currently do not have sufficient ${override.InstanceType ?? ""} capacity in ${zoneOf(state, override)}.`,
    LaunchTemplateAndOverrides: { Overrides: placeOf(state, override) },
  };
}

/** What EC2 repeats of an override. */
function placeOf(state: State, override: FleetLaunchTemplateOverridesRequest): FleetLaunchTemplateOverrides {
  const { InstanceType, SubnetId } = override;
  return { InstanceType, SubnetId, AvailabilityZone: zoneOf(state, override) };
}

function zoneOf({ subnets }: State, { AvailabilityZone, SubnetId }: FleetLaunchTemplateOverridesRequest): string {
  return AvailabilityZone ?? Object.keys(subnets).find((zone) => subnets[zone] === SubnetId) ?? "";
}

function priceOf(state: State, override: FleetLaunchTemplateOverridesRequest): number {
  return override.Priority ?? state.priceOf(override.InstanceType ?? "", zoneOf(state, override));
}

function describe(state: State, { Filters = [], InstanceIds }: DescribeInstancesCommandInput): readonly Instance[] {
  const now = state.clock.now();
  return [...state.instances.values()]
    .filter((instance) => instance.visibleAt <= now && InstanceIds?.includes(instance.id) !== false)
    .filter((instance) => Filters.every((filter) => passes(instance, filter)))
    .map(toInstance);
}

function passes({ id, state, tags, token }: SimulatedInstance, filter: Filter): boolean {
  const { Name = "", Values = [] } = filter;
  if (Name === "instance-id") return Values.includes(id);
  if (Name === "instance-state-name") return Values.includes(state);
  if (Name === "client-token") return Values.includes(token);
  return hasTag(tags, filter);
}

function hasTag(tags: readonly Tag[], { Name = "", Values = [] }: Filter): boolean {
  if (Name === "tag-key") return tags.some(({ Key = "" }) => Values.includes(Key));
  if (Name.startsWith("tag:"))
    return tags.some(({ Key = "", Value = "" }) => `tag:${Key}` === Name && Values.some((one) => one === Value || one === "*"));
  throw new Error(`the simulated EC2 does not know the filter ${Name}: add it to test/faults/simulated-ec2.ts`);
}

function tagsOf(specifications: readonly TagSpecification[]): readonly Tag[] {
  return specifications.flatMap(({ Tags = [] }) => Tags);
}

function toInstance(instance: SimulatedInstance): Instance {
  const { id, instanceType, zone, subnet, capacityType, imageID, tags, state, launchedAt } = instance;
  return {
    InstanceId: id,
    InstanceType: instanceType as NonNullable<Instance["InstanceType"]>,
    Placement: { AvailabilityZone: zone },
    SubnetId: subnet,
    ImageId: imageID,
    State: { Name: state },
    Tags: [...tags],
    LaunchTime: new Date(launchedAt),
    ...(capacityType === "spot" ? { InstanceLifecycle: "spot" as const } : {}),
  };
}

function answer<T>(value: T): Answer<T> {
  return Promise.resolve(ok(value));
}

function failure<T>(code: string): Answer<T> {
  return Promise.resolve(err(ec2Failure({ name: code, message: `EC2 answers ${code}` })));
}
