/** A real server beside strangers: a caller of the registered path is known, all others have a share, and none is shut out. */
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import type { AdmissionHandler } from "../../src/webhook/admission-call.ts";
import { allowed } from "../../src/webhook/admission-review.ts";
import { issueServingCertificate, type ServingCertificate } from "../../src/webhook/certificate.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { strangerBodyBytesMax } from "../../src/webhook/review-route.ts";
import { startWebhookServer, type WebhookServerOptions } from "../../src/webhook/server.ts";
import { largeReviewBytesMin } from "../../src/webhook/review-head.ts";
import { podReview } from "./pod-review.ts";

const word = "w".repeat(43);
const knownPath = `/validate/closed/${word}?timeout=5s`;
const [apiServer, elsewhere] = ["127.0.0.1", "127.0.0.2"] as const;
const judgedMs = 3;

let pair: ServingCertificate;
beforeAll(() => {
  pair = issueServingCertificate({ names: ["localhost"], now: Date.now() });
});

it.each([elsewhere, apiServer])(
  "answers the API server and probes before the others, beside 40 clients at full speed from %s",
  async (address) => {
    const { port, judged } = await serving();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => {
      agent.destroy();
    });
    await post({ port, agent, path: knownPath });
    flood({ port, address, clients: 40 });
    await sleep(500);
    judged.length = 0;
    // Counted in reviews of strangers that were judged meanwhile: a time would tell how busy the machine is.
    const strangersIn = async (ask: () => Promise<unknown>): Promise<number> => {
      const from = judged.length;
      await ask();
      return judged.slice(from).filter((caller) => caller === "stranger").length;
    };
    const [waits, probes, startedAt]: [number[], number[], number] = [[], [], performance.now()];
    for (let review = 0; review < 60; review++) {
      waits.push(await strangersIn(() => post({ port, agent, path: knownPath })));
      // The kubelet is a caller of its own, with a connection for each probe.
      if (review % 10 === 0)
        for (const path of ["/healthz", "/readyz"])
          probes.push(await strangersIn(() => post({ port, path, method: "GET", address: "127.0.0.3", agent: new Agent() })));
      await sleep(20);
    }
    const strangersMs = judged.filter((caller) => caller === "stranger").length * judgedMs;
    expect(judged.filter((caller) => caller === "known").length).toBe(60);
    // With fair turns each of them would wait for those of 40 clients.
    expect(waits.reduce((sum, count) => sum + count, 0)).toBeLessThan(60);
    expect(Math.max(...probes)).toBeLessThan(20);
    expect(strangersMs).toBeGreaterThan(0);
    expect(strangersMs / (performance.now() - startedAt)).toBeLessThan(0.1);
  },
);

it("judges a review without the word, or with a wrong one, as a stranger's, and tells the handler so", async () => {
  const { port, judged } = await serving();
  const plain = ["/validate/closed", `/validate/closed/${"x".repeat(43)}`, "/validate/closed/"];
  for (const path of plain) expect((await post({ port, path })).status).toBe(200);
  // While no caller is known, none is a stranger.
  expect(judged).toEqual(["known", "known", "known"]);
  expect((await post({ port, path: knownPath })).status).toBe(200);
  judged.length = 0;
  for (const path of plain) expect((await post({ port, path })).status).toBe(200);
  expect(judged).toEqual(["stranger", "stranger", "stranger"]);
  for (const path of [`/validate/closed/${word}/x`, `/validate/${word}`, `/other/${word}`])
    expect((await post({ port, path })).status).toBe(404);
});

it("takes a connection that showed the word once for the API server's", async () => {
  const { port, judged } = await serving();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
  });
  for (const path of [knownPath, "/validate/closed"]) await post({ port, agent, path });
  await post({ port, path: "/validate/closed" });
  expect(judged).toEqual(["known", "known", "stranger"]);
});

it("reads no large body of a stranger while the API server is here, and reads the API server's", async () => {
  const { port } = await serving();
  const filler = "x".repeat(strangerBodyBytesMax);
  expect((await post({ port, path: "/validate/closed", filler })).status).toBe(200);
  expect((await post({ port, path: knownPath, filler })).status).toBe(200);
  expect(await post({ port, path: "/validate/closed", filler })).toMatchObject({
    status: 413,
    text: expect.stringContaining("call the path of the webhook configuration") as unknown,
  });
});

it.each([
  ["refuses the API server's write in words", "CREATE", knownPath, 200, /"allowed":false.*\[SYS-003\] too many large objects/],
  ["lets the API server's deletion go", "DELETE", knownPath, 503, /too busy/],
  ["turns a stranger away", "CREATE", "/validate/closed", 413, /call the path/],
])("%s, where a large body has to yield", async (_what, operation, path, status, text) => {
  const { port } = await serving({ limits: { transitBytesMax: 2 * largeReviewBytesMin } });
  await post({ port, path: knownPath });
  const head = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"0b4b6f4c-1f0e-4a53-9d7c-1c1c1c1c1c1c"`;
  const body = `${head},"operation":"${operation}","userInfo":{},"object":{"a":"${"x".repeat(3 * largeReviewBytesMin)}"}}}`;
  const answer = await post({ port, path, body });
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(text);
});

it("asks and tells nothing for a stranger but its verdict", async () => {
  const told: string[] = [];
  const release = new AbortController();
  const { port } = await serving({
    advisor: () => {
      told.push("advised");
      return Promise.resolve(["costs much"]);
    },
    inquirer: () => {
      told.push("asked");
      if (told.length === 1) return Promise.resolve(true);
      return new Promise((answered) => {
        release.signal.addEventListener("abort", () => {
          answered(true);
        });
      });
    },
  });
  const answer = await post({ port, path: knownPath });
  expect([answer.text.includes("costs much"), told]).toEqual([true, ["asked", "advised"]]);
  const answered = { count: 0 };
  const strangers = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const one = await post({ port, path: "/validate/closed" });
      // Two of them wait for their inquiry, the others are judged without.
      if ((answered.count += 1) === 6) release.abort();
      return one;
    }),
  );
  expect(strangers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(strangers.some(({ text }) => text.includes("costs much"))).toBe(false);
  expect(told.slice(2)).toEqual(["asked", "asked"]);
});

it("keeps the API server's connection where strangers have as many as they may, and counts them out among themselves", async () => {
  const { port, metrics } = await serving({ limits: { strangersMax: 20 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = await post({ port, agent, path: knownPath });
  const strangers = Array.from({ length: 40 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  onTestFinished(() => {
    for (const one of [agent, ...strangers]) one.destroy();
  });
  for (const one of strangers) await post({ port, agent: one, path: "/validate/closed" });
  expect((await post({ port, agent, path: knownPath })).localPort).toBe(first.localPort);
  const closed = await metrics.registry.getSingleMetricAsString("plimsoll_webhook_connections_closed_total");
  expect(closed).toMatch(/reason="sockets"\} [12]\d$/m);
  expect(await metrics.registry.getSingleMetricAsString("plimsoll_admission_strangers_total")).toContain(" 40");
});

it("tells the word nowhere: not in an answer, a metric or an error", async () => {
  const told: unknown[] = [];
  const { port, metrics } = await serving({
    handler: () => {
      throw new Error("broken");
    },
    onError: (error) => told.push(error),
  });
  const answers = [
    await post({ port, path: knownPath }),
    await post({ port, path: `/validate/closed/${word}/x` }),
    await post({ port, path: knownPath, filler: "\u0000" }),
    await post({ port, path: `/readyz`, method: "GET" }),
  ];
  expect(told).toHaveLength(2);
  expect(JSON.stringify([answers, told.map(String), await metrics.registry.metrics()])).not.toContain(word);
});

/** A server that knows one word; `judged` tells for whom its handler took the callers. */
async function serving(over: Partial<WebhookServerOptions> = {}) {
  const judged: ("known" | "stranger")[] = [];
  const metrics = webhookMetrics();
  const handler: AdmissionHandler = ({ isStranger }) => {
    for (const end = performance.now() + judgedMs; performance.now() < end;);
    judged.push(isStranger === true ? "stranger" : "known");
    return allowed();
  };
  const { certificatePem, keyPem } = pair.serving;
  const server = await startWebhookServer({
    ...{ host: "127.0.0.1", port: 0, certificatePem, keyPem, metrics, clock: wallClock(), handler },
    isCallerWord: (text) => text === word,
    notReady: () => [],
    onError: () => undefined,
    ...over,
  });
  onTestFinished(() => server.close(0));
  return { port: server.port, judged, metrics };
}

interface Posted {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly agent?: Agent;
  readonly address?: string;
  /** Stands in the object. */
  readonly filler?: string;
  /** In place of a review with a filler. */
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
  readonly localPort: number;
}

function post({ port, path, agent, method = "POST", address = apiServer, filler = "", ...given }: Posted): Promise<Answer> {
  const body = given.body ?? (method === "GET" ? "" : podReview({ filler }));
  const startedAt = performance.now();
  return new Promise((answered, failed) => {
    const asked = request(
      {
        ...{ port, path, method, host: "127.0.0.1", localAddress: address, rejectUnauthorized: false },
        ...(agent === undefined ? { agent: false } : { agent }),
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) },
      },
      (response) => {
        const [{ statusCode = 0 }, localPort] = [response, response.socket.localPort ?? 0];
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.once("end", () => {
          answered({ status: statusCode, text, ms: performance.now() - startedAt, localPort });
        });
        response.once("error", failed);
      },
    );
    asked.on("error", failed);
    asked.end(body);
  });
}

/** Clients on connections of their own, each asking again as soon as it was answered. */
function flood({ port, address, clients }: { readonly port: number; readonly address: string; readonly clients: number }): void {
  const state = { isOver: false };
  const agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  onTestFinished(() => {
    state.isOver = true;
    for (const agent of agents) agent.destroy();
  });
  for (const agent of agents)
    void (async () => {
      while (!state.isOver) await post({ port, agent, address, path: "/validate/closed" }).catch(() => sleep(5));
    })();
}
