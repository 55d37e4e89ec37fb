/**
 * The lives of a real `plimsoll serve`: a process of its own, killed by a fault of the schedule and started again after it.
 *
 * Reads the control plane and the stand-in. Each life has doors of its own to both, so that nothing comes back to a dead one, while what it
 * had sent still arrives. Runs follow each other on one process: each brings a book, in which its faults are counted and its acts told. A
 * dead leader's Lease is given up for it, since waiting for its end is tried elsewhere.
 */
import { spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { KubeConfig } from "@kubernetes/client-node";
import type { ApiTransport } from "../../src/api/ports.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import type { Random } from "../../src/sim/random.ts";
import type { ControlPlane } from "../support/control-plane.ts";
import type { AwsRequest } from "../support/ec2-wire.ts";
import { freePort } from "../support/loopback.ts";
import { openApiDoor } from "./api-door.ts";
import { openAwsDoor } from "./aws-door.ts";
import type { FaultCounter } from "./fault-schedule.ts";
import { faultyTransport, type DoneAct, type FaultyDoors, type WatchOdds } from "./faulty-doors.ts";

/** Where a run keeps what happens in it. */
export interface RunBook {
  readonly counter: FaultCounter;
  readonly random: Random;
  readonly trace: (line: string) => void;
  readonly onDone: (act: DoneAct) => void;
  /** Asked just before AWS does something for our process. */
  readonly beforeAws: (request: AwsRequest) => Promise<void>;
  readonly note: (problem: string) => void;
}

export interface ServedLives {
  /** From now on this book counts. */
  open(book: RunBook): void;
  count(): number;
  /** Whether a process runs and has said that it serves. */
  isServing(): boolean;
  /** The last lines of its log, of all lives. */
  log(): readonly string[];
  close(): Promise<void>;
}

export interface ServedLivesOptions {
  readonly plane: Pick<ControlPlane, "kubeconfigFor" | "request" | "dir">;
  /** The stand-in's URL. */
  readonly standIn: string;
  /** Further words for `plimsoll serve`. */
  readonly args: readonly string[];
  readonly book: RunBook;
}

const root = resolve(import.meta.dirname, "../..");
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/plimsoll-system/leases/plimsoll";
const account = { namespace: "plimsoll-system", name: "plimsoll" };
/** Its token is good for an hour. */
const accountMaxMs = 30 * 60_000;
/** A process waits this long for an answer that does not come, until its connection breaks. */
const answerWaitMs = 500;
/** What Kubernetes would wait before it starts a process again that could not start. */
const againMs = 500;
const watchOdds: WatchOdds = { late: 0.02, twice: 0.02, broken: 0.005, expired: 0.002, lateMsMax: 1_000 };
const logLinesMax = 500;
/** What no fault of the network may bring about. */
const brokenPattern = /broke an invariant|thread has died|handler failed|queue is full/;

interface State extends ServedLivesOptions {
  readonly clock: ReturnType<typeof wallClock>;
  readonly port: number;
  readonly stop: AbortController;
  readonly lines: string[];
  book: RunBook;
  lives: number;
  isServing: boolean;
  account: { readonly transport: Promise<ReturnType<typeof httpsTransport>>; readonly since: number } | undefined;
}

/** Starts the first life. */
export async function startServedLives(options: ServedLivesOptions): Promise<ServedLives> {
  const state: State = {
    ...options,
    ...{ clock: wallClock(), port: await freePort(), stop: new AbortController(), lines: [] },
    ...{ lives: 0, isServing: false, account: undefined },
  };
  setMaxListeners(0, state.stop.signal);
  const living = live(state);
  return {
    open: (book) => {
      state.book = book;
    },
    count: () => state.lives,
    isServing: () => state.isServing,
    log: () => state.lines,
    close: async () => {
      state.stop.abort();
      await living;
      (await state.account?.transport)?.close();
    },
  };
}

async function live(state: State): Promise<void> {
  while (!state.stop.signal.aborted) {
    state.lives += 1;
    const downMs = await liveOnce(state).catch((thrown: unknown) => {
      state.book.note(`a life could not be begun: ${String(thrown)}`);
      return againMs;
    });
    await state.clock.sleep(downMs, state.stop.signal);
  }
}

/** Returns how long nobody runs now. */
async function liveOnce(state: State): Promise<number> {
  const { clock, plane, standIn } = state;
  const faultsBefore = state.book.counter.faults();
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const death: { downMs?: number; kill?: () => void } = {};
  const die = (downMs: number): void => {
    death.downMs ??= downMs;
    end.abort();
    death.kill?.();
  };
  state.book.trace(`life ${state.lives} begins`);
  const doors: FaultyDoors = { ...doorsOf(state), clock, life: { signal: end.signal, die } };
  const api = await openApiDoor(faultyTransport(accountTransport(state), doors));
  const aws = await openAwsDoor({ target: standIn, doors, before: (request) => state.book.beforeAws(request) });
  const kubeconfig = join(plane.dir, "kubeconfig", "faulty");
  await writeFile(kubeconfig, kubeconfigText(api.url), { mode: 0o600 });
  const served = serve(state, ["--kubeconfig", kubeconfig, "--ec2-endpoint", aws.url]);
  death.kill = served.kill;
  state.stop.signal.addEventListener("abort", served.kill, { once: true });
  if (state.stop.signal.aborted) served.kill();
  const how = await served.gone;
  state.stop.signal.removeEventListener("abort", served.kill);
  end.abort();
  const wasServing = state.isServing;
  state.isServing = false;
  state.book.trace(`life ${state.lives} ends ${how}`);
  await Promise.all([api.close(), aws.close(), giveUpLease(state)]);
  if (death.downMs !== undefined || state.stop.signal.aborted) return death.downMs ?? 0;
  // A start may fail for a fault, and is tried again; once it serves, nothing ends a process but we.
  if (wasServing || state.book.counter.faults() === faultsBefore) state.book.note(`life ${state.lives} ended by itself (${how})`);
  return againMs;
}

/** Doors that count in the book of now. */
function doorsOf(state: State): Omit<FaultyDoors, "clock" | "life"> {
  return {
    counter: {
      next: () => state.book.counter.next(),
      acts: () => state.book.counter.acts(),
      faults: () => state.book.counter.faults(),
    },
    random: {
      next: () => state.book.random.next(),
      integer: (below) => state.book.random.integer(below),
      uid: () => state.book.random.uid(),
      suffix: () => state.book.random.suffix(),
    },
    watchOdds,
    actMs: () => 0,
    answerWaitMs,
    trace: (line) => {
      state.book.trace(line);
    },
    onDone: (act) => {
      state.book.onDone(act);
    },
  };
}

interface Served {
  readonly kill: () => void;
  /** Resolves with how it ended. */
  readonly gone: Promise<string>;
}

function serve(state: State, places: readonly string[]): Served {
  const { port, args } = state;
  const child = spawn(
    process.execPath,
    [
      ...["dist/main.js", "serve", "--provider", "ec2", "--host", "127.0.0.1", "--port", String(port), "--lame-duck", "0"],
      ...["--webhook-url", `https://127.0.0.1:${port}`, ...places, ...args],
    ],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      hear(state, line);
    });
  }
  const kill = (): void => void child.kill("SIGKILL");
  // It would else outlive a test that ends in the middle.
  process.once("exit", kill);
  return {
    kill,
    gone: new Promise((end) => {
      child.once("exit", (code, signal) => {
        process.removeListener("exit", kill);
        end(signal ?? `with code ${String(code)}: ${state.lines.at(-1) ?? ""}`);
      });
    }),
  };
}

function hear(state: State, line: string): void {
  state.lines.push(line);
  if (state.lines.length > logLinesMax) state.lines.shift();
  if (line.includes('"msg":"serving"')) state.isServing = true;
  if (brokenPattern.test(line)) state.book.note(`our process says: ${line.slice(0, 1_000)}`);
}

/** The API server as our ServiceAccount meets it, with a token that is still good. */
function accountTransport(state: State): ApiTransport {
  const current = (): Promise<ApiTransport> => {
    if (state.account === undefined || state.clock.now() - state.account.since > accountMaxMs)
      state.account = { transport: openAccount(state), since: state.clock.now() };
    return state.account.transport;
  };
  return {
    request: async (request) => (await current()).request(request),
    async *watch(request) {
      yield* (await current()).watch(request);
    },
  };
}

async function openAccount({ plane, clock }: State): Promise<ReturnType<typeof httpsTransport>> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(await plane.kubeconfigFor(account));
  return httpsTransport({ kubeConfig, userAgent: "plimsoll/faults", clock, random: Math.random });
}

/** A kubeconfig is YAML, and JSON is YAML. */
function kubeconfigText(server: string): string {
  const name = "faulty";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

async function giveUpLease({ plane, stop }: State): Promise<void> {
  if (stop.signal.aborted) return;
  const body = { spec: { holderIdentity: "", leaseDurationSeconds: 1 } };
  const { status } = await plane.request({ method: "PATCH", path: leasePath, contentType: "application/merge-patch+json", body });
  if (status !== 200 && status !== 404) throw new Error(`the Lease of a dead process can't be given up (${status})`);
}
