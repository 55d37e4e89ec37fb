import { describe, expect, it } from "vitest";
import { cutOffAlone, oldViewWords, type Sightings } from "../../src/webhook/view-age.ts";

const now = Date.parse("2026-01-05T10:00:00Z");
const ago = (seconds: number) => now - seconds * 1_000;

describe("a replica is cut off alone", () => {
  const rows: readonly [string, Omit<Sightings, "now">, boolean][] = [
    ["no: it was answered a moment ago", { seenAt: ago(2), failures: 0, peerSawAt: ago(1) }, false],
    ["no: it has no peer", { seenAt: ago(60), failures: 15 }, false],
    ["no: all were last answered at about the same time", { seenAt: ago(60), failures: 15, peerSawAt: ago(53) }, false],
    ["no: so they were, a moment ago", { seenAt: ago(12), failures: 3, peerSawAt: ago(5) }, false],
    ["yes: a peer has been answered since", { seenAt: ago(16), failures: 4, peerSawAt: ago(1) }, true],
    ["no: what the peer said is old, and it may be cut off too", { seenAt: ago(60), failures: 15, peerSawAt: ago(16) }, false],
    ["no: this process was asleep, and has not asked again", { seenAt: ago(40), failures: 0, peerSawAt: ago(0) }, false],
    ["no: one answer alone was lost", { seenAt: ago(14), failures: 1, peerSawAt: ago(0) }, false],
  ];
  it.each(rows)("%s", (_what, sightings, isAlone) => {
    expect(cutOffAlone({ now, ...sightings }) !== undefined).toBe(isAlone);
  });

  it("says since when", () => {
    const told = cutOffAlone({ now, seenAt: ago(21), failures: 5, peerSawAt: ago(1) });
    expect(told).toBe("this replica alone is cut off from the API server: no answer for 21 s, and a peer has had one since");
  });
});

describe("a verdict tells the age of its view", () => {
  const rows: readonly [string, number, readonly [string, number][], string | undefined][] = [
    ["not while the API server answers", ago(4), [["Pod", ago(3)]], undefined],
    ["not of a watch on which nothing happens", ago(4), [["Pod", ago(120)]], undefined],
    [
      "once it has not answered for long",
      ago(45),
      [["Pod", ago(45)]],
      "judged by a view of the cluster that is 45 s old: the API server has not answered Plimsoll since 2026-01-05T09:59:15Z",
    ],
    [
      "where one kind's watch is dead and nobody noticed",
      ago(1),
      [
        ["Pod", ago(1)],
        ["Node", ago(300)],
      ],
      "judged by a view of the cluster whose Node are 300 s old: their watch has brought nothing since 2026-01-05T09:55:00Z",
    ],
  ];
  it.each(rows)("%s", (_what, seenAt, watches, words) => {
    expect(oldViewWords({ now, seenAt }, watches)).toBe(words);
  });
});
