/**
 * The interruption queue: nothing is lost, nothing is told twice while it waits, and a queue that can't be read says so.
 */
import { describe, expect, test } from "vitest";
import type { CloudNotice } from "../../../src/api/cloud-notices.ts";
import { err, ok, type Result } from "../../../src/api/result.ts";
import type { Ec2Failure } from "../../../src/ec2/errors.ts";
import { noticeQueue } from "../../../src/ec2/interruption/notice-queue.ts";
import type { SqsCalls, SqsMessage } from "../../../src/ec2/sqs-calls.ts";
import { virtualTime } from "../../cluster-io/virtual-clock.ts";

const denied: Ec2Failure = { kind: "other", code: "AccessDenied", message: "no sqs:ReceiveMessage" };

function spot(id: string, receipt = `${id}-1`): SqsMessage {
  const detail = { "instance-id": `i-${id}` };
  const event = { source: "aws.ec2", "detail-type": "EC2 Spot Instance Interruption Warning", time: "2026-03-01T10:00:00Z", detail };
  return { id, receipt, body: JSON.stringify(event) };
}

function running(id: string): SqsMessage {
  const event = { source: "aws.ec2", "detail-type": "EC2 Instance State-change Notification", time: "2026-03-01T10:00:00Z" };
  return { id, receipt: `${id}-1`, body: JSON.stringify({ ...event, detail: { "instance-id": "i-1", state: "running" } }) };
}

/** A queue that answers a long poll with what it is given next, and with nothing after 20 seconds. */
function world() {
  const time = virtualTime();
  const clock = time.clock();
  const answers: Result<readonly SqsMessage[], Ec2Failure>[] = [];
  const deleted: string[] = [];
  const polls: number[] = [];
  const refusals = { delete: false };
  const sqs: SqsCalls = {
    receive: async (signal) => {
      polls.push(time.elapsedMs());
      const next = answers.shift();
      if (next === undefined) await clock.sleep(20_000, signal);
      return next ?? ok([]);
    },
    delete: (receipt) => {
      if (refusals.delete) return Promise.resolve(err(denied));
      deleted.push(receipt);
      return Promise.resolve(ok(undefined));
    },
  };
  const remembered: CloudNotice[] = [];
  const heard: string[] = [];
  let failures = 0;
  const queue = noticeQueue({ sqs, clock, remember: (notice) => remembered.push(notice) });
  const listen = () =>
    queue.listen({
      heard: (id) => heard.push(id),
      failed: () => {
        failures += 1;
      },
    });
  return { time, queue, listen, answers, deleted, heard, polls, remembered, refusals, failures: () => failures };
}

describe("a message", () => {
  test("is heard once and stays in the queue until it is done", async () => {
    const { time, queue, listen, answers, deleted, heard, remembered } = world();
    answers.push(ok([spot("a"), spot("b")]));
    const stop = listen();
    await time.advance(1_000);
    expect([heard, deleted]).toEqual([["a", "b"], []]);
    expect(remembered.map(({ instances }) => instances)).toEqual([["i-a"], ["i-b"]]);
    expect(queue.get("a")).toMatchObject({ kind: "spot-interruption", instances: ["i-a"] });
    expect(await queue.done("a")).toEqual(ok(undefined));
    expect([deleted, queue.get("a")]).toEqual([["a-1"], undefined]);
    stop();
  });

  test("that is delivered again while it waits is the same one, deleted by its newest receipt", async () => {
    const { time, queue, listen, answers, deleted, heard, remembered } = world();
    answers.push(ok([spot("a")]), ok([spot("a", "a-2")]));
    const stop = listen();
    await time.advance(1_000);
    expect([heard, remembered.length]).toEqual([["a"], 1]);
    await queue.done("a");
    expect(deleted).toEqual(["a-2"]);
    stop();
  });

  test("that can't be deleted is still to be done", async () => {
    const { time, queue, listen, answers, refusals } = world();
    answers.push(ok([spot("a")]));
    const stop = listen();
    await time.advance(1_000);
    refusals.delete = true;
    const why = "a message could not be deleted from the interruption queue: AccessDenied: no sqs:ReceiveMessage";
    expect(await queue.done("a")).toEqual(err(why));
    expect(queue.get("a")).toBeDefined();
    refusals.delete = false;
    expect(await queue.done("a")).toEqual(ok(undefined));
    stop();
  });

  test("that tells of nothing is deleted at once, and one that can't be read is told as such", async () => {
    const { time, queue, listen, answers, deleted, heard, remembered } = world();
    answers.push(ok([running("a"), { id: "b", receipt: "b-1", body: "hello" }]));
    const stop = listen();
    await time.advance(1_000);
    expect([heard, deleted, remembered]).toEqual([["b"], ["a-1"], []]);
    expect(queue.get("b")).toMatchObject({ kind: "unreadable", message: expect.stringContaining("not a JSON object") as string });
    stop();
  });

  test("that is not done when nobody listens any more is left to who listens next", async () => {
    const { time, queue, listen, answers, deleted, heard, polls } = world();
    answers.push(ok([spot("a")]));
    listen()();
    await time.advance(1_000);
    expect([heard, queue.get("a"), deleted]).toEqual([[], undefined, []]);
    const before = polls.length;
    await time.advance(60_000);
    expect(polls.length).toBe(before);
    answers.push(ok([spot("a", "a-2")]));
    const stop = listen();
    await time.advance(1_000);
    expect(heard).toEqual(["a"]);
    stop();
  });
});

test("an empty queue is asked by long polls, one at a time", async () => {
  const { time, listen, polls } = world();
  const stop = listen();
  await time.advance(100_000);
  stop();
  expect(polls.length).toBeGreaterThan(3);
  expect(polls.length).toBeLessThan(7);
});

test("a queue that can't be read says why once, is asked again ever later, and forgets it when it answers", async () => {
  const { time, queue, listen, answers, polls, failures, heard } = world();
  answers.push(...Array.from({ length: 6 }, () => err(denied)));
  const stop = listen();
  await time.advance(500);
  expect([queue.trouble(), failures()]).toEqual(["the interruption queue can't be read: AccessDenied: no sqs:ReceiveMessage", 1]);
  answers.splice(5, 0, ok([spot("a")]));
  await time.advance(120_000);
  expect(polls.slice(0, 6)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  expect([heard, failures(), queue.trouble()]).toEqual([["a"], 1, undefined]);
  stop();
});
