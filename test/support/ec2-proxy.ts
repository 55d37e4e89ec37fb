/**
 * The EC2 stand-in: a proxy in front of moto that speaks AWS' protocols, mends what moto lacks, and lets things go wrong.
 *
 * Reads requests as the SDK sends them, of EC2, SSM, EKS, IAM, SQS, Pricing and Service Quotas. Returns moto's answers, but for
 * what the desks beside this file know better (ec2-fleets, -market, -reservations, -images, -health, -account). A known client
 * token gets the answer of its first request, or IdempotentParameterMismatch if it asks for something else. EC2's rate limits
 * hold. Faults befall the nth call of an action; hooks see each request before it is forwarded and before it is answered, and
 * may break its connection off there. Every request is recorded.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { openAccount, type AccountDesk } from "./ec2-account.ts";
import { ec2RateLimits, faultSchedule, rateLimits, throttledBy, type Fault, type FaultSchedule, type RateLimit } from "./ec2-faults.ts";
import { openFleets, type FleetDesk, type Shortage } from "./ec2-fleets.ts";
import { openHealth, type HealthDesk } from "./ec2-health.ts";
import { openImages, type ImageDesk } from "./ec2-images.ts";
import { openMarket, type Market } from "./ec2-market.ts";
import { openReservations, type ReservationDesk } from "./ec2-reservations.ts";
import { decodeRequest, dryRunAnswer, errorAnswer, isDryRun, type Answer, type AwsRequest, type Handlers } from "./ec2-wire.ts";

export type Ec2Request = AwsRequest;
export type { Fault } from "./ec2-faults.ts";
export type { Shortage } from "./ec2-fleets.ts";

/** "drop" breaks the connection off: the client never hears of the request again. */
export type Verdict = "go-on" | "drop";

export interface Ec2Hooks {
  readonly beforeForwarding?: (request: Ec2Request) => Verdict | Promise<Verdict>;
  readonly beforeAnswering?: (request: Ec2Request) => Verdict | Promise<Verdict>;
}

export interface Ec2ProxyOptions {
  /** By action; default EC2's own. */
  readonly limits?: Readonly<Record<string, RateLimit>>;
  /** Kubernetes versions that EKS has images for. */
  readonly kubernetesVersions?: readonly string[];
  /** Time, for prices and limits. */
  readonly nowMs?: () => number;
}

export interface Ec2Proxy
  extends
    Pick<FleetDesk, "lack" | "hideNewFor">,
    Pick<Market, "price" | "setPrice">,
    Pick<ReservationDesk, "setReservations" | "setPlacementGroups">,
    Pick<HealthDesk, "show" | "setAddressesLeft">,
    Pick<AccountDesk, "setCluster" | "setQuota"> {
  readonly url: string;
  /** Everything that was asked so far, in order. */
  readonly requests: readonly Ec2Request[];
  readonly images: Pick<ImageDesk, "release" | "deprecate" | "all">;
  /** Replaces the hooks. */
  hook(hooks: Ec2Hooks): void;
  /** From now on these befall calls, counted anew, and no others. */
  inject(faults: readonly Fault[]): void;
  /** What befell calls since the last `inject`, in order. */
  fired(): readonly Fault[];
  close(): Promise<void>;
}

interface State {
  readonly target: string;
  hooks: Ec2Hooks;
  faults: FaultSchedule;
  readonly passes: (action: string) => boolean;
  readonly fleets: FleetDesk;
  readonly handlers: Handlers;
  /** By action and ClientToken: what was asked, and how it was answered. */
  readonly tokens: Map<string, { readonly asked: string; readonly answer: Promise<Answer> }>;
  readonly requests: Ec2Request[];
  /** What is still to be done of calls that come late. */
  readonly late: Set<Promise<unknown>>;
  url: string;
}

const kubernetesVersionsNow = ["1.32", "1.33", "1.34", "1.35", "1.36"];

/** Starts a proxy on a free loopback port. */
export async function startEc2Proxy(target: string, options: Ec2ProxyOptions = {}): Promise<Ec2Proxy> {
  const { limits = ec2RateLimits, kubernetesVersions = kubernetesVersionsNow, nowMs = Date.now } = options;
  const market = openMarket(nowMs);
  const reservations = openReservations();
  const health = openHealth();
  const account = openAccount();
  const images = openImages(kubernetesVersions);
  const fleets = openFleets({ market, reservations, health, nowMs });
  const desks = [market, reservations, health, account, images, fleets];
  const state: State = {
    target,
    hooks: {},
    faults: faultSchedule([]),
    passes: rateLimits(limits, nowMs),
    fleets,
    handlers: Object.assign({}, ...desks.map(({ handlers }) => handlers)) as Handlers,
    tokens: new Map(),
    requests: [],
    late: new Set(),
    url: "",
  };
  const server = createServer((incoming, response) => {
    serve(state, incoming, response).catch((error: unknown) => {
      process.stderr.write(`ec2 proxy: ${String(error)}\n`);
      response.destroy();
    });
  });
  state.url = await listening(server);
  return {
    url: state.url,
    requests: state.requests,
    images,
    lack: fleets.lack,
    hideNewFor: fleets.hideNewFor,
    price: market.price,
    setPrice: market.setPrice,
    setReservations: reservations.setReservations,
    setPlacementGroups: reservations.setPlacementGroups,
    show: health.show,
    setAddressesLeft: health.setAddressesLeft,
    setCluster: account.setCluster,
    setQuota: account.setQuota,
    ...controls(state, server),
  };
}

function controls(state: State, server: Server): Pick<Ec2Proxy, "hook" | "inject" | "fired" | "close"> {
  return {
    hook: (hooks) => {
      state.hooks = hooks;
    },
    inject: (faults) => {
      state.faults = faultSchedule(faults);
    },
    fired: () => state.faults.fired,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await Promise.allSettled(state.late);
    },
  };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

async function serve(state: State, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = "GET", url = "/", headers } = incoming;
  const request = decodeRequest({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
  state.requests.push(request);
  if ((await state.hooks.beforeForwarding?.(request)) === "drop") return void response.destroy();
  const answer = state.passes(request.action)
    ? await befallen(state, { request, response, fault: state.faults.take(request.action) })
    : errorAnswer(request, throttledBy(request.service));
  if (answer === undefined) return void response.destroy();
  if ((await state.hooks.beforeAnswering?.(request)) === "drop") return void response.destroy();
  const { status, contentType, errorType } = answer;
  response.writeHead(status, { "content-type": contentType, ...(errorType === undefined ? {} : { "x-amzn-errortype": errorType }) });
  response.end(answer.body);
}

interface Call {
  readonly request: AwsRequest;
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
}

/** What a call comes to under its fault; undefined where its connection breaks. */
async function befallen(state: State, { request, response, fault }: Call): Promise<Answer | undefined> {
  const done = (): Promise<Answer> => answerOf(state, request);
  switch (fault?.kind) {
    case undefined:
      return done();
    case "insufficient-capacity":
      return answerOf(state, request, fault.offerings ?? [{}]);
    case "throttled":
      return errorAnswer(request, throttledBy(request.service));
    case "error":
      return errorAnswer(request, failure(fault));
    case "error-after-success":
      await done();
      return errorAnswer(request, failure(fault));
    case "lost-request":
      return undefined;
    case "lost-answer":
      await done();
      return undefined;
    case "timeout-after-success":
      await done();
      await sleep(fault.afterMs);
      return undefined;
    case "duplicated":
      await done();
      state.requests.push(request);
      return done();
    case "late":
      response.destroy();
      keepLate(
        state,
        sleep(fault.afterMs).then(() => done()),
      );
      return undefined;
    case "slow": {
      const answer = await done();
      await sleep(fault.afterMs);
      return answer;
    }
  }
}

function failure({ status = 500, code = "InternalError", message }: { status?: number; code?: string; message?: string }) {
  return { status, code, message: message ?? "An internal error has occurred" };
}

function keepLate(state: State, doing: Promise<unknown>): void {
  const told = doing.catch((error: unknown) => {
    process.stderr.write(`ec2 proxy, late: ${String(error)}\n`);
  });
  state.late.add(told);
  void told.then(() => state.late.delete(told));
}

/** Actions whose token is kept: a second request with it makes nothing. */
const tokenActions: ReadonlySet<string> = new Set(["CreateFleet", "CreateLaunchTemplate", "RunInstances"]);

/** One answer a token, also while the first request is still under way; a request that failed does not use its token up. */
async function answerOf(state: State, request: AwsRequest, shortages: readonly Shortage[] = []): Promise<Answer> {
  const token = request.params.get("ClientToken") ?? "";
  if (!tokenActions.has(request.action) || token === "" || isDryRun(request)) return handled(state, request, shortages);
  const key = `${request.action}/${token}`;
  const asked = [...request.params]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("&");
  const known = state.tokens.get(key);
  if (known !== undefined) return known.asked === asked ? known.answer : errorAnswer(request, mismatch);
  const answer = handled(state, request, shortages);
  state.tokens.set(key, { asked, answer });
  const isDone = await answer.then(
    ({ status }) => status === 200,
    () => false,
  );
  if (!isDone) state.tokens.delete(key);
  return answer;
}

const mismatch = { status: 400, code: "IdempotentParameterMismatch", message: "The client token was used with other parameters." };

/** Reads that moto answers as if nobody had asked for a dry run, or that it does not know. */
const dryRunReads: ReadonlySet<string> = new Set([
  "DescribeInstanceTypes",
  "DescribeInstanceTypeOfferings",
  "DescribeSpotPriceHistory",
  "DescribeCapacityReservations",
  "DescribePlacementGroups",
  "DescribeInstanceStatus",
  "DescribeNetworkInterfaces",
  "GetConsoleOutput",
]);

async function handled(state: State, request: AwsRequest, shortages: readonly Shortage[]): Promise<Answer> {
  const onward = (params?: URLSearchParams): Promise<Answer> => forward(state, request, params);
  if (isDryRun(request) && dryRunReads.has(request.action)) return dryRunAnswer(request);
  if (request.action === "CreateFleet") return state.fleets.createFleet({ request, onward, shortages });
  const handler = state.handlers[`${request.service}:${request.action}`];
  return handler === undefined ? onward() : handler(request, onward);
}

/** Headers that belong to one connection. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "keep-alive",
]);

async function forward({ target, url }: State, request: AwsRequest, params?: URLSearchParams): Promise<Answer> {
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && !connectionHeaders.has(name) ? [[name, value]] : [],
  );
  const body = params?.toString() ?? request.body;
  const answer = await fetch(`${target}${request.path}`, {
    method: request.method,
    headers,
    ...(request.method === "GET" || request.method === "HEAD" ? {} : { body }),
  });
  const text = await answer.text();
  // Queues are named by URLs, which must lead back here.
  const contentType = answer.headers.get("content-type") ?? "text/xml";
  const errorType = answer.headers.get("x-amzn-errortype");
  return { status: answer.status, contentType, body: text.replaceAll(target, url), ...(errorType === null ? {} : { errorType }) };
}
