/**
 * The HTTPS transport against a small TLS server of the test: connections, credentials, retries, limits, broken streams.
 */
import { setMaxListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ApiAnswer, WatchLine } from "../../src/api/ports.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import type { HttpsTransportOptions } from "../../src/cluster/https-transport.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const certificate = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: Date.now() });
let handler: Handler = () => undefined;
let requests: string[] = [];
let connections = 0;
const server = createServer({ cert: certificate.serving.certificatePem, key: certificate.serving.keyPem }, (request, response) => {
  requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
  // A test that reads no body must still let it through.
  request.resume();
  handler(request, response, requests.length);
});
server.on("secureConnection", () => connections++);

let folder = "";
const closers: (() => void)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plimsoll-transport-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  [requests, connections] = [[], 0];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const caData = Buffer.from(certificate.authority.certificatePem).toString("base64");

function transport(options: Partial<HttpsTransportOptions> & { readonly user?: object; readonly cluster?: object } = {}) {
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromOptions({
    clusters: [{ name: "c", server: `https://127.0.0.1:${port}`, caData, skipTLSVerify: false, ...options.cluster }],
    users: [{ name: "u", token: "secret", ...options.user }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  const made = httpsTransport({ kubeConfig, userAgent: "plimsoll/test", clock: wallClock(), random: () => 0, ...options });
  closers.push(() => {
    made.close();
  });
  return made;
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

async function linesOf(lines: AsyncIterable<WatchLine>): Promise<WatchLine[]> {
  const all: WatchLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

const pods = { method: "GET", path: "/api/v1/pods" } as const;
const podWatch = { path: "/api/v1/pods", query: { watch: "true" } };

describe("requests", () => {
  test("a hundred calls use one connection, carry the token, the agent's name and the query, and send JSON", async () => {
    const seen: unknown[] = [];
    handler = (request, response) => {
      seen.push([request.headers.authorization, request.headers["user-agent"], request.headers["content-type"], request.url]);
      reply(response, 200, { kind: "PodList" });
    };
    const of = transport();
    for (let count = 0; count < 100; count++) await of.request({ ...pods, query: { labelSelector: "a=b,c" } });
    expect(connections).toBe(1);
    expect(seen[0]).toEqual(["Bearer secret", "plimsoll/test", undefined, "/api/v1/pods?labelSelector=a%3Db%2Cc"]);
    const patch = await of.request({ method: "PATCH", path: "/x", body: { a: 1 }, contentType: "application/merge-patch+json" });
    expect(patch).toEqual({ ok: true, status: 200, body: { kind: "PodList" } });
    expect(seen.at(-1)).toEqual(["Bearer secret", "plimsoll/test", "application/merge-patch+json", "/x"]);
  });

  test.each<[string, (response: ServerResponse) => void, Partial<ApiAnswer>]>([
    [
      "an object",
      (r) => {
        reply(r, 201, { kind: "Pod" });
      },
      { ok: true, status: 201, body: { kind: "Pod" } },
    ],
    [
      "plain text, as of /readyz",
      (r) => {
        reply(r, 200, "ok");
      },
      { ok: true, status: 200, body: "ok" },
    ],
    [
      "a Status",
      (r) => {
        reply(r, 409, { kind: "Status", code: 409, reason: "Conflict", message: "modified" });
      },
      { ok: false, status: 409, error: { code: 409, reason: "Conflict", message: "modified", kind: "Status" } as never },
    ],
    [
      "text from a proxy",
      (r) => {
        reply(r, 403, "Forbidden by proxy");
      },
      { ok: false, status: 403, error: { code: 403, message: "Forbidden by proxy" } },
    ],
    ["broken JSON", (r) => r.writeHead(200, { "content-type": "application/json" }).end("{"), { ok: false, status: 0 }],
    [
      "more than the bound",
      (r) => {
        reply(r, 200, { text: "x".repeat(20_000) });
      },
      { ok: false, status: 0 },
    ],
  ])("the answer can be %s", async (_name, answer, expected) => {
    handler = (_request, response) => {
      answer(response);
    };
    expect(await transport({ answerMaxBytes: 10_000 }).request({ ...pods, method: "POST" })).toMatchObject(expected);
  });

  test("no server, a foreign certificate and a slow answer are all answers of status 0 that say why", async () => {
    handler = () => undefined;
    const nowhere = transport({ cluster: { server: "https://127.0.0.1:1" } });
    expect(await nowhere.request({ ...pods, timeoutMs: 300 })).toMatchObject({ status: 0 });
    const distrustful = transport({ cluster: { caData: undefined } });
    expect(await distrustful.request({ ...pods, method: "POST" })).toMatchObject({
      status: 0,
      error: { message: expect.stringMatching(/certificate/) as string },
    });
    const startedAt = Date.now();
    expect(await transport().request({ ...pods, timeoutMs: 200 })).toMatchObject({
      status: 0,
      error: { message: "no answer within 200 ms" },
    });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    expect(await transport().request({ ...pods, signal: AbortSignal.abort() })).toMatchObject({
      error: { message: "the request was cancelled" },
    });
  });
});

describe("what is tried again", () => {
  async function check(method: "GET" | "POST", failure: (response: ServerResponse) => void) {
    handler = (_request, response, count) => {
      if (count < 3) failure(response);
      else reply(response, 200, { kind: "Pod" });
    };
    const answer = await transport().request({ ...pods, method, timeoutMs: 5_000 });
    return { tries: requests.length, status: answer.status };
  }

  test.each<[string, "GET" | "POST", (response: ServerResponse) => void, { tries: number; status: number }]>([
    [
      "a GET that got 503",
      "GET",
      (r) => {
        reply(r, 503, "starting");
      },
      { tries: 3, status: 200 },
    ],
    [
      "a GET that got 429",
      "GET",
      (r) => {
        reply(r, 429, { kind: "Status", code: 429 });
      },
      { tries: 3, status: 200 },
    ],
    ["a GET whose connection broke", "GET", (r) => r.destroy(), { tries: 3, status: 200 }],
    [
      "not a GET that got 404",
      "GET",
      (r) => {
        reply(r, 404, { kind: "Status", code: 404 });
      },
      { tries: 1, status: 404 },
    ],
    [
      "not a POST that got 503",
      "POST",
      (r) => {
        reply(r, 503, "starting");
      },
      { tries: 1, status: 503 },
    ],
    ["not a POST whose connection broke: it may have been done", "POST", (r) => r.destroy(), { tries: 1, status: 0 }],
    [
      "a POST that was turned away at the door",
      "POST",
      (r) => {
        reply(r, 429, "Too many requests", { "retry-after": "0" });
      },
      { tries: 3, status: 200 },
    ],
    [
      "not a POST that a budget blocks",
      "POST",
      (r) => {
        reply(r, 429, { kind: "Status", code: 429, reason: "TooManyRequests" });
      },
      { tries: 1, status: 429 },
    ],
  ])("%s", async (_name, method, failure, expected) => {
    expect(await check(method, failure)).toEqual(expected);
  });

  test("no more than four times, no sooner than Retry-After, and the server's last word is the answer", async () => {
    handler = (_request, response) => {
      reply(response, 503, { kind: "Status", code: 503, message: "down" }, { "retry-after": "1" });
    };
    const startedAt = Date.now();
    const answer = await transport().request({ ...pods, timeoutMs: 1_500 });
    expect(answer).toMatchObject({ status: 503, error: { message: "down", details: { retryAfterSeconds: 1 } } });
    expect(requests.length).toBe(2);
    expect(Date.now() - startedAt).toBeGreaterThan(1_000);
  });

  test("a rotated token is read again when the old one is refused, also for a POST", async () => {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "old");
    handler = (request, response) => {
      reply(response, request.headers.authorization === "Bearer new" ? 200 : 401, { kind: "Status", code: 401 });
    };
    // As in a cluster, but without the KubeConfig's own minute of caching: a command prints the token.
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", interactiveMode: "Never" };
    const script = `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"expirationTimestamp":"2001-01-01T00:00:00Z","token":"%s"}}' "$(cat ${tokenFile})"`;
    const of = transport({ user: { token: undefined, exec: { ...exec, args: ["-c", script] } } });
    expect((await of.request({ ...pods, method: "POST" })).status).toBe(401);
    await writeFile(tokenFile, "new");
    expect((await of.request({ ...pods, method: "POST" })).status).toBe(200);
  });

  test("credentials that cannot be had are an answer, and are asked for again the next time", async () => {
    handler = (_request, response) => {
      reply(response, 200, {});
    };
    const certFile = join(folder, "late.crt");
    const of = transport({ cluster: { caData: undefined, caFile: certFile } });
    expect(await of.request({ ...pods, method: "POST" })).toMatchObject({
      status: 0,
      error: { message: expect.stringMatching(/late\.crt/) as string },
    });
    await writeFile(certFile, certificate.authority.certificatePem);
    expect(await of.request({ ...pods, method: "POST" })).toMatchObject({ status: 200 });
  });
});

describe("lists that are read item by item", () => {
  const itemOf = (item: unknown): unknown => item;

  /** Writes an item each so many milliseconds. */
  function dripping(items: number, everyMs: number): Handler {
    return (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"items":[{}');
      let sent = 1;
      const timer = setInterval(() => {
        if (++sent <= items) {
          response.write(",{}");
          return;
        }
        clearInterval(timer);
        response.end("]}");
      }, everyMs);
      response.on("close", () => {
        clearInterval(timer);
      });
    };
  }

  test("have their time for each silence, not for the whole", async () => {
    handler = dripping(12, 100);
    const answer = await transport().request({ ...pods, itemOf, timeoutMs: 500 });
    expect(answer).toMatchObject({ ok: true, body: { items: Array(12).fill({}) } });
  });

  test("end in silence, and at a bound whatever comes", async () => {
    handler = dripping(2, 10_000);
    expect(await transport().request({ ...pods, itemOf, timeoutMs: 200 })).toMatchObject({ ok: false, status: 0 });
    handler = dripping(1_000, 20);
    const startedAt = Date.now();
    expect(await transport({ listMaxMs: 300 }).request({ ...pods, itemOf, timeoutMs: 300 })).toMatchObject({ ok: false, status: 0 });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  test("are not asked for again when they break off, since a smaller page may come", async () => {
    handler = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"items":[{}', () => response.destroy());
    };
    expect(await transport().request({ ...pods, itemOf })).toMatchObject({ ok: false, status: 0 });
    expect(requests).toHaveLength(1);
  });
});

describe("watches", () => {
  const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

  test("lines arrive whole, however the bytes are cut, and a clean end ends the iteration", async () => {
    const text = line("ADDED", { metadata: { name: "größe" } }) + line("BOOKMARK", { metadata: { resourceVersion: "5" } });
    handler = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const bytes = Buffer.from(text);
      let at = 0;
      const writeNext = (): void => {
        if (at >= bytes.length) response.end();
        else response.write(bytes.subarray(at, (at += 7)), () => setImmediate(writeNext));
      };
      writeNext();
    };
    expect(await linesOf(transport().watch({ ...podWatch, signal: new AbortController().signal }))).toEqual([
      { type: "ADDED", object: { metadata: { name: "größe" } } },
      { type: "BOOKMARK", object: { metadata: { resourceVersion: "5" } } },
    ]);
    expect(requests).toEqual(["GET /api/v1/pods?watch=true"]);
  });

  test.each<[string, (response: ServerResponse) => void, object]>([
    [
      "a refusal",
      (r) => {
        reply(r, 410, { kind: "Status", code: 410, reason: "Expired" });
      },
      { code: 410, reason: "Expired" },
    ],
    ["an ERROR line", (r) => void r.writeHead(200).end(line("ERROR", { kind: "Status", code: 410 })), { code: 410 }],
    ["a connection that breaks", (r) => void r.writeHead(200).write(line("ADDED", {}), () => r.destroy()), { code: 0 }],
    ["a line that is no JSON", (r) => void r.writeHead(200).end("<html>\n"), { code: 0 }],
    [
      "silence",
      (r) => {
        r.writeHead(200).flushHeaders();
      },
      { code: 0, message: "the watch went silent" },
    ],
    ["no answer at all", () => undefined, { code: 0, message: "the watch went silent" }],
  ])("%s is the last line, of type ERROR", async (_name, answer, error) => {
    handler = (_request, response) => {
      answer(response);
    };
    const lines = await linesOf(transport({ watchQuietMaxMs: 200 }).watch({ ...podWatch, signal: new AbortController().signal }));
    expect(lines.at(-1)).toMatchObject({ type: "ERROR", error });
  });

  test("bytes keep a watch alive beyond the limit of silence", async () => {
    handler = (_request, response) => {
      response.writeHead(200);
      let sent = 0;
      const timer = setInterval(() => {
        response.write(line("BOOKMARK", { metadata: { resourceVersion: String(sent) } }));
        if (++sent < 8) return;
        clearInterval(timer);
        response.end();
      }, 100);
    };
    const lines = await linesOf(transport({ watchQuietMaxMs: 400 }).watch({ ...podWatch, signal: new AbortController().signal }));
    expect(lines.map(({ type }) => type)).toEqual(Array(8).fill("BOOKMARK"));
  });

  test("an abort ends the iteration without a line and closes the connection", async () => {
    const closed = new Promise((resolve) => {
      handler = (request, response) => {
        request.on("close", resolve);
        response.writeHead(200).flushHeaders();
      };
    });
    const stop = new AbortController();
    const lines = linesOf(transport().watch({ ...podWatch, signal: stop.signal }));
    setTimeout(() => {
      stop.abort();
    }, 100);
    expect(await lines).toEqual([]);
    await closed;
  });

  test("watches do not use up the connections of requests", async () => {
    handler = (request, response) => {
      if (request.url?.includes("watch") === true) response.writeHead(200).flushHeaders();
      else reply(response, 200, {});
    };
    const of = transport();
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const watches = Array.from({ length: 24 }, () => linesOf(of.watch({ ...podWatch, signal: stop.signal })));
    expect(await of.request({ ...pods, timeoutMs: 3_000 })).toMatchObject({ ok: true });
    stop.abort();
    await Promise.all(watches);
  });
});

test("the wall clock's sleep ends at an abort, and at once when it was aborted before", async () => {
  const stop = new AbortController();
  const startedAt = Date.now();
  setTimeout(() => {
    stop.abort();
  }, 50);
  await wallClock().sleep(60_000, stop.signal);
  await wallClock().sleep(60_000, stop.signal);
  await wallClock().sleep(20);
  expect(Date.now() - startedAt).toBeLessThan(5_000);
});
