/**
 * A record of calls to AWS is appended line by line, and its end is told.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { callRecord } from "../../src/cli/call-record.ts";
import { folderOf } from "./program-run.ts";

function logged() {
  const lines: string[] = [];
  const log = pino({ level: "warn", base: null, timestamp: false }, { write: (line) => lines.push(line) });
  return { log, lines };
}

const call = { clientName: "EC2Client", commandName: "TerminateInstancesCommand", input: { InstanceIds: ["i-1"] }, output: {} };
const line = '{"service":"ec2","action":"TerminateInstances","input":{"InstanceIds":["i-1"]}}\n';

test("each call is a line, answered or not, and other lines of the SDK's log are none", () => {
  const path = join(folderOf({ "calls.jsonl": line }), "calls.jsonl");
  const { log, lines } = logged();
  const record = callRecord(path, log);
  record.info(call);
  record.error({ ...call, error: new Error("no") });
  record.info("a word of the SDK's");
  record.debug(call);
  expect(readFileSync(path, "utf8")).toBe(line.repeat(3));
  expect(lines).toEqual([]);
});

test("a file that can't be written is told once, and nothing fails for it", () => {
  const { log, lines } = logged();
  const record = callRecord(join(folderOf({}), "none", "calls.jsonl"), log);
  record.info(call);
  record.info(call);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("calls to AWS are recorded no more");
});
