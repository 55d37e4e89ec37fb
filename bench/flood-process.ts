/**
 * The attacker's process of the flood bench: strangers who have sockets and nothing else.
 *
 * Reads orders from its parent and answers each: a flood is begun, or ended and told of. A flood is of sockets that send nothing or
 * hardly anything, or of clients that post whole reviews, each the next one as soon as the last is answered, or at a rate. Whatever is
 * closed on them they open again.
 */
import { setMaxListeners } from "node:events";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

export interface FloodOrder {
  readonly kind: "slow" | "reviews";
  readonly port: number;
  /** The address that the flood comes from. */
  readonly localAddress: string;
  readonly clients: number;
  readonly path: string;
  /** Of reviews; sent round and round. */
  readonly bodies: readonly string[];
  /** Of all clients together; absent: as fast as they are answered. */
  readonly perSecond?: number;
}

/** What a flood has done. */
export interface Flooded {
  /** Sockets opened, of which some were closed on it. */
  readonly opened: number;
  /** Reviews by how they ended: an HTTP status, or "failed". */
  readonly answers: Readonly<Record<string, number>>;
}

interface Flood {
  readonly order: FloodOrder;
  readonly over: AbortController;
  readonly opened: { count: number };
  readonly answers: Record<string, number>;
}

const host = "127.0.0.1";
/** Who was turned away comes again after this long. */
const againMs = 5;
/** Of all slow sockets: they send one byte each. */
const dripMs = 1_000;
const announcedBytes = 7 * 1024 * 1024;

function begin(order: FloodOrder): Flood {
  const flood: Flood = { order, over: new AbortController(), opened: { count: 0 }, answers: {} };
  setMaxListeners(0, flood.over.signal);
  for (let client = 0; client < order.clients; client++) {
    if (order.kind === "slow") hold(flood, client);
    else void postOnAndOn(flood, client);
  }
  return flood;
}

/** What is sent first, by turns: nothing, a head without an end, and a body of which hardly anything comes. */
const openings = (path: string): readonly string[] => [
  "",
  `POST ${path} HTTP/1.1\r\nHost: a\r\nX-Long: `,
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${announcedBytes}\r\n\r\n{`,
];

function hold(flood: Flood, client: number): void {
  const { port, localAddress, path } = flood.order;
  const { signal } = flood.over;
  if (signal.aborted) return;
  flood.opened.count += 1;
  const opening = openings(path)[client % 3] ?? "";
  // Node takes all of a socket's options here; its types forget the local address.
  const terms: ConnectionOptions & { readonly localAddress: string } = { host, port, localAddress, rejectUnauthorized: false };
  const socket = connect(terms);
  if (opening !== "") socket.write(opening);
  const drip = setInterval(() => {
    if (opening !== "") socket.write(" ");
  }, dripMs);
  const end = (): void => {
    socket.destroy();
  };
  signal.addEventListener("abort", end, { once: true });
  socket.on("error", () => undefined);
  socket.resume();
  socket.once("close", () => {
    clearInterval(drip);
    signal.removeEventListener("abort", end);
    setTimeout(() => {
      hold(flood, client);
    }, againMs);
  });
}

async function postOnAndOn(flood: Flood, client: number): Promise<void> {
  const { clients, bodies, perSecond, localAddress } = flood.order;
  const { signal } = flood.over;
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress, rejectUnauthorized: false });
  agent.on("free", (socket: TLSSocket) => {
    if (signal.aborted) socket.destroy();
  });
  const paceMs = perSecond === undefined ? 0 : (1_000 * clients) / perSecond;
  const startedAt = performance.now() + (paceMs * client) / clients;
  for (let index = 0; !signal.aborted; index++) {
    if (paceMs > 0) await sleep(Math.max(0, startedAt + index * paceMs - performance.now()));
    const how = await post(flood, { agent, body: bodies[(client + index * clients) % bodies.length] ?? "" });
    flood.answers[how] = (flood.answers[how] ?? 0) + 1;
    if (how !== "200") await sleep(againMs);
  }
  agent.destroy();
}

function post(flood: Flood, { agent, body }: { readonly agent: Agent; readonly body: string }): Promise<string> {
  const { port, path } = flood.order;
  return new Promise((resolve) => {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const call = request({ host, port, path, method: "POST", agent, headers, signal: flood.over.signal }, (response) => {
      response.resume();
      response.on("end", () => {
        resolve(String(response.statusCode));
      });
      response.on("error", () => {
        resolve("failed");
      });
    });
    call.on("socket", () => (flood.opened.count += Number(!call.reusedSocket)));
    call.on("error", () => {
      resolve("failed");
    });
    call.end(body);
  });
}

const state: { flood?: Flood } = {};
process.on("message", (message: FloodOrder | "end") => {
  if (message !== "end") {
    state.flood = begin(message);
    process.send?.("begun");
    return;
  }
  const { flood } = state;
  if (flood === undefined) return;
  const told: Flooded = { opened: flood.opened.count, answers: { ...flood.answers } };
  flood.over.abort();
  process.send?.(told);
});
process.once("disconnect", () => process.exit(0));
