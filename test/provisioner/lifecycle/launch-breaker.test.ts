/**
 * A NodePool whose nodes don't join buys no more of them, but for one to try with.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Instant, JoinFailure } from "../../../src/api/ports.ts";
import {
  breakerBaseMs,
  breakerMaxMs,
  buyingLimit,
  joinFailuresMax,
  joinFailuresOf,
  joinFailuresText,
} from "../../../src/provisioner/lifecycle/launch-breaker.ts";
import { nodePool } from "../../support/objects.ts";

const names = platformNames();
const minuteMs = 60_000;
const failure: JoinFailure = { cause: "dns", message: "its console says: no such host; turn on DNS support" };

/** A claim of the pool that launched then, and registered then if it did. */
function claim(name: string, times: { readonly launched: Instant; readonly registered?: Instant }): NodeClaim {
  const condition = (type: string, at: Instant | undefined) =>
    at === undefined ? [] : [{ type, status: "True" as const, reason: type, message: "", lastTransitionTime: new Date(at).toISOString() }];
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, labels: { "karpenter.sh/nodepool": "general-flex" } },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
    status: { conditions: [...condition("Launched", times.launched), ...condition("Registered", times.registered)] },
  };
}

function poolWith(text: string | undefined): NodePool {
  const pool = nodePool();
  return text === undefined ? pool : { ...pool, metadata: { ...pool.metadata, annotations: { [names.joinFailuresAnnotation]: text } } };
}

/** The annotation after these claims have failed, each a minute after the last. */
function failedInTurn(claims: readonly NodeClaim[], from: Instant): string | undefined {
  let text: string | undefined;
  for (const [index, nodeClaim] of claims.entries())
    text = joinFailuresText(joinFailuresOf(poolWith(text), names), { failure, nodeClaim, now: from + index * minuteMs });
  return text;
}

function limit(text: string | undefined, nodeClaims: readonly NodeClaim[], now: Instant) {
  return buyingLimit({ nodePool: poolWith(text), nodeClaims, names, now });
}

describe("failures", () => {
  test("stand on the NodePool with the last one's cause and its claim", () => {
    const text = failedInTurn([claim("a", { launched: 0 })], 0);
    expect(joinFailuresOf(poolWith(text), names)).toEqual({ count: 1, at: 0, nodeClaim: "a", ...failure });
    expect(joinFailuresOf(poolWith("many of them"), names)).toBeUndefined();
    expect(joinFailuresOf(poolWith(undefined), names)).toBeUndefined();
  });

  test("of one claim count once, and a burst of them as two", () => {
    const [a, ...others] = Array.from({ length: 10 }, (_unused, index) => claim(`n${index}`, { launched: 0 }));
    expect(joinFailuresOf(poolWith(failedInTurn([a!, a!], 15 * minuteMs)), names)?.count).toBe(1);
    expect(joinFailuresOf(poolWith(failedInTurn([a!, ...others], 15 * minuteMs)), names)?.count).toBe(joinFailuresMax);
  });
});

describe("after two failures in a row", () => {
  const claims = [claim("a", { launched: 0 }), claim("b", { launched: 0 })];
  const text = failedInTurn(claims, 15 * minuteMs);
  const at = 16 * minuteMs;

  test("nothing is bought for a while, then a single node to try with", () => {
    expect(limit(failedInTurn(claims.slice(0, 1), 0), [], minuteMs).nodesMax).toBe(Infinity);
    expect(limit(text, [], at)).toMatchObject({ nodesMax: 0, againMs: breakerBaseMs, because: expect.stringContaining("dns") as string });
    expect(limit(text, [], at + breakerBaseMs).nodesMax).toBe(1);
    expect(limit(text, [claim("try", { launched: at + breakerBaseMs })], at + breakerBaseMs + 1).nodesMax).toBe(0);
  });

  test("a claim that waits for capacity is no try", () => {
    const tried = claim("try", { launched: at + breakerBaseMs });
    const reason = { status: "Unknown", reason: "InsufficientCapacityError", message: "none" } as const;
    const lacking = { ...tried, status: { conditions: [{ type: "Launched", lastTransitionTime: new Date(at).toISOString(), ...reason }] } };
    expect(limit(text, [lacking], at + breakerBaseMs + 1).nodesMax).toBe(1);
    expect(limit(text, [lacking, tried], at + breakerBaseMs + 1).nodesMax).toBe(0);
  });

  test("each further try that fails doubles the wait, up to a bound", () => {
    let current = text;
    let now = at;
    const waits: number[] = [];
    for (let round = 0; round < 7; round++) {
      now += limit(current, [], now).againMs;
      const tried = claim(`try-${round}`, { launched: now });
      now += 15 * minuteMs;
      current = joinFailuresText(joinFailuresOf(poolWith(current), names), { failure, nodeClaim: tried, now });
      waits.push(limit(current, [], now).againMs / breakerBaseMs);
    }
    expect(waits).toEqual([2, 4, 8, 16, breakerMaxMs / breakerBaseMs, breakerMaxMs / breakerBaseMs, breakerMaxMs / breakerBaseMs]);
  });

  test("a node that joins lets all be bought again", () => {
    expect(limit(text, [claim("try", { launched: at, registered: at + 1 })], at + 2).nodesMax).toBe(Infinity);
    expect(limit(text, [claim("old", { launched: 0, registered: 1 })], at + 2).nodesMax).toBe(0);
  });

  test("another pool is not concerned", () => {
    const other = { ...nodePool(), metadata: { name: "batch" } };
    expect(buyingLimit({ nodePool: other, nodeClaims: claims, names, now: at }).nodesMax).toBe(Infinity);
  });
});

test("three nodes that are late hold further ones before they are given up, unless another has joined meanwhile", () => {
  const late = ["a", "b", "c"].map((name) => claim(name, { launched: 0 }));
  const now = 5 * minuteMs;
  expect(limit(undefined, late, now - 1).nodesMax).toBe(Infinity);
  expect(limit(undefined, late, now)).toMatchObject({ nodesMax: 0, because: expect.stringContaining("3 nodes") as string });
  expect(limit(undefined, late.slice(1), now).nodesMax).toBe(Infinity);
  expect(limit(undefined, [...late, claim("d", { launched: 1, registered: 2 })], now).nodesMax).toBe(Infinity);
});
