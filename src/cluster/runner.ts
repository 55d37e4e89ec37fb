/**
 * Runner: runs a controller, observe -> decide -> act, for every key that its triggers name.
 *
 * Reads the cluster watch; writes only through the controller's `act`. What every loop needs is here once: queueing by
 * key, one worker a key, backoff, resync, the decision log, Events, metrics, and the one catch for broken invariants.
 */
import type { AnyTrigger, Controller, ControllerStep, Requeue, Trigger } from "../api/controller.ts";
import { assertNever } from "../api/assert.ts";
import type { KindName } from "../api/kinds.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Clock } from "../api/ports.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { ClusterWatch } from "./watch-cluster.ts";
import { WorkQueue } from "./work-queue.ts";

/** How one look at one key ended. "skipped": nothing to decide; "fault": a broken invariant was thrown. */
export type RunOutcome = Requeue["kind"] | "skipped" | "fault";

/** What the runner tells of itself; the composition root makes metrics and log lines of it. */
export interface RunnerMetrics {
  ran(of: { readonly controller: string; readonly outcome: RunOutcome; readonly durationMs: number; readonly queued: number }): void;
  /** An expected failure (the Requeue's reason) or a fault (the thrown error); the key comes again after `delayMs`. */
  retried(of: {
    readonly controller: string;
    readonly key: ObjectKey;
    readonly delayMs: number;
    readonly reason: string;
    readonly fault?: unknown;
  }): void;
  /** A key found the queue full; the next resync brings it back. */
  refused(of: { readonly controller: string; readonly key: ObjectKey }): void;
}

/** Makes a key due; `first` puts it before all that wait. */
export type Enqueue = (key: ObjectKey, how?: { readonly first: boolean }) => void;

export interface RunControllerOptions<Observed, Step extends ControllerStep> {
  readonly controller: Controller<Observed, Step>;
  readonly triggers: readonly AnyTrigger[];
  /** Kinds that `observe` reads and no trigger watches; the controller starts when these too are listed. */
  readonly needs?: readonly KindName[];
  /** What wakes keys besides changes of objects, such as new policies; returns how to end that. */
  readonly wake?: (enqueue: Enqueue) => () => void;
  readonly cluster: ClusterWatch;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly events: EventRecorder;
  readonly decisions: DecisionLog;
  readonly metrics: RunnerMetrics;
  readonly signal: AbortSignal;
  /** Keys worked on at once. Default 4. */
  readonly workersMax?: number;
  /** Every key that the triggers name in the whole snapshot comes again about this often. Default 10 min. */
  readonly resyncMs?: number;
  /**
   * Lets everything else that waits have its turn, before each look. Without it looks that write nothing follow each other in one turn of
   * the event loop, however many keys are due.
   */
  readonly pause?: () => Promise<void>;
}

const defaultWorkersMax = 4;
const defaultResyncMs = 600_000;

/**
 * Runs a controller until the signal aborts; resolves when the last act under way has ended. Never rejects.
 *
 * It adds a few listeners to the signal; where many controllers share one, its owner raises the signal's listener limit.
 */
export async function runController<Observed, Step extends ControllerStep>(options: RunControllerOptions<Observed, Step>): Promise<void> {
  const { controller, triggers, cluster, clock, random, signal, metrics } = options;
  await Promise.race([cluster.synced([...triggers.map((trigger) => trigger.watches), ...(options.needs ?? [])]), aborted(signal)]);
  if (signal.aborted) return;

  const queue = new WorkQueue({ clock, random });
  const enqueue: Enqueue = (key, { first } = { first: false }) => {
    if (!(first ? queue.addFirst(textOf(key)) : queue.add(textOf(key))) && !signal.aborted)
      metrics.refused({ controller: controller.name, key });
  };
  signal.addEventListener(
    "abort",
    () => {
      queue.close();
    },
    { once: true },
  );
  const stops = options.wake === undefined ? [] : [options.wake(enqueue)];
  for (const trigger of triggers) {
    await options.pause?.();
    stops.push(watchTrigger(trigger, { cluster, enqueue }));
  }
  const workers = Array.from({ length: options.workersMax ?? defaultWorkersMax }, () => work(options, queue));
  await Promise.all([...workers, resync(options, enqueue)]);
  for (const stop of stops) stop();
}

interface TriggerTarget {
  readonly cluster: ClusterWatch;
  readonly enqueue: Enqueue;
}

/**
 * Enqueues what each change concerns. A watch begins with a replay of all that is there, in which many objects concern the same keys: a
 * trigger that returns the same list for them has it enqueued once.
 */
function watchTrigger<K extends KindName>(trigger: Trigger<K>, { cluster, enqueue }: TriggerTarget): () => void {
  const replay: { isOver: boolean; last?: readonly ObjectKey[] } = { isOver: false };
  const stop = cluster.onChange(trigger.watches, (change) => {
    const keys = trigger.keysOf(change);
    if (keys === replay.last) return;
    if (!replay.isOver) replay.last = keys;
    for (const key of keys) enqueue(key);
  });
  replay.isOver = true;
  delete replay.last;
  return stop;
}

/** Brings every key of the snapshot back from time to time: the net under a refused key, a forgotten trigger, a cloud that changed. */
async function resync<Observed, Step extends ControllerStep>(
  { clock, random, signal, cluster, triggers, pause, resyncMs = defaultResyncMs }: RunControllerOptions<Observed, Step>,
  enqueue: TriggerTarget["enqueue"],
): Promise<void> {
  const intervalEnded = async (): Promise<boolean> => {
    await clock.sleep(resyncMs * (0.9 + random() / 5), signal);
    return !signal.aborted;
  };
  while (await intervalEnded()) {
    // A watch that begins replays the whole store; ended at once, it is a replay and nothing else.
    for (const trigger of triggers) {
      await pause?.();
      watchTrigger(trigger, { cluster, enqueue })();
    }
  }
}

async function work<Observed, Step extends ControllerStep>(options: RunControllerOptions<Observed, Step>, queue: WorkQueue): Promise<void> {
  const { controller, clock, metrics, pause, signal } = options;
  for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
    await pause?.();
    if (signal.aborted) return;
    const startedAt = clock.now();
    const outcome = await lookOnce(options, { queue, key });
    queue.done(key);
    metrics.ran({ controller: controller.name, outcome, durationMs: clock.now() - startedAt, queued: queue.depth() });
  }
}

interface Look {
  readonly queue: WorkQueue;
  readonly key: string;
}

type Retried = (of: { readonly delayMs: number; readonly reason: string; readonly fault?: unknown }) => void;

/** One look at one key; the only catch of what controllers throw. */
async function lookOnce<Observed, Step extends ControllerStep>(
  options: RunControllerOptions<Observed, Step>,
  look: Look,
): Promise<RunOutcome> {
  const retried: Retried = (of) => {
    options.metrics.retried({ controller: options.controller.name, key: keyOf(look.key), ...of });
  };
  try {
    const requeue = await observeDecideAct(options, keyOf(look.key));
    if (requeue !== undefined) return requeueKey({ ...look, requeue, retried });
    look.queue.forget(look.key);
    return "skipped";
  } catch (fault) {
    retried({ delayMs: look.queue.retry(look.key), reason: fault instanceof Error ? fault.message : String(fault), fault });
    return "fault";
  }
}

async function observeDecideAct<Observed, Step extends ControllerStep>(
  { controller, clock, decisions, events }: RunControllerOptions<Observed, Step>,
  key: ObjectKey,
): Promise<Requeue | undefined> {
  const observed = await controller.observe(key);
  if (observed === undefined) return undefined;
  const now = clock.now();
  const step = controller.decide(observed, now);
  if (step.decision !== undefined) decisions.record({ controller: controller.name, key, step: step.kind, decision: step.decision }, now);
  const requeue = await controller.act(step);
  const said = requeue.kind === "retry" ? [] : (step.events ?? []);
  for (const note of [...said, ...(requeue.events ?? [])]) events.record(note, controller.name);
  return requeue;
}

function requeueKey({ queue, key, requeue, retried }: Look & { readonly requeue: Requeue; readonly retried: Retried }): RunOutcome {
  switch (requeue.kind) {
    case "done":
      queue.forget(key);
      return "done";
    case "after":
      queue.forget(key);
      queue.addAfter(key, requeue.delayMs);
      return "after";
    case "retry":
      retried({ delayMs: queue.retry(key), reason: requeue.reason });
      return "retry";
    default:
      return assertNever(requeue);
  }
}

function textOf(key: ObjectKey): string {
  return `${key.namespace}/${key.name}`;
}

/** The inverse of textOf: neither a namespace nor a name can hold a slash. */
function keyOf(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
