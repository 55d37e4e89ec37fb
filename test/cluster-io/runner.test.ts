/**
 * The runner: which keys a controller looks at, when again, what is recorded, and what a bug in it costs.
 */
import { afterEach, expect, test } from "vitest";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../../src/api/controller.ts";
import type { EventNote } from "../../src/api/event-note.ts";
import { defaultDomain } from "../../src/api/labels.ts";
import type { ObjectKey } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { decisionLog } from "../../src/cluster/decision-log.ts";
import { loopTurns } from "../../src/cluster/loop-turns.ts";
import { runController } from "../../src/cluster/runner.ts";
import type { RunControllerOptions, RunOutcome } from "../../src/cluster/runner.ts";
import { watchCluster } from "../../src/cluster/watch-cluster.ts";
import { pod } from "../support/objects.ts";
import { apiTwin } from "./api-twin.ts";
import { seededRandom, virtualTime } from "./virtual-clock.ts";

interface LabelStep extends ControllerStep {
  readonly kind: "label" | "wait";
  readonly name: string;
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const keyOf = (object: Pod): ObjectKey => ({ namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" });
const podTrigger: AnyTrigger = { watches: "Pod", keysOf: (change) => [keyOf(change.object)] };
const pathOf = (name: string): string => `/api/v1/namespaces/shop/pods/${name}`;

/** A controller that labels each Pod; `act` answers as the test says. */
function world(
  act: (name: string, at: number) => Requeue | Promise<Requeue> = () => ({ kind: "done" }),
  options: Partial<Pick<RunControllerOptions<Pod, LabelStep>, "workersMax" | "triggers" | "needs" | "pause">> & {
    readonly observe?: (name: string) => void;
  } = {},
) {
  const [api, time, stop] = [apiTwin(), virtualTime(), new AbortController()];
  const clock = time.clock();
  const [acts, ran, retried, said]: [string[], RunOutcome[], string[], EventNote[]] = [[], [], [], []];
  const watched = { transport: api, clock, domain: defaultDomain, random: seededRandom(1), onTrouble: () => undefined };
  const cluster = watchCluster({ ...watched, kinds: ["Pod", "Node"], onHandlerError: () => undefined });
  const decisions = decisionLog();
  const controller: Controller<Pod, LabelStep> = {
    name: "labels",
    observe: (key) => {
      options.observe?.(key.name);
      return Promise.resolve(cluster.snapshot().get("Pod", key));
    },
    decide: (observed) => ({
      kind: "label",
      name: observed.metadata.name ?? "",
      events: [
        { regarding: { apiVersion: "v1", kind: "Pod", ...keyOf(observed) }, type: "Normal", reason: "Labelled", message: "it has one now" },
      ],
      decision: {
        chosen: observed.metadata.name,
        rejected: [{ subject: "gold", reason: { reason: "TooDear", message: "Gold costs more." } }],
      },
    }),
    act: async (step) => {
      acts.push(`${step.name} ${Math.round(time.elapsedMs())}`);
      return act(step.name, time.elapsedMs());
    },
  };
  const running = runController({
    controller,
    triggers: options.triggers ?? [podTrigger],
    ...(options.needs === undefined ? {} : { needs: options.needs }),
    cluster,
    clock,
    random: () => 0.5,
    events: { record: (note) => said.push(note), dropped: () => 0, flushed: () => Promise.resolve() },
    decisions,
    metrics: {
      ran: ({ outcome }) => ran.push(outcome),
      retried: ({ key, delayMs, reason }) => retried.push(`${key.name} ${delayMs} ${reason}`),
      refused: () => undefined,
    },
    signal: stop.signal,
    workersMax: options.workersMax ?? 2,
    ...(options.pause === undefined ? {} : { pause: options.pause }),
  });
  closers.push(async () => {
    stop.abort();
    await Promise.all([cluster.close(), running]);
  });
  return { api, time, acts, ran, retried, said, decisions, stop, running };
}

test("a controller looks at every object that is there when it starts, then at each that changes", async () => {
  const { api, time, acts } = world();
  api.put(pathOf("a"), pod({ name: "a" }));
  api.put(pathOf("b"), pod({ name: "b" }));
  await time.advance(10);
  api.put(pathOf("b"), pod({ name: "b", labels: { tier: "gold" } }));
  await time.advance(10);
  expect(acts).toEqual(["a 0", "b 0", "b 10"]);
});

test("nothing is looked at before all that it watches and needs is listed", async () => {
  const { api, time, acts } = world(undefined, { needs: ["Node"] });
  let nodes = 0;
  api.fail((call) => {
    if (!call.includes("nodes")) return undefined;
    nodes++;
    return nodes > 12 ? "off" : { code: 503 };
  });
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.until(() => acts.length > 0);
  expect(time.elapsedMs()).toBeGreaterThan(1_000);
});

test("an expected failure comes again with a growing delay and a fresh observation, until it goes well", async () => {
  let times = 0;
  const { api, time, acts, retried, ran } = world(() => (++times < 4 ? { kind: "retry", reason: "conflict" } : { kind: "done" }));
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.advance(60_000);
  expect(acts).toEqual(["a 0", "a 150", "a 450", "a 1050"]);
  expect(retried).toEqual(["a 150 conflict", "a 300 conflict", "a 600 conflict"]);
  expect(ran).toEqual(["retry", "retry", "retry", "done"]);
});

test("a thrown fault costs its key a backoff, and the others nothing", async () => {
  const { api, time, acts, retried } = world(undefined, {
    observe: (name) => {
      if (name === "bad") throw new Error("invariant broken: bad");
    },
  });
  for (const name of ["bad", "good"]) api.put(pathOf(name), pod({ name }));
  await time.advance(1_000);
  expect(acts).toEqual(["good 0"]);
  expect(retried).toEqual(["bad 150 invariant broken: bad", "bad 300 invariant broken: bad", "bad 600 invariant broken: bad"]);
});

test("a step may ask to be looked at again after a time", async () => {
  const { api, time, acts } = world((_name, at) => (at < 9_000 ? { kind: "after", delayMs: 5_000 } : { kind: "done" }));
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.advance(60_000);
  expect(acts).toEqual(["a 0", "a 5000", "a 10000"]);
});

test("one key is never worked on twice at once, several keys are, up to the bound", async () => {
  let [now, most] = [0, 0];
  const releases: (() => void)[] = [];
  const busy = new Set<string>();
  const { api, time, acts } = world(
    async (name) => {
      expect(busy.has(name)).toBe(false);
      busy.add(name);
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => releases.push(resolve));
      now--;
      busy.delete(name);
      return { kind: "done" };
    },
    { workersMax: 2 },
  );
  for (const name of ["a", "b", "c"]) api.put(pathOf(name), pod({ name }));
  await time.advance(1);
  api.put(pathOf("a"), pod({ name: "a", labels: { tier: "gold" } }));
  await time.advance(1);
  expect(acts.map((act) => act[0])).toEqual(["a", "b"]);
  for (let count = 0; count < 6; count++) {
    for (const release of releases.splice(0)) release();
    await time.advance(1);
  }
  expect(most).toBe(2);
  expect(acts.map((act) => act[0])).toEqual(["a", "b", "c", "a"]);
});

test("every key comes back at the resync, so a change that nothing triggered is seen within about ten minutes", async () => {
  const { api, time, acts } = world();
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.advance(25 * 60_000);
  expect(acts).toEqual(["a 0", "a 600000", "a 1200000"]);
});

test("the decision is recorded once a look, equal ones count up, and Events are said only when the act went well", async () => {
  let times = 0;
  const { api, time, said, decisions } = world(() => (++times < 3 ? { kind: "retry", reason: "conflict" } : { kind: "done" }));
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.advance(60_000);
  expect(decisions.entries("labels")).toMatchObject([
    {
      controller: "labels",
      key: { namespace: "shop", name: "a" },
      step: "label",
      count: 3,
      decision: { chosen: "a", rejected: [{ subject: "gold" }] },
    },
  ]);
  expect(said.map(({ reason }) => reason)).toEqual(["Labelled"]);
});

test("a key whose object is gone is skipped", async () => {
  const { api, time, acts, ran } = world();
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.advance(10);
  api.remove(pathOf("a"));
  await time.advance(10);
  expect(acts).toEqual(["a 0"]);
  expect(ran).toEqual(["done", "skipped"]);
});

test("a stop lets the act under way end, and begins no other", async () => {
  let release = (): void => undefined;
  const { api, time, acts, stop, running } = world(
    () =>
      new Promise<Requeue>((resolve) => {
        release = () => {
          resolve({ kind: "done" });
        };
      }),
    { workersMax: 1 },
  );
  for (const name of ["a", "b"]) api.put(pathOf(name), pod({ name }));
  await time.advance(1);
  stop.abort();
  let ended = false;
  void running.then(() => (ended = true));
  await time.advance(1_000);
  expect(ended).toBe(false);
  release();
  await running;
  expect(acts).toEqual(["a 0"]);
});

test("looks that write nothing let what else waits have its turn, and one look a turn is all that it waits for", async () => {
  const order: string[] = [];
  const { api } = world(() => ({ kind: "done" }), { workersMax: 2, pause: loopTurns(), observe: (name) => order.push(name) });
  for (const name of ["a", "b", "c", "d"]) api.put(pathOf(name), pod({ name }));
  const beside = (): void => {
    order.push("beside");
    if (order.length < 40) setImmediate(beside);
  };
  setImmediate(beside);
  for (let turns = 0; turns < 100 && !order.includes("d"); turns++) await new Promise((resolve) => setImmediate(resolve));
  const looks = order.flatMap((what, index) => (what === "beside" ? [] : [index]));
  expect(order.filter((what) => what !== "beside").sort()).toEqual(["a", "b", "c", "d"]);
  expect(looks.slice(1).every((at, index) => at - (looks[index] ?? 0) > 1)).toBe(true);
});

test("one list of keys that all objects of a start concern is enqueued once for them, and at each change after", async () => {
  const all = [keyOf(pod({ name: "a" })), keyOf(pod({ name: "b" }))];
  const asked: number[] = [];
  const counted = {
    *[Symbol.iterator]() {
      asked.push(all.length);
      yield* all;
    },
  };
  const trigger: AnyTrigger = { watches: "Pod", keysOf: () => counted as unknown as readonly ObjectKey[] };
  const { api, time, acts } = world(undefined, { triggers: [trigger] });
  for (const name of ["a", "b", "c"]) api.put(pathOf(name), pod({ name }));
  await time.advance(10);
  expect([acts, asked.length]).toEqual([["a 0", "b 0"], 1]);
  for (const tier of ["gold", "silver"]) {
    api.put(pathOf("c"), pod({ name: "c", labels: { tier } }));
    await time.advance(10);
  }
  expect([acts.slice(2), asked.length]).toEqual([["a 10", "b 10", "a 20", "b 20"], 3]);
});

test("a term that ends while a look waits for its turn has no such look", async () => {
  const observed: string[] = [];
  const held: { go: () => void } = { go: () => undefined };
  const pause = () => new Promise<void>((resolve) => (held.go = resolve));
  const { api, time, stop, running } = world(() => ({ kind: "done" }), { workersMax: 1, pause, observe: (name) => observed.push(name) });
  api.put(pathOf("a"), pod({ name: "a" }));
  await time.advance(10);
  stop.abort();
  held.go();
  await running;
  expect(observed).toEqual([]);
});

test("the log keeps the last decisions of each controller, however many there are", () => {
  const log = decisionLog(3);
  for (let name = 0; name < 5; name++)
    log.record({ controller: "c", key: { namespace: "", name: String(name) }, step: "s", decision: { rejected: [] } }, name);
  log.record({ controller: "d", key: { namespace: "", name: "x" }, step: "s", decision: { rejected: [] } }, 9);
  expect(log.entries("c").map(({ key }) => key.name)).toEqual(["2", "3", "4"]);
  expect(log.entries().map(({ key }) => key.name)).toEqual(["2", "3", "4", "x"]);
});
