/**
 * Runs with faults on real parts: the real control plane, EC2's protocol as the stand-in speaks it, and a real `plimsoll serve`.
 *
 * `npm run test:faults:stand-in -- --runs N --seed S` makes many more of them, and plays one again by its schedule.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { casesOf } from "../support/long-run.ts";
import { parseFaults } from "./fault-schedule.ts";
import { openStandIn, type StandIn } from "./stand-in-ground.ts";
import { standInRun } from "./stand-in-run.ts";

/** The first has a process that dies after it has asked for instances, and before it has heard of them. */
const runs = casesOf({ ci: 1, long: 199 });
const runMsMax = 10 * 60_000;

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("a run with faults on the real control plane and the stand-in", () => {
    standInTests(moto);
  });

function standInTests(server: Moto): void {
  let standIn: StandIn;

  beforeAll(async () => {
    standIn = await openStandIn(server);
  }, 600_000);

  afterAll(async () => {
    await standIn.close();
    await server.close();
  });

  test(
    "leaves nothing leaked, doubled or broken where the process is killed and answers are lost, by a schedule that is given",
    async () => {
      const faults = parseFaults("5:lose-answer 12:die-after(500) 30:throttle 31:refuse 45:die-before(200)");
      expect(await standInRun(standIn, { seed: "given", faults })).toMatchObject({ problems: [], lives: 3 });
    },
    runMsMax,
  );

  test(
    `leaves nothing leaked, doubled or broken, and ends quiet, in drawn schedules (${runs})`,
    async () => {
      const failed: string[] = [];
      for (let number = 1; number <= runs; number++) {
        const { seed, faults, problems } = await standInRun(standIn, { seed: `stand-in:${number}` });
        if (problems.length > 0) failed.push(`--only ${seed} --faults "${faults}"\n  ${problems.join("\n  ")}`);
      }
      expect(failed).toEqual([]);
    },
    runs * runMsMax,
  );
}
