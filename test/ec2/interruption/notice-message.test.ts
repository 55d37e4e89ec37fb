/**
 * Messages of the interruption queue: which events are notices, of which instances, and until when.
 */
import { describe, expect, test } from "vitest";
import { parseNotice, spotWarningMs } from "../../../src/ec2/interruption/notice-message.ts";

const saidAt = Date.parse("2026-03-01T10:00:00Z");
const instance = "i-0123456789abcdef0";

function body(source: string, type: string, detail: unknown): string {
  return JSON.stringify({
    version: "0",
    id: "e-1",
    source,
    "detail-type": type,
    time: "2026-03-01T10:00:00Z",
    region: "ap-southeast-1",
    detail,
  });
}

const spot = "EC2 Spot Instance Interruption Warning";
const state = "EC2 Instance State-change Notification";
const reservation = "EC2 Capacity Reservation Instance Interruption Warning";

function check(name: string, text: string, told: Readonly<Record<string, unknown>> | undefined): void {
  test(name, () => {
    const notice = told === undefined ? undefined : { id: "m-1", saidAt, ...told };
    expect(parseNotice({ id: "m-1", body: text })).toEqual({ ok: true, value: notice });
  });
}

describe("a notice", () => {
  const of = { "instance-id": instance };
  check(
    "of a Spot interruption ends its instance two minutes after it was said",
    body("aws.ec2", spot, { ...of, "instance-action": "terminate" }),
    {
      kind: "spot-interruption",
      instances: [instance],
      endsAt: saidAt + spotWarningMs,
    },
  );
  check(
    "of a reservation's interruption ends it when it says",
    body("aws.ec2", reservation, { ...of, "instance-termination-time": "2026-03-01T10:30:00Z" }),
    {
      kind: "reservation-interruption",
      instances: [instance],
      endsAt: Date.parse("2026-03-01T10:30:00Z"),
    },
  );
  check("of a reservation's interruption without a time leaves two minutes", body("aws.ec2", reservation, of), {
    kind: "reservation-interruption",
    instances: [instance],
    endsAt: saidAt + spotWarningMs,
  });
  check("of a rebalance has no end", body("aws.ec2", "EC2 Instance Rebalance Recommendation", of), {
    kind: "rebalance-recommendation",
    instances: [instance],
  });
  for (const [word, kind] of [
    ["stopping", "instance-stopping"],
    ["stopped", "instance-stopping"],
    ["Shutting-Down", "instance-ending"],
    ["terminated", "instance-ending"],
  ] as const) {
    check(`of the state ${word}`, body("aws.ec2", state, { ...of, state: word }), { kind, instances: [instance] });
  }
  check(
    "of a scheduled change names each instance, and its start is the end",
    body("aws.health", "AWS Health Event", {
      service: "EC2",
      eventTypeCategory: "scheduledChange",
      startTime: "Sun, 01 Mar 2026 12:00:00 GMT",
      affectedEntities: [{ entityValue: instance }, { entityValue: "vol-1" }, { entityValue: "i-2" }, {}],
    }),
    { kind: "scheduled-change", instances: [instance, "i-2"], endsAt: Date.parse("2026-03-01T12:00:00Z") },
  );
});

describe("no notice", () => {
  check("is an instance that starts", body("aws.ec2", state, { "instance-id": instance, state: "running" }), undefined);
  check("is an event of another kind", body("aws.ec2", "EBS Volume Notification", {}), undefined);
  check("is Health's word on another service", health({ service: "RDS" }), undefined);
  check("is Health's word on an issue", health({ eventTypeCategory: "issue" }), undefined);
  check("is a change that is over", health({ statusCode: "closed" }), undefined);
  check("is a change of things that are no instances", health({ affectedEntities: [{ entityValue: "vol-1" }] }), undefined);
  check("is a queue's own first message", JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent" }), undefined);
});

function health(change: Readonly<Record<string, unknown>>): string {
  const detail = { service: "EC2", eventTypeCategory: "scheduledChange", affectedEntities: [{ entityValue: instance }], ...change };
  return body("aws.health", "AWS Health Event", detail);
}

test("the time of the queue serves where the event has none", () => {
  const text = JSON.stringify({ source: "aws.ec2", "detail-type": spot, detail: { "instance-id": instance } });
  expect(parseNotice({ id: "m-1", body: text, sentAt: 7 })).toMatchObject({ ok: true, value: { saidAt: 7, endsAt: 7 + spotWarningMs } });
  expect(parseNotice({ id: "m-1", body: text })).toEqual({
    ok: false,
    error: `message m-1 of the interruption queue (aws.ec2/${spot}) has no time`,
  });
});

describe("what can't be read is named", () => {
  test.each([
    ["not JSON", "hello", "is not a JSON object: hello"],
    ["a list", "[]", "is not a JSON object: []"],
    ["without a detail", JSON.stringify({ source: "aws.ec2", "detail-type": spot, time: "2026-03-01T10:00:00Z" }), "has no detail"],
    ["without an instance", body("aws.ec2", spot, {}), "names no instance"],
  ])("%s", (_name, text, why) => {
    const parsed = parseNotice({ id: "m-1", body: text });
    expect(parsed.ok ? "" : parsed.error).toContain(why);
  });
});
