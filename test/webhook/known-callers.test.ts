/** Turns while known callers are here: they come first, and strangers have a share. On a clock that a test moves. */
import { expect, it } from "vitest";
import { admissionGate, strangerPaces } from "../../src/webhook/admission-gate.ts";
import { hereMs, knownCallers } from "../../src/webhook/known-callers.ts";
import { type Caller, standings } from "../../src/webhook/standing.ts";
import { randomOf } from "./seeded-random.ts";

const callerMs = 2;

it.each([1, 5, 60])("never waits for more than one stranger's review, however many ask, where that takes %i ms", (strangerMs) => {
  for (const address of ["10.0.0.1", "10.0.0.9"]) {
    const world = gateWorld();
    const known = world.books.connect("10.0.0.1");
    world.known.show(known);
    const served = flood(world, { address, clients: 50, costMs: strangerMs });
    const random = randomOf(strangerMs);
    const waits: number[] = [];
    for (let review = 0, arrivesMs = 0; review < 500; review++) {
      const cameAt = (arrivesMs += 20 + random() * 40);
      // What runs when it comes runs on.
      world.run(arrivesMs - world.now());
      world.known.show(known);
      world.ask(known, { costMs: callerMs }, () => waits.push(world.now() - cameAt - callerMs));
    }
    world.run(100);
    expect(waits).toHaveLength(500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(strangerMs + 1);
    // Most find the thread free.
    expect(waits.filter((wait) => wait > 1).length).toBeLessThan(0.2 * waits.length);
    // Strangers have their share, and no more.
    const share = (served.count * strangerMs) / world.now();
    expect(share).toBeLessThanOrEqual(strangerPaces.reviews.share * 1.05);
    expect(share).toBeGreaterThan(strangerPaces.reviews.share * 0.4);
  }
});

it("lets a kubelet's probe through within its second beside floods of reviews and of handshakes", () => {
  const world = gateWorld();
  const known = world.books.connect("10.0.0.1");
  flood(world, { address: "10.0.0.9", clients: 100, costMs: 100 });
  flood(world, { address: "10.0.0.9", clients: 50, costMs: 0.1, kind: "handshake" });
  const waits: number[] = [];
  for (let probe = 0; probe < 20; probe++) {
    world.known.show(known);
    const askedAt = world.now();
    const kubelet = world.books.connect("10.0.0.5");
    world.ask(kubelet, { kind: "handshake", costMs: 0.1 }, () => {
      world.ask(kubelet, { kind: "other", costMs: 0.5 }, () => {
        waits.push(world.now() - askedAt);
        world.books.letGo(kubelet);
      });
    });
    world.run(2_000);
  }
  expect(waits).toHaveLength(20);
  expect(Math.max(...waits)).toBeLessThan(500);
});

it("gives strangers the fair turns of old while no known caller is here, and again a minute after the last one", () => {
  const world = gateWorld();
  const known = world.books.connect("10.0.0.1");
  const served = flood(world, { address: "10.0.0.9", clients: 50, costMs: 1 });
  world.run(1_000);
  const before = served.count;
  expect(before).toBeGreaterThan(900);
  world.known.show(known);
  world.run(hereMs);
  expect(served.count - before).toBeLessThan(hereMs * strangerPaces.reviews.share * 1.05);
  const during = served.count;
  world.run(1_100);
  expect(served.count - during).toBeGreaterThan(900);
});

it("shakes hands with an address that showed the word before others", () => {
  const world = gateWorld();
  world.known.show(world.books.connect("10.0.0.1"));
  flood(world, { address: "10.0.0.9", clients: 100, costMs: 0.1, kind: "handshake" });
  world.run(5_000);
  const askedAt = world.now();
  const waits: number[] = [];
  for (let connection = 0; connection < 20; connection++)
    world.ask(world.books.connect("10.0.0.1"), { kind: "handshake", costMs: 0.1 }, () => waits.push(world.now() - askedAt));
  world.run(200);
  expect(waits).toHaveLength(20);
});

it("shakes hands with it on after the process stood still for seconds while one was begun", () => {
  const world = gateWorld();
  world.known.show(world.books.connect("10.0.0.1"));
  const waits: number[] = [];
  const shake = (costMs: number): void => {
    world.ask(world.books.connect("10.0.0.1"), { kind: "handshake", costMs }, () => waits.push(world.now()));
  };
  shake(3_000);
  world.run(3_000);
  shake(0.1);
  world.run(500);
  expect(waits).toHaveLength(2);
});

it("refuses no handshake of it where the process is late, and all others", () => {
  const world = gateWorld({ lagMs: 5_000 });
  world.known.show(world.books.connect("10.0.0.1"));
  const answers: (readonly [string, unknown])[] = [];
  for (const address of ["10.0.0.1", "10.0.0.9"])
    world.gate.inTurn({ caller: world.books.connect(address), kind: "handshake", tier: "open", bytes: 0, deadlineMs: Infinity }, (reason) =>
      answers.push([address, reason]),
    );
  world.run(100);
  expect(answers.toSorted()).toEqual([
    ["10.0.0.1", undefined],
    ["10.0.0.9", "lag"],
  ]);
});

interface Work {
  readonly costMs: number;
  readonly kind?: "review" | "handshake" | "other";
}

/** Clients that ask again as soon as they were answered. */
function flood(world: GateWorld, { address, clients, ...work }: Work & { readonly address: string; readonly clients: number }) {
  const served = { count: 0 };
  for (let client = 0; client < clients; client++) {
    const caller = world.books.connect(address);
    const ask = (): void => {
      world.ask(caller, work, () => {
        served.count += 1;
        ask();
      });
    };
    ask();
  }
  return served;
}

type GateWorld = ReturnType<typeof gateWorld>;

/** A gate on a clock that goes on by what work costs, or where nothing is to do. */
function gateWorld({ lagMs = 0 } = {}) {
  const clock = { ms: 0 };
  const [callbacks, timers]: [(() => void)[], { readonly at: number; readonly run: () => void }[]] = [[], []];
  const now = (): number => clock.ms;
  const books = standings(now);
  const known = knownCallers(now);
  const later = (callback: () => void, afterMs?: number): void => {
    if (afterMs === undefined) callbacks.push(callback);
    else timers.push({ at: clock.ms + afterMs, run: callback });
  };
  const gate = admissionGate({ standings: books, known, lag: { smoothedMs: () => lagMs }, now, later });
  return {
    ...{ books, known, now, gate },
    ask: (caller: Caller, { costMs, kind = "review" }: Work, answered: () => void) => {
      gate.inTurn({ caller, kind, tier: "closed", bytes: 1_000, deadlineMs: Infinity }, () => {
        clock.ms += costMs;
        answered();
      });
    },
    run: (forMs: number) => {
      for (const end = clock.ms + forMs; clock.ms < end;) {
        const due = timers.findIndex(({ at }) => at <= clock.ms);
        const next = callbacks.shift() ?? (due < 0 ? undefined : timers.splice(due, 1)[0]?.run);
        if (next === undefined) clock.ms += 0.5;
        next?.();
      }
    },
  };
}
