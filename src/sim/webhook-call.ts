/**
 * The call of an admission webhook: one POST over HTTPS to a loopback or given URL.
 *
 * Reads the URL, the CA bundle and the review. Returns the decoded answer, or the cause of the failure in the words of Go's HTTP client, which
 * end up in kubectl's output. The caller is a port: a world with a virtual clock may be given one that calls a function.
 */
import { request } from "node:https";
import { err, ok, type Result } from "../api/result.ts";
import { toJson, type JsonObject, type JsonValue } from "./json.ts";

/** One call to a webhook. `caBundle` is PEM text; absent means the system's roots. */
export interface WebhookCall {
  readonly url: string;
  readonly caBundle?: string;
  readonly timeoutMs: number;
  readonly review: JsonObject;
}

/** Sends a review; the error is the text that stands behind "failed to call webhook: ". */
export type WebhookCaller = (call: WebhookCall) => Promise<Result<JsonValue, string>>;

const answerBytesMax = 8 * 1024 * 1024;

/** Calls a webhook over node:https, one connection a call. */
export const callWebhookOverHttps: WebhookCaller = (call) =>
  new Promise((resolve) => {
    const body = Buffer.from(JSON.stringify(call.review));
    const sent = request(
      call.url,
      {
        method: "POST",
        agent: false,
        headers: { "Content-Type": "application/json", "Content-Length": body.length, "User-Agent": "kube-apiserver-admission" },
        ...(call.caBundle === undefined ? {} : { ca: call.caBundle }),
        signal: AbortSignal.timeout(call.timeoutMs),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > answerBytesMax) answer.destroy(new Error("the answer is too large"));
          else chunks.push(chunk);
        });
        answer.on("error", (error) => {
          resolve(err(`Post ${JSON.stringify(call.url)}: ${causeOf(error)}`));
        });
        answer.on("end", () => {
          resolve(decodeAnswer(answer.statusCode ?? 0, Buffer.concat(chunks).toString("utf8")));
        });
      },
    );
    sent.on("error", (error) => {
      resolve(err(`Post ${JSON.stringify(call.url)}: ${causeOf(error)}`));
    });
    sent.end(body);
  });

function decodeAnswer(status: number, text: string): Result<JsonValue, string> {
  if (status < 200 || status > 299) return err(`an error on the server ("${text.trim()}") has prevented the request from succeeding`);
  try {
    const parsed: unknown = JSON.parse(text);
    return ok(toJson(parsed));
  } catch {
    return err(`couldn't get version/kind; json parse error: ${text.slice(0, 80)}`);
  }
}

function causeOf(error: Error): string {
  if (error.name === "TimeoutError" || error.name === "AbortError") return "context deadline exceeded";
  const code = "code" in error ? error.code : undefined;
  if (code === "ECONNREFUSED") return `dial tcp ${addressOf(error)}: connect: connection refused`;
  if (code === "ECONNRESET") return "EOF";
  if (typeof code === "string" && /CERT|SIGNATURE|ISSUER/.test(code))
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  return error.message;
}

function addressOf(error: Error): string {
  const address = "address" in error ? String(error.address) : "";
  const port = "port" in error ? String(error.port) : "";
  return `${address}:${port}`;
}
