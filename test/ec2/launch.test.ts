/**
 * A launch: exactly one instance for each claim, whatever is lost in between, and elsewhere at once where there is none.
 */
import { describe, expect, test } from "vitest";
import type { LaunchOutcome } from "../../src/api/ports.ts";
import { capacityHoldMs } from "../../src/ec2/unavailable-offerings.ts";
import { nodeClassHash } from "../../src/ec2/node-class-hash.ts";
import { customNodeClass } from "./custom-node-class.ts";
import { launchWorld, zoneA, zoneB, type LaunchWorld } from "./launch-world.ts";

const record = "platform.example.com/launch-request";

interface KeptRecord {
  readonly members?: unknown;
  readonly at?: number;
  readonly token?: string;
}

function idOf(outcome: LaunchOutcome): string {
  return outcome.kind === "launched" ? (outcome.providerID.split("/").at(-1) ?? "") : outcome.kind;
}

async function launchAll(world: LaunchWorld, names: readonly string[], process = world.process()): Promise<readonly LaunchOutcome[]> {
  return world.settle(Promise.all(names.map((name) => process.launch(name))));
}

function claims(world: LaunchWorld, count: number, change: Parameters<LaunchWorld["addClaim"]>[1] = {}): readonly string[] {
  return Array.from({ length: count }, (_unused, index) => world.addClaim(`general-${index + 1}`, change).metadata.name ?? "");
}

describe("claims that ask for the same at once", () => {
  test("are one fleet, whose instances they get in order, each with its name", async () => {
    const world = launchWorld();
    const names = claims(world, 5);
    const outcomes = await launchAll(world, names);
    expect(world.fleets).toHaveLength(1);
    expect(world.fleets[0]?.TargetCapacitySpecification?.TotalTargetCapacity).toBe(5);
    expect(new Set(outcomes.map(idOf)).size).toBe(5);
    for (const [index, name] of names.entries()) {
      const tags = world.instances.get(idOf(outcomes[index]!))?.Tags ?? [];
      expect(tags.find(({ Key }) => Key === "karpenter.sh/nodeclaim")?.Value).toBe(name);
    }
  });

  test("are apart where they ask for something else", async () => {
    const world = launchWorld();
    world.addClaim("one");
    world.addClaim("two", { types: ["m6i.large"] });
    await launchAll(world, ["one", "two"]);
    expect(world.fleets.map(({ TargetCapacitySpecification }) => TargetCapacitySpecification?.TotalTargetCapacity)).toEqual([1, 1]);
  });

  test("are on the API server with all their members before the fleet is asked for", async () => {
    const world = launchWorld();
    const names = claims(world, 3);
    world.fates.push({ code: "RequestLimitExceeded" });
    const outcomes = await launchAll(world, names);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "failed", "failed"]);
    const kept = names.map((name) => JSON.parse(world.claims.get(name)?.metadata.annotations?.[record] ?? "{}") as KeptRecord);
    const [lead, ...others] = kept;
    expect(lead?.members).toHaveLength(3);
    const pointer = {
      lead: { name: "general-1", uid: "uid-general-1" },
      leadVersion: "1",
      token: lead?.token,
      at: lead?.at,
    };
    expect(others).toEqual([pointer, pointer]);
  });

  test("keep what drift is told by, and their profile, before the fleet is asked for", async () => {
    const world = launchWorld();
    const names = claims(world, 2);
    world.fates.push({ code: "RequestLimitExceeded" });
    await launchAll(world, names);
    const stamp = {
      "karpenter.k8s.aws/ec2nodeclass-hash": nodeClassHash(customNodeClass, undefined),
      "karpenter.k8s.aws/ec2nodeclass-hash-version": "v6",
      "karpenter.k8s.aws/instance-profile-name": "nodes",
    };
    for (const name of names) expect(world.claims.get(name)?.metadata.annotations).toMatchObject(stamp);
  });

  test("go without a claim that has changed meanwhile, which is launched by itself", async () => {
    const world = launchWorld();
    const names = claims(world, 3);
    world.conflicts.add("general-2");
    const process = world.process();
    const outcomes = await launchAll(world, names, process);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["launched", "failed", "launched"]);
    expect(world.instances.size).toBe(2);
    world.conflicts.clear();
    expect((await launchAll(world, ["general-2"], process))[0]?.kind).toBe("launched");
    expect(world.instances.size).toBe(3);
  });
});

describe("a launch that was sent and not answered", () => {
  test("is sent again, and has the same instances, by the same process and by the next", async () => {
    for (const isRestarted of [false, true]) {
      const world = launchWorld();
      const names = claims(world, 3);
      world.fates.push("lost-answer");
      const first = world.process();
      expect((await launchAll(world, names, first)).map(({ kind }) => kind)).toEqual(["failed", "failed", "failed"]);
      expect(world.instances.size).toBe(3);
      const outcomes = await launchAll(world, names.toReversed(), isRestarted ? world.process() : first);
      expect(new Set(outcomes.map(idOf))).toEqual(new Set(world.instances.keys()));
      expect(world.instances.size).toBe(3);
    }
  });

  test("gives each claim the same instance, whoever asks first", async () => {
    const world = launchWorld();
    const names = claims(world, 4);
    const told = (await launchAll(world, names)).map(idOf);
    for (const [index, name] of names.entries()) expect((await launchAll(world, [name])).map(idOf)).toEqual([told[index]]);
    expect(world.instances.size).toBe(4);
  });

  test("is not asked of EC2 again where this process knows the answer", async () => {
    const world = launchWorld();
    claims(world, 1);
    const process = world.process();
    const [first] = await launchAll(world, ["general-1"], process);
    world.fates.push({ code: "InternalError" });
    expect(await launchAll(world, ["general-1"], process)).toEqual([first]);
  });

  test("belongs to a claim by its uid: another of its name is launched by itself", async () => {
    const world = launchWorld();
    const before = world.addClaim("general-1");
    await launchAll(world, ["general-1"]);
    const kept = world.claims.get("general-1")!;
    world.claims.set("general-1", { ...kept, metadata: { ...kept.metadata, uid: "uid-restored" } });
    await launchAll(world, ["general-1"]);
    expect(before.metadata.uid).toBe("uid-general-1");
    expect(world.instances.size).toBe(2);
  });

  test("whose annotation is not ours is told so, and launches nothing", async () => {
    const world = launchWorld();
    const claim = world.addClaim("general-1");
    world.claims.set("general-1", { ...claim, metadata: { ...claim.metadata, annotations: { [record]: "[]" } } });
    const [outcome] = await launchAll(world, ["general-1"]);
    expect(outcome).toMatchObject({
      kind: "failed",
      message: expect.stringContaining(`annotation ${record} is no launch attempt`) as string,
    });
    expect(world.instances.size).toBe(0);
  });
});

describe("where capacity is lacking", () => {
  test("the next offerings are asked for in the same look, and the lacking ones not again", async () => {
    const world = launchWorld();
    for (const zone of [zoneA, zoneB]) world.capacity.set(`c6i.large ${zone}`, 0).set(`m6i.large ${zone}`, 0);
    world.addClaim("general-1", { capacityTypes: ["spot", "on-demand"] });
    const process = world.process();
    const spent = await launchAll(world, ["general-1"], process);
    expect(world.fleets.map(({ TargetCapacitySpecification }) => TargetCapacitySpecification?.DefaultTargetCapacityType)).toEqual([
      "spot",
      "on-demand",
    ]);
    expect(spent[0]).toMatchObject({
      kind: "insufficient-capacity",
      message: expect.stringContaining("InsufficientInstanceCapacity") as string,
    });
    const asked = world.fleets.length;
    expect((await launchAll(world, ["general-1"], process))[0]?.kind).toBe("insufficient-capacity");
    expect(world.fleets).toHaveLength(asked);
  });

  test("the claim waits for what it may be itself, and not for offerings of others that are back sooner", async () => {
    const world = launchWorld();
    for (const zone of [zoneA, zoneB]) world.capacity.set(`c6i.large ${zone}`, 0).set(`m6i.large ${zone}`, 0);
    world.addClaim("general-1", { capacityTypes: ["spot"] });
    world.addClaim("general-2", { capacityTypes: ["on-demand"] });
    const process = world.process();
    await launchAll(world, ["general-1"], process);
    world.time.now += capacityHoldMs / 3;
    const [lacking] = await launchAll(world, ["general-2"], process);
    expect(lacking).toMatchObject({ kind: "insufficient-capacity", retryAfterMs: capacityHoldMs });
  });

  test("the claim is tried again when an offering may be back, under another token, and launched once there is some", async () => {
    const world = launchWorld();
    for (const zone of [zoneA, zoneB]) world.capacity.set(`c6i.large ${zone}`, 0).set(`m6i.large ${zone}`, 0);
    world.addClaim("general-1");
    const process = world.process();
    const [lacking] = await launchAll(world, ["general-1"], process);
    expect(lacking).toMatchObject({ kind: "insufficient-capacity", retryAfterMs: capacityHoldMs });
    world.capacity.clear();
    world.time.now += capacityHoldMs;
    expect((await launchAll(world, ["general-1"], process))[0]?.kind).toBe("launched");
    expect(new Set(world.fleets.map(({ ClientToken }) => ClientToken)).size).toBe(world.fleets.length);
    expect(world.instances.size).toBe(1);
  });

  test("for some of a fleet, the first of its claims are launched and the others go on elsewhere", async () => {
    const world = launchWorld();
    world.capacity.set(`c6i.large ${zoneA}`, 2).set(`c6i.large ${zoneB}`, 0).set(`m6i.large ${zoneA}`, 0).set(`m6i.large ${zoneB}`, 0);
    const names = claims(world, 3, { types: ["c6i.large", "m6i.large"] });
    const outcomes = await launchAll(world, names);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["launched", "launched", "insufficient-capacity"]);
    expect(world.instances.size).toBe(2);
  });

  test("for want of the role that Spot needs, no Spot is asked for again, and on-demand is at once", async () => {
    const world = launchWorld();
    world.addClaim("general-1", { capacityTypes: ["spot", "on-demand"] });
    world.addClaim("general-2", { types: ["m6i.large"], capacityTypes: ["spot"] });
    world.fates.push({ code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted" });
    const process = world.process();
    const [outcome] = await launchAll(world, ["general-1"], process);
    expect(outcome).toMatchObject({ kind: "launched", labels: { "karpenter.sh/capacity-type": "on-demand" } });
    expect((await launchAll(world, ["general-2"], process))[0]?.kind).toBe("insufficient-capacity");
    expect(world.fleets).toHaveLength(1);
  });

  test("a vCPU quota that is reached is named", async () => {
    const world = launchWorld();
    world.addClaim("general-1");
    world.fates.push({ code: "VcpuLimitExceeded" });
    const [outcome] = await launchAll(world, ["general-1"]);
    expect(outcome).toMatchObject({ kind: "insufficient-capacity", message: expect.stringContaining("VcpuLimitExceeded") as string });
  });

  test("one error among others that is not about capacity is told, and the next look asks with the same claim, for what may be had", async () => {
    const world = launchWorld();
    world.addClaim("general-1");
    world.fates.push({ told: ["InsufficientInstanceCapacity", "RequestLimitExceeded"] });
    const process = world.process();
    const [outcome] = await launchAll(world, ["general-1"], process);
    expect(outcome).toMatchObject({ kind: "failed", message: expect.stringContaining("RequestLimitExceeded") as string });
    expect((await launchAll(world, ["general-1"], process))[0]?.kind).toBe("launched");
    const asked = world.fleets.at(-1)?.LaunchTemplateConfigs?.flatMap(({ Overrides = [] }) => Overrides) ?? [];
    expect(asked).not.toEqual([]);
    expect([world.fleets.length, world.instances.size]).toEqual([1, 1]);
  });

  test("addresses that an attempt took are given back at its answer, however many looks that takes", async () => {
    const world = launchWorld();
    world.freeAddresses = 40;
    world.addClaim("general-1", { pods: 25 });
    world.addClaim("general-2", { pods: 25 });
    const process = world.process();
    world.fates.push({ code: "RequestLimitExceeded" });
    expect((await launchAll(world, ["general-1"], process))[0]).toMatchObject({ kind: "failed" });
    expect((await launchAll(world, ["general-1"], process))[0]?.kind).toBe("launched");
    expect((await launchAll(world, ["general-2"], process))[0]?.kind).toBe("launched");
  });
});

describe("a launch that can't be answered", () => {
  test("for want of its template makes the template anew and goes on, in the same look", async () => {
    const world = launchWorld();
    world.addClaim("general-1");
    world.fates.push({ code: "InvalidLaunchTemplateName.NotFoundException" });
    expect((await launchAll(world, ["general-1"]))[0]?.kind).toBe("launched");
    expect(world.instances.size).toBe(1);
  });

  test("time and again is tried again later, and is no want of capacity", async () => {
    const world = launchWorld();
    world.addClaim("general-1");
    const fate = { code: "InvalidLaunchTemplateName.NotFoundException" };
    world.fates.push(fate, fate, fate, fate);
    expect((await launchAll(world, ["general-1"]))[0]).toMatchObject({
      kind: "failed",
      message: expect.stringContaining(fate.code) as string,
    });
    expect((await launchAll(world, ["general-1"]))[0]?.kind).toBe("launched");
  });

  test("is followed by another only after a look at what it left, where another process may have sent it", async () => {
    const world = launchWorld();
    const names = claims(world, 2);
    world.fates.push("lost-answer");
    await launchAll(world, names);
    world.fates.push({ code: "InvalidSubnetID.NotFound" }, { code: "InvalidSubnetID.NotFound" });
    const outcomes = await launchAll(world, names);
    expect(outcomes.map(idOf)).toEqual([...world.instances.keys()]);
    expect(world.instances.size).toBe(2);
  });

  test("is looked at first where the SDK itself has sent it more than once", async () => {
    const world = launchWorld();
    world.addClaim("general-1");
    world.fates.push({ code: "InvalidLaunchTemplateName.NotFoundException", attempts: 2 });
    expect((await launchAll(world, ["general-1"]))[0]).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("0 of 1 instances of the attempt are to be seen") as string,
    });
  });

  test("and that left nothing to see waits until EC2 would show it", async () => {
    const world = launchWorld();
    world.addClaim("general-1");
    world.fates.push({ code: "RequestLimitExceeded" });
    await launchAll(world, ["general-1"]);
    const second = world.process();
    world.fates.push({ code: "InvalidSubnetID.NotFound" });
    expect((await launchAll(world, ["general-1"], second))[0]).toMatchObject({ kind: "failed" });
    world.time.now += 60_000;
    world.fates.push({ code: "InvalidSubnetID.NotFound" });
    expect((await launchAll(world, ["general-1"], second))[0]?.kind).toBe("launched");
    expect(world.instances.size).toBe(1);
  });
});

describe("what a launch left", () => {
  const deleted = (world: LaunchWorld, name: string): void => {
    const claim = world.claims.get(name)!;
    world.claims.set(name, { ...claim, metadata: { ...claim.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  };

  test("is found for a claim that is deleted before the answer came, and ended", async () => {
    const world = launchWorld();
    const names = claims(world, 3);
    world.fates.push("lost-answer");
    await launchAll(world, names);
    deleted(world, "general-2");
    const { provider } = world.process();
    expect(await provider.delete({ nodeClaim: "general-2" })).toEqual({ ok: true, value: "terminating" });
    const states = [...world.instances.values()].map(({ State }) => State?.Name);
    expect(states).toEqual(["running", "shutting-down", "running"]);
  });

  test("is not said to be gone as long as EC2 may hide it", async () => {
    const world = launchWorld();
    claims(world, 1);
    world.fates.push("lost-answer");
    await launchAll(world, ["general-1"]);
    world.hiddenUntil = Infinity;
    const { provider } = world.process();
    expect((await provider.get({ nodeClaim: "general-1" })).ok).toBe(false);
    world.time.now += 60_000;
    expect(await provider.get({ nodeClaim: "general-1" })).toEqual({ ok: true, value: undefined });
  });

  test("gets its name when instances are listed, where that was missed", async () => {
    const world = launchWorld();
    const names = claims(world, 2);
    const process = world.process();
    const outcomes = await launchAll(world, names, process);
    for (const [index, name] of names.entries()) {
      const outcome = outcomes[index];
      const claim = world.claims.get(name)!;
      if (outcome?.kind === "launched") world.claims.set(name, { ...claim, status: { providerID: outcome.providerID } });
    }
    for (const [id, instance] of world.instances)
      world.instances.set(id, { ...instance, Tags: instance.Tags?.filter(({ Key }) => Key !== "karpenter.sh/nodeclaim") });
    const listed = await process.provider.list();
    expect(listed.ok && listed.value.map(({ nodeClaim }) => nodeClaim)).toEqual(names);
    expect(world.tagged.slice(-2)).toEqual([...world.instances.keys()]);
  });

  test("belongs to nobody once no claim of its launch can still get it, and to its launch before", async () => {
    const world = launchWorld();
    const names = claims(world, 2);
    world.fates.push("lost-answer");
    const process = world.process();
    await launchAll(world, names, process);
    const named = async () => {
      const listed = await process.provider.list();
      return listed.ok ? listed.value.map(({ nodeClaim }) => nodeClaim) : listed.error;
    };
    expect(await named()).toEqual([undefined, undefined]);
    world.claims.clear();
    expect(await named()).toEqual([expect.stringMatching(/^launch-[0-9a-f]{12}$/), expect.stringMatching(/^launch-[0-9a-f]{12}$/)]);
  });
});
