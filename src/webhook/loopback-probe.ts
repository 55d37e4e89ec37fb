/**
 * The loopback probe: whether our own listener serves a certificate that the registered CA bundle verifies.
 *
 * Reads where we listen, the bundle, and a name that the API server calls us by. Returns what is wrong. A process may live and
 * its listener be stuck, or serve what nobody trusts: readiness that only looks at memory would say yes to both.
 */
import { request } from "node:https";
import { checkServerIdentity } from "node:tls";
import { err, ok, type Result } from "../api/result.ts";

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly bundlePem: string;
  /** The first name of the certificate: a DNS name or an address. */
  readonly name: string;
}

/** A handshake takes milliseconds; more is only used up while the process is very busy. */
const answerMaxMs = 5_000;

/** Opens a connection to our own listener as the API server would, and asks whether the process answers. */
export function probeListener({ host, port, bundlePem, name }: ProbeTarget): Promise<Result<undefined, string>> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: loopbackOf(host),
        port,
        path: "/healthz",
        agent: false,
        ca: bundlePem,
        timeout: answerMaxMs,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      },
      (response) => {
        response.resume();
        response.once("end", () => {
          resolve(response.statusCode === 200 ? ok(undefined) : err(`our own listener answered ${response.statusCode ?? 0}`));
        });
      },
    );
    asked.once("timeout", () => asked.destroy(new Error(`no answer within ${answerMaxMs} ms`)));
    asked.on("error", (cause) => {
      resolve(err(`our own listener can't be reached under the registered CA: ${cause.message}`));
    });
    asked.end();
  });
}

/** A wildcard address is no address to connect to. */
function loopbackOf(host: string): string {
  if (host === "0.0.0.0" || host === "") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
