/**
 * Write turns: how many writes are under way at once, and whose turn it is.
 *
 * Reads requests, by the kind of object that they write. Passes on as many as the bounds allow; the others wait, each kind in a line of its
 * own, and the lines take turns. So thousands of NodeClaims that all need a status write from a slow API server neither pile up requests nor
 * keep a Pod's eviction from its turn. Reads, watches, Leases and what only asks (access reviews) never wait.
 */
import type { ApiAnswer, ApiRequest, ApiTransport } from "../api/ports.ts";

/** Writes of one kind of object under way at once, and of all kinds together. */
export const writesOfKindMax = 32;
export const writesMax = 96;

/** Returns the transport with writes in turns. */
export function withWriteTurns(transport: ApiTransport): ApiTransport {
  const turns = writeTurns();
  return {
    watch: (request) => transport.watch(request),
    request: async (request) => {
      const kind = writtenKind(request);
      if (kind === undefined) return transport.request(request);
      if (request.signal?.aborted === true || !(await turns.begin(kind, request.signal))) return cancelled;
      try {
        return await transport.request(request);
      } finally {
        turns.end(kind);
      }
    },
  };
}

const cancelled: ApiAnswer = { ok: false, status: 0, error: { code: 0, message: "the request was cancelled" } };

interface WriteTurns {
  /** Resolves when the write may be sent; with false where the caller has gone. */
  begin(kind: string, signal: AbortSignal | undefined): Promise<boolean>;
  /** Gives the place back; only for what began. */
  end(kind: string): void;
}

function writeTurns(): WriteTurns {
  const underWay = new Map<string, number>();
  const lines = new Map<string, (() => void)[]>();
  const state = { total: 0 };
  const hasRoom = (kind: string): boolean => state.total < writesMax && (underWay.get(kind) ?? 0) < writesOfKindMax;
  const count = (kind: string, change: 1 | -1): void => {
    state.total += change;
    const now = (underWay.get(kind) ?? 0) + change;
    if (now === 0) underWay.delete(kind);
    else underWay.set(kind, now);
  };
  return {
    begin: (kind, signal) => {
      if (hasRoom(kind) && !lines.has(kind)) {
        count(kind, 1);
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const start = (): void => {
          signal?.removeEventListener("abort", abort);
          count(kind, 1);
          resolve(true);
        };
        const abort = (): void => {
          setLine(
            lines,
            kind,
            (lines.get(kind) ?? []).filter((one) => one !== start),
          );
          resolve(false);
        };
        signal?.addEventListener("abort", abort, { once: true });
        const line = lines.get(kind) ?? [];
        line.push(start);
        lines.set(kind, line);
      });
    },
    end: (kind) => {
      count(kind, -1);
      // The first line that has room is served, and goes behind the others.
      const [next, line] = [...lines].find(([one]) => hasRoom(one)) ?? [];
      if (next === undefined || line === undefined) return;
      const start = line.shift();
      lines.delete(next);
      setLine(lines, next, line);
      start?.();
    },
  };
}

/** An empty line is dropped. */
function setLine(lines: Map<string, (() => void)[]>, kind: string, line: (() => void)[]): void {
  if (line.length === 0) lines.delete(kind);
  else lines.set(kind, line);
}

/** Who leads, and who may do what, is asked for within seconds or not at all. */
const atOnce: ReadonlySet<string> = new Set(["leases", "subjectaccessreviews", "selfsubjectaccessreviews", "tokenreviews"]);

/** The resource that a request writes; undefined for what never waits. */
function writtenKind({ method, path }: ApiRequest): string | undefined {
  if (method === "GET") return undefined;
  const [, ...parts] = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(.*)$/.exec(path) ?? [];
  const segments = (parts[0] ?? path).split("/");
  const resource = segments[0] === "namespaces" && segments.length > 2 ? (segments[2] ?? "") : (segments[0] ?? "");
  return atOnce.has(resource) ? undefined : resource;
}
