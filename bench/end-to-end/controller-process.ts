/**
 * A controller that is measured: its process id, and how it ends.
 *
 * What both tools are started as, and how one asks whether a port answers that it is ready.
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface ControllerProcess {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const answerWaitMsMax = 2_000;

/** Says whether a loopback port answers 200. */
export function answers({
  protocol,
  port,
  path,
}: {
  readonly protocol: "http:" | "https:";
  readonly port: number;
  readonly path: string;
}): Promise<boolean> {
  const to = { host: "127.0.0.1", port, path, agent: false as const, timeout: answerWaitMsMax };
  return new Promise((resolve) => {
    const call = protocol === "http:" ? httpRequest(to) : httpsRequest({ ...to, rejectUnauthorized: false });
    call.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => {
      resolve(false);
    });
    call.on("close", () => {
      resolve(false);
    });
    call.end();
  });
}
