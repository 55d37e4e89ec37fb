/**
 * Pages of a list are of about one size in bytes, whatever the objects are.
 */
import { describe, expect, test } from "vitest";
import type { ApiTransport } from "../../src/api/ports.ts";
import { pagedList } from "../../src/cluster/paged-list.ts";

/**
 * So many objects of so many bytes each, over a transport of bytes that may fail; returns the limits that were asked for. A page that
 * fails has handed over what came of it.
 */
async function limitsFor(
  count: number,
  bytesOf: (index: number) => number,
  failureOf: (limit: number, from: number) => number | undefined = () => undefined,
  expected: object = { kind: "listed", version: "1" },
): Promise<readonly number[]> {
  const limits: number[] = [];
  const transport: Pick<ApiTransport, "request"> = {
    request: ({ query = {}, itemOf = (item) => item }) => {
      const [from, limit] = [Number(query["continue"] ?? 0), Number(query["limit"])];
      limits.push(limit);
      const end = Math.min(count, from + limit);
      const items = Array.from({ length: end - from }, (_unused, index) => itemOf({ at: from + index }, bytesOf(from + index)));
      const failure = failureOf(limit, from);
      if (failure !== undefined) return Promise.resolve({ ok: false, status: failure, error: { code: failure } });
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
  expect(listed).toMatchObject(expected);
  if (listed.kind === "listed") expect(seen).toEqual(Array.from({ length: count }, (_unused, index) => index));
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

describe("a page that fails", () => {
  const most = (max: number, status: number) => (limit: number) => (limit > max ? status : undefined);

  test.each([0, 500, 504])("with status %d is asked for again at half its size, and no later one is larger", async (status) => {
    expect(await limitsFor(20, () => 1_000, most(4, status))).toEqual([16, 8, 4, 4, 4, 4, 4]);
  });

  test("in the middle of a list is asked for from where it was", async () => {
    const limits = await limitsFor(
      100,
      () => 1_000,
      (limit, from) => (from >= 16 && limit > 30 ? 0 : undefined),
    );
    expect(limits).toEqual([16, 64, 32, 16, 16, 16, 16, 16, 16]);
  });

  test("at one object is the end of the list", async () => {
    const failed = { kind: "failed", status: { code: 0 } };
    expect(await limitsFor(100, () => 1_000, most(0, 0), failed)).toEqual([16, 8, 4, 2, 1]);
  });

  test.each([403, 410, 429])("with status %d is not: another size changes nothing", async (status) => {
    expect(await limitsFor(100, () => 1_000, most(0, status), { kind: "failed", status: { code: status } })).toEqual([16]);
  });
});
