/**
 * The webhook server: HTTPS in front of an admission handler. It knows no rule.
 *
 *   POST /mutate/{closed,open}, /validate/{closed,open}   AdmissionReview v1 in, AdmissionReview v1 out
 *   GET  /healthz  the process answers      GET /readyz  200 once it may be sent reviews      GET /metrics
 *
 * The API server keeps up to 25 idle connections a host for 90 s; ours stay open longer, so that it is always the client
 * that closes and no review meets a connection that is just going away. On shutdown readiness fails first, reviews are
 * still answered while endpoints move on (with Connection: close), and only then the listener closes.
 */
import { createServer, type Server } from "node:https";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import express from "express";
import type { Clock } from "../api/ports.ts";
import type { AdmissionRequest } from "../policies/admission-request.ts";
import { type AdmissionAnswer, decodeAdmissionReview, encodeAdmissionReview, type ReviewError } from "./admission-review.ts";
import { bodyBytesMax, readBody } from "./body-reader.ts";
import type { WebhookMetrics } from "./metrics.ts";

export type AdmissionPhase = "mutate" | "validate";

/** What the registered path says of a review: closed refuses while we have no view of the cluster, open lets pass. */
export type FailureTier = "closed" | "open";

/** Judges one review; synchronous, so that no review waits for another. */
export type AdmissionHandler = (call: {
  readonly phase: AdmissionPhase;
  readonly tier: FailureTier;
  readonly request: AdmissionRequest;
}) => AdmissionAnswer;

export interface WebhookServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly handler: AdmissionHandler;
  /** Empty when reviews may be sent; otherwise what is still missing. */
  readonly notReady: () => readonly string[];
  readonly metrics: WebhookMetrics;
  readonly clock: Clock;
  /** Where a handler that threw is told; the review is answered with an error, so the failurePolicy applies. */
  readonly onError: (error: unknown) => void;
}

export interface WebhookServer {
  readonly port: number;
  /** Serves another certificate to connections opened from now on. */
  setCertificate(certificatePem: string, keyPem: string): void;
  /** Fails readiness, answers for `lameDuckMs` more, then closes. */
  close(lameDuckMs: number): Promise<void>;
}

/** Longer than the API server's 90 s, so that the client is always the one that closes. */
const keepAliveTimeoutMs = 95_000;

/** The longest that the API server waits for an answer (timeoutSeconds of registration.ts). */
const answerMaxMs = 5_000;

/** Starts the server and resolves once it listens. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const state = { closing: false };
  const server = createServer(secureContext(options.certificatePem, options.keyPem), webhookListener(options, state));
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = keepAliveTimeoutMs + 5_000;
  server.requestTimeout = 30_000;
  const connections = closer(server, options.clock);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    setCertificate: (cert, key) => {
      server.setSecureContext(secureContext(cert, key));
    },
    close: async (lameDuckMs) => {
      state.closing = true;
      await options.clock.sleep(lameDuckMs);
      await connections.close();
    },
  };
}

function secureContext(cert: string, key: string) {
  return { cert, key, minVersion: "TLSv1.2" } as const;
}

/**
 * Watches a server's connections; `close` closes the listener, lets reviews in flight be answered, and drops the rest.
 *
 * The API server also holds connections that it never sent a request on. Node counts those as busy, so waiting for them
 * would keep us past our grace period.
 */
function closer(server: Server, clock: Clock): { close(): Promise<void> } {
  const sockets = new Set<Socket>();
  const inFlight = new Set<ServerResponse>();
  const idle = new AbortController();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (_request: IncomingMessage, response: ServerResponse) => {
    inFlight.add(response);
    response.once("close", () => {
      inFlight.delete(response);
      if (!server.listening && inFlight.size === 0) idle.abort();
    });
  });
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      if (inFlight.size > 0) await clock.sleep(answerMaxMs, idle.signal);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

type ListenerOptions = Pick<WebhookServerOptions, "handler" | "notReady" | "metrics" | "clock" | "onError">;

interface ReviewRoute {
  readonly phase: AdmissionPhase;
  readonly tier: FailureTier;
}

const reviewRoutes: ReadonlyMap<string, ReviewRoute> = new Map(
  (["mutate", "validate"] as const).flatMap((phase) =>
    (["closed", "open"] as const).map((tier) => [`/${phase}/${tier}`, { phase, tier }] as const),
  ),
);

/**
 * Returns what answers each request of the server; tests call it without a certificate.
 *
 * Reviews are answered before Express, whose routing costs as much as parsing a small review; the rest is its work.
 */
export function webhookListener(options: ListenerOptions, state: { readonly closing: boolean } = { closing: false }): RequestListener {
  const app = webhookApp(options, state);
  return (request, response) => {
    const route = request.method === "POST" ? reviewRoutes.get(pathOf(request)) : undefined;
    if (route === undefined) {
      app(request, response);
      return;
    }
    if (state.closing) response.setHeader("Connection", "close");
    answerReview({ ...options, ...route, request, response }).catch((error: unknown) => {
      options.onError(error);
      response.destroy();
    });
  };
}

/** The API server adds its deadline as a query: /validate/open?timeout=5s. */
function pathOf({ url = "" }: IncomingMessage): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

function webhookApp(options: ListenerOptions, state: { readonly closing: boolean }): express.Express {
  const app = express();
  app.disable("etag");
  app.disable("x-powered-by");
  app.get("/healthz", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  app.get("/readyz", (_request, response) => {
    const missing = state.closing ? ["shutting down"] : options.notReady();
    response.status(missing.length === 0 ? 200 : 503).type("text/plain");
    response.send(missing.length === 0 ? "ok\n" : `${missing.map((line) => `not ready: ${line}`).join("\n")}\n`);
  });
  app.get("/metrics", async (_request, response) => {
    response.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics());
  });
  return app;
}

interface ReviewCall extends Pick<WebhookServerOptions, "handler" | "metrics" | "clock" | "onError"> {
  readonly phase: AdmissionPhase;
  readonly tier: FailureTier;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answerReview(call: ReviewCall): Promise<void> {
  const { phase, tier, request, response, metrics } = call;
  const contentType = request.headers["content-type"] ?? "";
  if (!contentType.startsWith("application/json")) {
    refuse(call, { httpStatus: 415, message: `content type ${JSON.stringify(contentType)} is not application/json` });
    return;
  }
  const body = await readBody(request);
  if (body.kind === "broken") return;
  if (body.kind === "too-large") {
    // The unread rest of the body would be taken for the next request.
    response.setHeader("Connection", "close");
    refuse(call, { httpStatus: 413, message: `the body is larger than ${bodyBytesMax} bytes` });
    return;
  }
  const startedAt = performance.now();
  const review = decodeAdmissionReview(body.bytes);
  if (!review.ok) {
    refuse(call, review.error);
    return;
  }
  try {
    const answer = call.handler({ phase, tier, request: review.value });
    const text = encodeAdmissionReview(review.value.uid, answer);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
    metrics.requests.inc({ phase, outcome: answer.kind, dry_run: String(review.value.dryRun) });
    metrics.duration.observe({ phase }, (performance.now() - startedAt) / 1000);
  } catch (error) {
    call.onError(error);
    response.writeHead(500, { "Content-Type": "text/plain" });
    response.end("the review could not be judged; the error is in Plimsoll's log\n");
    metrics.requests.inc({ phase, outcome: "error", dry_run: String(review.value.dryRun) });
  }
}

function refuse(call: ReviewCall, error: ReviewError): void {
  call.metrics.requests.inc({ phase: call.phase, outcome: "bad-request", dry_run: "false" });
  call.response.writeHead(error.httpStatus, { "Content-Type": "text/plain; charset=utf-8" });
  call.response.end(`${error.message}\n`);
}

function listen(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
