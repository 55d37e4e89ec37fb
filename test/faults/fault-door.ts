/**
 * A door on loopback: what a process of its own is given as an address, with our faults behind it.
 *
 * Reads a function that answers one HTTP request. Returns the door's URL. A request whose process has died goes on: what was sent arrives.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Door {
  readonly url: string;
  /** Breaks every connection; what was asked over them is still done. */
  close(): Promise<void>;
}

/** A client closes an idle connection after a minute, and must be the first to: else it writes on one that is closing. */
const idleMs = 120_000;

/** Opens a door on a free port. */
export async function openDoor(answer: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Door> {
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      // A client that is gone breaks what is read of it or written to it: that is no trouble of the door.
      if (!response.destroyed && !incoming.destroyed) process.stderr.write(`fault door: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = idleMs;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Reads what a request brings, as text. */
export async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
