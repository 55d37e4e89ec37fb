/**
 * The webhook server: HTTPS in front of an admission handler. It knows no rule.
 *
 *   POST /mutate/{closed,open}/WORD, /validate/{closed,open}/WORD   AdmissionReview v1 in, AdmissionReview v1 out; without the word, or with
 *                  a wrong one, it comes from a stranger (known-callers.ts), and is judged all the same
 *   POST /peers    another replica says that it sees the API server
 *   GET  /healthz  the process answers      GET /readyz  200 once it may be sent reviews      GET /metrics  for whom the guard lets pass
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
import type { AdmissionAdvisor, AdmissionHandler, OwnerInquirer } from "./admission-call.ts";
import { handshakeMaxMs, parseNoMore } from "./connections.ts";
import { type Door, type doorLimits, openDoor } from "./door.ts";
import { eventLoopLag } from "./event-loop-lag.ts";
import { answerMaxMs, answerReview } from "./review-answer.ts";
import { reviewRoute, strangeBody } from "./review-route.ts";
import type { WebhookMetrics } from "./metrics.ts";

export interface WebhookServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly handler: AdmissionHandler;
  /** What allowed requests are told besides. */
  readonly advisor?: AdmissionAdvisor;
  /** Whom owners are asked of; absent: nobody speaks for an owner by rights. */
  readonly inquirer?: OwnerInquirer;
  /** Empty when reviews may be sent; otherwise what is still missing. */
  readonly notReady: () => readonly string[];
  /** What whoever asks after readiness should know besides: it is told, and changes nothing. */
  readonly remarks?: () => readonly string[];
  /** Whether a segment of a path is the word that we registered; absent: no caller is known. */
  readonly isCallerWord?: (word: string) => boolean;
  /** Takes what a peer says of itself, with its Authorization header; false refuses it. Absent: nobody is listened to. */
  readonly peerWord?: (authorization: string | undefined) => boolean;
  readonly metrics: WebhookMetrics;
  /** Asked with the Authorization header before /metrics answers; absent: anybody may read them. */
  readonly metricsGuard?: (authorization: string | undefined) => Promise<MetricsRefusal | undefined>;
  /** What /metrics answers; default: the registry of `metrics`. */
  readonly metricsText?: () => Promise<string>;
  readonly clock: Clock;
  /** Where a handler that threw is told; the review is answered with an error, so the failurePolicy applies. */
  readonly onError: (error: unknown) => void;
  /** Default: {@link doorLimits}. */
  readonly limits?: Partial<typeof doorLimits>;
}

/** Why somebody may not read the metrics, for the answer. */
export interface MetricsRefusal {
  readonly status: 401 | 403 | 503;
  readonly words: string;
}

export interface WebhookServer {
  readonly port: number;
  /** Serves another certificate to connections opened from now on. */
  setCertificate(certificatePem: string, keyPem: string): void;
  /** Fails readiness, answers for `lameDuckMs` more, then closes. */
  close(lameDuckMs: number): Promise<void>;
}

/** Longer than the API server's 90 s, so that the client is always the one that closes. */
export const keepAliveTimeoutMs = 95_000;

/** A review's head is a few hundred bytes. */
const headerBytesMax = 8 * 1024;

/** Starts the server and resolves once it listens. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const state = { closing: false };
  const lag = eventLoopLag();
  const door = openDoor({
    lag,
    onClosed: (reason) => {
      options.metrics.connectionsClosed.inc({ reason });
    },
    limits: options.limits ?? {},
  });
  const listener = webhookListener(options, { state, door });
  const server = createServer(
    {
      ...secureContext(options.certificatePem, options.keyPem),
      handshakeTimeout: handshakeMaxMs,
      maxHeaderSize: headerBytesMax,
      // No byte is read of a connection whose turn has not come.
      pauseOnConnect: true,
    },
    listener,
  );
  door.connections.guard(server);
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
      lag.close();
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

type ListenerOptions = Pick<
  WebhookServerOptions,
  | "handler"
  | "advisor"
  | "inquirer"
  | "notReady"
  | "remarks"
  | "isCallerWord"
  | "peerWord"
  | "metrics"
  | "metricsGuard"
  | "metricsText"
  | "clock"
  | "onError"
>;

interface ListenerParts {
  readonly state: { readonly closing: boolean };
  readonly door: Door;
}

/** A listener without a server is never late, and never closes. */
function idleParts(): ListenerParts {
  return { state: { closing: false }, door: openDoor({ lag: { currentMs: () => 0, smoothedMs: () => 0 } }) };
}

/**
 * Returns what answers each request of the server; tests call it without a certificate.
 *
 * Reviews are answered before Express, whose routing costs as much as parsing a small review; the rest is its work.
 */
export function webhookListener(options: ListenerOptions, { state, door }: ListenerParts = idleParts()): RequestListener {
  const app = webhookApp(options, state);
  options.metrics.lagOf(door.lag);
  return (request, response) => {
    if (!door.connections.begin(request, response)) return;
    const route = reviewRoute(request);
    const caller = door.connections.callerOf(request);
    if (route?.word !== undefined && options.isCallerWord?.(route.word) === true) door.known.show(caller);
    const strange = strangeBody(request, { isReview: route !== undefined, isStranger: door.known.isStranger(caller) });
    if (strange !== undefined) {
      response.writeHead(strange.status, { "Content-Type": "text/plain", Connection: "close" });
      response.end(`${strange.words}\n`);
      response.once("finish", () => request.destroy());
      parseNoMore(request.socket);
      return;
    }
    if (route === undefined) {
      otherInTurn(door, { request, response, app });
      return;
    }
    if (state.closing) response.setHeader("Connection", "close");
    answerReview({ ...options, ...route, request, response, door }).catch((error: unknown) => {
      options.onError(error);
      response.destroy();
    });
  };
}

/** Probes and the like take turns with reviews: who asks for nothing but /healthz, in a flood, is a flood. */
function otherInTurn(
  { gate, connections }: Door,
  { request, response, app }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly app: RequestListener },
): void {
  const entry = {
    caller: connections.callerOf(request),
    kind: "other",
    tier: "open",
    bytes: 0,
    deadlineMs: performance.now() + answerMaxMs,
  } as const;
  gate.inTurn(entry, (reason) => {
    if (reason === undefined) {
      app(request, response);
      return;
    }
    response.writeHead(503, { "Content-Type": "text/plain", Connection: "close" });
    response.end(`too busy (${reason})\n`);
  });
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
    const remarks = (options.remarks?.() ?? []).map((line) => `remark: ${line}\n`).join("");
    response.status(missing.length === 0 ? 200 : 503).type("text/plain");
    response.send(`${missing.length === 0 ? "ok\n" : `${missing.map((line) => `not ready: ${line}`).join("\n")}\n`}${remarks}`);
  });
  app.post("/peers", (request, response) => {
    response.status(options.peerWord?.(request.headers.authorization) === true ? 204 : 403).end();
  });
  app.get("/metrics", async (request, response) => {
    const { registry } = options.metrics;
    const refusal = await options.metricsGuard?.(request.headers.authorization);
    if (refusal !== undefined) {
      if (refusal.status === 401) response.setHeader("WWW-Authenticate", "Bearer");
      response.status(refusal.status).type("text/plain").send(`${refusal.words}\n`);
      return;
    }
    const text = await (options.metricsText?.() ?? registry.metrics());
    response.type(registry.contentType).send(text);
  });
  return app;
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
