// A loopback port that stands for a Service in front of several processes.
//
// Takes backends (a port and the URL of their readiness); forwards each new connection to the next ready one, in turn. Like kube-proxy,
// it learns of a change late (by default one second: probe, Endpoints, watch and rules together), resets a connection when nothing is
// ready, tries no second backend when the chosen one doesn't answer, and leaves open connections alone whatever becomes of their backend.
import { once } from "node:events";
import { request } from "node:https";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export type Backend = {
  readonly port: number;
  /** An https URL that answers 200 while the backend is ready; its certificate isn't checked, as a kubelet's probe doesn't. */
  readonly readyzUrl: string;
};

export type ServiceForwarder = {
  readonly port: number;
  /** Replaces the backends; those that are new get connections once they have been seen ready for the lag. */
  readonly setBackends: (backends: readonly Backend[]) => void;
  readonly close: () => Promise<void>;
};

const probeEveryMs = 100;
const probeWaitMsMax = 1000;

/** What is known of one backend: `routed` is what connections see, `observed` what the last probe saw, `sinceMs` since when. */
type Endpoint = { readonly backend: Backend; routed: boolean; observed: boolean; sinceMs: number; probing: boolean };

/**
 * Opens the port and returns once each backend was probed; that first result holds at once, every later change after `lagMs`.
 * A backend that goes and comes back within the lag is never seen to have been away.
 */
export async function startServiceForwarder({
  backends,
  lagMs = 1000,
}: {
  readonly backends: readonly Backend[];
  readonly lagMs?: number;
}): Promise<ServiceForwarder> {
  const state = { endpoints: backends.map(endpointOf), turn: 0, closed: false };
  const sockets = new Set<Socket>();
  await Promise.all(
    state.endpoints.map(async (endpoint) => {
      endpoint.observed = endpoint.routed = await isReady(endpoint.backend);
    }),
  );
  const server = createServer((client) => {
    const ready = state.endpoints.filter((endpoint) => endpoint.routed);
    const chosen = ready[state.turn++ % Math.max(1, ready.length)];
    if (chosen === undefined) client.resetAndDestroy();
    else join({ client, backend: connect(chosen.backend.port, "127.0.0.1"), sockets });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const probing = setInterval(() => {
    for (const endpoint of state.endpoints) void probe(endpoint, lagMs);
  }, probeEveryMs);
  return {
    port: portOf(server.address()),
    setBackends: (next) => {
      const known = new Map(state.endpoints.map((endpoint) => [keyOf(endpoint.backend), endpoint]));
      state.endpoints = next.map((backend) => known.get(keyOf(backend)) ?? endpointOf(backend));
    },
    close: async () => {
      clearInterval(probing);
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function probe(endpoint: Endpoint, lagMs: number): Promise<void> {
  if (endpoint.probing) return; // a backend that hangs answers one probe at a time
  endpoint.probing = true;
  const ready = await isReady(endpoint.backend);
  endpoint.probing = false;
  const nowMs = performance.now();
  if (ready !== endpoint.observed) {
    endpoint.observed = ready;
    endpoint.sinceMs = nowMs;
  }
  if (endpoint.routed !== endpoint.observed && nowMs - endpoint.sinceMs >= lagMs) endpoint.routed = endpoint.observed;
}

/** Carries bytes both ways; when either side ends or fails, so does the other. */
function join({ client, backend, sockets }: { readonly client: Socket; readonly backend: Socket; readonly sockets: Set<Socket> }): void {
  const pairs: readonly (readonly [Socket, Socket])[] = [
    [client, backend],
    [backend, client],
  ];
  for (const [from, to] of pairs) {
    sockets.add(from);
    from.setNoDelay(true);
    from.pipe(to);
    from.on("error", () => to.resetAndDestroy());
    from.once("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  }
}

function isReady(backend: Backend): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(backend.readyzUrl, { agent: false, rejectUnauthorized: false, timeout: probeWaitMsMax }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => {
      resolve(false);
    });
    asked.once("close", () => {
      resolve(false);
    });
    asked.end();
  });
}

function endpointOf(backend: Backend): Endpoint {
  return { backend, routed: false, observed: false, sinceMs: 0, probing: false };
}

function keyOf(backend: Backend): string {
  return `${backend.port} ${backend.readyzUrl}`;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}
