/**
 * The record of a Lease: what it calls recorded a twin remembers second by second, through outages, restores and new Leases.
 */
import { describe, expect, test } from "vitest";
import type { Lease } from "../../src/api/lease.ts";
import { breakMinMs, leaseWithRecord, recordedIn, skewMaxMs, spansMax } from "../../src/kube/lease-record.ts";
import fc from "../support/properties.ts";

const annotation = "platform.example.com/record";
const start = Date.parse("2026-03-01T10:00:00Z");

function lease(of: { readonly madeAt?: number; readonly renewedAt?: number; readonly record?: string }): Lease {
  const { madeAt = start, renewedAt, record } = of;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: "plimsoll",
      namespace: "plimsoll-system",
      creationTimestamp: new Date(madeAt).toISOString(),
      ...(record === undefined ? {} : { annotations: { [annotation]: record } }),
    },
    spec: { ...(renewedAt === undefined ? {} : { renewTime: new Date(renewedAt).toISOString() }) },
  };
}

function textOf({ metadata }: Lease): string | undefined {
  return metadata.annotations?.[annotation];
}

describe("the record", () => {
  const known = "2026-03-01T10:00:00Z";

  test.each<[string, Lease, number, string]>([
    ["begins where there is none, rounded up", lease({}), 500, "2026-03-01T10:00:01Z"],
    ["begins anew where it can't be read", lease({ renewedAt: start, record: "yesterday,2026-03-01T10:00:00Z" }), 0, known],
    ["goes on after a short pause", lease({ renewedAt: start + 1_000, record: known }), 1_000 + breakMinMs, known],
    [
      "breaks after a long one",
      lease({ renewedAt: start + 60_900, record: known }),
      61_000 + breakMinMs,
      `${known}/2026-03-01T10:01:00Z,2026-03-01T10:03:01Z`,
    ],
    ["drops a span in which nothing was renewed", lease({ renewedAt: start, record: known }), 3_600_000, "2026-03-01T11:00:00Z"],
    [
      "breaks where the time has stepped back",
      lease({ renewedAt: start + 600_000, record: known }),
      300_000,
      `${known}/2026-03-01T10:10:00Z,2026-03-01T10:05:00Z`,
    ],
  ])("%s", (_what, given, afterMs, record) => {
    expect(textOf(leaseWithRecord(given, { annotation, now: start + afterMs }))).toBe(record);
  });

  test("breaks where the Lease went back, however short ago that was", () => {
    const given = lease({ renewedAt: start + 10_000, record: known });
    expect(textOf(leaseWithRecord(given, { annotation, now: start + 12_000, wentBack: true }))).toBe(
      `${known}/2026-03-01T10:00:10Z,2026-03-01T10:00:12Z`,
    );
  });

  test(`holds ${spansMax} spans, the newest`, () => {
    let held = lease({ renewedAt: start, record: known });
    for (let hour = 1; hour <= 100; hour += 1) {
      const now = start + hour * 3_600_000;
      const next = leaseWithRecord(held, { annotation, now });
      held = { ...next, spec: { renewTime: new Date(now + 60_000).toISOString() } };
    }
    expect(textOf(held)?.split(",")).toHaveLength(spansMax);
    expect(recordedIn(held, { annotation, at: start + 100 * 3_600_000 })).toBe("recorded");
    expect(recordedIn(held, { annotation, at: start + 40 * 3_600_000 })).toBe("unrecorded");
  });
});

describe("an instant", () => {
  const held = lease({ renewedAt: start + 600_000, record: "2026-03-01T09:00:00Z/2026-03-01T09:30:00Z,2026-03-01T10:00:00Z" });
  const rows: readonly (readonly [string, number | undefined, Lease | undefined, string])[] = [
    ["of the open span", 60_000, held, "recorded"],
    [
      "of a closed span, of a Lease that is older",
      -3_600_000,
      { ...held, metadata: { ...held.metadata, creationTimestamp: "2026-01-01T00:00:00Z" } },
      "recorded",
    ],
    ["from before the Lease was made", -3_600_000, held, "unrecorded"],
    ["between the spans", -60_000, held, "unrecorded"],
    ["at the end of the open span, where clocks may differ", 600_000 - skewMaxMs + 1, held, "not-yet"],
    ["that the next renewal will reach", 600_000 + breakMinMs, held, "not-yet"],
    ["that it should have reached long ago", 600_000 + breakMinMs + 1, held, "unrecorded"],
    ["that nobody knows", undefined, held, "unrecorded"],
    ["where there is no Lease", 60_000, undefined, "unrecorded"],
    ["where the Lease keeps no record", 60_000, lease({ renewedAt: start + 600_000 }), "unrecorded"],
    ["where somebody has spoiled it", 60_000, lease({ renewedAt: start + 600_000, record: "always" }), "unrecorded"],
    ["where nobody says when the Lease was made", 60_000, { ...held, metadata: { name: "plimsoll" } }, "unrecorded"],
  ];
  test.each(rows)("%s", (_what, afterMs, given, expected) => {
    expect(recordedIn(given, { annotation, at: afterMs === undefined ? undefined : start + afterMs })).toBe(expected);
  });
});

/** A twin that remembers each second since which nothing was forgotten, with backups of it and of the Lease. */
interface Twin {
  now: number;
  lease: Lease;
  seconds: Set<number>;
  readonly backups: { readonly at: number; readonly lease: Lease; readonly seconds: ReadonlySet<number> }[];
}

const deeds = ["renew", "pause", "restore-under-leader", "restore-under-new-leader", "new-lease"] as const;
interface Deed {
  readonly kind: (typeof deeds)[number];
  readonly seconds: number;
}

function renewed(twin: Twin, next: Lease): void {
  twin.lease = { ...next, spec: { renewTime: new Date(start + twin.now * 1_000).toISOString() } };
}

function remember(twin: Twin, from: number): void {
  for (let second = from; second <= twin.now; second += 1) twin.seconds.add(second);
}

function play(twin: Twin, { kind, seconds }: Deed): void {
  const before = twin.now;
  const carriedOn = (wentBack = false) => leaseWithRecord(twin.lease, { annotation, now: start + twin.now * 1_000, wentBack });
  const backup = twin.backups[seconds % twin.backups.length];
  switch (kind) {
    case "renew":
      // A leader renews within ten seconds, or is none any more.
      for (let left = seconds; left > 0; left -= 10) {
        twin.now += Math.min(left, 10);
        renewed(twin, twin.lease);
      }
      remember(twin, before);
      break;
    case "pause":
      twin.now += seconds;
      renewed(twin, carriedOn());
      remember(twin, seconds * 1_000 <= breakMinMs ? before : twin.now);
      break;
    case "restore-under-leader":
    case "restore-under-new-leader": {
      const isTold = kind === "restore-under-leader";
      if (backup === undefined || (!isTold && (twin.now - backup.at) * 1_000 < breakMinMs)) break;
      twin.now += 2;
      twin.lease = backup.lease;
      twin.seconds = new Set(backup.seconds);
      renewed(twin, carriedOn(isTold));
      remember(twin, twin.now);
      break;
    }
    case "new-lease":
      twin.now += seconds;
      twin.lease = lease({ madeAt: start + twin.now * 1_000 });
      twin.seconds = new Set();
      renewed(twin, carriedOn());
      remember(twin, twin.now);
      break;
  }
  twin.backups.push({ at: twin.now, lease: twin.lease, seconds: new Set(twin.seconds) });
}

test("what is recorded, a twin remembers; and what it remembers well within a span is recorded", () => {
  const deed = fc.record({ kind: fc.constantFrom(...deeds), seconds: fc.integer({ min: 1, max: 400 }) });
  fc.assert(
    fc.property(fc.array(deed, { minLength: 1, maxLength: 25 }), (all) => {
      const twin: Twin = { now: 0, lease: lease({}), seconds: new Set([0]), backups: [] };
      renewed(twin, leaseWithRecord(twin.lease, { annotation, now: start }));
      for (const one of all) play(twin, one);
      const margin = skewMaxMs / 1_000 + 1;
      for (let second = -5; second <= twin.now + 5; second += 1) {
        const isRecorded = recordedIn(twin.lease, { annotation, at: start + second * 1_000 }) === "recorded";
        if (isRecorded) expect(twin.seconds.has(second), `second ${second} was forgotten`).toBe(true);
        const isWellWithin = Array.from({ length: 2 * margin + 1 }, (_unused, index) => second - margin + index).every((near) =>
          twin.seconds.has(near),
        );
        if (isWellWithin) expect(isRecorded, `second ${second} is remembered`).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
