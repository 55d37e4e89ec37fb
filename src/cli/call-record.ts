/**
 * Call record: the calls to AWS of one process, in a file, for `plimsoll iam check`.
 *
 * Reads each call as the SDK tells it. Writes one line of JSON a call, appended at once, so that a process that dies loses none. A
 * call that differs from one before in nothing that a permission could ask for is written all the same, up to a number: a record is
 * made for an hour or a day, not for ever.
 */
import { appendFileSync } from "node:fs";
import { callLogger, type CallLogger } from "../ec2/recorded-call.ts";
import type { Log } from "./log.ts";

const callsMax = 100_000;

/** Returns a logger for SDK clients that appends to a file; what can't be written is told once, and ends the record. */
export function callRecord(path: string, log: Log): CallLogger {
  const state = { calls: 0, isOver: false };
  const end = (problem: string): void => {
    state.isOver = true;
    log.warn({ path, problem }, "calls to AWS are recorded no more");
  };
  return callLogger((call) => {
    if (state.isOver) return;
    if (state.calls >= callsMax) {
      end(`there are ${callsMax} in the file`);
      return;
    }
    state.calls += 1;
    try {
      appendFileSync(path, `${JSON.stringify(call)}\n`);
    } catch (cause) {
      end(String(cause));
    }
  });
}
