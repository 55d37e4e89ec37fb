/**
 * Writes in turns: bounded in all and by kind, fair between kinds, and never in the way of reads and Leases.
 */
import { describe, expect, it } from "vitest";
import type { ApiAnswer, ApiRequest, ApiTransport } from "../../src/api/ports.ts";
import { withWriteTurns, writesMax, writesOfKindMax } from "../../src/cluster/write-turns.ts";

const claimStatus = (index: number): ApiRequest => ({ method: "PATCH", path: `/apis/karpenter.sh/v1/nodeclaims/claim-${index}/status` });
const eviction: ApiRequest = { method: "POST", path: "/api/v1/namespaces/shop/pods/web-1/eviction" };
const lease: ApiRequest = { method: "PUT", path: "/apis/coordination.k8s.io/v1/namespaces/plimsoll-system/leases/plimsoll" };
const answer: ApiAnswer = { ok: true, status: 200, body: {} };

/** A server that answers one request at a time, when the test says so. */
function slowServer() {
  const open: { readonly path: string; readonly finish: (given: ApiAnswer | Error) => void }[] = [];
  let most = 0;
  const transport: ApiTransport = {
    watch: () => {
      throw new Error("not asked");
    },
    request: ({ path }) =>
      new Promise((resolve, reject) => {
        const entry = {
          path,
          finish: (given: ApiAnswer | Error) => {
            open.splice(open.indexOf(entry), 1);
            if (given instanceof Error) reject(given);
            else resolve(given);
          },
        };
        open.push(entry);
        most = Math.max(most, open.length);
      }),
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { transport, open, most: () => most, settle };
}

describe("writes to a slow API server", () => {
  it("are bounded by kind, and each is sent in the end", async () => {
    const server = slowServer();
    const turns = withWriteTurns(server.transport);
    const all = Array.from({ length: 500 }, (_one, index) => turns.request(claimStatus(index)));
    await server.settle();
    expect(server.open).toHaveLength(writesOfKindMax);
    let sent = 0;
    while (server.open.length > 0) {
      server.open[0]?.finish(answer);
      sent += 1;
      await server.settle();
    }
    expect([sent, server.most()]).toEqual([500, writesOfKindMax]);
    expect(await Promise.all(all)).toHaveLength(500);
  });
  it("leave room for other kinds: an eviction is sent at once beside 5,000 of NodeClaims", async () => {
    const server = slowServer();
    const turns = withWriteTurns(server.transport);
    for (let index = 0; index < 5_000; index += 1) void turns.request(claimStatus(index));
    void turns.request(eviction);
    await server.settle();
    expect(server.open.map(({ path }) => path)).toContain(eviction.path);
  });
  it("are bounded in all, and then kinds take turns", async () => {
    const server = slowServer();
    const turns = withWriteTurns(server.transport);
    const kinds = ["a", "b", "c", "d", "e"];
    const write = (kind: string, index: number): ApiRequest => ({ method: "PATCH", path: `/apis/example.com/v1/${kind}/one-${index}` });
    for (const kind of kinds) for (let index = 0; index < 100; index += 1) void turns.request(write(kind, index));
    await server.settle();
    expect(server.open).toHaveLength(writesMax);
    const before = new Set(server.open);
    for (const entry of [...before].slice(0, 30)) entry.finish(answer);
    await server.settle();
    const next = server.open.filter((entry) => !before.has(entry)).map(({ path }) => path.split("/")[4] ?? "");
    expect(next).toHaveLength(30);
    for (const kind of ["d", "e"]) expect(next.filter((one) => one === kind).length, kind).toBeGreaterThanOrEqual(6);
  });
  it("never keep a Lease, a read or a question for rights waiting", async () => {
    const server = slowServer();
    const turns = withWriteTurns(server.transport);
    for (const kind of ["a", "b", "c", "d"]) {
      for (let index = 0; index < 100; index += 1)
        void turns.request({ method: "PATCH", path: `/api/v1/namespaces/shop/${kind}/one-${index}` });
    }
    const urgent: readonly ApiRequest[] = [
      lease,
      { method: "GET", path: "/api/v1/pods" },
      { method: "POST", path: "/apis/authorization.k8s.io/v1/subjectaccessreviews" },
    ];
    for (const one of urgent) void turns.request(one);
    await server.settle();
    expect(server.open).toHaveLength(writesMax + urgent.length);
  });
  it("give their place back where the server fails, and leave the line where the caller has gone", async () => {
    const server = slowServer();
    const turns = withWriteTurns(server.transport);
    const failing = Array.from({ length: writesOfKindMax }, (_one, index) => turns.request(claimStatus(index)).catch(() => "failed"));
    const gone = new AbortController();
    const given = turns.request({ ...claimStatus(98), signal: gone.signal });
    const last = turns.request(claimStatus(99));
    gone.abort();
    expect(await given).toMatchObject({ ok: false, status: 0, error: { message: "the request was cancelled" } });
    for (const entry of [...server.open]) entry.finish(new Error("gone"));
    expect(new Set(await Promise.all(failing))).toEqual(new Set(["failed"]));
    await server.settle();
    expect(server.open.map(({ path }) => path)).toEqual([claimStatus(99).path]);
    server.open[0]?.finish(answer);
    expect(await last).toEqual(answer);
  });
});
