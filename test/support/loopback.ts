/**
 * Loopback: ports of this machine, and what answers there over HTTPS, whoever signed its certificate.
 */
import { once } from "node:events";
import { request } from "node:https";
import { createServer, type AddressInfo } from "node:net";

/** Returns a port that nothing listens on at this moment; the kernel does not hand it out again at once. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Returns what a path answers; status 0 where nobody answers. */
export function getLocal(port: number, path: string, token?: string): Promise<{ readonly status: number; readonly text: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((answered) => {
    const asked = request({ host: "127.0.0.1", port, path, headers, rejectUnauthorized: false, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => {
        answered({ status: response.statusCode ?? 0, text });
      });
    });
    asked.on("error", () => {
      answered({ status: 0, text: "" });
    });
    asked.end();
  });
}

/** Returns what a path answers to a posted value. */
export function postLocal(port: number, path: string, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  return new Promise((answered, failed) => {
    const asked = request(
      { method: "POST", host: "127.0.0.1", port, path, headers, rejectUnauthorized: false, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () => {
          answered(text);
        });
      },
    );
    asked.on("error", failed);
    asked.end(JSON.stringify(body));
  });
}
