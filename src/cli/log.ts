/**
 * The log: constant messages with structured fields, one JSON line each, for machines; `demo` prints for people instead.
 */
import { type Logger, pino } from "pino";

export type Log = Logger;

/** Makes the process's log on stdout. */
export function processLog(level: "debug" | "info" | "warn" | "error"): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } });
}
