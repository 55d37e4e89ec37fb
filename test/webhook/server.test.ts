import { once } from "node:events";
import { createServer, type IncomingMessage, request as plainRequest } from "node:http";
import { request } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import supertest from "supertest";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Clock } from "../../src/api/ports.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { allowed, type AdmissionAnswer, denied, patched } from "../../src/webhook/admission-review.ts";
import type { ShedReason } from "../../src/webhook/gate-queue.ts";
import { bodyBytesMax } from "../../src/webhook/body-reader.ts";
import { type Door, openDoor } from "../../src/webhook/door.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { keepAliveTimeoutMs, startWebhookServer, webhookListener } from "../../src/webhook/server.ts";
import type { AdmissionHandler } from "../../src/webhook/admission-call.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";

const podReview = {
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: {
    uid: "u-1",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: { group: "", version: "v1", resource: "pods" },
    operation: "CREATE",
    namespace: "shop",
    userInfo: { username: "ana", groups: ["team"] },
    object: { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { containers: [] } },
    oldObject: null,
    dryRun: false,
  },
};

describe("the webhook server refuses what is no review, in words", () => {
  const rows: readonly [string, { body: string; type?: string }, number, RegExp][] = [
    ["a body that is not JSON", { body: "apiVersion: v1" }, 400, /^the body is not JSON: /],
    ["a list", { body: "[]" }, 400, /not a JSON object; an AdmissionReview is expected/],
    ["another kind", { body: JSON.stringify({ kind: "Pod", apiVersion: "v1" }) }, 400, /kind "Pod" is not AdmissionReview/],
    [
      "AdmissionReview v1beta1",
      { body: JSON.stringify({ ...podReview, apiVersion: "admission.k8s.io/v1beta1" }) },
      400,
      /apiVersion "admission.k8s.io\/v1beta1" is not supported; send admission.k8s.io\/v1/,
    ],
    ["a review without a request", { body: JSON.stringify({ ...podReview, request: undefined }) }, 400, /request is missing/],
    ["a request without a uid", review({ uid: "" }), 400, /request.uid is missing/],
    ["an unknown operation", review({ operation: "PEEK" }), 400, /request.operation "PEEK" is not one of CREATE, UPDATE, DELETE, CONNECT/],
    ["an object that is none", review({ object: { metadata: 5 } }), 400, /request.object is not a Kubernetes object/],
    ["another content type", { body: JSON.stringify(podReview), type: "application/yaml" }, 415, /not application\/json/],
  ];
  it.each(rows)("%s", async (_what, { body, type }, status, message) => {
    const answer = await supertest(app(() => allowed()))
      .post("/validate/open")
      .set("Content-Type", type ?? "application/json")
      .send(body);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(message);
  });

  it("a body that says it is larger than any that an API server sends, before it has come", async () => {
    const server = createServer(app(() => allowed())).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const headers = { "Content-Type": "application/json", "Content-Length": bodyBytesMax + 1 };
    const asked = plainRequest({ host: "127.0.0.1", port, method: "POST", path: "/validate/open", headers });
    asked.on("error", () => undefined).write("{");
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    expect([response.statusCode, (await response.toArray()).join("")]).toEqual([413, `the body is larger than ${bodyBytesMax} bytes\n`]);
  });
});

it("the webhook server judges the largest object that etcd takes, before and after, where Go writes each of its characters as six", async () => {
  const escaped = "\\u003c".repeat(1.5 * 1024 * 1024);
  const object = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"a","args":["${escaped}"]}]}}`;
  const text = JSON.stringify({ ...podReview, request: { ...podReview.request, operation: "UPDATE", object: "new", oldObject: "old" } });
  const answer = await supertest(app(() => denied({ code: 403, message: "no" })))
    .post("/validate/open")
    .set("Content-Type", "application/json")
    .send(text.replace('"new"', () => object).replace('"old"', () => object));
  expect(answer.body).toMatchObject({ response: { uid: "u-1", allowed: false } });
});

describe("the webhook server answers a review", () => {
  const rows: readonly [string, AdmissionAnswer, object][] = [
    ["allowed", allowed(), { uid: "u-1", allowed: true }],
    [
      "allowed with warnings",
      allowed(["[BIND-004] Pod web has no WorkloadProfile"]),
      { uid: "u-1", allowed: true, warnings: ["[BIND-004] Pod web has no WorkloadProfile"] },
    ],
    ["allowed by an empty patch", patched([]), { uid: "u-1", allowed: true }],
    [
      "patched",
      patched([{ op: "add", path: "/metadata/labels", value: { a: "ä" } }]),
      {
        uid: "u-1",
        allowed: true,
        patchType: "JSONPatch",
        patch: Buffer.from('[{"op":"add","path":"/metadata/labels","value":{"a":"ä"}}]').toString("base64"),
      },
    ],
    [
      "denied",
      denied({ code: 403, reason: "Forbidden", message: "no" }),
      { uid: "u-1", allowed: false, status: { status: "Failure", code: 403, reason: "Forbidden", message: "no" } },
    ],
  ];
  it.each(rows)("%s", async (_what, answer, response) => {
    const got = await supertest(app(() => answer))
      .post("/mutate/closed")
      .send(podReview);
    expect(got.body).toEqual({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response });
  });

  it("hands the handler the phase and tier of the path, and the decoded request", async () => {
    const seen: Parameters<AdmissionHandler>[0][] = [];
    const handler: AdmissionHandler = (call) => {
      seen.push(call);
      return allowed();
    };
    await supertest(app(handler)).post("/validate/closed").send(podReview);
    expect(seen).toMatchObject([
      { phase: "validate", tier: "closed", request: { name: "", namespace: "shop", userInfo: { groups: ["team"] } } },
    ]);
    expect(seen[0]?.request).not.toHaveProperty("oldObject");
  });

  it("answers 500 when the handler throws, so that the failure policy applies, and tells the error once", async () => {
    const errors: unknown[] = [];
    const broken: AdmissionHandler = () => {
      throw new Error("bug");
    };
    const got = await supertest(app(broken, { onError: (error) => errors.push(error) }))
      .post("/validate/open")
      .send(podReview);
    expect(got.status).toBe(500);
    expect(errors).toHaveLength(1);
  });

  it("says on /readyz what is missing, and shows its metrics", async () => {
    const cold = app(() => allowed(), { notReady: () => ["policies.yaml is not loaded"] });
    const ready = await supertest(cold).get("/readyz");
    expect([ready.status, ready.text]).toEqual([503, "not ready: policies.yaml is not loaded\n"]);
    await supertest(cold).post("/validate/open").send(podReview);
    const metrics = await supertest(cold).get("/metrics");
    expect(metrics.text).toContain('plimsoll_admission_requests_total{phase="validate",outcome="allowed",dry_run="false"} 1');
  });
});

describe("the readiness of a server that goes on with older policies", () => {
  it("is told with what was refused, and stays", async () => {
    const remarks = () => ["policies refused, the last good bundle stays: policies.yaml:3:1: tab character cannot start a token"];
    const ready = await supertest(app(() => allowed(), { notReady: () => [], remarks })).get("/readyz");
    expect([ready.status, ready.text]).toEqual([200, `ok\nremark: ${remarks()[0] ?? ""}\n`]);
  });
});

describe("the webhook server routes", () => {
  const rows: readonly [string, "get" | "post", string, number][] = [
    ["a review with the API server's deadline in its query", "post", "/validate/closed?timeout=5s", 200],
    ["a review to another path", "post", "/validate", 404],
    ["a GET of a review path", "get", "/validate/open", 404],
    ["a probe with a query", "get", "/healthz?verbose", 200],
  ];
  it.each(rows)("%s", async (_what, method, path, status) => {
    const client = supertest(app(() => allowed()));
    const answer = await (method === "post" ? client.post(path).send(podReview) : client.get(path));
    expect(answer.status).toBe(status);
  });
});

describe("/peers", () => {
  it.each([
    ["a word of another replica's", "Plimsoll known", 204],
    ["a word of no replica's", "Plimsoll forged", 403],
  ])("answers %s", async (_whose, word, status) => {
    const client = supertest(app(() => allowed(), { peerWord: (authorization) => authorization === "Plimsoll known" }));
    expect((await client.post("/peers").set("Authorization", word)).status).toBe(status);
  });
});

describe("the deadline", () => {
  it("is the caller's: what can't be answered in time is not judged, and what can is", async () => {
    let judged = 0;
    const handler: AdmissionHandler = () => {
      judged += 1;
      return allowed();
    };
    // The event loop was held for three seconds: whatever is read now may have waited as long.
    const late = { state: { closing: false }, door: openDoor({ lag: { currentMs: () => 3_000, smoothedMs: () => 600 } }) };
    const client = supertest(webhookListener(options(handler), late));
    expect((await client.post("/validate/open?timeout=2s").send(podReview)).status).toBe(504);
    expect(judged).toBe(0);
    expect((await client.post("/validate/open?timeout=5s").send(podReview)).status).toBe(200);
    expect((await client.post("/validate/open").send(podReview)).status).toBe(200);
    expect(judged).toBe(2);
  });

  it("is the registered one at most, whatever the caller says", async () => {
    const late = { state: { closing: false }, door: openDoor({ lag: { currentMs: () => 5_500, smoothedMs: () => 600 } }) };
    const client = supertest(
      webhookListener(
        options(() => allowed()),
        late,
      ),
    );
    for (const timeout of ["?timeout=6s", "?timeout=30s", "?timeout=999h", ""])
      expect([timeout, (await client.post(`/validate/open${timeout}`).send(podReview)).status]).toEqual([timeout, 504]);
  });
});

describe("a server with too much to do", () => {
  it("turns open reviews away at once, asks the callers of closed ones to come again, and counts both", async () => {
    const full = (tier: string) => ({ door: doorOf(tier === "open" ? "lag" : "count"), state: { closing: false } });
    const metrics = webhookMetrics();
    const answers = await Promise.all(
      ["open", "closed"].map((tier) =>
        supertest(webhookListener({ ...options(() => allowed()), metrics }, full(tier)))
          .post(`/validate/${tier}?timeout=5s`)
          .send(podReview),
      ),
    );
    expect(answers.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual([
      [503, undefined],
      [503, "1"],
    ]);
    const text = await metrics.registry.metrics();
    expect(text).toContain('plimsoll_admission_shed_total{tier="open",reason="lag",standing="heavy"} 1');
    expect(text).toContain('plimsoll_admission_shed_total{tier="closed",reason="count",standing="heavy"} 1');
  });

  it("has all places for whole reviews: who announces much and sends nothing holds none", async () => {
    const server = createServer(webhookListener(options(() => allowed()))).listen(0, "127.0.0.1");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, "listening");
    for (let socket = 0; socket < 40; socket++) await halfReview(server, { length: 7 * 1024 * 1024, timeout: "30s" });
    for (const path of ["/validate/open", "/validate/closed"])
      expect((await supertest(server).post(path).send(podReview)).status).toBe(200);
  });

  it("closes a connection that sends a second review before the first is answered", async () => {
    const server = createServer(webhookListener(options(() => allowed()))).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const body = JSON.stringify(podReview);
    const head = `POST /validate/open HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.on("error", () => undefined);
    socket.write(`${head}${body}`.repeat(3));
    await once(socket.resume(), "close");
    expect((await supertest(server).post("/validate/open").send(podReview)).status).toBe(200);
  });

  const strange: readonly (readonly [string, string, RegExp])[] = [
    ["a review without a length", "POST /validate/closed HTTP/1.1\r\nTransfer-Encoding: chunked", /^HTTP\/1\.1 411 .*says its length/s],
    ["a peer's word with a body", "POST /peers HTTP/1.1\r\nTransfer-Encoding: chunked", /^HTTP\/1\.1 413 .*no body/s],
    ["a probe with a body", "GET /healthz HTTP/1.1\r\nContent-Length: 6000000", /^HTTP\/1\.1 413 .*no body/s],
  ];
  it.each(strange)("reads nothing more of %s", async (_what, head, told) => {
    const server = createServer(webhookListener(options(() => allowed()))).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const answer: Buffer[] = [];
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => answer.push(chunk));
    socket.write(`${head}\r\nHost: a\r\nContent-Type: application/json\r\n\r\n`);
    await once(socket, "close");
    expect(Buffer.concat(answer).toString()).toMatch(told);
  });

  it("takes a hundred requests in one write for one connection that goes", async () => {
    const { serving } = issueServingCertificate({ names: ["localhost"], now: Date.now() });
    const given = options(() => allowed());
    const server = await startWebhookServer({ host: "127.0.0.1", port: 0, ...serving, ...given });
    onTestFinished(() => server.close(0));
    const socket = connectTls({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false });
    socket.on("error", () => undefined);
    socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100));
    await once(socket.resume(), "close");
    const closed = await given.metrics.registry.getSingleMetricAsString("plimsoll_webhook_connections_closed_total");
    expect(closed).toMatch(/\{reason="pipelining"\} 1$/m);
  });

  it("gives up a review that comes in pieces of some bytes", async () => {
    const server = createServer(webhookListener(options(() => allowed()))).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", noDelay: true });
    // A write may meet the closed connection, which is what is waited for: once() would take that for a failure.
    socket.on("error", () => undefined);
    socket.resume();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("POST /validate/closed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n");
    let pieces = 0;
    for (; pieces < 1_000 && !socket.destroyed; pieces++) {
      socket.write(" ");
      await sleep(1);
    }
    await closed;
    expect(pieces).toBeLessThan(500);
  });

  it("gives up a body that has not come by the caller's deadline", async () => {
    const server = createServer(webhookListener(options(() => allowed()))).listen(0, "127.0.0.1");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const half = connect(port, "127.0.0.1");
    const told: Buffer[] = [];
    half.on("data", (chunk: Buffer) => told.push(chunk));
    half.write(
      'POST /validate/open?timeout=1s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"kind":',
    );
    await once(half, "close");
    expect(Buffer.concat(told).toString()).toMatch(/^HTTP\/1\.1 504 .*Connection: close.*too late/s);
  });
});

describe("sessions", () => {
  it("are resumed, so that a second connection costs no second handshake", async () => {
    const { authority, serving } = issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() });
    const server = await startWebhookServer({ host: "127.0.0.1", port: 0, ...serving, ...options(() => allowed()) });
    const at = { port: server.port, host: "127.0.0.1", ca: authority.certificatePem };
    const first = connectTls(at);
    const [session] = (await once(first, "session")) as [Buffer];
    const second = connectTls({ ...at, session });
    await once(second, "secureConnect");
    expect([first.isSessionReused(), second.isSessionReused()]).toEqual([false, true]);
    await server.close(0);
  });

  it("outlive the API server's 90 s of idleness, so that it is never we who close", async () => {
    const response = await supertest(app(() => allowed()))
      .post("/validate/open")
      .send(podReview);
    expect(response.status).toBe(200);
    expect(keepAliveTimeoutMs).toBeGreaterThan(90_000);
  });
});

describe("another certificate", () => {
  it("is served to connections opened from then on, without a restart", async () => {
    const [first, second] = [1, 2].map(() => issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() }));
    if (first === undefined || second === undefined) throw new Error("no certificates");
    const server = await startWebhookServer({
      host: "127.0.0.1",
      port: 0,
      ...first.serving,
      handler: () => allowed(),
      notReady: () => [],
      metrics: webhookMetrics(),
      clock: wallClock(),
      onError: () => undefined,
    });
    const client = supertest(`https://127.0.0.1:${server.port}`);
    expect((await client.get("/healthz").ca(first.authority.certificatePem)).status).toBe(200);
    server.setCertificate(second.serving.certificatePem, second.serving.keyPem);
    expect((await client.get("/healthz").ca(second.authority.certificatePem)).status).toBe(200);
    await expect(client.get("/healthz").ca(first.authority.certificatePem)).rejects.toThrow(/certificate|signature/);
    await server.close(0);
  });
});

describe("shutdown", () => {
  const { authority, serving } = issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() });

  function start(over: { readonly handler?: AdmissionHandler; readonly clock?: Clock } = {}) {
    return startWebhookServer({
      host: "127.0.0.1",
      port: 0,
      certificatePem: serving.certificatePem,
      keyPem: serving.keyPem,
      handler: () => allowed(),
      notReady: () => [],
      metrics: webhookMetrics(),
      clock: wallClock(),
      onError: () => undefined,
      ...over,
    });
  }

  it("waits for no connection that carries no review", async () => {
    const server = await start();
    const unused = connectTls({ port: server.port, host: "127.0.0.1", ca: authority.certificatePem });
    const silent = connect(server.port, "127.0.0.1");
    await Promise.all([once(unused, "secureConnect"), once(silent, "connect")]);
    const gone = [once(unused, "close"), once(silent, "close")];
    await server.close(0);
    await Promise.all(gone);
  });

  it("answers the review that is in flight when the listener closes", async () => {
    const server = await start();
    const text = JSON.stringify(podReview);
    const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
    const options = { port: server.port, host: "127.0.0.1", ca: authority.certificatePem, method: "POST", path: "/validate/open", headers };
    const sent = request(options);
    const answered = once(sent, "response");
    sent.write(text.slice(0, 10));
    await expect.poll(() => sent.socket?.bytesWritten ?? 0).toBeGreaterThan(10);
    await sleep(50);
    const closed = server.close(0);
    await sleep(50);
    sent.end(text.slice(10));
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
    await closed;
  });

  it("fails readiness at once but goes on answering until endpoints have moved on", async () => {
    let endLameDuck = (): void => undefined;
    const lameDuck = new Promise<void>((resolve) => (endLameDuck = resolve));
    const server = await start({ clock: { ...wallClock(), sleep: () => lameDuck } });
    const client = supertest(`https://127.0.0.1:${server.port}`);
    expect((await client.get("/readyz").ca(authority.certificatePem)).status).toBe(200);
    const closed = server.close(300);
    expect((await client.get("/readyz").ca(authority.certificatePem)).status).toBe(503);
    const late = await client.post("/validate/open").ca(authority.certificatePem).send(podReview);
    expect([late.status, late.headers["connection"]]).toEqual([200, "close"]);
    endLameDuck();
    await closed;
    await expect(client.get("/healthz").ca(authority.certificatePem)).rejects.toThrow(/ECONNREFUSED/);
  });
});

function review(request: object): { body: string } {
  return { body: JSON.stringify({ ...podReview, request: { ...podReview.request, ...request } }) };
}

const noLag = { currentMs: () => 0, smoothedMs: () => 0 };

/** A door whose gate turns everything away. */
function doorOf(reason: ShedReason): Door {
  const gate: Door["gate"] = {
    inTurn: (_entry, work) => {
      work(reason);
      return () => undefined;
    },
  };
  return { ...openDoor({ lag: noLag }), gate };
}

/** A connection that announces a review and sends the start of it. */
async function halfReview(server: { address(): unknown }, of: { readonly length: number; readonly timeout: string }) {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(
    `POST /validate/open?timeout=${of.timeout} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${of.length}\r\n\r\n{"kind":`,
  );
  return socket;
}

function options(handler: AdmissionHandler) {
  return { handler, notReady: () => [], metrics: webhookMetrics(), clock: wallClock(), onError: () => undefined };
}

describe("an allowed review may be told more", () => {
  const told = async (over: Partial<Parameters<typeof webhookListener>[0]>, path = "/validate/open", answer = allowed(["first"])) => {
    const got = await supertest(app(() => answer, over))
      .post(path)
      .send(podReview);
    return (got.body as { readonly response: { readonly warnings?: readonly string[] } }).response.warnings;
  };

  it("after what judging had to tell", async () => {
    expect(await told({ advisor: () => Promise.resolve(["second"]) })).toEqual(["first", "second"]);
    expect(await told({ advisor: () => Promise.resolve([]) })).toEqual(["first"]);
    expect(await told({ advisor: () => undefined })).toEqual(["first"]);
  });

  it("never while it mutates, nor where it is refused", async () => {
    const advisor = () => Promise.reject(new Error("nobody may ask"));
    expect(await told({ advisor }, "/mutate/open")).toEqual(["first"]);
    expect(await told({ advisor }, "/validate/open", denied({ code: 403 }, ["first"]))).toEqual(["first"]);
  });

  it("within what is left of the API server's patience", async () => {
    const asked: number[] = [];
    await told({ advisor: (_call, { withinMs }) => void asked.push(withinMs) }, "/validate/open?timeout=2s");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toBeGreaterThan(500);
    expect(asked[0]).toBeLessThanOrEqual(1_900);
  });

  it("while not too many wait for advice already", async () => {
    const door = openDoor({ lag: noLag });
    const listener = webhookListener(
      { ...options(() => allowed(["first"])), advisor: () => Promise.resolve(["late"]) },
      { state: { closing: false }, door },
    );
    const warnings = async () => {
      const answer = await supertest(listener).post("/validate/open").send(podReview);
      return (answer.body as { readonly response: { readonly warnings: unknown } }).response.warnings;
    };
    expect(await warnings()).toEqual(["first", "late"]);
    door.waiting.advised = 1_000;
    expect(await warnings()).toEqual(["first"]);
    door.waiting.advised = 0;
    expect(await warnings()).toEqual(["first", "late"]);
  });
});

function app(handler: AdmissionHandler, over: Partial<Parameters<typeof webhookListener>[0]> = {}) {
  return webhookListener({ handler, notReady: () => [], metrics: webhookMetrics(), clock: wallClock(), onError: () => undefined, ...over });
}
