/**
 * A peer's server as the bench measures it: a process that isn't ours, until it is ready, while it is asked, and to its end.
 *
 * Reads a command and its loopback port; returns a ServerProcess beside the bench's own. What the peer logs is kept to a bound, and
 * shown only when it doesn't get ready. A peer ends with the bench, however that ends short of being killed.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { openReviewClient } from "../review-client.ts";
import type { ServerProcess } from "../server-process.ts";
import { processUsage } from "./process-usage.ts";

export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly port: number;
  /** Answers 200 once the peer serves. */
  readonly readyPath: string;
}

/** A started peer, before anything is known of its certificate. */
export interface PeerProcess {
  /** The peer as a server to be measured; `authorityPem` is the CA of its certificate. */
  readonly serving: (authorityPem: string) => ServerProcess;
  readonly stop: () => Promise<void>;
}

const readyWaitMsMax = 60_000;
const readyPollMs = 200;
const stopWaitMsMax = 10_000;
const logCharactersMax = 4000;

/** Starts a peer and returns once it is ready; throws with the end of its log when it doesn't get there. */
export async function startPeer({ command, args, env, cwd, port, readyPath }: PeerCommand): Promise<PeerProcess> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const log = { tail: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log.tail = `${log.tail}${text}`.slice(-logCharactersMax);
    });
  }
  child.on("error", (error) => {
    log.tail += error.message;
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    process.off("exit", kill);
    await end(child);
  };
  const ready = await becomesReady(child, { port, path: readyPath });
  if (!ready) {
    await stop();
    throw new Error(`${command} did not get ready: ${log.tail}`);
  }
  return { stop, serving: (authorityPem) => servingPeer(child, { port, authorityPem, stop }) };
}

function servingPeer(
  { pid }: ChildProcess,
  { port, authorityPem, stop }: { readonly port: number; readonly authorityPem: string; readonly stop: () => Promise<void> },
): ServerProcess {
  if (pid === undefined) throw new Error("a peer that is ready has a process id");
  const client = openReviewClient({ port, authorityPem });
  return {
    usage: () => Promise.resolve(processUsage(pid)),
    post: (burst) => client.post(burst),
    stop: async () => {
      client.close();
      await stop();
    },
  };
}

async function becomesReady(child: ChildProcess, at: { readonly port: number; readonly path: string }): Promise<boolean> {
  const deadline = Date.now() + readyWaitMsMax;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if ((await statusOf(at)) === 200) return true;
    await sleep(readyPollMs);
  }
  return false;
}

/** The status of a GET, of a server whose certificate isn't known yet; undefined where nothing answers. */
function statusOf({ port, path }: { readonly port: number; readonly path: string }): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: "127.0.0.1", port, path, agent: false, rejectUnauthorized: false, timeout: readyPollMs * 10 });
    call.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => {
      resolve(undefined);
    });
    call.on("close", () => {
      resolve(undefined);
    });
    call.end();
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const stubborn = setTimeout(() => child.kill("SIGKILL"), stopWaitMsMax);
  await gone;
  clearTimeout(stubborn);
}
