/**
 * The HTTPS door: the embedded world's API on a loopback port, for kubectl and for our own processes.
 *
 * Reads a certificate, the users of bearer tokens and the server. Returns the address and the way to close. It answers in JSON only: discovery,
 * OpenAPI, Tables, watches as chunked lines, Warning headers; it answers requests in the order in which they come and promises no more.
 */
import { createServer, type Server } from "node:https";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { forbidden } from "./api-failure.ts";
import { internalError, unauthorized } from "./api-failure.ts";
import type { ApiServer, RestAnswer, UserInfo } from "./api-server.ts";
import { authenticate } from "./bearer-token.ts";
import { aggregatedDiscovery, legacyDiscovery } from "./discovery.ts";
import { writeAnswer, writeBytes, writeFailure, writeObject, writeText, writeWatch } from "./http-answer.ts";
import { decodeRequest, type HttpCall, type HttpExchange } from "./http-request.ts";
import type { JsonObject } from "./json.ts";
import { openApiDocument, openApiIndex } from "./openapi.ts";
import { tableLines, tableOf, type TableWish } from "./printing/table.ts";
import { parseResourcePath } from "./request-path.ts";
import { answerRequest } from "./rest.ts";

/** What the door needs: PEM texts, and who comes with which token. */
export interface HttpsDoorSettings {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly tokens: ReadonlyMap<string, UserInfo>;
  /** 0, the default, takes any free port. */
  readonly port?: number;
}

export interface HttpsDoor {
  /** Such as https://127.0.0.1:43211. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the door on 127.0.0.1. */
export async function openHttpsDoor(api: ApiServer, settings: HttpsDoorSettings): Promise<HttpsDoor> {
  const server = createServer({ key: settings.keyPem, cert: settings.certificatePem }, (message, response) => {
    answerMessage(api, settings, { message, response }).catch((error: unknown) => {
      writeFailure(response, internalError(error instanceof Error ? error.message : String(error)), []);
    });
  });
  server.keepAliveTimeout = 120_000;
  const port = await listen(server, settings.port ?? 0);
  return {
    url: `https://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

const healthPaths: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz"]);

async function answerMessage(api: ApiServer, settings: HttpsDoorSettings, { message, response }: HttpExchange): Promise<void> {
  const decoded = await decodeRequest({ message, response }, api.registry);
  if (!decoded.ok) {
    writeFailure(response, decoded.error, []);
    return;
  }
  const call = decoded.value;
  if (healthPaths.has(call.path)) {
    writeText(response, 200, "ok");
    return;
  }
  if (call.path === "/openapi/v2") {
    writeBytes(response, { bytes: emptySwagger, contentType: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" });
    return;
  }
  const user = authenticate(call, settings.tokens);
  if (user === "unknown-token") {
    writeFailure(response, unauthorized(), []);
    return;
  }
  if (user === "anonymous") {
    writeFailure(response, anonymousRefusal(call), []);
    return;
  }
  const document = documentAt(api, call);
  if (document !== undefined) {
    writeObject(response, { status: 200, body: document.body, warnings: [], contentType: document.contentType });
    return;
  }
  await answerResource(api, { call, user, response });
}

/**
 * OpenAPI v2, which kubectl asks for before it sends a List, and only in protobuf: a document (swagger 2.0, an info) without definitions, which
 * makes it leave validation to the server.
 */
const emptySwagger = Buffer.concat([
  Buffer.from([0x0a, 3]),
  Buffer.from("2.0"),
  Buffer.from([0x12, 0x0c, 0x0a, 0x0a]),
  Buffer.from("Kubernetes"),
]);

function anonymousRefusal({ path, method }: HttpCall): ReturnType<typeof forbidden> {
  const verb = method === "GET" ? "get" : method.toLowerCase();
  return { code: 403, reason: "Forbidden", message: `forbidden: User "system:anonymous" cannot ${verb} path "${path}"`, details: {} };
}

interface Document {
  readonly body: JsonObject;
  readonly contentType: string;
}

/** The server's own documents: version, discovery, OpenAPI. */
function documentAt({ registry }: ApiServer, { path, accept, method }: HttpCall): Document | undefined {
  if (method !== "GET") return undefined;
  if (path === "/version") return plain(versionInfo);
  if ((path === "/api" || path === "/apis") && wantsAggregated(accept)) return aggregated(registry, path);
  if (path === "/openapi/v3") return plain(openApiIndex(registry));
  const openApi = path.startsWith("/openapi/v3/") ? openApiDocument(registry, path.slice("/openapi/v3/".length)) : undefined;
  if (openApi !== undefined) return plain(openApi);
  const legacy = parseResourcePath(path) === undefined ? legacyDiscovery(registry, path) : undefined;
  return legacy === undefined ? undefined : plain(legacy);
}

/** True where the client takes the aggregated form in its stable version, by any order of its parameters. */
function wantsAggregated(accept: string): boolean {
  return accept.split(",").some((type) => {
    const parameters = type.split(";").map((part) => part.trim());
    return parameters[0] === "application/json" && parameters.includes("as=APIGroupDiscoveryList") && parameters.includes("v=v2");
  });
}

function plain(body: JsonObject): Document {
  return { body, contentType: "application/json" };
}

function aggregated(registry: ApiServer["registry"], path: string): Document {
  return { body: aggregatedDiscovery(registry, path), contentType: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" };
}

const versionInfo: JsonObject = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3+plimsoll",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "",
  goVersion: "",
  compiler: "",
  platform: "",
};

async function answerResource(
  api: ApiServer,
  { call, user, response }: { readonly call: HttpCall; readonly user: UserInfo; readonly response: ServerResponse },
): Promise<void> {
  const stop = new AbortController();
  response.on("close", () => {
    stop.abort();
  });
  const answer = await answerRequest(api, { ...call, user, signal: stop.signal });
  const wish = tableWish(api, call);
  if (answer.kind === "watch") {
    await writeWatch(response, wish === undefined ? answer.lines : tableLines(answer.lines, wish));
    return;
  }
  if (answer.kind === "failure" && answer.failure.code === 404 && !isKnownGroup(api, call.path)) {
    writeText(response, 404, "404 page not found\n");
    return;
  }
  writeAnswer(response, wish === undefined ? answer : asTable(answer, wish()));
}

/** Outside of the groups that are served there are no Status answers. */
function isKnownGroup({ registry }: ApiServer, path: string): boolean {
  const group = parseResourcePath(path)?.group;
  return group !== undefined && registry.all().some((served) => served.group === group);
}

/** How a client wants Tables; undefined where it does not. */
function tableWish(api: ApiServer, call: HttpCall): (() => TableWish) | undefined {
  if (call.method !== "GET" || !call.accept.includes("as=Table")) return undefined;
  const path = parseResourcePath(call.path);
  const served = path === undefined ? undefined : api.registry.find(path);
  if (served === undefined || path?.subresource !== "") return undefined;
  return () => ({ served, now: api.clock.now(), includeObject: call.query["includeObject"] ?? "Metadata" });
}

function asTable(answer: RestAnswer, wish: TableWish): RestAnswer {
  return answer.kind === "object" ? { ...answer, body: tableOf(answer.body, wish) } : answer;
}
