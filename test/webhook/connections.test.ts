/** Connections of a real server: who goes when there are too many. */
import { once } from "node:events";
import { Agent, request } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { allowed } from "../../src/webhook/admission-review.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { startWebhookServer } from "../../src/webhook/server.ts";
import { podReview } from "./pod-review.ts";

const limits = { socketsMax: 40, handshakesMax: 10 };
const body = podReview();

/** What an attacker does with a socket that it has opened. */
type Use = (port: number, localAddress: string) => Socket;

const uses: readonly (readonly [string, Use])[] = [
  ["that send nothing", (port, localAddress) => connect({ port, host: "127.0.0.1", localAddress })],
  [
    "that shake hands and send nothing",
    (port, localAddress) => connectTls({ port, host: "127.0.0.1", localAddress, rejectUnauthorized: false } as object),
  ],
  [
    "that announce 7 MiB and send little",
    (port, localAddress) => {
      const socket = connectTls({ port, host: "127.0.0.1", localAddress, rejectUnauthorized: false } as object);
      socket.write(
        `POST /validate/closed?timeout=30s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${7 * 1024 * 1024}\r\n\r\n{`,
      );
      return socket;
    },
  ],
  [
    "whose head never ends",
    (port, localAddress) => {
      const socket = connectTls({ port, host: "127.0.0.1", localAddress, rejectUnauthorized: false } as object);
      socket.write("POST /validate/closed HTTP/1.1\r\nHost: a\r\nX-Long: ");
      return socket;
    },
  ],
];

for (const [what, use] of uses)
  for (const address of ["127.0.0.2", "127.0.0.1"])
    it(`answers on the API server's connection beside 200 sockets ${what}, from ${address === "127.0.0.1" ? "its own address" : "another address"}`, async () => {
      const { port, metrics } = await serving();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => {
        agent.destroy();
      });
      const ports = new Set([await post(port, agent)]);
      for (let socket = 0; socket < 200; socket++) {
        await opened(use(port, address));
        if (socket % 20 === 0) ports.add(await post(port, agent));
      }
      // The same connection all along: nobody closed it, and none was refused.
      expect(ports.size).toBe(1);
      const closed = await metrics.registry.getSingleMetricAsString("plimsoll_webhook_connections_closed_total");
      expect(closed).toMatch(/reason="(sockets|handshakes)"\} 1\d\d/);
      // A newcomer gets in, too.
      expect(await post(port, new Agent({ keepAlive: false }))).toBeGreaterThan(0);
    });

async function serving() {
  const { serving: pair } = issueServingCertificate({ names: ["localhost"], now: Date.now() });
  const metrics = webhookMetrics();
  const server = await startWebhookServer({
    ...{ host: "127.0.0.1", port: 0, certificatePem: pair.certificatePem, keyPem: pair.keyPem, limits, metrics, clock: wallClock() },
    handler: () => allowed(),
    notReady: () => [],
    onError: () => undefined,
  });
  onTestFinished(() => server.close(0));
  return { port: server.port, metrics };
}

async function opened(socket: Socket): Promise<void> {
  socket.on("error", () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
}

/** Posts a review; returns the client's port, which tells one connection from another. */
function post(port: number, agent: Agent): Promise<number> {
  return new Promise((answered, failed) => {
    const asked = request({
      ...{ port, host: "127.0.0.1", agent, rejectUnauthorized: false, method: "POST", path: "/validate/closed?timeout=5s" },
      headers: { "Content-Type": "application/json", "Content-Length": body.length },
    });
    asked.on("error", failed);
    asked.on("response", (response) => {
      const localPort = response.socket.localPort ?? 0;
      response.resume().once("end", () => {
        if (response.statusCode === 200) answered(localPort);
        else failed(new Error(`HTTP ${String(response.statusCode)}`));
      });
    });
    asked.end(body);
  });
}
