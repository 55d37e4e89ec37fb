/** Large reviews of the API server stand in line: each is read when its turn comes, and small ones are answered between them. */
import { Agent, request } from "node:https";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { allowed } from "../../src/webhook/admission-review.ts";
import { issueServingCertificate, type ServingCertificate } from "../../src/webhook/certificate.ts";
import { largeBodyBytesMin, largeLine } from "../../src/webhook/large-bodies.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { startWebhookServer, type WebhookServerOptions } from "../../src/webhook/server.ts";

const word = "w".repeat(43);
const mebibyte = 1024 * 1024;

describe("the line", () => {
  const withinMs = 1_000;
  it("lets in as many as fit, in the order in which they came, and one alone however large", () => {
    const line = largeLine({ largeBytesMax: 10, largeWaitingMax: 8 });
    const read: string[] = [];
    const stand = (name: string, bytes: number) => line.stand({ bytes, withinMs }, () => read.push(name)) ?? fail();
    const [a, b] = [stand("a", 6), stand("b", 4)];
    const [c, d] = [stand("c", 5), stand("d", 1)];
    expect(read).toEqual(["a", "b"]);
    b();
    // What is smaller doesn't pass who came before.
    expect(read).toEqual(["a", "b"]);
    a();
    a();
    expect(read).toEqual(["a", "b", "c", "d"]);
    const huge = stand("huge", 90);
    stand("e", 1);
    c();
    expect(read).toHaveLength(4);
    d();
    expect(read).toEqual(["a", "b", "c", "d", "huge"]);
    huge();
    expect(read).toHaveLength(6);
  });

  it("forgets who leaves before its turn, and takes no more than may wait", () => {
    const line = largeLine({ largeBytesMax: 1, largeWaitingMax: 2 });
    const read: number[] = [];
    const leave = [0, 1, 2].map((at) => line.stand({ bytes: 1, withinMs }, () => read.push(at)));
    expect(line.stand({ bytes: 1, withinMs }, () => read.push(3))).toBeUndefined();
    leave[1]?.();
    leave[0]?.();
    expect(read).toEqual([0, 2]);
  });

  it("turns away at once whose turn would not come in time, by what those before took", () => {
    const clock = { ms: 0 };
    const line = largeLine({ largeBytesMax: mebibyte, largeWaitingMax: 8 }, () => clock.ms);
    const stand = () => line.stand({ bytes: mebibyte, withinMs }, () => undefined);
    const taking = (ms: number): void => {
      const leave = stand() ?? fail();
      clock.ms += ms;
      leave();
    };
    const places = () => {
      const found = Array.from({ length: 6 }, stand);
      for (const leave of found.toReversed()) leave?.();
      return found.filter((leave) => leave !== undefined).length;
    };
    for (let at = 0; at < 20; at += 1) taking(300);
    expect(places()).toBe(4);
    for (let at = 0; at < 20; at += 1) taking(2_000);
    // One that stands alone is always read.
    expect(places()).toBe(1);
    for (let at = 0; at < 20; at += 1) taking(10);
    expect(places()).toBe(6);
  });
});

const length = 2 * mebibyte;
const limits = {
  largeBytesMax: 2 * length,
  transitBytesMax: 3 * length,
  open: { reviewsMax: 256, bytesMax: 3 * length, lagMaxMs: Infinity },
};

describe("a server that is sent many large reviews at once", () => {
  let pair: ServingCertificate;
  beforeAll(() => {
    pair = issueServingCertificate({ names: ["localhost"], now: Date.now() });
  });

  it("answers each of them, where far fewer fit", async () => {
    const { port, judged } = await serving();
    const answers = await Promise.all(Array.from({ length: 16 }, (_, at) => ask({ port, name: `large-${at}`, length }).answer));
    expect(answers.map(({ status, text }) => [status, text.includes('"allowed":true')])).toEqual(answers.map(() => [200, true]));
    expect(judged.filter((name) => name.startsWith("large-"))).toHaveLength(16);
  });

  it("answers small ones while a large one is slow, and refuses in words those whose turn does not come", async () => {
    const { port, judged } = await serving();
    const slow = [0, 1].map((at) => ask({ port, name: `slow-${at}`, length, held: 100, seconds: 5 }));
    await Promise.all(slow.map(({ begun }) => begun));
    const waiting = [0, 1, 2].map((at) => ask({ port, name: `large-${at}`, length }));
    for (let at = 0; at < 20; at += 1) expect((await ask({ port, name: `small-${at}`, length: 1000 }).answer).status).toBe(200);
    expect(judged).toEqual(Array.from({ length: 20 }, (_, at) => `small-${at}`));
    const answers = await Promise.all(waiting.map(({ answer }) => answer));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { text } of answers) expect(text).toMatch(/"allowed":false.*\[SYS-003\] too many large objects/);
    expect(judged).toHaveLength(20);
    for (const { rest } of slow) rest();
    for (const { text } of await Promise.all(slow.map(({ answer }) => answer))) expect(text).toContain('"allowed":true');
    expect((await ask({ port, name: "after", length }).answer).text).toContain('"allowed":true');
  });

  it("gives the turn of one whose rest does not come in time to the next, and refuses it in words before all of it has come", async () => {
    const { port, judged } = await serving();
    const slow = [0, 1].map((at) => ask({ port, name: `slow-${at}`, length, held: 100 }));
    await Promise.all(slow.map(({ begun }) => begun));
    expect((await ask({ port, name: "next", length, seconds: 5 }).answer).text).toContain('"allowed":true');
    for (const { text } of await Promise.all(slow.map(({ answer }) => answer))) expect(text).toMatch(/"allowed":false.*\[SYS-003\]/);
    expect(judged).toEqual(["next"]);
  });

  async function serving(): Promise<{ readonly port: number; readonly judged: string[] }> {
    const judged: string[] = [];
    const options: WebhookServerOptions = {
      ...{ host: "127.0.0.1", port: 0, ...pair.serving, notReady: () => [], metrics: webhookMetrics(), clock: wallClock(), limits },
      isCallerWord: (shown) => shown === word,
      handler: ({ request: asked }) => {
        judged.push(asked.name);
        return allowed();
      },
      onError: (error) => {
        throw error;
      },
    };
    const server = await startWebhookServer(options);
    onTestFinished(() => server.close(0));
    return { port: server.port, judged };
  }

  /** Asks as the API server does; `held` bytes are not sent before `rest`. */
  function ask({
    port,
    name,
    length: bytes,
    held = 0,
    seconds = 2,
  }: {
    port: number;
    name: string;
    length: number;
    held?: number;
    seconds?: number;
  }) {
    const uid = `${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}-1f0e-4a53-9d7c-1c1c1c1c1c1c`;
    const kind = `"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"}`;
    const head = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"${uid}",${kind},"name":"${name}","namespace":"shop","operation":"UPDATE","userInfo":{},"object":{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"a":"`;
    const tail = `"}}}}}`;
    const body = Buffer.from(`${head}${"x".repeat(Math.max(0, bytes - head.length - tail.length))}${tail}`);
    const agent = new Agent({ keepAlive: false, rejectUnauthorized: false });
    const sending = request({
      ...{ host: "127.0.0.1", port, agent, method: "POST", path: `/validate/open/${word}?timeout=${seconds}s` },
      headers: { "Content-Type": "application/json", "Content-Length": body.length },
    });
    const answer = new Promise<{ readonly status: number | undefined; readonly text: string }>((done, failed) => {
      sending.on("error", failed);
      sending.on("response", (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          done({ status: response.statusCode, text: Buffer.concat(parts).toString() });
        });
      });
    });
    const begun = new Promise<void>((done) => {
      sending.write(body.subarray(0, body.length - held), () => {
        done();
      });
    });
    const rest = (): void => void sending.end(body.subarray(body.length - held));
    if (held === 0) rest();
    return { answer, begun, rest };
  }
});

function fail(): never {
  throw new Error("too many wait");
}

it("a body is large from a mebibyte on", () => {
  expect(largeBodyBytesMin).toBe(mebibyte);
});
