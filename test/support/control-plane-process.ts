// The process that keeps a control plane: `up` of the binary, spoken to by JSON lines.
//
// Starts `up`, returns its ready line and a way to command it. Its life hangs on ours: when this process dies, `up` sees its standard
// input end, kills the components and removes its folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { decodeUpLine, type Component, type ReadyLine } from "./control-plane-protocol.ts";

export type UpCommand = { readonly command: "stop" | "start" | "signal"; readonly component: Component; readonly signal?: NodeJS.Signals };

export type UpProcess = {
  readonly ready: ReadyLine;
  /** Sends one command and returns when `up` has carried it out; throws its error. */
  readonly command: (command: UpCommand) => Promise<void>;
  /** Ends the control plane, and returns when its processes and its folder are gone. */
  readonly close: () => Promise<void>;
};

type Waiting = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** Starts `up` with these arguments; throws with the end of the failing component's log when it doesn't get ready. */
export async function startUp(binary: string, args: readonly string[]): Promise<UpProcess> {
  const child = spawn(binary, ["up", ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const waiting = new Map<number, Waiting>();
  const ids = { last: 0 };
  const closing = { asked: false };
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = decodeUpLine(text);
      switch (line.kind) {
        case "ready":
          resolve(line.ready);
          return;
        case "failed":
          reject(new Error(`the control plane did not start: ${line.error}`));
          return;
        case "ended":
          process.stderr.write(`control plane: ${line.component} ended unasked: ${line.error}\n`);
          return;
        case "answer":
          settle(waiting, line);
          return;
      }
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const error = new Error(`the control plane's process ended (${signal ?? String(code)})`);
      reject(error);
      for (const each of waiting.values()) each.reject(error);
      waiting.clear();
    });
  });
  // A line that is written while `up` ends has nowhere to go; the exit tells whoever waits for its answer.
  child.stdin.on("error", () => undefined);
  return {
    ready,
    command: (command) =>
      new Promise((resolve, reject) => {
        if (child.exitCode !== null || closing.asked) {
          reject(new Error("the control plane is closed"));
          return;
        }
        const id = (ids.last += 1);
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
      }),
    close: async () => {
      closing.asked = true;
      child.stdin.end();
      await exited;
    },
  };
}

function settle(waiting: Map<number, Waiting>, answer: { readonly id: number; readonly error: string | undefined }): void {
  const asked = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (answer.error === undefined) asked?.resolve();
  else asked?.reject(new Error(answer.error));
}
