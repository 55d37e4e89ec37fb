/**
 * A TCP proxy that can be cut as a network is: nothing comes through in either direction and nobody is told; connections stay half open.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface CutProxy {
  readonly port: number;
  cut(): void;
  /** Lets traffic through again; what was open when it was cut is broken. */
  heal(): void;
  close(): Promise<void>;
}

/** Opens a proxy to a port of this machine. */
export async function startCutProxy(to: number): Promise<CutProxy> {
  const state = { isCut: false };
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  };
  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client);
    if (state.isCut) return;
    const upstream = connect(to, "127.0.0.1");
    keep(upstream);
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("data", (bytes: Buffer) => {
        if (!state.isCut) other.write(bytes);
      });
      from.once("close", () => {
        if (!state.isCut) other.destroy();
      });
      from.resume();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      state.isCut = true;
    },
    heal: () => {
      breakAll();
      state.isCut = false;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      breakAll();
      await closed;
    },
  };
}
