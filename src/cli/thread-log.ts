/**
 * The log of another thread: written there, told here, so that one process has one log.
 *
 * Lines go by message, since two threads that write to one pipe would tear each other's long lines.
 */
import { pino } from "pino";
import type { Log } from "./log.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** Makes the log of a thread; `send` gets each line as JSON. */
export function threadLog(level: (typeof levels)[number], send: (line: string) => void): Log {
  return pino({ level, base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } }, { write: send });
}

/** Tells a line of a thread in this process's log, at its own level. */
export function retell(log: Log, line: string): void {
  const parsed = JSON.parse(line) as { readonly level?: unknown; readonly msg?: unknown } & Readonly<Record<string, unknown>>;
  const { level, msg, ...fields } = parsed;
  const known = levels.find((one) => one === level) ?? "error";
  log[known]({ thread: "provisioner", ...fields }, typeof msg === "string" ? msg : "");
}
