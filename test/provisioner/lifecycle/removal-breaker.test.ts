/**
 * The removal breaker: few go, many are asked about, an answer lets go what it names and no more, and a restart changes nothing.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { CloudInstance } from "../../../src/api/ports.ts";
import { endsMax, judgeRemovals, removalWindowMs, type PoolRemovals } from "../../../src/provisioner/lifecycle/removal-breaker.ts";
import { nodePool } from "../../support/objects.ts";
import fc from "../../support/properties.ts";

const names = platformNames();
const start = Date.parse("2026-03-01T10:00:30Z");
const pool = nodePool({ name: "general" });

function instances(from: number, count: number, nodePoolName: string | null = "general"): readonly CloudInstance[] {
  return Array.from({ length: count }, (_unused, index) => ({
    providerID: `aws:///ap-southeast-1a/i-${String(from + index).padStart(4, "0")}`,
    nodeClaim: `general-${from + index}`,
    ...(nodePoolName === null ? {} : { nodePool: nodePoolName }),
    instanceType: "m7i.large",
    zone: "ap-southeast-1a",
    capacityType: "on-demand" as const,
    state: "running" as const,
  }));
}

function claims(from: number, count: number): readonly NodeClaim[] {
  return instances(from, count).map(({ providerID, nodeClaim }) => ({
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: nodeClaim ?? "", uid: `uid-${nodeClaim ?? ""}`, labels: { "karpenter.sh/nodepool": "general" } },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID },
  }));
}

interface Looked {
  readonly instances?: readonly CloudInstance[];
  readonly nodeClaims?: readonly NodeClaim[];
  /** Of them. */
  readonly doubted?: readonly (CloudInstance | NodeClaim)[];
}

/** A cluster whose NodePool keeps what is written on it. */
function world(of: { readonly healthy?: number; readonly pools?: readonly NodePool[] } = {}) {
  const { healthy = 0, pools = [pool] } = of;
  const annotations = new Map<string, string>();
  const ledgers = new Map<string, string>();
  const look = (garbage: Looked, now = start) => {
    const suspects = { instances: garbage.instances ?? [], nodeClaims: garbage.nodeClaims ?? [] };
    const standing = claims(1_000, healthy);
    const verdicts = judgeRemovals({
      garbage: suspects,
      doubts: new Map((garbage.doubted ?? []).map((one) => [one, "nobody remembers them"])),
      instances: [...instances(1_000, healthy), ...suspects.instances],
      nodeClaims: [...standing, ...suspects.nodeClaims],
      nodePools: pools.map((one) => ({ ...one, metadata: { ...one.metadata, annotations: Object.fromEntries(annotations) } })),
      ledgers,
      names,
      now,
    });
    for (const verdict of verdicts) write(verdict);
    return verdicts;
  };
  const write = ({ pool: name, nodePool: there, annotations: wanted, ledger }: PoolRemovals): void => {
    if (there === undefined) ledgers.set(name, ledger);
    for (const [key, value] of Object.entries(wanted)) {
      if (value === null) annotations.delete(key);
      else annotations.set(key, value);
    }
  };
  return { look, annotations };
}

function ended(verdicts: readonly PoolRemovals[]): number {
  return verdicts.reduce((sum, { garbage }) => sum + garbage.instances.length + garbage.nodeClaims.length, 0);
}

describe("few nodes go", () => {
  test("up to three of a small pool, and the NodePool says which", () => {
    const { look, annotations } = world();
    expect(ended(look({ instances: instances(1, 2), nodeClaims: claims(3, 1) }))).toBe(3);
    expect(annotations.get(names.removalsAnnotation)).toMatch(/^2026-03-01T10:00:00Z=[0-9a-f]{8}\+[0-9a-f]{8}\+[0-9a-f]{8}$/);
  });

  test("up to 5 % of a large one, healthy nodes counted once", () => {
    const { look } = world({ healthy: 95 });
    expect(ended(look({ instances: instances(1, 5) }))).toBe(5);
    expect(ended(world({ healthy: 95 }).look({ instances: instances(1, 6) }))).toBe(0);
  });

  test("pool by pool", () => {
    const other = nodePool({ name: "batch" });
    const { look } = world({ pools: [pool, other] });
    expect(ended(look({ instances: [...instances(1, 3), ...instances(10, 3, "batch")] }))).toBe(6);
  });
});

describe("many nodes stay, all of them, and somebody is asked", () => {
  test("such as all that an API server restored from a backup does not know", () => {
    const { look, annotations } = world();
    expect(ended(look({ instances: instances(1, 40) }))).toBe(0);
    expect(annotations.get(names.removalsHeldAnnotation)).toBe(
      "40 of 40 nodes look like garbage, more than 3: none is ended (aws:///ap-southeast-1a/i-0001, aws:///ap-southeast-1a/i-0002, " +
        "aws:///ap-southeast-1a/i-0003, aws:///ap-southeast-1a/i-0004, aws:///ap-southeast-1a/i-0005 and 35 more); if they are: " +
        "kubectl annotate nodepool general platform.example.com/allow-removals=40 --overwrite",
    );
    expect(annotations.has(names.removalsAnnotation)).toBe(false);
  });

  test("such as all whose instances another account does not list", () => {
    expect(ended(world().look({ nodeClaims: claims(1, 4) }))).toBe(0);
  });

  test("and those that came one by one within ten minutes, whoever counts", () => {
    const { look } = world();
    const gone = [0, 1, 2, 3, 4].map((index) => ended(look({ instances: instances(index, 1) }, start + index * 60_000)));
    expect(gone).toEqual([1, 1, 1, 0, 0]);
    expect(ended(look({ instances: instances(3, 2) }, start + removalWindowMs + 3 * 60_000))).toBe(2);
  });

  test("until they are no garbage any more: then the question is taken back", () => {
    const { look, annotations } = world();
    look({ instances: instances(1, 40) });
    expect(look({})).toMatchObject([{ pool: "general", annotations: { [names.removalsHeldAnnotation]: null } }]);
    expect(annotations.size).toBe(0);
    expect(look({})).toEqual([]);
  });

  test("and the question is written once", () => {
    const { look } = world();
    look({ instances: instances(1, 40) });
    expect(look({ instances: instances(1, 40) }, start + 30_000)[0]?.annotations).toEqual({});
  });

  test("and in a pool that is not there, where a process counts for itself", () => {
    const { look } = world({ pools: [] });
    expect(look({ instances: instances(1, 40) })[0]?.held).toContain(
      'there is no NodePool "general" to answer: make it, or end them by hand',
    );
    expect(ended(look({ instances: instances(1, 3) }))).toBe(3);
    expect(ended(look({ instances: instances(4, 1) }))).toBe(0);
    expect(ended(world({ pools: [] }).look({ instances: instances(1, 4, null) }))).toBe(0);
  });
});

describe("an answer", () => {
  test("lets go as many as it says, and is used up", () => {
    const { look, annotations } = world();
    look({ instances: instances(1, 40) });
    annotations.set(names.allowRemovalsAnnotation, "40");
    expect(ended(look({ instances: instances(1, 40) }))).toBe(40);
    expect([...annotations.keys()]).toEqual([names.removalsAnnotation]);
    expect(ended(look({ instances: instances(41, 1) }, start + 60_000))).toBe(0);
  });

  test.each(["39", "all", "-40", "40.0", ""])("of %j lets none go, and is told so", (text) => {
    const { look, annotations } = world();
    annotations.set(names.allowRemovalsAnnotation, text);
    expect(ended(look({ instances: instances(1, 40) }))).toBe(0);
    expect(annotations.get(names.removalsHeldAnnotation)).toContain(`platform.example.com/allow-removals=${text} does not answer that`);
  });

  test("for more than one look holds until all have gone", () => {
    const { look, annotations } = world();
    const count = 2 * endsMax + 50;
    annotations.set(names.allowRemovalsAnnotation, String(count));
    expect(ended(look({ instances: instances(1, count) }))).toBe(endsMax);
    expect(annotations.get(names.allowRemovalsAnnotation)).toBe(String(count - endsMax));
    expect(ended(look({ instances: instances(1 + endsMax, count - endsMax) }, start + 30_000))).toBe(endsMax);
    expect(ended(look({ instances: instances(1 + 2 * endsMax, 50) }, start + 60_000))).toBe(50);
    expect(annotations.has(names.allowRemovalsAnnotation)).toBe(false);
  });
});

test("what was let go and is still there is ended again, and counts once", () => {
  const { look, annotations } = world();
  look({ instances: instances(1, 3) });
  const before = annotations.get(names.removalsAnnotation);
  expect(ended(look({ instances: instances(1, 3) }, start + 30_000))).toBe(3);
  expect(annotations.get(names.removalsAnnotation)).toBe(before);
  const held = look({ instances: instances(1, 4) }, start + 60_000);
  expect([ended(held), held[0]?.held]).toEqual([
    3,
    expect.stringContaining("1 of 4 nodes look like garbage after 3 in 10 minutes, more than 3"),
  ]);
});

test("a record that somebody has spoiled lets nothing go, and says what to do", () => {
  const { look, annotations } = world();
  annotations.set(names.removalsAnnotation, "yesterday=3");
  const [verdict] = look({ instances: instances(1, 1) });
  expect(verdict?.garbage).toEqual({ instances: [], nodeClaims: [] });
  expect(verdict?.held).toContain("platform.example.com/removals can't be read: nothing is ended; remove that annotation");
});

describe("what is doubted", () => {
  const some = instances(1, 2);

  test("stays, be it one node, and the others of the pool go as they would", () => {
    const { look, annotations } = world();
    const [verdict] = look({ instances: instances(1, 1), doubted: [] });
    expect(verdict?.garbage.instances).toHaveLength(1);
    const doubtedOnes = instances(10, 1);
    const [next] = look({ instances: [...doubtedOnes, ...some], doubted: doubtedOnes });
    expect(next?.garbage.instances.map(({ nodeClaim }) => nodeClaim)).toEqual(["general-1", "general-2"]);
    expect(next?.heldCount).toBe(1);
    expect(annotations.get(names.removalsHeldAnnotation)).toBe(
      "1 of 3 nodes look like garbage; nobody remembers them: none is ended (aws:///ap-southeast-1a/i-0010); if they are: " +
        "kubectl annotate nodepool general platform.example.com/allow-removals=1 --overwrite",
    );
    expect(annotations.get(names.removalsAnnotation)).toContain("+");
  });

  test("does not count towards what may go unasked", () => {
    const three = instances(1, 3);
    const forty = instances(100, 40);
    expect(ended(world().look({ instances: [...three, ...forty], doubted: forty }))).toBe(3);
  });

  test("is asked about with the rest where the rest is too much", () => {
    const { look, annotations } = world();
    const four = instances(1, 4);
    const one = instances(100, 1);
    const [verdict] = look({ instances: [...four, ...one], doubted: one });
    expect([verdict?.garbage.instances.length, verdict?.heldCount]).toEqual([0, 5]);
    expect(annotations.get(names.removalsHeldAnnotation)).toContain(
      "5 of 5 nodes look like garbage, more than 3; nobody remembers them: none",
    );
  });

  test("goes by an answer, and then is let go for as long as it takes", () => {
    const { look, annotations } = world();
    annotations.set(names.allowRemovalsAnnotation, "2");
    expect(ended(look({ instances: some, doubted: some }))).toBe(2);
    expect(annotations.has(names.allowRemovalsAnnotation)).toBe(false);
    expect(ended(look({ instances: some, doubted: some }, start + 30_000))).toBe(2);
  });

  test("in a pool that is not there stays, though this process had let it go before it was doubted", () => {
    const { look } = world({ pools: [] });
    expect(ended(look({ instances: some }))).toBe(2);
    expect(ended(look({ instances: some, doubted: some }, start + 30_000))).toBe(0);
  });

  test("of NodeClaims is asked about by their names", () => {
    const [claim] = claims(1, 1);
    const [verdict] = world().look({ nodeClaims: claim === undefined ? [] : [claim], doubted: claim === undefined ? [] : [claim] });
    expect(verdict?.held).toContain("none is ended (general-1)");
  });
});

test("no mix of nodes, doubts and answers ends one that is doubted and not answered for, or more than its pool lets go", () => {
  const mix = fc.record({
    healthy: fc.integer({ min: 0, max: 120 }),
    sure: fc.integer({ min: 0, max: 12 }),
    doubted: fc.integer({ min: 0, max: 12 }),
    answer: fc.option(fc.integer({ min: 0, max: 25 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(mix, ({ healthy, sure, doubted, answer }) => {
      const { look, annotations } = world({ healthy });
      if (answer !== undefined) annotations.set(names.allowRemovalsAnnotation, String(answer));
      const doubtedOnes = instances(500, doubted);
      const verdicts = look({ instances: [...instances(1, sure), ...doubtedOnes], doubted: doubtedOnes });
      // The dumb twin: two questions, asked in turn.
      const limit = Math.max(3, Math.floor((healthy + sure + doubted) / 20));
      const asked = sure > limit ? sure + doubted : doubted;
      const isAnswered = asked === 0 || (answer ?? -1) >= asked;
      expect(ended(verdicts)).toBe(isAnswered ? sure + doubted : sure + doubted - asked);
      expect(verdicts.reduce((sum, { heldCount }) => sum + heldCount, 0)).toBe(isAnswered ? 0 : asked);
    }),
  );
});
