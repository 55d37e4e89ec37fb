/**
 * Pages of a list are of about one size in bytes, whatever the objects are.
 */
import { describe, expect, test } from "vitest";
import type { ApiTransport } from "../../src/api/ports.ts";
import { pagedList } from "../../src/cluster/paged-list.ts";

/** So many objects of so many bytes each, over a transport of bytes; returns the limits that were asked for. */
async function limitsFor(count: number, bytesOf: (index: number) => number): Promise<readonly number[]> {
  const limits: number[] = [];
  const transport: Pick<ApiTransport, "request"> = {
    request: ({ query = {}, itemOf = (item) => item }) => {
      const [from, limit] = [Number(query["continue"] ?? 0), Number(query["limit"])];
      limits.push(limit);
      const end = Math.min(count, from + limit);
      const items = Array.from({ length: end - from }, (_unused, index) => itemOf({ at: from + index }, bytesOf(from + index)));
      const metadata = { resourceVersion: "1", ...(end < count ? { continue: String(end) } : {}) };
      return Promise.resolve({ ok: true, status: 200, body: { metadata, items } });
    },
  };
  const seen: unknown[] = [];
  const listed = await pagedList(
    { transport: transport as ApiTransport, path: "/pods", isPaged: true, decode: (item) => item as { readonly at: number } },
    (item) => {
      seen.push(item?.at);
      return true;
    },
  );
  expect(listed).toEqual({ kind: "listed", version: "1" });
  expect(seen).toEqual(Array.from({ length: count }, (_unused, index) => index));
  return limits;
}

describe("pages", () => {
  test("of small objects grow to the largest", async () => {
    expect(await limitsFor(2_000, () => 4_000)).toEqual([16, 64, 256, 500, 500, 500, 500]);
  });

  test("of large objects shrink to about eight megabytes", async () => {
    expect(await limitsFor(100, () => 1_500_000)).toEqual([16, ...Array<number>(17).fill(5)]);
  });

  test("follow the objects as they change", async () => {
    const limits = await limitsFor(1_000, (index) => (index < 250 ? 1_000 : 1_000_000));
    expect(limits).toEqual([16, 64, 256, 24, ...Array<number>(80).fill(8)]);
  });
});
