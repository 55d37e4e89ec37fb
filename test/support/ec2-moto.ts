/**
 * moto's EC2: a server that speaks EC2's protocol, for tests.
 *
 * Reads PLIMSOLL_TEST_PYTHON (a Python virtual environment with moto), else looks on the PATH. Returns a running server, or one
 * sentence that says why there is none. Its gaps are closed by ec2-proxy.ts.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./loopback.ts";

export interface Moto {
  readonly url: string;
  close(): Promise<void>;
}

const startMsMax = 60_000;

/** Starts a server with nothing in it but a default VPC; seconds. */
export async function startMoto(): Promise<Moto | { readonly missing: string }> {
  const venv = process.env["PLIMSOLL_TEST_PYTHON"];
  const command = venv === undefined ? "moto_server" : join(venv, "bin", "moto_server");
  const port = await freePort();
  const child = spawn(command, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const failed = await Promise.race([started(child), sleep(200).then(() => undefined)]);
  if (failed !== undefined) return { missing: `EC2 was left out: there is no ${command} (${failed}).` };
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + startMsMax;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${command} did not start on ${url}`);
    await sleep(100);
  }
  return {
    url,
    close: async () => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function started(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
  });
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/data.json`).then(
    (response) => response.ok,
    () => false,
  );
}
