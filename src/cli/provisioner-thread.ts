/**
 * The provisioner in a thread of its own, as the thread of the webhooks sees it.
 *
 * A plan for thousands of Pods takes the time of many reviews, and so does copying what it is made from: hence the whole provisioner,
 * with its own watch of the cluster, runs beside, and only plain data goes between. The thread stands ready on every replica; it
 * writes only while this one leads. To end a term that was lost it is ended and started anew: what can't run can't write. A thread
 * that dies is started again after a pause, and reviews never wait for it.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../api/ports.ts";
import { backoffMs } from "../cluster/backoff.ts";
import type { PolicyFile } from "../webhook/policy-file.ts";
import { grant, keepGranting, newToken } from "./leading-token.ts";
import type { Log } from "./log.ts";
import type { ExposedMetric } from "./merged-metrics.ts";
import type { Provisioner, ProvisionerTerm } from "./provisioner-port.ts";
import type { ThreadMetrics } from "./process-metrics.ts";
import { retell } from "./thread-log.ts";
import type { FromThread, ThreadStart, ToThread } from "./thread-messages.ts";
import { threadQuestions, type ThreadQuestions } from "./thread-questions.ts";

/** How a thread is begun. */
export interface ThreadSettings extends Pick<ThreadStart, "options"> {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the thread may keep; beyond that it ends, and the webhooks stay. */
  readonly memoryMiB: number;
  /** Its module and how Node runs it; default: the one beside this file, as this process is run. */
  readonly entry?: { readonly url: URL; readonly execArgv: readonly string[] };
}

export interface ProvisionerThreadOptions extends Pick<ThreadStart, "identity" | "kinds"> {
  readonly settings: ThreadSettings;
  readonly policyFile: Pick<PolicyFile, "inForce" | "onSwap">;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: ThreadMetrics;
}

/**
 * What the thread may take for objects that live shortly, in MiB: a plan makes many and keeps few, and V8's own choice has them copied
 * about so often that it costs a sixth of a plan. V8 divides it into three semi-spaces.
 */
export const youngMemoryMiB = 96;
const restartBaseMs = 500;
const restartMaxMs = 30_000;
/** A thread that lived this long had no fault of its start. */
const soundAfterMs = 60_000;
/** How long a term that ends in good order may take to write its last. */
const standDownMaxMs = 3_000;
const metricsMaxMs = 500;
const decisionsMaxMs = 2_000;

interface Thread {
  readonly worker: Worker;
  /** Resolves with the reason when the thread is gone. */
  readonly gone: Promise<string>;
  /** Called when it has ended a term; each term has its own. */
  onStoodDown: () => void;
  /** Its end is our own doing. */
  isFenced: boolean;
}

interface State {
  readonly token: SharedArrayBuffer;
  readonly closing: AbortController;
  thread: Thread | undefined;
  isLeading: boolean;
  lastMetrics: readonly ExposedMetric[];
}

/** Starts the thread and keeps it alive until `close`. */
export function provisionerThread(options: ProvisionerThreadOptions): Provisioner {
  const { policyFile, metrics } = options;
  const state: State = {
    ...{ token: newToken(), closing: new AbortController(), thread: undefined },
    ...{ isLeading: false, lastMetrics: [] },
  };
  const post = (message: ToThread): boolean => {
    state.thread?.worker.postMessage(message);
    return state.thread !== undefined;
  };
  const questions = threadQuestions(post, (question) => {
    metrics.late.inc({ question });
  });
  const unsubscribe = policyFile.onSwap(() => post({ kind: "policies", policies: policyFile.inForce() }));
  const running = keepRunning(options, { state, questions });
  return {
    lead: (term) => lead(options, { state, post, term }),
    advise: async (request, limits) => {
      const told = await questions.ask({ kind: "advice", request }, limits);
      if (!told.ok) return told;
      return told.value.kind === "advice" ? { ok: true, value: told.value.answer } : mismatch(told.value.kind);
    },
    metrics: async () => {
      const told = await questions.ask({ kind: "metrics" }, { deadlineMs: metricsMaxMs });
      if (told.ok && told.value.kind === "metrics") state.lastMetrics = told.value.metrics;
      return state.lastMetrics;
    },
    decisions: async () => {
      const told = await questions.ask({ kind: "decisions" }, { deadlineMs: decisionsMaxMs });
      return told.ok && told.value.kind === "decisions" ? told.value.entries : [];
    },
    close: async () => {
      unsubscribe();
      state.closing.abort();
      grant(state.token, 0);
      await state.thread?.worker.terminate();
      await running;
    },
  };
}

function mismatch(kind: string): never {
  throw new Error(`invariant broken: a question for advice was answered with ${kind}`);
}

/** One thread after the other until the process closes. */
async function keepRunning(
  options: ProvisionerThreadOptions,
  { state, questions }: { readonly state: State; readonly questions: ThreadQuestions },
): Promise<void> {
  const { clock, random, log, metrics } = options;
  const { signal } = state.closing;
  for (let failures = 0; !signal.aborted;) {
    const startedAt = clock.now();
    const thread = openThread(options, { state, questions });
    state.thread = thread;
    if (state.isLeading) thread.worker.postMessage({ kind: "lead" } satisfies ToThread);
    metrics.up.set(1);
    const because = await thread.gone;
    state.thread = undefined;
    metrics.up.set(0);
    questions.dropAll("the provisioner's thread has ended");
    if (isOver(signal) || thread.isFenced) continue;
    failures = clock.now() - startedAt >= soundAfterMs ? 1 : failures + 1;
    metrics.deaths.inc();
    const delayMs = backoffMs(failures, { baseMs: restartBaseMs, delayMaxMs: restartMaxMs, random });
    log.error({ because, delayMs }, "the provisioner's thread has died; it is started again");
    await clock.sleep(delayMs, signal);
  }
}

function openThread(
  { settings, identity, kinds, policyFile, log }: ProvisionerThreadOptions,
  { state, questions }: { readonly state: State; readonly questions: ThreadQuestions },
): Thread {
  const { options, env, memoryMiB, entry } = settings;
  const start: ThreadStart = { options, identity, kinds, policies: policyFile.inForce(), token: state.token };
  const worker = new Worker(entry?.url ?? ownModule(), {
    ...{ name: "provisioner", workerData: start, env: { ...env } },
    // A thread has its process's own words where it is given none; given them, it refuses those for V8.
    ...(entry === undefined ? {} : { execArgv: [...entry.execArgv] }),
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: youngMemoryMiB },
  });
  let because: string | undefined;
  worker.on("error", (error: unknown) => {
    because = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  const gone = new Promise<string>((resolve) => {
    worker.once("exit", (code) => {
      resolve(because ?? `it ended with code ${code}`);
    });
  });
  const thread: Thread = { worker, gone, onStoodDown: () => undefined, isFenced: false };
  worker.on("message", (message: FromThread) => {
    if (message.kind === "log") retell(log, message.line);
    if (message.kind === "answer") questions.answered(message.id, message.answer);
    if (message.kind === "synced") log.debug({}, "the provisioner's thread knows the cluster");
    if (message.kind === "stood-down") thread.onStoodDown();
  });
  return thread;
}

/** The thread's module stands beside this file, compiled or not as this file is. */
function ownModule(): URL {
  return new URL(`./provisioner-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
}

async function lead(
  { clock, log }: ProvisionerThreadOptions,
  { state, post, term }: { readonly state: State; readonly post: (message: ToThread) => boolean; readonly term: ProvisionerTerm },
): Promise<void> {
  if (!term.signal.aborted) {
    state.isLeading = true;
    const stopGranting = keepGranting(state.token, term.holds);
    post({ kind: "lead" });
    await aborted(term.signal);
    stopGranting();
    state.isLeading = false;
  }
  const { thread } = state;
  if (thread === undefined) return;
  if (term.isStillOurs()) {
    grant(state.token, standDownMaxMs);
    const stoodDown = new Promise<void>((resolve) => {
      thread.onStoodDown = resolve;
    });
    post({ kind: "stand-down" });
    const inTime = new AbortController();
    const late = clock.sleep(standDownMaxMs, inTime.signal).then(() => "late" as const);
    const end = await Promise.race([stoodDown, thread.gone, late]);
    inTime.abort();
    grant(state.token, 0);
    if (end !== "late") return;
  }
  grant(state.token, 0);
  log.warn({}, "the provisioner's thread is ended with its term, and started anew");
  thread.isFenced = true;
  await thread.worker.terminate();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

/** Asked anew after each wait; the compiler would else take the answer of before. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
