// A small EC2 and a small API server for launches: what a launch can tell of them, and nothing else.
//
// EC2: client tokens are answered once and again, templates must stand, the cheapest override with capacity is taken, and tags are what the
// fleet asked for. The API server: NodeClaims with resource versions, merge patches of annotations and labels. Time is the test's, and a
// sleep ends when the test moves time on.
import type { CreateFleetCommandInput, CreateFleetResult, DescribeInstancesCommandInput, Instance, Tag } from "@aws-sdk/client-ec2";
import type { ApiClient } from "../../src/api/api-client.ts";
import { canonicalJson } from "../../src/api/hash.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { CloudProvider, LaunchOutcome } from "../../src/api/ports.ts";
import { err, ok } from "../../src/api/result.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import type { Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { ec2Provider } from "../../src/ec2/ec2-provider.ts";
import { ec2Failure } from "../../src/ec2/errors.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { launchCandidates } from "../../src/provisioner/lifecycle/launch.ts";
import { customNodeClass } from "./custom-node-class.ts";
import { deskOf } from "./node-class/desk-of.ts";

export const [zoneA, zoneB] = ["ap-southeast-1a", "ap-southeast-1b"];
/** All that EC2 sells here. */
const worldTypes: readonly string[] = ["c6i.large", "m6i.large"];
const reference = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };

/** What befalls a CreateFleet: an error code, errors in its answer, or the answer that is lost after it was done. */
export type Fate = { readonly code: string; readonly attempts?: number } | { readonly told: readonly string[] } | "lost-answer" | undefined;

export interface LaunchWorld {
  readonly time: { now: number };
  /** How many instances of "type zone" EC2 has; of others it has plenty. */
  readonly capacity: Map<string, number>;
  readonly fleets: CreateFleetCommandInput[];
  readonly instances: Map<string, Instance>;
  readonly templates: Set<string>;
  readonly tagged: string[];
  readonly claims: Map<string, NodeClaim>;
  /** Befalls the next CreateFleets, one each. */
  readonly fates: Fate[];
  /** EC2 tells no instance before. */
  hiddenUntil: number;
  /** Of each of the two subnets. */
  freeAddresses: number;
  /** Refuses writes of claims by name. */
  readonly conflicts: Set<string>;
  /** Moves time on until everything that sleeps has gone on, step by step. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** EC2 no longer knows what it was asked. */
  forgetTokens(): void;
  /** A process of ours, with a memory of its own; all that it asks of EC2 and of the API server goes through the door. */
  process(door?: Door): LaunchProcess;
  addClaim(
    name: string,
    change?: { readonly types?: readonly string[]; readonly capacityTypes?: readonly string[]; readonly pods?: number },
  ): NodeClaim;
}

export type Door = <Calls extends object>(calls: Calls) => Calls;

export interface LaunchProcess {
  readonly provider: CloudProvider;
  /** Launches a claim as it stands on the API server. */
  launch(name: string): Promise<LaunchOutcome>;
}

export function launchWorld(): LaunchWorld {
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  const answers = new Map<string, { readonly asked: string; readonly result: CreateFleetResult }>();
  const world: LaunchWorld = {
    time: { now: Date.parse("2026-01-01T00:00:00Z") },
    capacity: new Map(),
    fleets: [],
    instances: new Map(),
    templates: new Set(),
    tagged: [],
    claims: new Map(),
    fates: [],
    hiddenUntil: 0,
    freeAddresses: 4_000,
    conflicts: new Set(),
    settle: async (work) => {
      const progress = { isOver: false };
      const done = work.finally(() => {
        progress.isOver = true;
      });
      for (let turn = 0; turn < 10_000; turn++) {
        await new Promise(setImmediate);
        if (progress.isOver) break;
        const next = sleepers.toSorted((x, y) => x.until - y.until)[0];
        if (next === undefined) continue;
        sleepers.splice(sleepers.indexOf(next), 1);
        world.time.now = Math.max(world.time.now, next.until);
        next.wake();
      }
      return done;
    },
    forgetTokens: () => {
      answers.clear();
    },
    process: (door = (calls) => calls) => {
      const clock = {
        now: () => world.time.now,
        sleep: (durationMs: number) =>
          new Promise<void>((wake) => {
            sleepers.push({ until: world.time.now + durationMs, wake });
          }),
      };
      const ec2 = door(callsOf(world, answers));
      const provider = ec2Provider({
        client: door(clientOf(world)),
        snapshot: () => snapshotOf([customNodeClass, ...world.claims.values()]),
        clock,
        names: platformNames(),
        cluster: { name: "prod" },
        ec2,
        nodeClasses: deskOf({ ec2, clock, cluster: { name: "prod" } }),
        facts: knownInstanceFacts().filter(({ name }) => worldTypes.includes(name)),
      });
      const launch = async (name: string): Promise<LaunchOutcome> => {
        const nodeClaim = world.claims.get(name);
        const types = await provider.instanceTypes(reference);
        if (nodeClaim === undefined || !types.ok) throw new Error(`no claim ${name}, or no types`);
        return provider.create(nodeClaim, launchCandidates(nodeClaim, types.value));
      };
      return { provider, launch };
    },
    addClaim: (name, { types = worldTypes, capacityTypes = ["on-demand"], pods = 5 } = {}) => {
      const claim: NodeClaim = {
        apiVersion: "karpenter.sh/v1",
        kind: "NodeClaim",
        metadata: { name, uid: `uid-${name}`, resourceVersion: "1", labels: { "karpenter.sh/nodepool": "general" } },
        spec: {
          nodeClassRef: reference,
          requirements: [
            { key: "node.kubernetes.io/instance-type", operator: "In", values: types },
            { key: "karpenter.sh/capacity-type", operator: "In", values: capacityTypes },
          ],
          resources: { requests: { cpu: "500m", pods: String(pods) } },
        },
      };
      world.claims.set(name, claim);
      return claim;
    },
  };
  return world;
}

function clientOf({ claims, conflicts }: LaunchWorld): Pick<ApiClient, "get" | "list" | "patch"> {
  const missing = { code: 404, reason: "NotFound", message: "not found" };
  const patch = (_kind: string, { name }: { readonly name: string }, options: Parameters<ApiClient["patch"]>[2]) => {
    const before = claims.get(name);
    if (before === undefined) return Promise.resolve(err(missing));
    const { metadata } = (options.body as { readonly patch: { readonly metadata: NodeClaim["metadata"] } }).patch;
    if (conflicts.has(name) || (metadata.resourceVersion !== undefined && metadata.resourceVersion !== before.metadata.resourceVersion))
      return Promise.resolve(err({ code: 409, reason: "Conflict", message: "the object has been modified" }));
    const resourceVersion = String(Number(before.metadata.resourceVersion) + 1);
    const annotations = { ...before.metadata.annotations, ...metadata.annotations };
    const after = { ...before, metadata: { ...before.metadata, resourceVersion, annotations } };
    claims.set(name, after);
    return Promise.resolve(ok(after));
  };
  return {
    get: ((_kind: string, { name }: { readonly name: string }) => {
      const claim = claims.get(name);
      return Promise.resolve(claim === undefined ? err(missing) : ok(claim));
    }) as unknown as ApiClient["get"],
    list: (() => Promise.resolve(ok([...claims.values()]))) as unknown as ApiClient["list"],
    patch: patch as unknown as ApiClient["patch"],
  };
}

function callsOf(world: LaunchWorld, answers: Map<string, { readonly asked: string; readonly result: CreateFleetResult }>): Ec2Calls {
  const { templates, instances } = world;
  return {
    images: () => Promise.resolve(ok([{ ImageId: "ami-1", Architecture: "x86_64" as const }])),
    subnets: () =>
      Promise.resolve(
        ok([
          { SubnetId: "subnet-a", AvailabilityZone: zoneA, AvailableIpAddressCount: world.freeAddresses },
          { SubnetId: "subnet-b", AvailabilityZone: zoneB, AvailableIpAddressCount: world.freeAddresses },
        ]),
      ),
    securityGroups: () => Promise.resolve(ok([{ GroupId: "sg-1" }])),
    hasLaunchTemplate: (name) => Promise.resolve(ok(templates.has(name))),
    createLaunchTemplate: ({ LaunchTemplateName = "" }) => {
      templates.add(LaunchTemplateName);
      return Promise.resolve(ok(undefined));
    },
    createFleet: (input) => {
      const fate = world.fates.shift();
      if (fate !== undefined && fate !== "lost-answer") return Promise.resolve(refused(input, fate));
      const answer = createFleet(world, answers, input);
      return Promise.resolve(fate === undefined ? answer : err(ec2Failure({ name: "TimeoutError", message: "no answer" })));
    },
    instances: (input) =>
      Promise.resolve(ok(world.time.now < world.hiddenUntil ? [] : [...instances.values()].filter((instance) => isMatch(instance, input)))),
    terminate: (ids) => {
      for (const id of ids) {
        const instance = instances.get(id);
        if (instance !== undefined) instances.set(id, { ...instance, State: { Name: "shutting-down" } });
      }
      return Promise.resolve(ok(undefined));
    },
    tagInstances: (ids, tags) => {
      for (const id of ids) {
        const instance = instances.get(id);
        if (instance !== undefined) instances.set(id, { ...instance, Tags: [...(instance.Tags ?? []), ...tags] });
        world.tagged.push(id);
      }
      return Promise.resolve(ok(undefined));
    },
    launchTemplates: () => Promise.resolve(ok([])),
    deleteLaunchTemplate: () => Promise.resolve(ok(undefined)),
    instanceHealth: () => Promise.resolve(ok("ok" as const)),
    consoleOutput: () => Promise.resolve(ok("")),
  };
}

function refused(input: CreateFleetCommandInput, fate: Exclude<Fate, "lost-answer" | undefined>) {
  if ("code" in fate) {
    const { code, attempts } = fate;
    return err(ec2Failure({ name: code, message: "no", $metadata: { ...(attempts === undefined ? {} : { attempts }) } }));
  }
  const overrides = (input.LaunchTemplateConfigs ?? []).flatMap(({ Overrides = [] }) => Overrides);
  const Errors = fate.told.map((ErrorCode, index) => {
    const asked = overrides[index];
    return { ErrorCode, ErrorMessage: "no", ...(asked === undefined ? {} : { LaunchTemplateAndOverrides: { Overrides: asked } }) };
  });
  return ok({ Errors });
}

function createFleet(
  world: LaunchWorld,
  answers: Map<string, { readonly asked: string; readonly result: CreateFleetResult }>,
  input: CreateFleetCommandInput,
) {
  const { ClientToken = "", LaunchTemplateConfigs = [] } = input;
  const asked = canonicalJson(input);
  const known = answers.get(ClientToken);
  if (known !== undefined)
    return known.asked === asked ? ok(known.result) : err(ec2Failure({ name: "IdempotentParameterMismatch", message: "" }));
  const names = LaunchTemplateConfigs.map(({ LaunchTemplateSpecification }) => LaunchTemplateSpecification?.LaunchTemplateName ?? "");
  if (names.some((name) => !world.templates.has(name)))
    return err(ec2Failure({ name: "InvalidLaunchTemplateName.NotFoundException", message: "no template" }));
  world.fleets.push(input);
  const result = launchAll(world, input);
  answers.set(ClientToken, { asked, result });
  return ok(result);
}

/** One by one, each from the cheapest override that has capacity left. */
function launchAll(world: LaunchWorld, { LaunchTemplateConfigs, TargetCapacitySpecification, TagSpecifications }: CreateFleetCommandInput) {
  const overrides = (LaunchTemplateConfigs ?? [])
    .flatMap(({ Overrides }) => Overrides ?? [])
    .toSorted((x, y) => (x.Priority ?? 0) - (y.Priority ?? 0));
  const Tags = (TagSpecifications ?? []).filter(({ ResourceType }) => ResourceType === "instance").flatMap(({ Tags: own }) => own ?? []);
  const leftOf = (override: (typeof overrides)[number]): number =>
    world.capacity.get(`${override.InstanceType ?? ""} ${override.AvailabilityZone ?? ""}`) ?? Infinity;
  const Instances: NonNullable<CreateFleetResult["Instances"]> = [];
  const lacking = new Set<(typeof overrides)[number]>();
  for (let index = 0; index < (TargetCapacitySpecification?.TotalTargetCapacity ?? 1); index++) {
    for (const override of overrides) if (leftOf(override) <= 0) lacking.add(override);
    const override = overrides.find((one) => leftOf(one) > 0);
    if (override === undefined) break;
    world.capacity.set(`${override.InstanceType ?? ""} ${override.AvailabilityZone ?? ""}`, leftOf(override) - 1);
    Instances.push(launchOne(world, { override, Tags }));
  }
  const Errors = [...lacking].map((override) => ({
    ErrorCode: "InsufficientInstanceCapacity",
    ErrorMessage: `no ${override.InstanceType ?? ""} in ${override.AvailabilityZone ?? ""}`,
    LaunchTemplateAndOverrides: { Overrides: override },
  }));
  return { Instances, Errors };
}

function launchOne(
  { instances }: LaunchWorld,
  {
    override,
    Tags,
  }: {
    readonly override: { readonly InstanceType?: string | undefined; readonly AvailabilityZone?: string | undefined };
    readonly Tags: Tag[];
  },
) {
  const InstanceId = `i-${(instances.size + 10).toString(16)}`;
  const InstanceType = override.InstanceType as "c6a.large";
  const Placement = { AvailabilityZone: override.AvailabilityZone };
  instances.set(InstanceId, { InstanceId, InstanceType, Placement, State: { Name: "running" }, Tags });
  return { InstanceIds: [InstanceId], InstanceType, LaunchTemplateAndOverrides: { Overrides: override } } as NonNullable<
    CreateFleetResult["Instances"]
  >[number];
}

function isMatch({ InstanceId = "", Tags = [] }: Instance, { Filters = [] }: DescribeInstancesCommandInput): boolean {
  return Filters.every(({ Name = "", Values = [] }) => {
    if (Name === "instance-id") return Values.includes(InstanceId);
    return Tags.some(({ Key = "", Value = "" }) => `tag:${Key}` === Name && Values.includes(Value));
  });
}
