/** The gate: who gets in, who comes first, and what a blocked event loop looks like. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { admissionGate, type GateEntry, gateLimits } from "../../src/webhook/admission-gate.ts";
import { eventLoopLag } from "../../src/webhook/event-loop-lag.ts";

const noLag = { smoothedMs: () => 0 };

it("turns open reviews away first, by number and by bytes, while closed ones still get in", () => {
  const rows = [
    ["count", { bytes: 1 }, gateLimits.open.reviewsMax],
    ["bytes", { bytes: 1024 * 1024 }, gateLimits.open.bytesMax / (1024 * 1024)],
  ] as const;
  for (const [reason, { bytes }, fitting] of rows) {
    const gate = admissionGate(noLag);
    for (let index = 0; index < fitting; index++) expect(gate.enter(entry("open", { bytes }))).toBeUndefined();
    expect(gate.enter(entry("open", { bytes }))).toBe(reason);
    expect(gate.enter(entry("closed", { bytes }))).toBeUndefined();
    gate.leave(entry("open", { bytes }));
    gate.leave(entry("open", { bytes }));
    expect(gate.enter(entry("open", { bytes }))).toBeUndefined();
  }
});

it("turns closed reviews away at a bound, too", () => {
  const gate = admissionGate(noLag);
  for (let index = 0; index < gateLimits.closed.reviewsMax; index++) gate.enter(entry("closed"));
  expect(gate.enter(entry("closed"))).toBe("count");
});

it("turns only open reviews away while the event loop is always late", () => {
  const gate = admissionGate({ smoothedMs: () => 1_200 });
  expect([gate.enter(entry("open")), gate.enter(entry("closed"))]).toEqual(["lag", undefined]);
});

it("judges closed reviews before open ones, and each tier in its order", async () => {
  const gate = admissionGate(noLag);
  const order: string[] = [];
  for (const name of ["open 1", "closed 1", "open 2", "closed 2"]) {
    gate.inTurn(entry(name.startsWith("open") ? "open" : "closed"), () => order.push(name));
  }
  await sleep(5);
  expect(order).toEqual(["closed 1", "closed 2", "open 1", "open 2"]);
});

it("looks at each review's deadline when its turn comes", async () => {
  const gate = admissionGate(noLag);
  const seen: unknown[] = [];
  gate.inTurn(entry("closed", { deadlineMs: performance.now() + 50 }), (reason) => seen.push(reason));
  gate.inTurn(entry("closed", { deadlineMs: performance.now() + 5_000 }), (reason) => seen.push(reason));
  await sleep(5);
  expect(seen).toEqual(["deadline", undefined]);
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

function entry(tier: GateEntry["tier"], over: Partial<GateEntry> = {}): GateEntry {
  return { tier, bytes: 1_000, deadlineMs: performance.now() + 5_000, ...over };
}

function hold(durationMs: number): void {
  for (const end = performance.now() + durationMs; performance.now() < end;);
}
