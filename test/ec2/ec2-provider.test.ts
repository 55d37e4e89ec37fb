/**
 * The provider on EC2: what it offers, how it finds an instance, and what a fleet's final answer comes to.
 */
import type { CreateFleetResult, DescribeInstancesCommandInput, Instance } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../src/api/api-client.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { err, ok } from "../../src/api/result.ts";
import type { Prices } from "../../src/catalog/prices.ts";
import type { Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { ec2Provider } from "../../src/ec2/ec2-provider.ts";
import { architectureOf } from "../../src/ec2/launch-offers.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { launchResult } from "../../src/provisioner/lifecycle/launch.ts";
import { customNodeClass } from "./custom-node-class.ts";
import { deskOf } from "./node-class/desk-of.ts";

const zone = "ap-southeast-1a";
const reference = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };
const nodeClaim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1", resourceVersion: "1" },
  spec: { nodeClassRef: reference, requirements: [] },
};

/** EC2 with these instances and this answer to CreateFleet; images are for x86 alone. */
function world(of: {
  readonly instances?: readonly Instance[];
  readonly fleet?: CreateFleetResult | "unanswered";
  /** Shown, and not known where it is to be ended. */
  readonly unknown?: string;
  readonly health?: "ok" | "impaired";
  readonly console?: string;
  readonly prices?: Prices;
}) {
  const terminated: string[] = [];
  const ec2: Ec2Calls = {
    images: () => Promise.resolve(ok([{ ImageId: "ami-1", Architecture: "x86_64" as const }])),
    subnets: () => Promise.resolve(ok([{ SubnetId: "subnet-a", AvailabilityZone: zone, AvailableIpAddressCount: 4_000 }])),
    securityGroups: () => Promise.resolve(ok([{ GroupId: "sg-1" }])),
    hasLaunchTemplate: () => Promise.resolve(ok(true)),
    createLaunchTemplate: () => Promise.resolve(ok(undefined)),
    createFleet: () =>
      Promise.resolve(
        of.fleet === "unanswered" ? err({ kind: "other", code: "TimeoutError", message: "no answer" } as const) : ok(of.fleet ?? {}),
      ),
    instances: (input) => Promise.resolve(ok((of.instances ?? []).filter((instance) => isMatch(instance, input)))),
    terminate: (ids) => {
      if (ids.includes(of.unknown ?? ""))
        return Promise.resolve(err({ kind: "not-found", code: "InvalidInstanceID.NotFound", message: "no" }));
      terminated.push(...ids);
      return Promise.resolve(ok(undefined));
    },
    tagInstances: () => Promise.resolve(ok(undefined)),
    launchTemplates: () => Promise.resolve(ok([])),
    deleteLaunchTemplate: () => Promise.resolve(ok(undefined)),
    instanceHealth: () => Promise.resolve(ok(of.health ?? "ok")),
    consoleOutput: () => Promise.resolve(ok(of.console ?? "")),
  };
  const answer = () => Promise.resolve(ok(nodeClaim as never));
  const client: Pick<ApiClient, "get" | "list" | "patch"> = { get: answer, patch: answer, list: () => Promise.resolve(ok([])) };
  const time = { now: 0 };
  const provider = ec2Provider({
    client,
    snapshot: () => snapshotOf([customNodeClass, nodeClaim]),
    clock: {
      now: () => time.now,
      sleep: (durationMs) => {
        time.now += durationMs;
        return Promise.resolve();
      },
    },
    names: platformNames(),
    cluster: { name: "prod" },
    ec2,
    nodeClasses: deskOf({ ec2 }),
    ...(of.prices === undefined ? {} : { prices: of.prices }),
  });
  return { provider, terminated };
}

/** The two filters of DescribeInstances that the provider uses. */
function isMatch({ InstanceId = "", Tags = [] }: Instance, { Filters = [] }: DescribeInstancesCommandInput): boolean {
  return Filters.every(({ Name = "", Values = [] }) => {
    if (Name === "instance-id") return Values.includes(InstanceId);
    return Tags.some(({ Key = "", Value = "" }) => `tag:${Key}` === Name && Values.includes(Value));
  });
}

function instance(id: string, tags: Readonly<Record<string, string>>): Instance {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return { InstanceId: id, InstanceType: "m7i.large", Placement: { AvailabilityZone: zone }, State: { Name: "running" }, Tags };
}

describe("an instance is found", () => {
  const tags = { "eks:eks-cluster-name": "prod", "karpenter.sh/nodeclaim": "general-1" };
  const known = { nodeClaim: "general-1", providerID: `aws:///${zone}/i-0a` };

  test("by its id when its NodeClaim's tag is gone, so that a deletion leaves nothing running", async () => {
    const { provider, terminated } = world({ instances: [instance("i-0a", { "eks:eks-cluster-name": "prod" })] });
    expect(await provider.get(known)).toMatchObject({ ok: true, value: { providerID: known.providerID } });
    expect(await provider.delete(known)).toEqual(ok("terminating"));
    expect(terminated).toEqual(["i-0a"]);
  });

  test("with its partition where it stands in one, and on demand once its reservation is over", async () => {
    const plain = instance("i-0a", tags);
    const reserved = { ...plain, CapacityReservationId: "cr-1", Placement: { ...plain.Placement, PartitionNumber: 2 } };
    const told = async (one: Instance) => {
      const found = await world({ instances: [one] }).provider.list();
      return found.ok ? found.value.map(({ capacityType, partition }) => [capacityType, partition]) : found;
    };
    expect(await told(reserved)).toEqual([["reserved", "2"]]);
    expect(await told(plain)).toEqual([["on-demand", undefined]]);
  });

  test("by its tag too: a second one of the same claim is ended with the first, each once", async () => {
    const { provider, terminated } = world({ instances: [instance("i-0a", tags), instance("i-0b", tags)] });
    await provider.delete(known);
    expect(terminated).toEqual(["i-0a", "i-0b"]);
  });

  test("by its id though it is not this cluster's, and then it is never ended: the failure says what is missing", async () => {
    for (const others of [{}, { ...tags, "eks:eks-cluster-name": "staging" }]) {
      const { provider, terminated } = world({ instances: [instance("i-0a", others)] });
      const error =
        "instance i-0a has no tag eks:eks-cluster-name=prod: it is not ended; tag it if it is this cluster's, or end it by hand";
      expect(await provider.delete(known)).toEqual(err(error));
      expect(await provider.delete({ providerID: known.providerID })).toEqual(err(error));
      expect(terminated).toEqual([]);
    }
  });

  test("and is still ending where EC2 shows it and does not know it any more: the next look tells, and the others of the call go", async () => {
    const both = [instance("i-0a", tags), instance("i-0b", tags)];
    const { provider, terminated } = world({ instances: both, unknown: "i-0a" });
    expect(await provider.delete(known)).toEqual(ok("terminating"));
    expect(terminated).toEqual(["i-0b"]);
  });

  test("not by the tag of another cluster", async () => {
    const { provider } = world({ instances: [instance("i-0c", { ...tags, "eks:eks-cluster-name": "staging" })] });
    expect(await provider.get({ nodeClaim: "general-1" })).toEqual(ok(undefined));
  });
});

test("types whose architecture has no image are not offered", async () => {
  const types = await world({}).provider.instanceTypes(reference);
  if (!types.ok) throw new Error(types.error);
  expect(new Set(types.value.map(architectureOf))).toEqual(new Set(["amd64"]));
});

test("types cost what the given prices say", async () => {
  const types = await world({ prices: { asOf: "today", onDemand: () => 5, spot: () => 1 } }).provider.instanceTypes(reference);
  const large = types.ok ? types.value.find(({ name }) => name === "c5.large") : undefined;
  expect(large?.offerings.map(({ capacityType, pricePerHour }) => [capacityType, pricePerHour])).toEqual([
    ["on-demand", 5],
    ["spot", 1],
  ]);
});

describe("why a node never joined", () => {
  const known = { nodeClaim: "general-1", providerID: `aws:///${zone}/i-0a` };
  const tags = { "eks:eks-cluster-name": "prod", "karpenter.sh/nodeclaim": "general-1" };

  test("is told by what its instance shows", async () => {
    const { provider } = world({ instances: [instance("i-0a", tags)], console: "Kernel panic - not syncing" });
    expect(await provider.whyNotJoined?.(known)).toMatchObject({ ok: true, value: { cause: "image-or-user-data" } });
    const impaired = world({ instances: [instance("i-0a", tags)], health: "impaired" }).provider;
    expect(await impaired.whyNotJoined?.(known)).toMatchObject({ ok: true, value: { cause: "image-or-user-data" } });
  });

  test("is unknown where there is no instance", async () => {
    expect(await world({}).provider.whyNotJoined?.(known)).toMatchObject({ ok: true, value: { cause: "unknown" } });
  });
});

describe("a launch", () => {
  const outcome = async (fleet: CreateFleetResult | "unanswered") => {
    const { provider } = world({ fleet });
    const types = await provider.instanceTypes(reference);
    const created = await provider.create(
      nodeClaim,
      types.ok ? types.value.filter(({ offerings }) => offerings.length > 0).slice(0, 1) : [],
    );
    return { created, result: launchResult({ nodeClaim, outcome: created, now: 0 }) };
  };

  test("whose answer names no instance, and not for want of capacity, is told, and its claim is kept", async () => {
    const { created, result } = await outcome({ Errors: [{ ErrorCode: "InvalidParameterValue", ErrorMessage: "no such profile" }] });
    expect(created).toEqual({ kind: "failed", message: "InvalidParameterValue: no such profile" });
    expect(result).toMatchObject({ kind: "failed", message: "InvalidParameterValue: no such profile" });
  });

  test("that lacks a permission is kept and tried again, and says which and how to mend it", async () => {
    const ErrorMessage =
      "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/plimsoll/pod is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/nodes because no identity-based policy allows the iam:PassRole action. Encoded authorization failure message: " +
      "x".repeat(2_000);
    const { created, result } = await outcome({ Errors: [{ ErrorCode: "UnauthorizedOperation", ErrorMessage }] });
    expect(created.kind).toBe("failed");
    const launched = result.kind === "failed" ? result.status.conditions?.find(({ type }) => type === "Launched") : undefined;
    expect(launched).toMatchObject({ status: "Unknown", reason: "LaunchFailed" });
    expect(launched?.message).toContain("is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/nodes");
    expect(launched?.message).toContain("; fix: let the provisioner's role have iam:PassRole");
  });

  test("that lacks capacity is kept, says so, and is tried again", async () => {
    const { result } = await outcome({ Errors: [{ ErrorCode: "InsufficientInstanceCapacity" }] });
    expect(result).toMatchObject({ kind: "lacking", isNews: true, reason: { reason: "InsufficientCapacityError" } });
    const again = launchResult({
      nodeClaim: { ...nodeClaim, ...(result.kind === "lacking" ? { status: result.status } : {}) },
      outcome: { kind: "insufficient-capacity", message: result.kind === "lacking" ? result.reason.message : "" },
      now: 1,
    });
    expect(again).toMatchObject({ kind: "lacking", isNews: false });
  });

  test("that is not answered is tried again", async () => {
    expect((await outcome("unanswered")).result.kind).toBe("failed");
  });
});
