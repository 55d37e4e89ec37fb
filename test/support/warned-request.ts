/**
 * Requests to an API server as somebody else, and the whole of what that person is told: status, Warning headers and body.
 *
 * Speaks HTTPS itself, since the Warning headers are half of the answer. It acts for others by impersonation: rights and the name that
 * admission sees are theirs, without a token for each.
 */
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import type { ControlPlane } from "./control-plane.ts";

export interface WarnedRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** application/json by default. */
  readonly contentType?: string;
  /** Whom it acts for; the administrator by default. */
  readonly user?: string;
  /** Groups of that user; by default those that the API server gives a ServiceAccount of this name. */
  readonly groups?: readonly string[];
}

export interface WarnedAnswer {
  readonly status: number;
  /** Texts of the Warning headers, in order. */
  readonly warnings: readonly string[];
  readonly body: unknown;
  /** The Status's message, where the body is one. */
  readonly message: string;
}

export interface WarnedClient {
  readonly send: (request: WarnedRequest) => Promise<WarnedAnswer>;
  readonly close: () => void;
}

const answerWaitMsMax = 30_000;

/** Returns a client with connections of its own; close it. */
export function warnedClient(controlPlane: Pick<ControlPlane, "server" | "caFile" | "token">, sockets = 4): WarnedClient {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const authority = readFileSync(controlPlane.caFile);
  const send = ({ method, path, body, contentType = "application/json", user, groups }: WarnedRequest): Promise<WarnedAnswer> =>
    new Promise((answered, failed) => {
      const acting = {
        ...(user === undefined ? {} : { "impersonate-user": user }),
        ...(groups ? { "impersonate-group": [...groups] } : {}),
      };
      const headers = { authorization: `Bearer ${controlPlane.token}`, accept: "application/json", "content-type": contentType, ...acting };
      const options = { method, agent, ca: authority, headers, timeout: answerWaitMsMax };
      const outgoing = httpsRequest(new URL(path, controlPlane.server), options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", failed);
        response.once("end", () => {
          const warnings = (response.headersDistinct["warning"] ?? []).flatMap(warningTexts);
          const decoded = decodedBody(Buffer.concat(chunks).toString("utf8"));
          answered({ status: response.statusCode ?? 0, warnings, body: decoded, message: messageOf(decoded) });
        });
      });
      outgoing.once("error", failed);
      outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer within ${answerWaitMsMax} ms: ${method} ${path}`)));
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    send,
    close: () => {
      agent.destroy();
    },
  };
}

/** RFC 7234: one or more of `299 - "text"`, in which quotes and backslashes are escaped. */
function warningTexts(header: string): readonly string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
    Buffer.from(text.replace(/\\(.)/g, "$1"), "latin1").toString("utf8"),
  );
}

function decodedBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function messageOf(body: unknown): string {
  const { kind, message } = (typeof body === "object" && body !== null ? body : {}) as { kind?: string; message?: string };
  return kind === "Status" ? (message ?? "") : "";
}
