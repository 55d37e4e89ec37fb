/**
 * Status checks: what is wrong with an instance, since when, and what is still to come.
 */
import type { DescribeInstanceStatusCommandInput, InstanceStatus } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { err, ok } from "../../../src/api/result.ts";
import { impairedMinMs, instanceStatus } from "../../../src/ec2/interruption/instance-status.ts";

const now = Date.parse("2026-03-01T10:00:00Z");
const longAgo = new Date(now - impairedMinMs);

async function troubles(...statuses: readonly InstanceStatus[]) {
  const asked: DescribeInstanceStatusCommandInput[] = [];
  const instanceStatuses = (input: DescribeInstanceStatusCommandInput) => {
    asked.push(input);
    return Promise.resolve(ok(statuses));
  };
  return { answer: await instanceStatus({ ec2: { instanceStatuses }, clock: { now: () => now } }).troubles(), asked };
}

function impaired(since: Date | undefined): NonNullable<InstanceStatus["InstanceStatus"]> {
  return {
    Status: "impaired",
    Details: [{ Name: "reachability", Status: "failed", ...(since === undefined ? {} : { ImpairedSince: since }) }],
  };
}

function check(name: string, status: InstanceStatus, told: readonly unknown[]): void {
  test(name, async () => {
    expect((await troubles({ InstanceId: "i-1", ...status })).answer).toEqual(ok(told));
  });
}

describe("an instance", () => {
  const instance = "i-1";
  check("that is well has no trouble", { InstanceStatus: { Status: "ok" }, SystemStatus: { Status: "initializing" } }, []);
  check("whose check fails for two minutes", { InstanceStatus: impaired(longAgo) }, [
    { instance, kind: "InstanceImpaired", message: "its own status check fails since 2026-03-01T09:58:00Z" },
  ]);
  check("whose check began to fail just now is given time", { InstanceStatus: impaired(new Date(now - impairedMinMs + 1)) }, []);
  check("whose host fails, for how long nobody says", { SystemStatus: impaired(undefined) }, [
    { instance, kind: "SystemImpaired", message: "the check of its host fails now" },
  ]);
  check("whose volumes fail, for how long nobody says", { AttachedEbsStatus: { Status: "impaired" } }, [
    { instance, kind: "VolumeImpaired", message: "the check of its EBS volumes fails now" },
  ]);
  check("whose volumes began to fail just now is given time", { AttachedEbsStatus: impaired(new Date(now - impairedMinMs + 1)) }, []);
  check(
    "has the first of its events that are not over",
    {
      Events: [
        { Code: "instance-stop", Description: "[Completed] done", NotBefore: new Date(now) },
        { Code: "system-reboot", Description: "[Canceled] not needed", NotBefore: new Date(now) },
        { Code: "instance-retirement", Description: "failing hardware", NotBefore: new Date("2026-03-09T00:00:00Z") },
        { Code: "instance-reboot", Description: "maintenance", NotBefore: new Date("2026-03-02T00:00:00Z") },
      ],
    },
    [
      {
        instance,
        kind: "ScheduledEvent",
        message: "instance-reboot is scheduled for 2026-03-02T00:00:00Z",
        endsAt: Date.parse("2026-03-02T00:00:00Z"),
      },
    ],
  );
});

test("four filters are asked, and what several of them show is told once", async () => {
  const { answer, asked } = await troubles({ InstanceId: "i-1", InstanceStatus: impaired(longAgo) });
  expect(asked.map(({ Filters }) => Filters?.[0]?.Name)).toEqual([
    "instance-status.status",
    "system-status.status",
    "attached-ebs-status.status",
    "event.code",
  ]);
  expect(answer.ok ? answer.value.length : -1).toBe(1);
});

test("one filter without an answer makes all of it unknown: a node must not look well for want of an answer", async () => {
  let count = 0;
  const instanceStatuses = () => {
    count += 1;
    const failure = { kind: "other", code: "UnauthorizedOperation", message: "no ec2:DescribeInstanceStatus" } as const;
    return Promise.resolve(count === 2 ? err(failure) : ok([]));
  };
  const answer = await instanceStatus({ ec2: { instanceStatuses }, clock: { now: () => now } }).troubles();
  expect(answer).toEqual(err("the status of instances is not known: UnauthorizedOperation: no ec2:DescribeInstanceStatus"));
});
