/**
 * Events: equal notes are one counted Event, sending is slow on purpose, and nothing ever waits for it.
 */
import { expect, test } from "vitest";
import type { EventNote } from "../../src/api/event-note.ts";
import { eventRecorder } from "../../src/cluster/event-recorder.ts";
import { apiTwin } from "./api-twin.ts";
import type { ApiTwin } from "./api-twin.ts";
import { virtualTime } from "./virtual-clock.ts";

const note = (message: string, name = "web"): EventNote => ({
  regarding: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name, uid: "u1" },
  type: "Warning",
  reason: "Blocked",
  message,
});

function world(api: ApiTwin = apiTwin()) {
  const time = virtualTime();
  const stop = new AbortController();
  const recorder = () => eventRecorder({ client: api, clock: time.clock(), instance: "plimsoll-1", signal: stop.signal });
  const posts = (): string[] => api.calls.filter((call) => call.startsWith("POST"));
  const written = (): Record<string, unknown>[] =>
    api.calls.filter((call) => call.startsWith("GET")).flatMap((call) => api.get(call.slice(4)) ?? []);
  return { api, time, recorder, posts, written };
}

test("a note becomes an Event on its object", async () => {
  const { time, recorder, written } = world();
  recorder().record(note("it cannot be drained"), "budgets");
  await time.advance(1_000);
  expect(written()).toMatchObject([
    {
      kind: "Event",
      metadata: { namespace: "shop" },
      involvedObject: { kind: "Deployment", name: "web", uid: "u1" },
      reason: "Blocked",
      type: "Warning",
      message: "it cannot be drained",
      count: 1,
      source: { component: "budgets" },
      reportingInstance: "plimsoll-1",
    },
  ]);
});

test("equal notes are one Event whose count grows, written at most each 30 s", async () => {
  const { api, time, recorder, written, posts } = world();
  const of = recorder();
  for (let count = 0; count < 100; count++) {
    of.record(note("again"), "budgets");
    await time.advance(1_000);
  }
  await time.advance(60_000);
  expect(written()).toMatchObject([{ count: 100 }]);
  expect(posts()).toHaveLength(1);
  expect(api.calls.filter((call) => call.startsWith("PATCH")).length).toBeLessThanOrEqual(5);
});

test("a restarted process goes on with the count that stands in the API server", async () => {
  const { time, recorder, written, posts } = world();
  recorder().record(note("again"), "budgets");
  await time.advance(1_000);
  recorder().record(note("again"), "budgets");
  await time.advance(1_000);
  expect(written()[0]).toMatchObject({ count: 2 });
  expect(posts()).toHaveLength(1);
});

test("Events of cluster-scoped objects stand in the namespace default, and long names are cut to fit", async () => {
  const { time, recorder, written } = world();
  const of = recorder();
  of.record({ ...note("x"), regarding: { apiVersion: "v1", kind: "Node", namespace: "", name: "n1" } }, "lifecycle");
  of.record(note("y", "a".repeat(253)), "lifecycle");
  await time.advance(1_000);
  const [node, long] = written().map((event) => event.metadata as { namespace: string; name: string });
  expect(node?.namespace).toBe("default");
  expect(long?.name.length).toBeLessThanOrEqual(253);
});

test("a flood is sent at ten a second, and what finds no room is dropped and counted", async () => {
  const { time, recorder, posts } = world();
  const of = recorder();
  for (let count = 0; count < 1_500; count++) of.record(note(`m${count}`), "budgets");
  expect(of.dropped()).toBe(499);
  await time.advance(10_000);
  expect(posts().length).toBeGreaterThan(90);
  expect(posts().length).toBeLessThan(110);
  await time.advance(100_000);
  expect(posts()).toHaveLength(1_001);
});

test("an Event that the API server refuses is dropped and counted, and the next is sent", async () => {
  const { api, time, recorder, posts } = world();
  const of = recorder();
  api.fail((call) => (posts().length > 1 ? "off" : call.startsWith("POST") ? { code: 403, reason: "Forbidden" } : undefined));
  of.record(note("first"), "budgets");
  of.record(note("second"), "budgets");
  await time.advance(2_000);
  expect([of.dropped(), posts().length]).toEqual([1, 2]);
});
