/** Durations and schedules are read as Go and Kubernetes read them, in UTC. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import {
  type CronSchedule,
  formatDuration,
  isWindowOpen,
  nextAfter,
  parseCron,
  parseGoDuration,
  previousAtOrBefore,
} from "../../src/kube/schedule.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe("a Go duration", () => {
  check("1h30m", 90 * minuteMs);
  check("30s", 30_000);
  check("500ms", 500);
  check("1.5h", 90 * minuteMs);
  check(".5s", 500);
  check("0", 0);
  check("0s", 0);
  check("-5m", -5 * minuteMs);
  check("+5m", 5 * minuteMs);
  check("1us", 0.001);
  check("1µs", 0.001);
  check("720h", 30 * 24 * hourMs);
  for (const bad of ["", "1d", "5", "1h 30m", "h", "1hour", "Never", "1e3s", "--1s", "1h-30m", "9".repeat(99) + "h", "3000000h"])
    refuse(bad);

  function check(text: string, durationMs: number): void {
    it(`${text} is ${durationMs} ms`, () => {
      expect(parseGoDuration(text)).toEqual({ ok: true, value: durationMs });
    });
  }
  function refuse(text: string): void {
    it(`is not ${JSON.stringify(text.slice(0, 12))}`, () => {
      expect(parseGoDuration(text).ok).toBe(false);
    });
  }

  it("is written as Go writes it", () => {
    const rows = [0, 250, 1500, 90_000, 90 * minuteMs, 24 * hourMs, -5 * minuteMs, 0.5].map(formatDuration);
    expect(rows).toEqual(["0s", "250ms", "1.5s", "1m30s", "1h30m0s", "24h0m0s", "-5m0s", "500µs"]);
  });
  it("round-trips through its text", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), (durationMs) => {
        expect(parseGoDuration(formatDuration(durationMs))).toEqual({ ok: true, value: durationMs });
      }),
    );
  });
});

describe("the next time after 2026-11-21T12:34:56Z (a Saturday)", () => {
  check("* * * * *", "2026-11-21T12:35:00Z");
  check("0 9 * * 1-5", "2026-11-23T09:00:00Z");
  check("0 9 * * mon-fri", "2026-11-23T09:00:00Z");
  check("*/15 * * * *", "2026-11-21T12:45:00Z");
  check("5/20 * * * *", "2026-11-21T12:45:00Z");
  check("0 0 1,15 * *", "2026-12-01T00:00:00Z");
  check("0 0 1 * 1", "2026-11-23T00:00:00Z");
  check("0 0 ? * 0", "2026-11-22T00:00:00Z");
  check("0 0 1 * *,1", "2026-12-01T00:00:00Z");
  check("0 0 1 * */1", "2026-12-01T00:00:00Z");
  check("0 0 1 * */2", "2026-11-22T00:00:00Z");
  check("0 0 * * 0-sun", "2026-11-22T00:00:00Z");
  check("50/40 * * * *", "2026-11-21T12:50:00Z");
  check("0 */40 * JAN-2 *", "2027-01-01T00:00:00Z");
  check("0 0 29 2 *", "2028-02-29T00:00:00Z");
  check("@hourly", "2026-11-21T13:00:00Z");
  check("@daily", "2026-11-22T00:00:00Z");
  check("@midnight", "2026-11-22T00:00:00Z");
  check("@weekly", "2026-11-22T00:00:00Z");
  check("@monthly", "2026-12-01T00:00:00Z");
  check("@yearly", "2027-01-01T00:00:00Z");
  check("@annually", "2027-01-01T00:00:00Z");
  check("0 0 31 2 *", undefined);

  function check(text: string, expected: string | undefined): void {
    it(`of ${text} is ${expected ?? "never"}`, () => {
      const next = nextAfter(read(text), Date.parse("2026-11-21T12:34:56Z"));
      expect(next).toBe(expected === undefined ? undefined : Date.parse(expected));
    });
  }

  it("is after the instant, never at it", () => {
    expect(nextAfter(read("0 12 * * *"), Date.parse("2026-11-21T12:00:00Z"))).toBe(Date.parse("2026-11-22T12:00:00Z"));
  });
});

describe("text that is no schedule", () => {
  for (const text of [
    "",
    "* * * *",
    "0 9 * * 1-5 *",
    "@every 1h",
    "@reboot",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "0 0 * * 7",
    "0 0 * * 5-7",
    "0 0 L * *",
    "0 0 * * 5#2",
    "0 0 15W * *",
    "*/0 * * * *",
    "5-3 * * * *",
    "/5 * * * *",
    ", * * * *",
    "TZ=UTC * * * * *",
    "0 0 * * foo",
  ])
    check(text);

  function check(text: string): void {
    it(JSON.stringify(text), () => {
      expect(parseCron(text).ok).toBe(false);
    });
  }
});

describe("the previous time", () => {
  const workdays = read("0 9 * * 1-5");
  check("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z");
  check("2026-11-23T08:59:59Z", "2026-11-20T09:00:00Z");
  check("2026-11-23T09:00:30Z", "2026-11-23T09:00:00Z");

  function check(at: string, expected: string): void {
    it(`at or before ${at} is ${expected}`, () => {
      expect(previousAtOrBefore(workdays, Date.parse(at))).toBe(Date.parse(expected));
    });
  }

  it("and the next enclose any instant", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("*/7 * * * *", "0 9 * * 1-5", "30 4 1,15 * *"),
        fc.integer({ min: 1.7e12, max: 1.9e12 }),
        (text, instant) => {
          const schedule = read(text);
          const previous = previousAtOrBefore(schedule, instant) ?? NaN;
          expect(previous).toBeLessThanOrEqual(instant);
          expect(nextAfter(schedule, previous)).toBeGreaterThan(instant);
          expect(nextAfter(schedule, previous - 1)).toBe(previous);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a window of 8 hours from 09:00 on workdays", () => {
  check("2026-11-23T08:59:59Z", false);
  check("2026-11-23T09:00:00Z", true);
  check("2026-11-23T16:59:59Z", true);
  check("2026-11-23T17:00:00Z", true);
  check("2026-11-23T17:00:01Z", false);
  check("2026-11-21T12:00:00Z", false);

  function check(at: string, open: boolean): void {
    it(`is ${open ? "open" : "closed"} at ${at}`, () => {
      expect(isWindowOpen({ schedule: read("0 9 * * 1-5"), durationMs: 8 * hourMs, instant: Date.parse(at) })).toBe(open);
    });
  }
});

function read(text: string): CronSchedule {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
