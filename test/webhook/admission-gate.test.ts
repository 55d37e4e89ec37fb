/** The gate: whose turn it is, who is turned away, and what a blocked event loop looks like. All but the last on a clock that a test moves. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { admissionGate, gateLimits, type GateParts } from "../../src/webhook/admission-gate.ts";
import { eventLoopLag } from "../../src/webhook/event-loop-lag.ts";
import { type Caller, standings } from "../../src/webhook/standing.ts";
import { bodiesInTransit } from "../../src/webhook/transit.ts";

/** What a review of a test costs. */
const reviewMs = 1;

type Flooding = (world: GateWorld) => () => void;

/** Fifty that ask again as soon as they are answered; the first ones wait from the start. */
const clientsOf =
  (address: string, tier: "closed" | "open", { reconnect = false, usedMs = 0 } = {}): Flooding =>
  (world) =>
  () => {
    for (let client = 0; client < 50; client++) {
      let caller = world.books.connect(address);
      world.books.charge(caller, usedMs);
      const ask = (): void => {
        world.ask(caller, tier, () => {
          if (reconnect) {
            world.books.letGo(caller);
            caller = world.books.connect(address);
          }
          ask();
        });
      };
      ask();
    }
  };

const floods: readonly (readonly [string, Flooding])[] = [
  ["from another address", clientsOf("10.0.0.9", "closed")],
  ["from its own address", clientsOf("10.0.0.1", "closed")],
  ["from its own address, with a new connection for each review", clientsOf("10.0.0.1", "closed", { reconnect: true })],
  [
    "from 20 addresses",
    (world) => () => {
      for (let address = 0; address < 20; address++) clientsOf(`10.0.1.${address}`, "closed")(world)();
    },
  ],
];

it.each(floods)("lets who asks rarely wait for one review at most beside a flood %s, both tiers", (_which, flooding) => {
  for (const tier of ["closed", "open"] as const) {
    const world = gateWorld();
    flooding(world)();
    world.run(1_500);
    const quiet = world.books.connect("10.0.0.1");
    const waits: number[] = [];
    for (let round = 0; round < 30; round++) {
      const askedAt = world.now();
      world.ask(quiet, tier, () => waits.push(world.now() - askedAt));
      world.run(200);
    }
    expect(waits).toHaveLength(30);
    // A connection that has just come from a flood's address is one of the flood's until it has been quiet.
    const settled = waits.slice(20);
    expect(Math.max(...settled)).toBeLessThanOrEqual(2 * reviewMs);
  }
});

it.each([
  ["of 50 connections from its own address", clientsOf("10.0.0.1", "closed")],
  ["of 50 connections from its own address, which used as much before", clientsOf("10.0.0.1", "closed", { usedMs: 400 })],
  [
    "of 100 addresses",
    (world: GateWorld) => () => {
      for (let address = 0; address < 100; address++) repeat(world, world.books.connect(`10.0.1.${address}`), () => undefined);
    },
  ],
] as const)("judges who asked for much while nobody else did within two rounds of a flood %s", (_which, flooding) => {
  for (const tier of ["closed", "open"] as const) {
    const world = gateWorld();
    const busy = world.books.connect("10.0.0.1");
    const waits: number[] = [];
    const ask = (): void => {
      const askedAt = world.now();
      world.ask(busy, tier, () => waits.push(world.now() - askedAt));
    };
    for (let round = 0; round < 1_000; round++) {
      ask();
      world.run(20);
    }
    flooding(world)();
    for (let round = 0; round < 100; round++) {
      waits.length = 0;
      ask();
      world.run(250 * reviewMs);
      // Every second turn goes round; who has just come waits for its patience's end.
      expect([tier, round, waits.length]).toEqual([tier, round, 1]);
    }
  }
});

it("gives two floods equal shares by address, however many connections each has", () => {
  const world = gateWorld();
  const answered = { many: 0, one: 0 };
  for (let client = 0; client < 50; client++) repeat(world, world.books.connect("10.0.0.1"), () => (answered.many += 1));
  repeat(world, world.books.connect("10.0.0.2"), () => (answered.one += 1));
  world.run(4_000);
  expect(answered.one / answered.many).toBeGreaterThan(0.8);
  expect(answered.one / answered.many).toBeLessThan(1.25);
});

it("judges closed reviews before open ones of callers that stand alike, each tier in its order, and a quiet open one before a flood's closed ones", () => {
  const world = gateWorld();
  const [one, other, flood] = ["10.0.0.1", "10.0.0.1", "10.0.0.9"].map((address) => world.books.connect(address)) as [
    Caller,
    Caller,
    Caller,
  ];
  world.books.charge(flood, 1_000);
  const order: string[] = [];
  world.ask(flood, "closed", () => order.push("flood"));
  for (const [index, caller] of [one, other, one, other].entries()) {
    const tier = index % 2 === 0 ? "open" : "closed";
    world.ask(caller, tier, () => order.push(`${tier} ${index}`));
  }
  world.run(10);
  expect(order).toEqual(["closed 1", "closed 3", "open 0", "open 2", "flood"]);
});

it("turns the flood's reviews away where there are too many, by number and by bytes, and never who asks rarely", () => {
  const rows = [
    ["open", "count", { bytes: 1 }, gateLimits.open.reviewsMax],
    ["open", "bytes", { bytes: 1024 * 1024 }, gateLimits.open.bytesMax / (1024 * 1024)],
    ["closed", "count", { bytes: 1 }, gateLimits.closed.reviewsMax],
    ["closed", "bytes", { bytes: 1024 * 1024 }, gateLimits.closed.bytesMax / (1024 * 1024)],
  ] as const;
  for (const [tier, reason, { bytes }, fitting] of rows) {
    const world = gateWorld();
    const [flood, quiet] = [world.books.connect("10.0.0.9"), world.books.connect("10.0.0.1")];
    world.books.charge(flood, 1_000);
    const told: unknown[] = [];
    for (let index = 0; index < fitting; index++) world.ask(flood, tier, (why) => told.push(why), { bytes });
    expect(told).toEqual([]);
    const quietTold: unknown[] = [];
    world.ask(quiet, tier, (why) => quietTold.push(why), { bytes });
    expect([tier, told]).toEqual([tier, [reason]]);
    world.run(10);
    expect(quietTold).toEqual([undefined]);
  }
});

it("lets closed reviews in where open ones are too many", () => {
  const world = gateWorld();
  const caller = world.books.connect("10.0.0.1");
  const told: unknown[] = [];
  for (let index = 0; index <= gateLimits.open.reviewsMax; index++) world.ask(caller, "open", (why) => told.push(why));
  expect(told).toEqual(["count"]);
  world.ask(caller, "closed", (why) => told.push(why));
  expect(told).toEqual(["count"]);
});

it("turns open reviews of the flood away while the event loop is always late, not those of who asks rarely, nor closed ones", () => {
  const world = gateWorld({ lag: { smoothedMs: () => 1_200 } });
  const [flood, quiet] = [world.books.connect("10.0.0.9"), world.books.connect("10.0.0.1")];
  world.books.charge(flood, 1_000);
  const told: unknown[] = [];
  world.ask(flood, "open", (why) => told.push(why));
  expect(told).toEqual(["lag"]);
  world.ask(quiet, "open", (why) => told.push(why));
  world.ask(flood, "closed", (why) => told.push(why));
  world.run(10);
  expect(told).toEqual(["lag", undefined, undefined]);
});

it("looks at each review's deadline when its turn comes", () => {
  const world = gateWorld();
  const caller = world.books.connect("10.0.0.1");
  const seen: unknown[] = [];
  world.ask(caller, "closed", (reason) => seen.push(reason), { deadlineMs: world.now() + 50 });
  world.ask(caller, "closed", (reason) => seen.push(reason), { deadlineMs: world.now() + 5_000 });
  world.run(10);
  expect(seen).toEqual(["deadline", undefined]);
});

it("remembers strangers within bounds, and forgives", () => {
  const clock = { ms: 0 };
  const books = standings(() => clock.ms);
  const [flood, quiet] = [books.connect("10.0.0.9"), books.connect("10.0.0.1")];
  books.charge(flood, 1_000);
  expect(books.ranks()(flood)).toBeGreaterThan(books.ranks()(quiet));
  for (let day = 0; day < 10; day++) {
    clock.ms += 24 * 3_600_000;
    books.charge(quiet, 1);
  }
  expect(books.ranks()(flood)).toBe(books.ranks()(quiet));
  expect(books.isHeavy(flood)).toBe(false);
});

it("books bytes that have come, and ends the largest body of the connection and address that hold the most", () => {
  const books = standings();
  const transit = bodiesInTransit(() => 10_000);
  const [quiet, one, other] = ["10.0.0.1", "10.0.0.9", "10.0.0.9"].map((address) => books.connect(address)) as [Caller, Caller, Caller];
  const stopped: string[] = [];
  const open = (caller: Caller, name: string) => transit.open(caller, () => stopped.push(name));
  // The largest of all is the quiet one's; its address holds less than the other's two.
  const bodies = [open(quiet, "quiet"), open(one, "one"), open(other, "other")];
  for (const [index, bytes] of [3_500, 2_000, 3_000].entries()) bodies[index]?.add(bytes);
  expect(stopped).toEqual([]);
  bodies[0]?.add(500);
  bodies[1]?.add(1);
  expect(stopped).toEqual(["other"]);
  for (let promised = 0; promised < 1_000; promised++) open(one, "promised");
  expect(stopped).toEqual(["other"]);
});

it("counts what small pieces cost beside their bytes", () => {
  const stopped: string[] = [];
  const body = bodiesInTransit(() => 10_000).open(standings().connect("10.0.0.9"), () => stopped.push("pieces"));
  for (let piece = 0; piece < 100; piece++) body.add(1);
  expect(stopped).toEqual(["pieces"]);
});

it("sees that the event loop was held, and does not take one block for a busy process", async () => {
  const lag = eventLoopLag();
  await sleep(250);
  hold(600);
  const seen = lag.currentMs();
  expect(seen).toBeGreaterThan(400);
  await sleep(120);
  expect(lag.smoothedMs()).toBeGreaterThan(0);
  expect(lag.smoothedMs()).toBeLessThan(gateLimits.open.lagMaxMs);
  for (let block = 0; block < 6; block++) {
    hold(1_500);
    await sleep(1);
  }
  expect(lag.smoothedMs()).toBeGreaterThan(gateLimits.open.lagMaxMs);
  lag.close();
});

type GateWorld = ReturnType<typeof gateWorld>;

/** A gate on a clock that goes on by a millisecond with each review that is judged, or where nothing is to do. */
function gateWorld(over: Partial<Pick<GateParts, "lag">> = {}) {
  const clock = { ms: 0 };
  const callbacks: (() => void)[] = [];
  const now = (): number => clock.ms;
  const books = standings(now);
  const gate = admissionGate({
    standings: books,
    lag: { smoothedMs: () => 0 },
    now,
    later: (callback) => callbacks.push(callback),
    ...over,
  });
  return {
    books,
    now,
    ask: (
      caller: Caller,
      tier: "closed" | "open",
      work: (reason: string | undefined) => void,
      { bytes = 1_000, deadlineMs = clock.ms + 60_000 } = {},
    ) => {
      gate.inTurn({ caller, kind: "review", tier, bytes, deadlineMs }, (reason) => {
        if (reason === undefined) clock.ms += reviewMs;
        work(reason);
      });
    },
    run: (forMs: number) => {
      for (const end = clock.ms + forMs; clock.ms < end;) {
        const next = callbacks.shift();
        if (next === undefined) clock.ms += reviewMs;
        next?.();
      }
    },
  };
}

function repeat(world: GateWorld, caller: Caller, answered: () => void): void {
  world.ask(caller, "closed", () => {
    answered();
    repeat(world, caller, answered);
  });
}

function hold(durationMs: number): void {
  for (const end = performance.now() + durationMs; performance.now() < end;);
}
