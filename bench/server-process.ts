/**
 * The parent's half of a benched server: a child process, what it has used so far, and the client that posts to it.
 *
 * Reads a compiled module of this folder; returns a ServerProcess, which a peer's process is as well (bench/peers).
 */
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { ServerCertificate, Usage } from "./child-server.ts";
import { openReviewClient, type ReviewClient } from "./review-client.ts";

/** A server that runs in a process of its own, and what it has used since its start. */
export interface ServerProcess extends Pick<ReviewClient, "post"> {
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, "..");

/**
 * Compiles the servers as the product is built: what runs TypeScript in place wraps each function to keep its name, which
 * costs a quarter of an answer.
 */
export function compileServers(): void {
  execFileSync(process.execPath, ["node_modules/typescript7/bin/tsc", "-p", "bench/tsconfig.json"], { cwd: root, stdio: "inherit" });
}

/** Starts a compiled module of this folder as a server of its own process; `authorityPem` is the CA of its certificate. */
export async function startServerProcess(options: {
  readonly module: string;
  readonly certificate: ServerCertificate;
  readonly authorityPem: string;
}): Promise<ServerProcess & { readonly port: number }> {
  const path = resolve(root, ".cache/bench/bench", `${options.module}.js`);
  const child = fork(path, { cwd: root, execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(options.certificate);
  const { port } = await answerOf<{ readonly port: number }>(child);
  const client = openReviewClient({ port, authorityPem: options.authorityPem });
  return {
    port,
    usage: () => {
      child.send("usage");
      return answerOf<Usage>(child);
    },
    post: (burst) => client.post(burst),
    stop: async () => {
      client.close();
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

/** The child's next message, or an error when it ends without one. */
export function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      child.off("exit", onExit);
      resolve(message as T);
    };
    const onExit = (code: number | null): void => {
      child.off("message", onMessage);
      reject(new Error(`${child.spawnargs.at(-1) ?? "a server"} ended with code ${String(code)}`));
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}
