/**
 * The work queue: what is due, how often, in which order, and what it refuses.
 */
import { expect, test } from "vitest";
import { WorkQueue } from "../../src/cluster/work-queue.ts";
import { settled, virtualTime } from "./virtual-clock.ts";

function queue(options: { readonly keysMax?: number } = {}) {
  const time = virtualTime();
  return { time, queue: new WorkQueue({ clock: time.clock(), random: () => 0.5, ...options }) };
}

/** Takes whatever is due, without waiting for more. */
async function due(of: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (of.depth() > 0) keys.push((await of.next()) ?? "");
  return keys;
}

test("keys come in the order of their first add, each once", async () => {
  const { queue: of } = queue();
  for (const key of ["b", "a", "b", "c", "a"]) of.add(key);
  expect(await due(of)).toEqual(["b", "a", "c"]);
});

test("a key that is to come first does, whether it waited, was delayed or is new, and still comes once", async () => {
  const { queue: of } = queue();
  for (const key of ["a", "b", "c"]) of.add(key);
  of.addAfter("late", 60_000);
  of.addFirst("c");
  of.addFirst("late");
  of.addFirst("new");
  of.add("c");
  expect(of.depth()).toBe(5);
  expect(await due(of)).toEqual(["c", "late", "new", "a", "b"]);
});

test("a key that is added while it is worked on comes once more, and not before it is done", async () => {
  const { queue: of } = queue();
  of.add("a");
  await of.next();
  of.add("a");
  of.add("a");
  expect(of.depth()).toBe(0);
  of.done("a");
  expect(await due(of)).toEqual(["a"]);
  of.done("a");
  expect(of.depth()).toBe(0);
});

test("whoever waits gets the next key at once", async () => {
  const { queue: of } = queue();
  const waits = [of.next(), of.next()];
  of.add("a");
  of.add("b");
  expect(await Promise.all(waits)).toEqual(["a", "b"]);
});

test("of two delays the earlier counts, and an add now beats both", async () => {
  const { queue: of, time } = queue();
  of.addAfter("a", 5_000);
  of.addAfter("a", 1_000);
  of.addAfter("a", 9_000);
  await time.advance(999);
  expect(of.depth()).toBe(0);
  await time.advance(1);
  expect(await due(of)).toEqual(["a"]);
  of.done("a");
  await time.advance(20_000);
  expect(of.depth()).toBe(0);
  of.addAfter("b", 5_000);
  of.add("b");
  expect(await due(of)).toEqual(["b"]);
  of.done("b");
  await time.advance(20_000);
  expect(of.depth()).toBe(0);
});

test("retries of a key wait twice as long each time up to the bound, other keys have their own count, and forget starts anew", () => {
  const { queue: of } = queue();
  const delays = Array.from({ length: 12 }, () => of.retry("a"));
  expect(delays.slice(0, 4)).toEqual([150, 300, 600, 1_200]);
  expect(delays.at(-1)).toBe(90_000);
  expect(of.retry("b")).toBe(150);
  of.forget("a");
  expect(of.retry("a")).toBe(150);
});

test("a full queue refuses new keys, says so, and still takes those it has", async () => {
  const { queue: of } = queue({ keysMax: 3 });
  of.add("a");
  of.addAfter("b", 1_000);
  of.add("c");
  await of.next();
  expect([of.add("d"), of.addAfter("e", 10), of.add("a"), of.add("b"), of.add("c")]).toEqual([false, false, true, true, true]);
  expect(of.refused()).toBe(2);
});

test("closing ends waits and delays", async () => {
  const { queue: of, time } = queue();
  of.addAfter("a", 1_000);
  const waiting = of.next();
  of.close();
  expect(await waiting).toBeUndefined();
  await time.advance(5_000);
  await settled();
  expect([of.depth(), of.add("b"), await of.next()]).toEqual([0, false, undefined]);
});
