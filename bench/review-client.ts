/**
 * A bounded keep-alive HTTPS client that posts bodies to one server and measures each answer.
 *
 * It opens a fixed number of connections and posts one body after another on each, as the API server does; a time runs from the
 * first byte sent to the last received, and every answer goes to the caller's check. All servers of a bench get this same load.
 */
import { Agent, request } from "node:https";

/** One round of requests. */
export interface Burst {
  readonly path: string;
  readonly bodies: readonly Buffer[];
  /** Sent besides Content-Type and Content-Length. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly count: number;
  /** Says what is wrong with an answer; the first problem ends the burst with an error. */
  readonly check: (answer: Answer & { readonly index: number }) => string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The Warning headers, as one text. */
  readonly warnings: string;
}

export interface ReviewClient {
  /** Posts `count` bodies, round and round through the given ones; resolves with each request's milliseconds. */
  post(burst: Burst): Promise<readonly number[]>;
  close(): void;
}

const connectionsMax = 8;
const requestTimeoutMs = 20_000;

/** Opens a client to a server on a loopback port; `authorityPem` is the CA of its certificate. */
export function openReviewClient({ port, authorityPem }: { readonly port: number; readonly authorityPem: string }): ReviewClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax, ca: authorityPem });
  return {
    post: (burst) => postAll(burst, { agent, port }),
    close: () => {
      agent.destroy();
    },
  };
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
      const answer = await post(burst, burst.bodies[index]!, target);
      milliseconds.push(performance.now() - startedAt);
      const problem = burst.check({ index, ...answer });
      if (problem !== undefined) throw new Error(`${burst.path}: the answer ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: connectionsMax }, work));
  return milliseconds;
}

function post(burst: Burst, body: Buffer, { agent, port }: Target): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...burst.headers, "Content-Type": "application/json", "Content-Length": body.length };
    const terms = { host: "127.0.0.1", port, path: burst.path, method: "POST", agent, headers, timeout: requestTimeoutMs };
    const call = request(terms, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, text, warnings: warningsOf(response.headers["warning"]) });
      });
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`no answer within ${requestTimeoutMs} ms`)));
    call.on("error", reject);
    call.end(body);
  });
}

function warningsOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join("\n") : (header ?? "");
}
