// One JSON request to an API server over HTTPS, for tests.
//
// Takes the server, its authority and a token; returns the status and the decoded body, whatever the status is. It throws only when there
// was no answer. It is apart from src/cluster on purpose: what a test asks must not depend on the client that is tested.
import { request as httpsRequest, type Agent } from "node:https";

export type ApiRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, for example /api/v1/nodes?limit=5. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** application/json by default; a PATCH must name its kind of patch. */
  readonly contentType?: string;
  /** Another bearer token than the administrator's. */
  readonly token?: string;
};

export type ApiAnswer = { readonly status: number; readonly body: unknown };

export type ApiServerAddress = { readonly server: string; readonly authority: string; readonly token: string; readonly agent: Agent };

const answerWaitMsMax = 30_000;

export function requestJson(address: ApiServerAddress, asked: ApiRequest): Promise<ApiAnswer> {
  const payload = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      new URL(asked.path, address.server),
      {
        method: asked.method,
        agent: address.agent,
        ca: address.authority,
        timeout: answerWaitMsMax,
        headers: {
          authorization: `Bearer ${asked.token ?? address.token}`,
          accept: "application/json",
          ...(payload === undefined
            ? {}
            : { "content-type": asked.contentType ?? "application/json", "content-length": Buffer.byteLength(payload) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          resolve({ status: response.statusCode ?? 0, body: decodeBody(Buffer.concat(chunks).toString("utf8")) });
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer within ${answerWaitMsMax} ms: ${asked.method} ${asked.path}`)));
    outgoing.end(payload);
  });
}

/** Health checks answer plain text, everything else JSON. */
function decodeBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
