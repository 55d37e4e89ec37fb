/**
 * Runs of the simulated world with faults: nothing is leaked, doubled or broken, every run ends quiet, and a seed is one run to the letter.
 *
 * `npm run test:faults -- --runs N --seed S` makes many more of them. What a run can notice is shown by runs with something of ours broken on
 * purpose.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { err, ok } from "../../src/api/result.ts";
import { casesOf } from "../support/long-run.ts";
import type { Ec2Services } from "../../src/cli/ec2-composition.ts";
import { simulatedGround } from "./fault-ground.ts";
import { drawScenario, withRestore } from "./fault-scenario.ts";
import { drawFaults, faultKinds, formatFaults, parseFaults, type Fault } from "./fault-schedule.ts";
import { faultRun, type FaultGround } from "./fault-run.ts";
import { createRandom } from "../../src/sim/random.ts";

const runs = casesOf({ ci: 20, long: 5_000 });
/** Each act with each fault, in turn; few of them in CI, and of all kinds since the stride is odd. */
const stride = casesOf({ ci: 97, long: 1 });
type Calls = Ec2Services["ec2"];

let ground: FaultGround;

beforeAll(async () => {
  ground = await simulatedGround();
});

describe("a run with faults", { timeout: 3_600_000 }, () => {
  test(`leaves nothing leaked, doubled or broken, and ends quiet, in ${runs} seeds`, async () => {
    const failed: string[] = [];
    for (let number = 1; number <= runs; number++) {
      const { seed, problems, faults } = await faultRun(ground, { seed: `ci:${number}` });
      if (problems.length > 0) failed.push(`${seed} ${faults}\n  ${problems.join("\n  ")}`);
    }
    expect(failed).toEqual([]);
  });

  test("is the same to the letter when its seed is played again", async () => {
    for (const seed of ["again:1", "again:2", "again:3"]) {
      const [first, second] = [await faultRun(ground, { seed }), await faultRun(ground, { seed })];
      expect(second.trace).toEqual(first.trace);
    }
  });

  test("can be played with the faults that its schedule's text says", async () => {
    const drawn = await faultRun(ground, { seed: "text:1" });
    const replayed = await faultRun(ground, { seed: "text:1", faults: parseFaults(drawn.faults) });
    expect(replayed.traceHash).toBe(drawn.traceHash);
  });
});

describe("a run whose API server answers from an hour ago", { timeout: 600_000 }, () => {
  /** The first seed that draws such a restore. */
  const seedOf = (restarts: boolean): string => {
    const seeds = Array.from({ length: 1_000 }, (_, number) => `restore:${number}`);
    const isMeant = (seed: string): boolean =>
      withRestore(drawScenario(createRandom("any")), createRandom(`${seed}/restore`)).restore?.restarts === restarts;
    return seeds.find(isMeant) ?? "none";
  };

  test.each([true, false])("ends nothing of what it forgot before somebody says so (started anew: %s)", async (restarts) => {
    const { problems, trace } = await faultRun(ground, { seed: seedOf(restarts) });
    expect(problems).toEqual([]);
    const restored = trace.findIndex((line) => line.includes("the API server is restored"));
    const answered = trace.findIndex((line) => line.includes("somebody lets them go"));
    const running = Number(/(\d+) instances run/.exec(trace[restored] ?? "")?.[1]);
    expect(running).toBeGreaterThan(3);
    expect(trace.slice(restored, answered).filter((line) => /ec2 terminate /.test(line))).toEqual([]);
    expect(trace.slice(answered).filter((line) => line.endsWith("shutting-down")).length).toBe(running);
  });
});

describe("a run in which nothing else happens", { timeout: 3_600_000 }, () => {
  test.each(["plain:1", "plain:2"])("takes no instance more for any one fault of any one act (%s)", async (seed) => {
    const fine = await faultRun(ground, { seed, isPlain: true, faults: [] });
    expect(fine).toMatchObject({ problems: [], lives: 1 });
    expect(fine.instances).toBeGreaterThan(0);
    for (let number = 0; number < fine.acts * faultKinds.length; number += stride) {
      const kind = faultKinds[number % faultKinds.length] ?? "refuse";
      const faults = [{ act: 1 + Math.floor(number / faultKinds.length), kind, ms: 4_000 }];
      const { problems, instances } = await faultRun(ground, { seed, isPlain: true, faults });
      expect({ faults: formatFaults(faults), problems, instances }).toEqual({
        ...{ faults: formatFaults(faults), problems: [] },
        instances: fine.instances,
      });
    }
  });
});

describe("a run notices", { timeout: 600_000 }, () => {
  const problemsOf = async (spoil: (calls: Calls) => Calls, faults: readonly Fault[] = []): Promise<string> =>
    (await faultRun(ground, { seed: "plain:1", isPlain: true, faults, spoil })).problems.join("\n");

  test("instances that nobody ends", async () => {
    const spoil = (calls: Calls): Calls => spoiled(calls, { terminate: () => Promise.resolve(ok(undefined)) });
    expect(await problemsOf(spoil)).toMatch(/does not end within 60 minutes: instance i-\S+ is left/);
  });

  test("launches without a client token, once the answer of one is lost", async () => {
    const spoil = (calls: Calls): Calls => spoiled(calls, { createFleet: (input) => calls.createFleet({ ...input, ClientToken: "" }) });
    const fine = await faultRun(ground, { seed: "plain:1", isPlain: true, faults: [] });
    const launch = fine.trace.find((line) => line.includes("ec2 createFleet"))?.split(" ")[1];
    expect(await problemsOf(spoil, [{ act: Number(launch), kind: "lose-answer", ms: 0 }])).toMatch(/instances were launched for/);
  });

  test("a launch that is sent again with another token, though more claims than that end without an instance", async () => {
    const sent = { again: 0 };
    const spoil = (calls: Calls): Calls =>
      spoiled(calls, {
        createFleet: async (input) => {
          const answer = await calls.createFleet(input);
          if (!answer.ok || (answer.value.Instances ?? []).length === 0 || sent.again > 0) return answer;
          sent.again += 1;
          await calls.createFleet({ ...input, ClientToken: `${input.ClientToken ?? ""}-again` });
          return answer;
        },
      });
    const { problems, trace, instances } = await faultRun(ground, { seed: "mut:11", faults: [], spoil });
    expect(sent.again).toBe(1);
    const claims = Number(/ (\d+) NodeClaims/.exec(trace.at(-1) ?? "")?.[1]);
    expect(claims).toBeGreaterThan(instances);
    expect(problems).toEqual([expect.stringMatching(/^1 instances were launched for 0 NodeClaims with the token "\w+-again"$/)]);
  });

  test("a process that cannot see its instances, and so lets nothing go", async () => {
    const failure = { kind: "other", code: "UnauthorizedOperation", message: "not allowed" } as const;
    const spoil = (calls: Calls): Calls => spoiled(calls, { instances: () => Promise.resolve(err(failure)) });
    expect(await problemsOf(spoil)).toMatch(/does not end within/);
  });
});

describe("a schedule of faults", () => {
  test("is the same once written and read", () => {
    for (let seed = 0; seed < 50; seed++) {
      const faults = drawFaults(createRandom(seed), { actsMax: 200, faultsMax: 12, msMax: 20_000 });
      expect(parseFaults(formatFaults(faults))).toEqual(faults);
    }
  });

  test("of an unknown kind is refused by name", () => {
    expect(() => parseFaults("3:explode")).toThrow(/fault "3:explode": write ACT:KIND/);
  });
});

/** The calls with some of them replaced. */
function spoiled(calls: Calls, by: Partial<Calls>): Calls {
  return new Proxy(calls, { get: (target, name) => (Reflect.get(by, name) ?? Reflect.get(target, name)) as unknown });
}
