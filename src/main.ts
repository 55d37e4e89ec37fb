#!/usr/bin/env node
/**
 * The entry of the plimsoll command, and with cli/ the only place that joins logic to I/O and reads the environment.
 *
 * It hands the process's own things (arguments, environment, streams) to the program and exits with what that returns.
 */
import { text } from "node:stream/consumers";
import { runProgram } from "./cli/program.ts";

// A reader that has seen enough (plimsoll check | head) is no fault of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  env: process.env,
  stdin: () => text(process.stdin),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdout.isTTY,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  terminal: process.stdin.isTTY && process.stdout.isTTY ? { input: process.stdin, output: process.stdout } : undefined,
});
