/**
 * The virtual clock wakes sleepers in order, and only when told to.
 */
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";

test("sleepers wake in order of their time, ties in order of their call, and see that time", async () => {
  const clock = createVirtualClock(0);
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.now()}`);
  };
  void sleeper("late", 300);
  void sleeper("first", 100);
  void sleeper("second", 100).then(() => sleeper("again", 50));
  await clock.runFor(200);
  expect(woken).toEqual(["first@100", "second@100", "again@150"]);
  expect(clock.now()).toBe(200);
  await clock.runFor(100);
  expect(woken.at(-1)).toBe("late@300");
});

test("an aborted sleep ends without time passing", async () => {
  const clock = createVirtualClock(0);
  const stop = new AbortController();
  const slept = clock.sleep(1000, stop.signal);
  stop.abort();
  await slept;
  await clock.sleep(1000, stop.signal);
  expect(clock.now()).toBe(0);
});

test("a run until a condition stops where it holds, or at its limit", async () => {
  const clock = createVirtualClock(0);
  const state = { done: false };
  void clock.sleep(400).then(() => {
    state.done = true;
  });
  expect(await clock.runUntil(() => state.done, 300)).toBe(false);
  expect(clock.now()).toBe(300);
  expect(await clock.runUntil(() => state.done, 300)).toBe(true);
  expect(clock.now()).toBe(400);
});
