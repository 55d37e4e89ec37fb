/**
 * Connections: how many sockets are open, whose turn it is to shake hands, and which one goes when there are too many.
 *
 * Reads the sockets that a server accepts. A new one waits for its turn before its handshake is begun, since that costs as much as a
 * review. Where there are too many, the address with the most gives one up: one that never was answered, else the one that has been idle
 * for longest; never one whose request is being judged, nor a known caller's for a stranger's (known-callers.ts). The API server keeps a few, and opens another where an idle one is gone.
 */
import type { Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { AdmissionGate } from "./admission-gate.ts";
import type { KnownCallers } from "./known-callers.ts";
import type { Caller, Standings } from "./standing.ts";

export interface ConnectionLimits {
  readonly socketsMax: number;
  readonly handshakesMax: number;
  /** Of all but known callers, while one of those is here. */
  readonly strangersMax: number;
}

export const connectionLimits: ConnectionLimits = { socketsMax: 1_000, handshakesMax: 100, strangersMax: 300 };

/** A handshake that takes longer is given up. */
export const handshakeMaxMs = 5_000;

export type ClosedReason = "sockets" | "handshakes" | "pipelining";

export interface Connections {
  /** The caller that a request came from. */
  callerOf(request: IncomingMessage): Caller;
  /**
   * Notes that a request has come; false where its connection has another one under way, which no API server does, or is gone: what came
   * with the last bytes of it is still told.
   */
  begin(request: IncomingMessage, response: ServerResponse): boolean;
  /** Notes that a request is here as a whole: until it is answered its connection stays. */
  whole(request: IncomingMessage): void;
}

interface Connection {
  readonly socket: Socket;
  readonly caller: Caller;
  isShaken: boolean;
  answered: number;
  current: ServerResponse | undefined;
  /** Its request is here and not answered yet. */
  isWhole: boolean;
  /** Order of last use. */
  usedAt: number;
}

export interface ConnectionParts {
  readonly standings: Standings;
  readonly known: KnownCallers;
  readonly gate: AdmissionGate;
  readonly onClosed?: (reason: ClosedReason) => void;
  readonly limits?: ConnectionLimits;
}

/** Keeps the book of connections; `guard` puts it before a server's own handshake. */
export function connectionBook({ standings, known: callers, gate, onClosed, limits = connectionLimits }: ConnectionParts): Connections & {
  guard(server: Server): void;
} {
  const { known, tick, drop, dropTooMany } = bookOf({ standings, callers, limits, ...(onClosed === undefined ? {} : { onClosed }) });
  return {
    callerOf: ({ socket }) => known(socket).caller,
    begin: ({ socket }, response) => {
      if (socket.destroyed || rawOf(socket).destroyed) {
        parseNoMore(socket);
        return false;
      }
      const connection = known(socket);
      if (connection.current !== undefined && !connection.current.writableEnded) {
        drop(connection, "pipelining");
        parseNoMore(socket);
        return false;
      }
      Object.assign(connection, { isShaken: true, current: response, usedAt: tick() });
      response.once("close", () => {
        const isAnswered = response.writableFinished && response.statusCode === 200;
        Object.assign(connection, { answered: connection.answered + Number(isAnswered), isWhole: false, usedAt: tick() });
      });
      return true;
    },
    whole: ({ socket }) => {
      known(socket).isWhole = true;
    },
    guard: (server) => {
      guardHandshakes(server, (socket, shake) => {
        const { caller } = known(socket);
        dropTooMany();
        if (socket.destroyed) return;
        const entry = { caller, kind: "handshake", tier: "open", bytes: 0, deadlineMs: performance.now() + handshakeMaxMs } as const;
        const leave = gate.inTurn(entry, (reason) => {
          if (reason === undefined && !socket.destroyed) shake();
          else socket.destroy();
        });
        // Who opens and closes sockets again and again would fill the queue.
        socket.once("close", leave);
      });
      server.on("secureConnection", (socket) => Object.assign(known(socket), { isShaken: true }));
    },
  };
}

/**
 * Ends the parsing of what has come on a request's connection: 64 KiB of small requests or chunks, that came at once, would each be parsed and
 * told though the socket is gone. Node's parser stops where it is asked to from within; one without that word parses on, as ever.
 */
export function parseNoMore(socket: Socket & { readonly parser?: { readonly pause?: () => void } | null }): void {
  socket.parser?.pause?.();
}

interface Book {
  /** The connection of a socket, which is taken in where it is new. */
  readonly known: (socket: Socket) => Connection;
  readonly tick: () => number;
  readonly drop: (connection: Connection, reason: ClosedReason) => void;
  readonly dropTooMany: () => void;
}

function bookOf({
  standings,
  callers,
  onClosed,
  limits,
}: Omit<ConnectionParts, "gate" | "known"> & { readonly callers: KnownCallers; readonly limits: ConnectionLimits }): Book {
  const book = new Map<Socket, Connection>();
  const uses = { count: 0 };
  const tick = (): number => (uses.count += 1);
  const drop = (connection: Connection, reason: ClosedReason): void => {
    onClosed?.(reason);
    book.delete(connection.socket);
    standings.letGo(connection.caller);
    connection.socket.destroy();
  };
  const dropFrom = (among: readonly Connection[], reason: ClosedReason): void => {
    const strangers = among.filter(({ caller }) => !callers.isKnown(caller));
    const isSooner = callers.isHere() ? isOlder : isLessProven;
    const yielding = yieldingOf(strangers, isSooner) ?? yieldingOf(among, isSooner);
    if (yielding !== undefined) drop(yielding, reason);
  };
  return {
    tick,
    drop,
    known: (socket) => {
      const raw = rawOf(socket);
      const found = book.get(raw);
      if (found !== undefined) return found;
      const caller = standings.connect((socket.remoteAddress ?? "").replace(/^::ffff:/, ""));
      const usedAt = tick();
      const connection = { socket: raw, caller, isShaken: false, answered: 0, current: undefined, isWhole: false, usedAt };
      book.set(raw, connection);
      raw.once("close", () => {
        if (book.delete(raw)) standings.letGo(caller);
      });
      return connection;
    },
    dropTooMany: () => {
      const isFull = book.size > limits.socketsMax;
      if (isFull) dropFrom([...book.values()], "sockets");
      if (!isFull && callers.isHere()) {
        const strangers = [...book.values()].filter(({ caller }) => !callers.isKnown(caller));
        if (strangers.length > limits.strangersMax) dropFrom(strangers, "sockets");
      }
      const shaking = [...book.values()].filter(({ isShaken }) => !isShaken);
      // Where strangers' handshakes have a share, those that wait cost nothing; who is dropped comes again at once.
      if (shaking.length > (callers.isHere() ? limits.strangersMax : limits.handshakesMax)) dropFrom(shaking, "handshakes");
    },
  };
}

/** Node begins each handshake by a listener of its own; it is asked when the turn has come. The server must pause on connect. */
function guardHandshakes(server: Server, admit: (socket: Socket, shake: () => void) => void): void {
  const own = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    // Until its handshake begins nobody else listens.
    socket.on("error", () => socket.destroy());
    admit(socket, () => {
      for (const listener of own) Reflect.apply(listener, server, [socket]);
    });
  });
}

/** A TLS socket wraps the one that was accepted. */
function rawOf(socket: Socket & { readonly _parent?: Socket }): Socket {
  return socket._parent ?? socket;
}

/**
 * The one that is to go: of the address with the most, if it has one that is not being answered; else of the next. A newcomer can always
 * go, so the book never grows.
 */
function yieldingOf(among: readonly Connection[], isSooner: (a: Connection, b: Connection) => boolean): Connection | undefined {
  const byAddress = new Map<Caller["address"], Connection[]>();
  for (const connection of among) {
    const known = byAddress.get(connection.caller.address);
    if (known === undefined) byAddress.set(connection.caller.address, [connection]);
    else known.push(connection);
  }
  for (const ofAddress of [...byAddress.values()].sort((a, b) => b.length - a.length)) {
    const free = ofAddress.filter(({ isWhole }) => !isWhole);
    const [first] = free;
    if (first !== undefined) return free.reduce((sooner, one) => (isSooner(one, sooner) ? one : sooner), first);
  }
  return undefined;
}

/** Known callers' are kept anyway, and one of theirs that has just come must not go before it can show the word. */
function isOlder(a: Connection, b: Connection): boolean {
  return a.usedAt < b.usedAt;
}

/** Those that never had an answer go first, also where a request is on its way: slow ones have none. */
function isLessProven(a: Connection, b: Connection): boolean {
  const [aProven, bProven] = [Number(a.answered > 0), Number(b.answered > 0)];
  return aProven === bProven ? a.usedAt < b.usedAt : aProven < bProven;
}
