/**
 * A launch of several claims when one of them goes: the attempt stays to be found, and nothing is launched twice.
 */
import { describe, expect, test } from "vitest";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { LaunchOutcome } from "../../src/api/ports.ts";
import { platformNames } from "../../src/api/labels.ts";
import { encodeLaunchRecord, launchAttempt, memberOf } from "../../src/ec2/launch-attempt.ts";
import { sentAgainMaxMs } from "../../src/ec2/launch-keeper.ts";
import { dependantOf } from "../../src/ec2/launch-lead.ts";
import { hiddenMaxMs, type LiveAttempt } from "../../src/ec2/live-attempt.ts";
import { launchWorld, zoneA, zoneB, type Door, type LaunchProcess, type LaunchWorld } from "./launch-world.ts";

const [lead, second, third] = ["general-1", "general-2", "general-3"];
const claimTag = "karpenter.sh/nodeclaim";
const stepMs = 5_000;

interface Death {
  readonly act: number;
  readonly phase: "before" | "after";
}

/** A door of a process that dies at one of its acts: whatever it asks from then on is not done, and nothing comes back to it. */
function mortal(death: Death) {
  const progress = { acts: 0, isDead: false };
  let die: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    die = () => {
      progress.isDead = true;
      resolve();
    };
  });
  const never = new Promise<never>(() => undefined);
  const door: Door = (calls) =>
    new Proxy(calls, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== "function") return call;
        return async (...inputs: readonly unknown[]): Promise<unknown> => {
          if (progress.isDead) return never;
          progress.acts += 1;
          const isLast = progress.acts === death.act;
          if (isLast && death.phase === "before") {
            die();
            return never;
          }
          const answer: unknown = await Reflect.apply(call, target, inputs);
          if (isLast) die();
          return isLast ? never : answer;
        };
      },
    });
  return { door, died, progress };
}

function three(): LaunchWorld {
  const world = launchWorld();
  for (const name of [lead, second, third]) world.addClaim(name);
  return world;
}

function change(world: LaunchWorld, name: string, to: (claim: NodeClaim) => NodeClaim): void {
  const claim = world.claims.get(name);
  if (claim === undefined) return;
  const changed = to(claim);
  world.claims.set(name, { ...changed, metadata: { ...changed.metadata, resourceVersion: `${claim.metadata.resourceVersion ?? ""}0` } });
}

const deleted = (world: LaunchWorld, name: string): void => {
  change(world, name, (claim) => ({ ...claim, metadata: { ...claim.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }));
};

function standing(world: LaunchWorld): readonly string[] {
  return [...world.instances.values()].flatMap(({ InstanceId = "", State }) => (State?.Name === "running" ? [InstanceId] : []));
}

/** One look at a claim, as its controller takes it: launched, or ended step by step. */
async function look(world: LaunchWorld, process: LaunchProcess, name: string): Promise<LaunchOutcome["kind"] | "ending" | "gone"> {
  const claim = world.claims.get(name);
  if (claim === undefined) return "gone";
  if (claim.metadata.deletionTimestamp !== undefined) {
    const found = await world.settle(process.provider.get({ nodeClaim: name }));
    if (!found.ok) return "ending";
    if (found.value === undefined || found.value.state === "terminated") {
      world.claims.delete(name);
      return "gone";
    }
    await world.settle(process.provider.delete({ nodeClaim: name }));
    return "ending";
  }
  if (claim.status?.providerID !== undefined) return "launched";
  const outcome = await world.settle(process.launch(name));
  if (outcome.kind === "launched") change(world, name, (now) => ({ ...now, status: { providerID: outcome.providerID } }));
  return outcome.kind;
}

/** What ends instances that belong to nobody. */
async function collect(world: LaunchWorld, { provider }: LaunchProcess): Promise<void> {
  const listed = await world.settle(provider.list());
  if (!listed.ok) return;
  for (const { nodeClaim, providerID, state } of listed.value)
    if (nodeClaim !== undefined && !world.claims.has(nodeClaim) && state === "running") await provider.delete({ providerID });
}

/** Time goes by, in which what shuts down ends. */
function pass(world: LaunchWorld): void {
  world.time.now += stepMs;
  for (const [id, instance] of world.instances)
    if (instance.State?.Name === "shutting-down") world.instances.set(id, { ...instance, State: { Name: "terminated" } });
}

/** Looks at all claims in turn, in this order, until nothing changes for long. */
async function live(world: LaunchWorld, process: LaunchProcess, order: readonly string[]): Promise<void> {
  for (let round = 0; round < 40; round++) {
    for (const name of order) await look(world, process, name);
    pass(world);
  }
}

function ownersOf(world: LaunchWorld): readonly (readonly [string, string])[] {
  return [...world.claims.values()].map(({ metadata, status }) => [metadata.name ?? "", status?.providerID?.split("/").at(-1) ?? "none"]);
}

describe("a claim of a launch is deleted, and its process has died before", () => {
  /** Launches three together, dies on the way, deletes one; the next process sees to it first, or last. */
  async function run(death: Death, of: { readonly deleted: string; readonly isFirst: boolean }) {
    const world = three();
    const first = mortal(death);
    const process = world.process(first.door);
    const launches = Promise.all([lead, second, third].map((name) => process.launch(name)));
    await world.settle(Promise.race([launches, first.died]));
    deleted(world, of.deleted);
    const others = [lead, second, third].filter((name) => name !== of.deleted);
    const next = world.process();
    // Nobody else is looked at until it has had every chance to go.
    for (let round = 0; of.isFirst && round < 20; round++) {
      await look(world, next, of.deleted);
      pass(world);
    }
    await live(world, next, [...others, of.deleted]);
    return { world, others, acts: first.progress.acts, isDead: first.progress.isDead };
  }

  const cases = [lead, second].flatMap((name) => [true, false].map((isFirst) => ({ deleted: name, isFirst })));
  test.each(cases)(
    "at any of its acts: $deleted is deleted, looked at first: $isFirst; one instance for each other",
    async (of) => {
      let runs = 0;
      for (const phase of ["before", "after"] as const) {
        for (let act = 1; ; act++) {
          const { world, others, isDead } = await run({ act, phase }, of);
          const at = `${phase} act ${act}`;
          expect([at, [...world.claims.keys()]]).toEqual([at, others]);
          expect([
            at,
            ownersOf(world)
              .map(([, id]) => id)
              .toSorted(),
          ]).toEqual([at, [...standing(world)].toSorted()]);
          expect([at, world.instances.size <= 3]).toEqual([at, true]);
          runs += 1;
          if (!isDead) break;
        }
      }
      // Three claims, each asked for at once: images, subnets, groups, a template, the attempt, the fleet, the names.
      expect(runs).toBeGreaterThan(20);
    },
    60_000,
  );
});

describe("a lead is not said to be gone", () => {
  test("before each of the others has its instance, though its own has ended", async () => {
    const world = three();
    world.fates.push("lost-answer");
    const first = world.process();
    await world.settle(Promise.all([lead, second, third].map((name) => first.launch(name))));
    deleted(world, lead);
    const process = world.process();
    for (let round = 0; round < 20; round++) {
      expect(await look(world, process, lead)).toBe("ending");
      pass(world);
    }
    await look(world, process, second);
    expect(await look(world, process, lead)).toBe("ending");
    await look(world, process, third);
    expect(await look(world, process, lead)).toBe("gone");
  });

  const claims = [1, 2, 3].map((index): NodeClaim => launchWorld().addClaim(`general-${index}`));
  const [first, other] = [claims[0]!, claims[1]!];
  const names = platformNames();
  const base = { LaunchTemplateConfigs: [], TargetCapacitySpecification: { TotalTargetCapacity: 1 } };
  const attempt = launchAttempt({ base, bought: { capacityType: "on-demand" }, members: claims.map(memberOf), at: 5, names });
  const instance = { instanceID: "i-1", instanceType: "c6i.large", zone: zoneA, imageID: "ami-1", capacityType: "on-demand" as const };
  const answered = (count: number): LiveAttempt => ({
    ...{ attempt, isOwn: false, sends: 1 },
    answer: {
      instances: Array.from({ length: count }, () => instance),
      lacking: [],
      exhausted: [],
      isCapacity: true,
      message: "",
    },
  });
  const unanswered: LiveAttempt = { attempt, isOwn: false, sends: 0 };
  const launched = (claim: NodeClaim): NodeClaim => ({ ...claim, status: { providerID: "aws:///a/i-1" } });
  const leaving = (claim: NodeClaim): NodeClaim => ({
    ...claim,
    metadata: { ...claim.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
  });
  const moved = (claim: NodeClaim): NodeClaim => {
    const own = launchAttempt({ base, bought: { capacityType: "on-demand" }, members: [memberOf(claim)], at: 6, names });
    return {
      ...claim,
      metadata: {
        ...claim.metadata,
        annotations: { [names.launchRequestAnnotation]: encodeLaunchRecord({ kind: "attempt", attempt: own }) },
      },
    };
  };

  const rows: readonly (readonly [string, LiveAttempt, NodeClaim, readonly NodeClaim[], string | undefined])[] = [
    ["a lead, of an attempt without an answer", unanswered, first, claims, "general-2"],
    ["a lead, though the others leave too: they find theirs by it", unanswered, first, claims.map(leaving), "general-2"],
    ["a lead whose others are launched or gone", unanswered, first, [first, launched(other)], undefined],
    ["a lead whose others have gone on to another attempt", unanswered, first, [first, moved(other)], undefined],
    ["a lead whose answer has nothing for the others", answered(1), first, claims, undefined],
    ["a lead whose answer has one for one of the others", answered(2), first, claims, "general-2"],
    ["another, which may yet be launched by who stays", unanswered, other, claims, "general-1"],
    ["another, where nobody stays who would ask again", unanswered, other, claims.map(leaving), undefined],
    ["another, once the answer is known", answered(3), other, claims, undefined],
  ];
  test.each(rows)("%s", (_what, attemptOf, claim, nodeClaims, dependant) => {
    expect(dependantOf(attemptOf, claim, { nodeClaims, names })).toBe(dependant);
  });
});

describe("a lead that is gone all the same", () => {
  const lost = async (): Promise<LaunchWorld> => {
    const world = three();
    world.fates.push("lost-answer");
    const process = world.process();
    await world.settle(Promise.all([lead, second, third].map((name) => process.launch(name))));
    expect(world.instances.size).toBe(3);
    return world;
  };

  test("leaves instances without a name, which end before the others launch anew", async () => {
    for (const isRemade of [false, true]) {
      const world = await lost();
      world.claims.delete(lead);
      if (isRemade) world.addClaim(lead);
      change(world, lead, (claim) => ({ ...claim, metadata: { ...claim.metadata, uid: "uid-anew" } }));
      const process = world.process();
      expect(await look(world, process, second)).toBe("failed");
      expect(world.instances.size).toBe(3);
      await collect(world, process);
      expect(standing(world)).toEqual([]);
      expect(await look(world, process, second)).toBe("failed");
      for (let ms = 0; ms < hiddenMaxMs; ms += stepMs) pass(world);
      await live(world, process, [second, third]);
      expect(
        ownersOf(world)
          .filter(([name]) => name !== lead)
          .map(([, id]) => id)
          .toSorted(),
      ).toEqual([...standing(world)].toSorted());
      expect(standing(world)).toHaveLength(2);
    }
  });

  test("leaves each of the others the instance that has its name", async () => {
    const world = three();
    const process = world.process();
    await world.settle(Promise.all([lead, second, third].map((name) => process.launch(name))));
    world.claims.delete(lead);
    const told = new Map(
      [...world.instances.values()].map(({ InstanceId, Tags }) => [Tags?.find(({ Key }) => Key === claimTag)?.Value, InstanceId]),
    );
    await live(world, world.process(), [second, third]);
    expect(ownersOf(world)).toEqual([second, third].map((name) => [name, told.get(name)]));
    expect(world.instances.size).toBe(3);
  });

  test("and whose instances EC2 does not show yet is waited for", async () => {
    const world = await lost();
    world.claims.delete(lead);
    world.hiddenUntil = world.time.now + hiddenMaxMs / 2;
    const process = world.process();
    expect(await look(world, process, second)).toBe("failed");
    expect(world.fleets).toHaveLength(1);
  });
});

test("an attempt whose write may still arrive is waited for, until its lead has changed or it may no longer", async () => {
  for (const isChanged of [true, false]) {
    const world = three();
    world.conflicts.add(lead);
    const process = world.process();
    await world.settle(Promise.all([lead, second, third].map((name) => process.launch(name))));
    expect(await look(world, process, second)).toBe("failed");
    if (isChanged) change(world, lead, (claim) => claim);
    else world.time.now += hiddenMaxMs;
    expect(await look(world, process, second)).toBe("launched");
    expect(world.instances.size).toBe(1);
  }
});

describe("an attempt of long ago, whose token EC2 may have forgotten", () => {
  test("is not sent again: a claim that lacked capacity then gets one instance now, and nobody a second one", async () => {
    const world = three();
    for (const zone of [zoneA, zoneB]) world.capacity.set(`c6i.large ${zone}`, 0).set(`m6i.large ${zone}`, 0);
    world.capacity.set(`c6i.large ${zoneA}`, 2);
    world.fates.push("lost-answer");
    const before = world.process();
    await world.settle(Promise.all([lead, second, third].map((name) => before.launch(name))));
    for (const name of [lead, second]) expect(await look(world, before, name)).toBe("launched");
    world.capacity.clear();
    world.time.now += sentAgainMaxMs;
    world.forgetTokens();
    expect(await look(world, world.process(), third)).toBe("launched");
    expect(world.instances.size).toBe(3);
  });

  test("is answered by what it left", async () => {
    const world = launchWorld();
    world.addClaim(lead);
    world.fates.push("lost-answer");
    await world.settle(world.process().launch(lead));
    world.time.now += sentAgainMaxMs;
    world.forgetTokens();
    expect(await look(world, world.process(), lead)).toBe("launched");
    expect(world.instances.size).toBe(1);
  });
});
