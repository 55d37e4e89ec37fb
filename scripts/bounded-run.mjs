/**
 * A command that ends: it gets so many milliseconds, and nothing that it started outlives it.
 *
 * Takes the command and its bound; returns how it ended. The command leads a process group of its own, which is killed whole when it has
 * ended, its time is over, or we are told to end: a `plimsoll serve` whose test died goes too.
 */
import { spawn } from "node:child_process";

const endings = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export async function runBounded({ command, args, env = process.env, msMax }) {
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], detached: true, env });
  const killAll = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has no process any more.
    }
  };
  const told = Object.entries(endings).map(([signal, status]) => {
    const end = () => {
      killAll();
      process.exit(status);
    };
    process.once(signal, end);
    return [signal, end];
  });
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    killAll();
  }, msMax);
  const ended = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve({ status, signal }));
  });
  clearTimeout(timer);
  for (const [signal, end] of told) process.off(signal, end);
  killAll();
  return { ...ended, isTimedOut };
}
