/**
 * One run: a cluster whose applications come, change and go while our process, EC2 and the network fail by a schedule.
 *
 * Reads a seed. Returns what went wrong, as sentences, with the schedule and a hash of the trace: the same seed gives the same trace, byte for
 * byte, since the clock is virtual and every draw comes from the seed. A run has three parts: applications come and people meddle with them
 * until all is settled; everything is taken away until nothing is left; and at the end of both our process must be quiet.
 */
import { hashOf } from "../../src/api/hash.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import type { Ec2InstanceFacts } from "../../src/catalog/ec2-facts.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { runWorldControllers } from "../../src/sim/controllers/all-controllers.ts";
import { createRandom } from "../../src/sim/random.ts";
import { createVirtualClock, type VirtualClock } from "../../src/sim/virtual-clock.ts";
import type { Ec2Services } from "../../src/cli/ec2-composition.ts";
import { drawFaults, faultCounter, formatFaults, type Fault, type FaultCounter } from "./fault-schedule.ts";
import { leftovers, startMonitor, unsettled, type Monitor, type Monitored } from "./fault-monitor.ts";
import { keepAlive, type Lives } from "./fault-lives.ts";
import { playRestore } from "./fault-restore.ts";
import { drawScenario, scenarioTypes, scenarioZones, withRestore, type Deed, type Scenario } from "./fault-scenario.ts";
import { startFaultWorld, type FaultWorld, type WorldTemplate } from "./fault-world.ts";
import { simulatedEc2, type SimulatedEc2 } from "./simulated-ec2.ts";
import { simulatedQueue } from "./simulated-queue.ts";
import { simulatedNodes } from "./simulated-nodes.ts";
import { drawWeather } from "./weather.ts";

/** What all runs share and none changes. */
export interface FaultGround {
  readonly template: WorldTemplate;
  readonly policySet: PolicySet;
  readonly facts: readonly Ec2InstanceFacts[];
  readonly types: readonly InstanceType[];
}

export interface FaultRunOptions {
  readonly seed: string;
  /** In place of those that the seed draws. */
  readonly faults?: readonly Fault[];
  /** Nobody meddles and nothing happens by itself: then faults alone may change how a run goes, and not how many instances it takes. */
  readonly isPlain?: boolean;
  /** Breaks something of ours on purpose, to show that a run notices. */
  readonly spoil?: (calls: Ec2Services["ec2"]) => Ec2Services["ec2"];
}

export interface FaultRunResult {
  readonly seed: string;
  readonly problems: readonly string[];
  readonly faults: string;
  readonly acts: number;
  readonly lives: number;
  readonly instances: number;
  readonly virtualMs: number;
  /** One line an act and a deed. */
  readonly trace: readonly string[];
  readonly traceHash: string;
}

/** Acts that may go wrong: a run without faults has some two hundred. */
const bounds = { actsMax: 250, faultsMax: 14, msMax: 25_000 };
const calmAfterMs = 600_000;
const settleMaxMs = 3_600_000;
/** Longer than any fault keeps our process away. */
const wellMs = 45_000;
/** Quiet is looked for only when all that follows from the last change is through: unused launch templates go after a minute and a look. */
const beforeQuietMs = 100_000;
const quietMs = 90_000;
const stepMs = 1_000;
/** What was sent when a process was told to stop may still be answered. */
const stopMaxMs = 300_000;

interface Run extends Monitored {
  readonly clock: VirtualClock;
  readonly world: FaultWorld;
  readonly scenario: Scenario;
  readonly ec2: SimulatedEc2;
  readonly monitor: Monitor;
  readonly lives: Lives;
  readonly counter: FaultCounter;
  readonly trace: (line: string) => void;
}

/** Makes what all runs share. */
export function faultGround(shared: Pick<FaultGround, "template" | "policySet">): FaultGround {
  const facts = knownInstanceFacts().filter(({ name }) => scenarioTypes.includes(name));
  return { ...shared, facts, types: catalogInstanceTypes({ zones: scenarioZones, facts }) };
}

/** Runs one seed. */
export async function faultRun(ground: FaultGround, options: FaultRunOptions): Promise<FaultRunResult> {
  const clock = createVirtualClock();
  const startAt = clock.now();
  const lines: string[] = [];
  const faults = options.faults ?? drawFaults(createRandom(`${options.seed}/faults`), bounds);
  const counter = faultCounter(faults);
  const stop = new AbortController();
  const run = startRun(ground, {
    ...options,
    clock,
    counter,
    stop: stop.signal,
    trace: (line) => {
      lines.push(`${clock.now() - startAt} ${line}`);
    },
  });
  const controllers = runWorldControllers(run.world.server, stop.signal);
  await playAll(run).catch((thrown: unknown) => {
    run.monitor.note(`the run itself threw: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  });
  const virtualMs = clock.now() - startAt;
  stop.abort();
  const end = { isReached: false };
  void Promise.all([run.lives.ended(), controllers]).then(() => {
    end.isReached = true;
  });
  if (!(await clock.runUntil(() => end.isReached, stopMaxMs))) run.monitor.note(`does not stop within ${stopMaxMs / 60_000} minutes`);
  return {
    seed: options.seed,
    problems: run.monitor.problems(),
    faults: formatFaults(faults),
    acts: counter.acts(),
    lives: run.lives.count(),
    instances: run.ec2.instances.size,
    virtualMs,
    trace: lines,
    traceHash: hashOf(lines),
  };
}

interface Start extends FaultRunOptions {
  readonly clock: VirtualClock;
  readonly counter: FaultCounter;
  readonly stop: AbortSignal;
  readonly trace: (line: string) => void;
}

function startRun(ground: FaultGround, { seed, clock, counter, stop, trace, isPlain = false, spoil = (calls) => calls }: Start): Run {
  const world = startFaultWorld(ground.template, { clock, seed });
  const place = { startAt: clock.now(), zones: scenarioZones, types: scenarioTypes, calmAfterMs, now: () => clock.now(), isFine: isPlain };
  const weather = drawWeather(createRandom(`${seed}/weather`), place);
  const chance = createRandom(`${seed}/queue`);
  // One cluster of three has no queue.
  const queue = chance.next() < 0.67 ? simulatedQueue({ clock, random: chance }) : undefined;
  const ec2 = simulatedEc2({
    ...{ clock, weather, images: ["ami-1"] },
    subnets: Object.fromEntries(scenarioZones.map((zone) => [zone, `subnet-${zone}`])),
    ...(queue === undefined ? {} : { sqs: queue.calls }),
    onWarning: (instance) => {
      trace(`${instance.id} is warned`);
      queue?.warn(instance);
    },
    priceOf: (instanceType, zone) => priceOf(ground.types, { instanceType, zone }),
    onState: (instance) => {
      trace(`${instance.id} ${instance.instanceType} ${instance.zone} ${instance.state}`);
      monitor.onState(instance);
      nodes.onState(instance);
      queue?.onState(instance);
    },
  });
  const monitored: Monitored = { clock, world, instances: () => [...ec2.instances.values()] };
  const monitor = startMonitor(monitored);
  const nodes = simulatedNodes({
    ...{ clock, transport: world.transport, kill: ec2.kill },
    typeOf: (name) => typeOf(ground.types, name),
    podsOn: (node) => world.list("Pod").filter(({ spec }) => spec.nodeName === node),
  });
  const lives = keepAlive({
    ...{ clock, counter, trace, stop, ground, weather },
    transport: world.transport,
    cloud: { ...ec2.cloud, ec2: spoil(ec2.cloud.ec2) },
    random: createRandom(`${seed}/process`),
    onDone: monitor.onDone,
    onFault: monitor.note,
  });
  const plain = drawScenario(createRandom(`${seed}/scenario`));
  const drawn = isPlain ? { ...plain, deeds: [] } : withRestore(plain, createRandom(`${seed}/restore`));
  return { ...monitored, clock, ec2, monitor, lives, counter, trace, world, scenario: drawn };
}

function typeOf(types: readonly InstanceType[], name: string): InstanceType {
  const found = types.find((type) => type.name === name);
  if (found === undefined) throw new Error(`EC2 was asked for ${name}, a type that this run does not have`);
  return found;
}

function priceOf(types: readonly InstanceType[], { instanceType, zone }: { readonly instanceType: string; readonly zone: string }): number {
  const offerings = typeOf(types, instanceType).offerings.filter((offering) => offering.zone === zone);
  return Math.min(...offerings.map(({ pricePerHour }) => pricePerHour));
}

async function playAll(run: Run): Promise<void> {
  const { clock, world, scenario } = run;
  for (const object of [scenario.nodeClass, scenario.nodePool]) await world.post(object);
  await clock.runFor(stepMs);
  const backup = world.backup();
  for (const { deployment, budget } of scenario.applications) {
    await world.post(deployment);
    if (budget !== undefined) await world.post(budget);
  }
  const startedAt = clock.now();
  for (const deed of scenario.deeds) {
    await clock.runFor(Math.max(0, startedAt + deed.atMs - clock.now()));
    run.trace(`deed ${JSON.stringify(deed)}`);
    await doDeed(run, deed);
  }
  await settle(run, { what: "settle", look: () => [...unsettled(run), ...pendingDeaths(run)] });
  await beQuiet(run, "while nothing changes");
  if (scenario.restore !== undefined) {
    const forgotten = await playRestore(run, { restore: scenario.restore, backup });
    const look = (): readonly string[] => forgotten().map(({ id }) => `instance ${id} is left`);
    await settle(run, { what: "end what a restored API server does not know", look });
  }
  for (const { name } of scenario.applications) await scale(run, { application: name, replicas: 0 });
  await clock.runFor(stepMs);
  await world.remove("NodePool", { name: scenario.nodePool.metadata.name ?? "" });
  run.trace("deed take everything away");
  await settle(run, { what: "end", look: () => leftovers(run) });
  await world.remove("EC2NodeClass", { name: scenario.nodeClass.metadata.name ?? "" });
  await settle(run, { what: "end its NodeClass", look: () => [...leftovers(run), ...leftOfClass(run)] });
  await beQuiet(run, "once nothing is left");
  run.monitor.countLaunches();
  run.trace(`${run.monitor.claimsMade()} NodeClaims, ${run.ec2.instances.size} instances`);
}

/** Deaths that are still to come would unsettle what has settled. */
function pendingDeaths({ instances }: Run): readonly string[] {
  return instances()
    .filter(({ state }) => state === "pending" || state === "running")
    .filter(({ fate, isWarned = false }) => isWarned || (fate.diesAfterMs !== undefined && fate.joinMs !== undefined))
    .map(({ id }) => `instance ${id} is still to die`);
}

/** What is left once no NodeClass is there: launch templates are made for one. */
function leftOfClass({ world, ec2 }: Run): readonly string[] {
  return [
    ...world.list("EC2NodeClass").map(({ metadata }) => `EC2NodeClass ${metadata.name ?? ""} is left`),
    ...[...ec2.templates].map((name) => `launch template ${name} is left`),
  ];
}

/** Waits until all has been well for a while: a process that is dead for a moment has not seen what was just done to it. */
async function settle({ clock, monitor }: Run, of: { readonly what: string; readonly look: () => readonly string[] }): Promise<void> {
  const limit = clock.now() + settleMaxMs;
  let left = of.look();
  for (let wellSince = clock.now(); clock.now() < limit && clock.now() - wellSince < wellMs; left = of.look()) {
    if (left.length > 0) wellSince = clock.now() + stepMs;
    await clock.runFor(stepMs);
  }
  for (const problem of left) monitor.note(`does not ${of.what} within ${settleMaxMs / 60_000} minutes: ${problem}`);
}

/** Nothing may be written, and nothing asked of EC2 but to look, by a process that has nothing to do and meets no fault. */
async function beQuiet({ clock, counter, lives, monitor }: Run, when: string): Promise<void> {
  for (;;) {
    const faultsBefore = counter.faults();
    await clock.runFor(beforeQuietMs);
    const before = lives.changes().length;
    await clock.runFor(quietMs);
    // A schedule ends, and so do these rounds.
    if (counter.faults() > faultsBefore) continue;
    for (const change of lives.changes().slice(before)) monitor.note(`is not quiet ${when}: ${change}`);
    return;
  }
}

async function doDeed(run: Run, deed: Deed): Promise<void> {
  const { world, ec2 } = run;
  switch (deed.kind) {
    case "scale":
      return scale(run, deed);
    case "delete-claim":
      return removeAt(run, { kind: "NodeClaim", place: deed.place });
    case "delete-node":
      return removeAt(run, { kind: "Node", place: deed.place });
    case "end-instance": {
      const running = [...ec2.instances.values()].filter(({ state }) => state === "running");
      const instance = running[deed.place % Math.max(1, running.length)];
      // An instance that dies before its Node is there is one that never joins, which fates have.
      if (instance !== undefined && world.list("Node").some(({ spec }) => spec?.providerID?.endsWith(instance.id))) ec2.kill(instance.id);
    }
  }
}

async function removeAt({ world }: Run, { kind, place }: { readonly kind: "NodeClaim" | "Node"; readonly place: number }): Promise<void> {
  const standing = world.list(kind);
  const name = standing[place % Math.max(1, standing.length)]?.metadata.name;
  if (name !== undefined) await world.remove(kind, { name });
}

function scale({ world }: Run, { application, replicas }: { readonly application: string; readonly replicas: number }): Promise<void> {
  return world.patch("Deployment", { namespace: "default", name: application }, { spec: { replicas } });
}
