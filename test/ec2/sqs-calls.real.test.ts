/**
 * The interruption queue on a server that speaks SQS' protocol: what is sent is heard, stays until it is done, and a queue that is not there
 * is named.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { noticeQueue } from "../../src/ec2/interruption/notice-queue.ts";
import { sqsCalls } from "../../src/ec2/sqs-calls.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";

const region = "ap-southeast-1";
const queueName = "interruptions";
const waits = { timeout: 60_000, interval: 50 };

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  describe("the interruption queue over SQS", () => {
    queueTests(moto);
  });

function queueTests(server: Moto): void {
  let client: SQSClient;
  let queueUrl: string;

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: region });
    client = new SQSClient({ region, endpoint: server.url, useQueueUrlAsEndpoint: false });
    queueUrl = (await client.send(new CreateQueueCommand({ QueueName: queueName }))).QueueUrl ?? "";
  });

  afterAll(async () => {
    client.destroy();
    await server.close();
  });

  const calls = (name = queueName) => sqsCalls({ region, endpoint: server.url, queueName: name });
  const send = async (detail: object): Promise<void> => {
    const event = { source: "aws.ec2", "detail-type": "EC2 Spot Instance Interruption Warning", time: "2026-03-01T10:00:00Z", detail };
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) }));
  };
  /** Messages that wait, and those that somebody is reading. */
  const left = async (): Promise<readonly number[]> => {
    const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
    const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }));
    return names.map((name) => Number(Attributes[name]));
  };

  test("a message is heard while somebody listens, and gone once it is done", async () => {
    const heard: string[] = [];
    const queue = noticeQueue({ sqs: calls(), clock: wallClock() });
    const stop = queue.listen({ heard: (id) => heard.push(id), failed: () => undefined });
    // A poll is under way when the message comes.
    await sleep(300);
    await send({ "instance-id": "i-0a" });
    await expect.poll(() => heard.length, waits).toBe(1);
    const [id = ""] = heard;
    expect(queue.get(id)).toMatchObject({ kind: "spot-interruption", instances: ["i-0a"] });
    expect(await left()).toEqual([0, 1]);
    expect(await queue.done(id)).toEqual({ ok: true, value: undefined });
    stop();
    expect(await left()).toEqual([0, 0]);
  });

  test("a wait ends with its signal", async () => {
    const stop = new AbortController();
    const waiting = calls().receive(stop.signal);
    await sleep(300);
    const before = performance.now();
    stop.abort();
    expect((await waiting).ok).toBe(false);
    // A receive that nothing ends takes the 20 s of its long poll.
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  test("a queue that is not there is named, and found once it is", async () => {
    const absent = calls("absent");
    const { signal } = new AbortController();
    const first = await absent.receive(signal);
    expect(first.ok ? "" : first.error.code).toMatch(/QueueDoesNotExist|NonExistentQueue/);
    const made = await client.send(new CreateQueueCommand({ QueueName: "absent" }));
    await client.send(new SendMessageCommand({ QueueUrl: made.QueueUrl, MessageBody: "{}" }));
    const second = await absent.receive(signal);
    expect(second).toMatchObject({ ok: true, value: [{ body: "{}", sentAt: expect.any(Number) as number }] });
    await client.send(new DeleteQueueCommand({ QueueUrl: made.QueueUrl }));
    const third = await absent.receive(signal);
    expect(third.ok ? "" : third.error.code).toMatch(/QueueDoesNotExist|NonExistentQueue/);
  });
}
