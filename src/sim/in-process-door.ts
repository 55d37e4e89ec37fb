/**
 * The in-process door: the embedded world's API as an ApiTransport, by direct calls.
 *
 * Reads requests as cluster/ sends them. Returns answers without a socket: bodies are frozen objects of the store itself, so a reader that
 * writes to one fails at once.
 */
import type { ApiAnswer, ApiRequest, ApiTransport, WatchLine } from "../api/ports.ts";
import type { ApiServer, RestAnswer, RestRequest, UserInfo } from "./api-server.ts";
import { internalError } from "./api-failure.ts";
import { toJson } from "./json.ts";
import { answerRequest } from "./rest.ts";

/** Who comes through the door; the user agent's first part is the default field manager. */
export interface Caller {
  readonly user: UserInfo;
  readonly userAgent: string;
}

/** The cluster's administrator. */
export const adminUser: UserInfo = { username: "system:admin", groups: ["system:masters", "system:authenticated"] };

/** Returns a transport that calls the server directly. */
export function inProcessTransport(server: ApiServer, caller: Caller = { user: adminUser, userAgent: "plimsoll" }): ApiTransport {
  return {
    request: async (request) => answered(await answerRequest(server, decoded(request, caller))),
    watch: ({ onOpen, ...request }) => watchLines(server, decoded({ ...request, method: "GET" }, caller), onOpen),
  };
}

function decoded(request: ApiRequest, { user, userAgent }: Caller): RestRequest {
  return {
    method: request.method,
    path: request.path,
    query: request.query ?? {},
    contentType: request.contentType ?? "application/json",
    accept: "application/json",
    user,
    userAgent,
    ...(request.body === undefined ? {} : { body: toJson(request.body) }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
}

function answered(answer: RestAnswer): ApiAnswer {
  switch (answer.kind) {
    case "object":
      return { ok: true, status: answer.status, body: answer.body };
    case "failure":
      return { ok: false, status: answer.failure.code, error: answer.failure };
    case "watch": {
      const error = internalError("a watch was asked as a single answer");
      return { ok: false, status: error.code, error };
    }
  }
}

async function* watchLines(server: ApiServer, request: RestRequest, onOpen?: () => void): AsyncGenerator<WatchLine> {
  const answer = await answerRequest(server, request);
  if (answer.kind === "watch") onOpen?.();
  if (answer.kind === "watch") yield* answer.lines;
  if (answer.kind === "failure") yield { type: "ERROR", error: answer.failure };
}
