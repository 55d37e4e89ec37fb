/**
 * One run on real parts: the real control plane, EC2's protocol as the stand-in speaks it, and a real `plimsoll serve` that is killed by the
 * faults of a schedule, which stand in its doors.
 *
 * Reads a seed, or a seed with a schedule. Returns what went wrong, as in the simulated world. Time is the wall's, so a run is played again by
 * its schedule and not to the letter. Applications come, somebody meddles, everything is taken away; at the end of both our process is quiet.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { assertNever } from "../../src/api/assert.ts";
import { terminationTimestampAnnotation } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { timeText } from "../../src/kube/time-text.ts";
import { createRandom } from "../../src/sim/random.ts";
import { listed as listedParams, type AwsRequest } from "../support/ec2-wire.ts";
import { watchBudgets, type BudgetWatch } from "./budget-watch.ts";
import { drawFaults, faultCounter, formatFaults, type Fault, type FaultCounter } from "./fault-schedule.ts";
import { leftovers, unsettled, type Sight } from "./fault-monitor.ts";
import { actBook, type ActBook } from "./stand-in-acts.ts";
import type { StandIn } from "./stand-in-ground.ts";
import { drawStandInScenario, type StandInDeed, type StandInScenario } from "./stand-in-scenario.ts";
import { change, launchedSoFar, listed, pathOf, post, remove, sightOf } from "./stand-in-sight.ts";

export interface StandInResult {
  readonly seed: string;
  readonly faults: string;
  readonly problems: readonly string[];
  readonly acts: number;
  readonly lives: number;
  readonly instances: number;
  readonly ms: number;
  /** One line an act and a deed. */
  readonly trace: readonly string[];
}

export interface StandInRunOptions {
  readonly seed: string;
  /** In place of those that the seed draws. */
  readonly faults?: readonly Fault[];
}

/** A run without faults has some hundred acts. Delays are short, since they are waited for. */
const bounds = { actsMax: 120, faultsMax: 8, msMax: 2_000 };
/** An instance that nobody claims is found after its first 30 s, at a look each 30 s; failed acts back off meanwhile. */
const settleMaxMs = 180_000;
const lookEveryMs = 150;
const quietMs = 1_500;
const quietMaxMs = 45_000;
/** What was sent arrives at the latest so long after its delay. */
const arrivalMs = 1_000;

interface Run {
  readonly standIn: StandIn;
  readonly scenario: StandInScenario;
  readonly acts: ActBook;
  readonly counter: LateCounter;
  readonly budgets: BudgetWatch;
  readonly note: (problem: string) => void;
  readonly trace: (line: string) => void;
}

/** Plays one seed, or the schedule that is given. */
export async function standInRun(standIn: StandIn, { seed, faults: given }: StandInRunOptions): Promise<StandInResult> {
  const startedAt = Date.now();
  const faults = given ?? drawFaults(createRandom(`${seed}/faults`), bounds);
  const counter = lateCounter(faultCounter(faults));
  const problems = new Set(standIn.betweenRuns.splice(0).map((problem) => `before the run: ${problem}`));
  const note = (problem: string): void => void problems.add(problem);
  const lines: string[] = [];
  const trace = (line: string): void => void lines.push(`${Date.now() - startedAt} ${line}`);
  const acts = actBook(note);
  const scenario = drawStandInScenario(createRandom(`${seed}/scenario`), startedAt % 1_000_000);
  const before = { lives: standIn.lives.count(), launched: await launchedSoFar(standIn) };
  const budgets = watchBudgets({ transport: standIn.transport, note });
  const run: Run = { standIn, scenario, acts, counter, budgets, note, trace };
  standIn.lives.open({
    ...{ counter, note, trace, random: createRandom(`${seed}/watches`), onDone: acts.onDone },
    beforeAws: (request) => lookAtEnds(run, request),
  });
  await playAll(run).catch((thrown: unknown) => {
    note(`the run itself threw: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  });
  standIn.lives.open(standIn.idleBook);
  await budgets.close();
  if (problems.size > 0) await clear(run);
  const instances = (await launchedSoFar(standIn)) - before.launched;
  // What a fleet launches long after its caller was gone nobody could have known; that it is ended was looked at.
  if (instances - acts.lateLaunches() > acts.claims()) note(`${instances} instances were launched for ${acts.claims()} NodeClaims`);
  return {
    ...{ seed, instances, faults: formatFaults(faults), problems: [...problems], trace: lines, ms: Date.now() - startedAt },
    ...{ acts: counter.acts(), lives: standIn.lives.count() - before.lives + 1 },
  };
}

type LateCounter = FaultCounter & { lastArrivalAt(): number };

/** Knows until when something may still arrive that was sent. */
function lateCounter(counter: FaultCounter): LateCounter {
  const last = { at: 0 };
  return {
    ...counter,
    next: () => {
      const next = counter.next();
      if (next.fault !== undefined) last.at = Math.max(last.at, Date.now() + next.fault.ms + arrivalMs);
      return next;
    },
    lastArrivalAt: () => last.at,
  };
}

async function playAll(run: Run): Promise<void> {
  const { standIn, scenario, budgets } = run;
  const { transport, proxy } = standIn;
  proxy.lack(scenario.shortages);
  proxy.hideNewFor(scenario.hiddenMs);
  standIn.setJoinMs(scenario.joinMs);
  await post(transport, scenario.nodePool);
  for (const { deployment, budget } of scenario.applications)
    for (const object of [deployment, ...(budget === undefined ? [] : [budget])]) await post(transport, object);
  await settle(run, { what: "settle", look: unsettled });
  budgets.hold(floorsOf(scenario));
  const isDone = await doDeed(run, scenario.deed);
  await settle(run, { what: "settle again", look: (sight) => [...unsettled(sight), ...isDone(sight)] });
  await beQuiet(run, "while nothing changes");
  budgets.hold(new Map());
  await takeAway(run);
}

async function takeAway(run: Run): Promise<void> {
  const { standIn, scenario, counter } = run;
  const { transport } = standIn;
  run.trace("deed take everything away");
  const keys = scenario.applications.map(({ name }) => ({ namespace: "default", name }));
  for (const key of keys) await change(transport, pathOf("Deployment", key), { spec: { replicas: 0 } });
  await settle(run, { what: "let its Pods go", look: ({ world }) => world.list("Pod").map(({ metadata }) => metadata.name ?? "") });
  if (scenario.endsAtOnce) {
    const annotations = { [terminationTimestampAnnotation]: timeText(Date.now()) };
    for (const { metadata } of await listed(transport, "NodeClaim"))
      await change(transport, pathOf("NodeClaim", { name: metadata.name ?? "" }), { metadata: { annotations } });
  }
  await remove(transport, pathOf("NodePool", { name: scenario.nodePool.metadata.name ?? "" }));
  await settle(run, { what: "end", look: leftovers });
  await sleep(Math.max(0, counter.lastArrivalAt() - Date.now()));
  await settle(run, { what: "end after all has arrived", look: leftovers });
  await beQuiet(run, "once nothing is left");
  for (const key of keys) {
    await remove(transport, pathOf("Deployment", key));
    await remove(transport, pathOf("PodDisruptionBudget", key));
  }
}

/** Takes away what a failed run has left, so that it does not fail the next one. */
async function clear({ standIn, scenario }: Run): Promise<void> {
  const { transport } = standIn;
  for (const { name } of scenario.applications)
    for (const kind of ["Deployment", "PodDisruptionBudget"] as const)
      await remove(transport, pathOf(kind, { namespace: "default", name }));
  await remove(transport, pathOf("NodePool", { name: scenario.nodePool.metadata.name ?? "" }));
  const limit = Date.now() + settleMaxMs;
  while (leftovers(await sightOf(standIn)).length > 0) {
    if (Date.now() > limit)
      throw new Error(`a failed run left what our process does not take away: ${leftovers(await sightOf(standIn)).join(", ")}`);
    await sleep(lookEveryMs);
  }
}

/** How many Pods each budget lets nobody take, whatever the deed makes of the application. */
function floorsOf({ applications, deed }: StandInScenario): ReadonlyMap<string, number> {
  const floors = applications.flatMap(({ name, replicas, budget }, index): [string, number][] => {
    const allowed = budget?.spec.maxUnavailable;
    if (allowed === undefined) return [];
    const floor = (count: number): number =>
      Math.max(0, count - (typeof allowed === "number" ? allowed : Math.ceil((count * Number.parseInt(allowed, 10)) / 100)));
    return [[name, deed.kind === "scale" && index === 0 ? Math.min(floor(replicas), floor(deed.replicas)) : floor(replicas)]];
  });
  return new Map(floors);
}

/** Returns what is still to come of the deed. */
async function doDeed(run: Run, deed: StandInDeed): Promise<(sight: Sight) => readonly string[]> {
  const { transport } = run.standIn;
  run.trace(`deed ${JSON.stringify(deed)}`);
  switch (deed.kind) {
    case "scale": {
      const key = { namespace: "default", name: run.scenario.applications[0]?.name ?? "" };
      await change(transport, pathOf("Deployment", key), { spec: { replicas: deed.replicas } });
      return () => [];
    }
    case "delete-node": {
      const node = chosen(await listed(transport, "Node"), deed.place);
      const name = node?.metadata.name ?? "";
      await remove(transport, pathOf("Node", { name }));
      return gone("Node", name);
    }
    case "delete-claim":
    case "warn": {
      const claim = chosen(await listed(transport, "NodeClaim"), deed.place);
      const name = claim?.metadata.name ?? "";
      if (deed.kind === "warn")
        await warn(run, { instanceID: claim?.status?.providerID?.split("/").at(-1) ?? "", times: deed.isTwice ? 2 : 1 });
      else await remove(transport, pathOf("NodeClaim", { name }));
      return gone("NodeClaim", name);
    }
    default:
      return assertNever(deed);
  }
}

async function warn({ standIn }: Run, { instanceID, times }: { readonly instanceID: string; readonly times: number }): Promise<void> {
  const detail = { "instance-id": instanceID, "instance-action": "terminate" };
  for (let told = 0; told < times; told++) await standIn.tell("EC2 Spot Instance Interruption Warning", detail);
}

/** Of those that stand, the one at a place in the order of their names. */
function chosen<T extends KubeObject>(standing: readonly T[], place: number): T | undefined {
  const inOrder = standing.toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  return inOrder[place % Math.max(1, inOrder.length)];
}

function gone(kind: "Node" | "NodeClaim", name: string): (sight: Sight) => readonly string[] {
  return ({ world }) => (world.list(kind).some(({ metadata }) => metadata.name === name) ? [`${kind} ${name} is still there`] : []);
}

async function settle(run: Run, of: { readonly what: string; readonly look: (sight: Sight) => readonly string[] }): Promise<void> {
  const limit = Date.now() + settleMaxMs;
  let left = of.look(await sightOf(run.standIn));
  while (left.length > 0 && Date.now() < limit) {
    await sleep(lookEveryMs);
    left = of.look(await sightOf(run.standIn));
  }
  for (const problem of left) run.note(`does not ${of.what} within ${settleMaxMs / 1_000} s: ${problem}`);
  if (left.length === 0) run.trace(`does ${of.what}`);
}

/** Nothing is written, and nothing asked of EC2 but to look, for a while in which our process runs. */
async function beQuiet({ standIn, acts, note }: Run, when: string): Promise<void> {
  const limit = Date.now() + quietMaxMs;
  let seen = acts.changes().length;
  let since = Date.now();
  while (Date.now() - since < quietMs) {
    await sleep(lookEveryMs);
    const changes = acts.changes();
    if (Date.now() > limit) {
      for (const last of changes.slice(-3)) note(`is not quiet ${when} within ${quietMaxMs / 1_000} s: ${last}`);
      return;
    }
    if (changes.length === seen && standIn.lives.isServing()) continue;
    seen = changes.length;
    since = Date.now();
  }
}

/** Looks, just before our process ends instances, whether a Pod still stands on them. */
async function lookAtEnds({ standIn, note }: Run, { action, params }: AwsRequest): Promise<void> {
  if (action !== "TerminateInstances" || params.get("DryRun") === "true") return;
  const ids = listedParams(params, "InstanceId");
  const [nodes, pods] = await Promise.all([listed(standIn.transport, "Node"), listed(standIn.transport, "Pod")]);
  const names = nodes.filter(({ spec }) => ids.some((id) => spec?.providerID?.endsWith(id))).map(({ metadata }) => metadata.name);
  for (const { metadata, spec } of pods) {
    if (names.includes(spec.nodeName)) note(`an instance of ${ids.join(", ")} was terminated under Pod ${metadata.name ?? ""}`);
  }
}
