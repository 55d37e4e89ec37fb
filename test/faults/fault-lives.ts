/**
 * The lives of our process in one run: one after the other, each ended by a fault of the schedule.
 *
 * Reads the doors of the world. Runs a life until a fault ends it, waits as long as the fault says, and runs the next, until the run ends. One
 * life at a time: that two never lead at once is the Lease's part, and tested elsewhere.
 */
import { setMaxListeners } from "node:events";
import type { ApiTransport, Clock } from "../../src/api/ports.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import type { Ec2InstanceFacts } from "../../src/catalog/ec2-facts.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import type { Random } from "../../src/sim/random.ts";
import type { Ec2Services } from "../../src/cli/ec2-composition.ts";
import { faultyCloud } from "./fault-cloud.ts";
import { runFaultProcess } from "./fault-process.ts";
import type { FaultCounter } from "./fault-schedule.ts";
import { faultyTransport, type DoneAct, type FaultyDoors } from "./faulty-doors.ts";
import type { Weather } from "./weather.ts";

export interface Lives {
  count(): number;
  /** Changes that our process has made so far, in its own words: writes but Events and Leases, and calls of EC2 that are not a look. */
  changes(): readonly string[];
  /** Ends the life that runs; the next one begins after this time. */
  restart(downMs: number): void;
  /** Resolves when nothing of any life works any more; only after the run was stopped. */
  ended(): Promise<void>;
}

export interface LivesOptions {
  readonly clock: Clock;
  readonly transport: ApiTransport;
  readonly cloud: Ec2Services;
  readonly random: Random;
  readonly counter: FaultCounter;
  readonly weather: Pick<Weather, "actMs" | "answerWaitMs" | "watchOdds">;
  readonly ground: { readonly policySet: PolicySet; readonly types: readonly InstanceType[]; readonly facts: readonly Ec2InstanceFacts[] };
  readonly trace: (line: string) => void;
  readonly onDone: (act: DoneAct) => void;
  readonly onFault: (sentence: string) => void;
  /** Ends the run. */
  readonly stop: AbortSignal;
}

/** Calls that only look: a dry run makes a launch template and deletes it, and a message of the queue is deleted once it was heard. */
const looks =
  /^(has|describe|list|get|dryRun|profile)|^(images|subnets|securityGroups|instances|instanceStatuses|capacityReservations|placementGroups|launchTemplates|instanceHealth|consoleOutput|parameter|cluster|delete|createTemplate|deleteTemplate)$/;

/** Starts the first life, and each next one. */
export function keepAlive(options: LivesOptions): Lives {
  const { clock, stop, trace } = options;
  const changes: string[] = [];
  const running: Promise<void>[] = [];
  const count = { lives: 0 };
  const now: { die: (downMs: number) => void } = { die: () => undefined };
  const onDone = (act: DoneAct): void => {
    options.onDone(act);
    if (act.door === "cloud" ? !looks.test(act.call) : act.request.method !== "GET") changes.push(wordsOf(act));
  };
  const keep = async (): Promise<void> => {
    while (!stop.aborted) {
      count.lives += 1;
      trace(`life ${count.lives} begins`);
      const downMs = await new Promise<number>((died) => {
        running.push(runLife({ ...options, onDone }, { number: count.lives, died, now }));
        stop.addEventListener(
          "abort",
          () => {
            died(0);
          },
          { once: true },
        );
      });
      await clock.sleep(downMs, stop);
    }
  };
  const keeping = keep();
  return {
    count: () => count.lives,
    changes: () => changes,
    restart: (downMs) => {
      now.die(downMs);
    },
    ended: async () => {
      await keeping;
      await Promise.all(running);
    },
  };
}

interface LifeOf {
  readonly number: number;
  readonly died: (downMs: number) => void;
  /** How to end the life that runs now. */
  readonly now: { die: (downMs: number) => void };
}

async function runLife(options: LivesOptions, of: LifeOf): Promise<void> {
  const { clock, transport, cloud, random, counter, weather, trace, onDone, onFault, ground, stop } = options;
  const end = new AbortController();
  const signal = AbortSignal.any([stop, end.signal]);
  // Every wait of every controller listens to it.
  setMaxListeners(0, signal, end.signal);
  const die = (downMs: number): void => {
    trace(`life ${of.number} ends`);
    end.abort("the process is gone");
    of.died(downMs);
  };
  of.now.die = die;
  const doors: FaultyDoors = {
    ...{ clock, counter, random, trace, onDone },
    ...{ actMs: weather.actMs, answerWaitMs: weather.answerWaitMs, watchOdds: weather.watchOdds },
    life: { signal, die },
  };
  await runFaultProcess({
    ...{ clock, signal, onFault, policySet: ground.policySet, instanceTypes: ground.types, facts: ground.facts },
    transport: faultyTransport(transport, doors),
    cloud: faultyCloud(cloud, doors),
    random: () => random.next(),
    identity: `life-${of.number}`,
  }).catch((thrown: unknown) => {
    onFault(`life ${of.number} threw: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  });
}

function wordsOf(act: DoneAct): string {
  return act.door === "api"
    ? `${act.request.method} ${act.request.path} ${JSON.stringify(act.request.body ?? null).slice(0, 200)}`
    : `EC2 ${act.call}`;
}
