/**
 * Requests as they come over HTTPS, decoded.
 *
 * Reads a node:http message. Returns method, path, query, body (JSON, YAML or protobuf) and the headers that count, or the failure that the real server
 * answers: a body of more than 3 MiB, one that does not parse.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parse as parseYaml } from "yaml";
import type { ApiStatus } from "../api/api-status.ts";
import { err, ok, type Result } from "../api/result.ts";
import { badRequest, methodNotAllowed, unsupportedMediaType } from "./api-failure.ts";
import type { RestRequest, UserInfo } from "./api-server.ts";
import { toJson, type JsonValue } from "./json.ts";
import { decodeProtobufObject } from "./protobuf-object.ts";
import type { Registry } from "./registry.ts";

/** A decoded request, before it is known who sent it. */
export interface HttpCall extends Omit<RestRequest, "user" | "signal"> {
  readonly authorization: string;
  readonly impersonate?: UserInfo;
}

/** A request and the way to answer it. */
export interface HttpExchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/** The real server's limit of a request body. */
const bodyBytesMax = 3 * 1024 * 1024;

/** Decodes a request; a body that is too large closes the connection behind its answer. */
export async function decodeRequest({ message, response }: HttpExchange, registry: Registry): Promise<Result<HttpCall, ApiStatus>> {
  const method = methodOf(message.method ?? "");
  if (method === undefined) return err(methodNotAllowed());
  const url = new URL(message.url ?? "/", "https://localhost");
  const bytes = await readBody(message);
  if (bytes === undefined) {
    response.setHeader("Connection", "close");
    return err({ code: 413, reason: "RequestEntityTooLarge", message: `Request entity too large: limit is ${bodyBytesMax}` });
  }
  const contentType = headerOf(message, "content-type") || "application/json";
  const body = decodeBytes(bytes, contentType, registry);
  if (!body.ok) return body;
  const impersonated = headerOf(message, "impersonate-user");
  return ok({
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    contentType,
    accept: headerOf(message, "accept"),
    userAgent: headerOf(message, "user-agent"),
    authorization: headerOf(message, "authorization"),
    ...(impersonated === "" ? {} : { impersonate: { username: impersonated, groups: headersOf(message, "impersonate-group") } }),
    ...(body.value === undefined ? {} : { body: body.value }),
  });
}

function methodOf(text: string): RestRequest["method"] | undefined {
  switch (text) {
    case "GET":
    case "POST":
    case "PUT":
    case "PATCH":
    case "DELETE":
      return text;
    default:
      return undefined;
  }
}

function headerOf(message: IncomingMessage, name: string): string {
  return headersOf(message, name).join(",");
}

function headersOf({ headersDistinct }: IncomingMessage, name: string): readonly string[] {
  return headersDistinct[name] ?? [];
}

async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decodeBytes(bytes: Buffer, contentType: string, registry: Registry): Result<JsonValue | undefined, ApiStatus> {
  if (bytes.length === 0) return ok(undefined);
  if (contentType.includes("protobuf")) {
    const decoded = decodeProtobufObject(bytes, registry.schemas, (apiVersion, kind) => referenceOf(registry, apiVersion, kind));
    return decoded.ok ? decoded : err(unsupportedMediaType(decoded.error));
  }
  const text = bytes.toString("utf8");
  try {
    const parsed: unknown = contentType.includes("yaml") ? parseYaml(text) : JSON.parse(text);
    return ok(toJson(parsed));
  } catch (error) {
    return err(badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`));
  }
}

/** Types that are sent and not stored. */
const sentTypes: Readonly<Record<string, string>> = {
  "policy/v1/Eviction": "policy.v1.Eviction",
  "v1/Binding": "core.v1.Binding",
  "autoscaling/v1/Scale": "autoscaling.v1.Scale",
  "v1/DeleteOptions": "meta.v1.DeleteOptions",
};

function referenceOf(registry: Registry, apiVersion: string, kind: string): string | undefined {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const sent = sentTypes[`${apiVersion}/${kind}`] ?? (kind === "DeleteOptions" ? "meta.v1.DeleteOptions" : undefined);
  return sent ?? registry.findKind({ group, version, kind })?.schema().reference;
}
