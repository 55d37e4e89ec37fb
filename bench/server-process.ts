/**
 * The parent's half of a benched server: a child process, what it has used so far, and a bounded keep-alive client to it.
 *
 * The client opens a fixed number of connections and posts one review after another on each, as the API server does; it
 * measures each answer from the first byte sent to the last received, and hands every answer to the caller's check.
 */
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:https";
import { resolve } from "node:path";
import type { ServerCertificate, Usage } from "./child-server.ts";

export interface ServerProcess {
  usage(): Promise<Usage>;
  /** Posts `count` bodies, round and round through the given ones; resolves with each request's milliseconds. */
  post(burst: Burst): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export interface Burst {
  readonly path: string;
  readonly bodies: readonly Buffer[];
  readonly count: number;
  /** Says what is wrong with an answer; the first problem ends the burst with an error. */
  readonly check: (answer: { readonly index: number; readonly status: number; readonly text: string }) => string | undefined;
}

const connectionsMax = 8;
const requestTimeoutMs = 20_000;

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
}): Promise<ServerProcess> {
  const path = resolve(root, ".cache/bench/bench", `${options.module}.js`);
  const child = fork(path, { cwd: root, execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(options.certificate);
  const { port } = await answerOf<{ readonly port: number }>(child);
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax, ca: options.authorityPem });
  return {
    usage: () => {
      child.send("usage");
      return answerOf<Usage>(child);
    },
    post: (burst) => postAll(burst, { agent, port }),
    stop: async () => {
      agent.destroy();
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

/** The child's next message, or an error when it ends without one. */
function answerOf<T>(child: ChildProcess): Promise<T> {
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

interface Target {
  readonly agent: Agent;
  readonly port: number;
}

async function postAll(burst: Burst, target: Target): Promise<readonly number[]> {
  const milliseconds: number[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < burst.count) {
      const index = next++ % burst.bodies.length;
      const startedAt = performance.now();
      const answer = await post(burst.path, burst.bodies[index]!, target);
      milliseconds.push(performance.now() - startedAt);
      const problem = burst.check({ index, ...answer });
      if (problem !== undefined) throw new Error(`${burst.path}: the answer ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: connectionsMax }, work));
  return milliseconds;
}

function post(path: string, body: Buffer, { agent, port }: Target): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    const call = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers, timeout: requestTimeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
      });
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`no answer within ${requestTimeoutMs} ms`)));
    call.on("error", reject);
    call.end(body);
  });
}
