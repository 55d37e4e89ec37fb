/** Reviews that could not be judged: told, but never as many as somebody may send. */
import { expect, test } from "vitest";
import { faultsToldMax, faultTeller } from "../../src/cli/fault-teller.ts";

test("so many faults are told a minute, and the next one says how many were not", () => {
  const state = { now: 0 };
  const lines: object[] = [];
  const clock = { now: () => state.now, sleep: () => Promise.resolve() };
  const tell = faultTeller({ clock, log: { error: (line: object) => void lines.push(line) } });
  for (let count = 0; count < faultsToldMax + 7; count += 1) tell(new Error("no"));
  expect(lines).toHaveLength(faultsToldMax);
  state.now = 60_000;
  tell(new Error("again"));
  tell(new Error("again"));
  expect(lines.slice(faultsToldMax)).toMatchObject([{ untold: 7 }, {}]);
  expect(lines.at(-1)).not.toHaveProperty("untold");
});
