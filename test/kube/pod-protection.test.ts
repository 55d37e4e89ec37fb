/** What protects a Pod from being moved, and until when. */
import { describe, expect, it } from "vitest";
import { closedWindowOf, doNotDisruptOf, leftText, protectionText, unreadableDoNotDisrupt } from "../../src/kube/pod-protection.ts";
import { pod } from "../support/objects.ts";

const disruptionWindowAnnotation = "platform.example.com/disruption-window";
const startedAt = Date.parse("2026-07-01T00:00:00Z");
const minute = 60_000;

describe("do-not-disrupt", () => {
  const check = (
    what: string,
    text: string | undefined,
    expected: ReturnType<typeof doNotDisruptOf>,
    more: { readonly at?: number; readonly start?: string | null } = {},
  ) => {
    it(what, () => {
      const { at = startedAt + 10 * minute, start = "2026-07-01T00:00:00Z" } = more;
      const annotations = text === undefined ? {} : { "karpenter.sh/do-not-disrupt": text };
      const made = { ...pod({ annotations }), status: start === null ? {} : { startTime: start } };
      expect(doNotDisruptOf(made, at)).toEqual(expected);
    });
  };
  check("is absent", undefined, undefined);
  check("holds as long as it stands", "true", { kind: "do-not-disrupt" });
  check("holds for a while from the Pod's start", "30m", { kind: "do-not-disrupt", until: startedAt + 30 * minute });
  check("is over when that has passed", "10m", undefined);
  check("holds for a Pod that has not started", "10m", { kind: "do-not-disrupt" }, { start: null });
  check("says nothing with another word", "yes", undefined);
  check("says nothing with a duration that is none", "-10m", undefined);

  it("that says nothing is told, with what to write", () => {
    const of = (text: string) => unreadableDoNotDisrupt(pod({ annotations: { "karpenter.sh/do-not-disrupt": text } }));
    expect(of("yes")).toBe(
      'karpenter.sh/do-not-disrupt: "yes" is ignored: write "true", or how long after its start the Pod is left alone, such as 30m',
    );
    for (const good of ["true", "false", "30m"]) expect(of(good)).toBeUndefined();
  });
});

describe("a disruption window", () => {
  const nightly = JSON.stringify([{ schedule: "0 2 * * *", duration: "1h" }]);
  const check = (
    what: string,
    given: { readonly text?: string; readonly at: string; readonly deadline?: string },
    expected: string | undefined,
  ) => {
    it(what, () => {
      const annotations = given.text === undefined ? {} : { [disruptionWindowAnnotation]: given.text };
      const deadline = given.deadline === undefined ? undefined : Date.parse(given.deadline);
      const closed = closedWindowOf(pod({ annotations }), { now: Date.parse(given.at), disruptionWindowAnnotation, deadline });
      expect(closed === undefined ? undefined : protectionText(closed)).toBe(expected);
    });
  };
  check("that nobody wrote closes nothing", { at: "2026-07-01T12:00:00Z" }, undefined);
  check("is open", { text: nightly, at: "2026-07-01T02:30:00Z" }, undefined);
  check("is closed until it opens", { text: nightly, at: "2026-07-01T12:00:00Z" }, "its disruption window opens at 2026-07-02T02:00:00Z");
  check(
    "is waited for where it opens early enough before the node's end",
    { text: nightly, at: "2026-07-02T01:00:00Z", deadline: "2026-07-02T03:00:00Z" },
    "its disruption window opens at 2026-07-02T02:00:00Z",
  );
  check(
    "that opens too late for the node's end is not",
    { text: nightly, at: "2026-07-02T01:00:00Z", deadline: "2026-07-02T02:00:10Z" },
    undefined,
  );
  check(
    "that never opens holds nothing: no node would ever be free of it",
    { text: JSON.stringify([{ schedule: "0 0 31 2 *", duration: "1h" }]), at: "2026-07-01T00:00:00Z" },
    undefined,
  );
  check("that can't be read closes nothing", { text: "[{}", at: "2026-07-01T00:00:00Z" }, undefined);
});

it("a time that is left is told in steps that grow with it", () => {
  expect([14_000, 100_000, 200_000, 3_000_000].map(leftText)).toEqual(["15s", "1m45s", "4m0s", "50m0s"]);
});
