/**
 * The Kubernetes API as a process of its own meets it: a door over a transport that fails.
 *
 * Reads an ApiTransport. Returns a door that speaks JSON as the API server does, watches included. Where the transport has no answer, the
 * connection breaks: so a lost answer looks like one.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiRequest, ApiTransport } from "../../src/api/ports.ts";
import { bodyOf, openDoor, type Door } from "./fault-door.ts";

/** Opens the door. */
export function openApiDoor(transport: ApiTransport): Promise<Door> {
  return openDoor((incoming, response) => answer(transport, incoming, response));
}

async function answer(transport: ApiTransport, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(incoming.url ?? "/", "http://door");
  const query = Object.fromEntries(searchParams);
  if (query["watch"] === "true") return tell(transport, { path, query }, response);
  const text = await bodyOf(incoming);
  const contentType = incoming.headers["content-type"];
  const answered = await transport.request({
    ...{ method: (incoming.method ?? "GET") as ApiRequest["method"], path, query },
    ...(text === "" ? {} : { body: JSON.parse(text) as unknown }),
    ...(contentType === undefined ? {} : { contentType }),
  });
  if (answered.status === 0) return void response.destroy();
  response.writeHead(answered.status, { "content-type": "application/json" });
  response.end(JSON.stringify(answered.ok ? answered.body : { kind: "Status", apiVersion: "v1", ...answered.error }));
}

async function tell(transport: ApiTransport, watch: Pick<ApiRequest, "path" | "query">, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
  });
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  for await (const line of transport.watch({ ...watch, signal: gone.signal })) {
    if (line.type === "ERROR" && line.error.code === 0) return void response.destroy();
    response.write(`${JSON.stringify(line.type === "ERROR" ? { type: "ERROR", object: line.error } : line)}\n`);
  }
  response.end();
}
