/**
 * The least of a Kubernetes API that Pepr needs to start: its own PeprStore objects, always there and always empty.
 *
 * Answers get, list, patch and watch of peprstores on a loopback port, in plain HTTP. Pepr serves admission only once it has read
 * and watched its store; nothing of a review goes here, so what this costs is no part of what is measured.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface PeprStoreApi {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts the API on a free port. */
export async function startPeprStoreApi(): Promise<PeprStoreApi> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const [, list, name] = /\/(peprstores)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (list === undefined) {
    response.writeHead(404, { "Content-Type": "application/json" }).end(JSON.stringify({ kind: "Status", code: 404 }));
    return;
  }
  const selected = /metadata\.name=([^,]+)/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
  const store = storeOf(name ?? selected ?? "store");
  response.writeHead(200, { "Content-Type": "application/json" });
  if (searchParams.has("watch")) response.write(`${JSON.stringify({ type: "ADDED", object: store })}\n`);
  else response.end(JSON.stringify(name === undefined ? listOf(store) : store));
}

function storeOf(name: string) {
  const metadata = { name, namespace: "pepr-system", uid: `uid-${name}`, resourceVersion: "1" };
  return { apiVersion: "pepr.dev/v1", kind: "PeprStore", metadata, data: {} };
}

function listOf(store: ReturnType<typeof storeOf>) {
  return { apiVersion: "pepr.dev/v1", kind: "PeprStoreList", metadata: { resourceVersion: "1" }, items: [store] };
}
