/** Answers over a real socket: what a slow client costs the server. */
import { once } from "node:events";
import { createServer, get, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { WatchLine } from "../../src/api/ports.ts";
import { writeWatch } from "../../src/sim/http-answer.ts";

const linesCount = 20;

test("a watch that often waits for its client listens to the end of the connection no more often for it", async () => {
  const counts: number[] = [];
  const lines = async function* (response: ServerResponse): AsyncGenerator<WatchLine> {
    for (let line = 0; line < linesCount; line++) {
      counts.push(response.listenerCount("close") + response.listenerCount("drain"));
      // More than the buffer of a response holds, so that each line is waited for.
      yield await Promise.resolve({ type: "ADDED", object: { text: "x".repeat(256 * 1024) } } as const);
    }
  };
  const server = createServer((_, response) => void writeWatch(response, lines(response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const read = await new Promise<number>((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
      answer.on("end", () => {
        resolve(bytes);
      });
    }).on("error", reject);
  });
  server.close();
  expect(read).toBeGreaterThan(linesCount * 256 * 1024);
  expect(counts).toHaveLength(linesCount);
  expect(new Set(counts).size).toBe(1);
});
