#!/usr/bin/env node
/**
 * The entry of the plimsoll command, and with cli/ the only place that joins logic to I/O and reads the environment.
 *
 * It hands the process's own things (arguments, environment, streams) to the program and exits with what that returns.
 */
import { runProgram } from "./cli/program.ts";

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdout.isTTY,
});
