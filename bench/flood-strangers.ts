/**
 * The parent's half of the flood bench's strangers: their process, which order they carry out, and what came of it.
 */
import { fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { resolve } from "node:path";
import type { Flooded, FloodOrder } from "./flood-process.ts";
import { answerOf } from "./server-process.ts";

export interface Strangers {
  begin(order: FloodOrder): Promise<void>;
  end(): Promise<Flooded>;
  close(): void;
}

const root = resolve(import.meta.dirname, "..");

/** Starts their process from what compileServers has compiled. */
export function openStrangers(): Strangers {
  const path = resolve(root, ".cache/bench/bench/flood-process.js");
  const child = fork(path, { cwd: root, execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  // Strangers are on another machine, or should be: they take no core from the server.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const tell = async <T>(message: FloodOrder | "end"): Promise<T> => {
    child.send(message);
    return await answerOf<T>(child);
  };
  return {
    begin: async (order) => {
      await tell<"begun">(order);
    },
    end: () => tell<Flooded>("end"),
    close: () => {
      child.disconnect();
    },
  };
}
