/**
 * Draws: the numbers that a benchmark's Pods are made of.
 *
 * Reads the recorded stream (bench/data/draws-of-seed-42.txt), or a seed. Returns a function that gives one number after the other.
 * The recording is what Karpenter's own benchmark draws, Go's rand.New(rand.NewSource(42)): for each draw its Int31() modulo 210, which
 * is enough for every choice among 2, 3, 5, 6 or 7, in base64. Other seeds, for warming up, come from a generator of our own.
 */
import { readFileSync } from "node:fs";

/** Returns a whole number from 0 to below `choices`. */
export type Draw = (choices: number) => number;

const recordedModulus = 210;
const recording = new URL("../data/draws-of-seed-42.txt", import.meta.url);

/** Starts the recorded stream; a draw throws at its end, and where the recording cannot tell. */
export function recordedDraws(): Draw {
  const stream = Buffer.from(readFileSync(recording, "utf8"), "base64");
  const next = { index: 0 };
  return (choices) => {
    const drawn = stream[next.index];
    if (drawn === undefined) throw new Error(`the recorded stream ends after ${stream.length} draws`);
    if (recordedModulus % choices !== 0) throw new Error(`the recorded stream cannot choose among ${choices}`);
    next.index += 1;
    return drawn % choices;
  };
}

/** Starts a stream of any other seed: a linear congruential generator (Knuth's MMIX constants), of which the upper bits are used. */
export function seededDraws(seed: number): Draw {
  const state = { value: BigInt(seed) };
  return (choices) => {
    state.value = BigInt.asUintN(64, state.value * 6364136223846793005n + 1442695040888963407n);
    return Number(state.value >> 33n) % choices;
  };
}

/** Returns the items in an order that the seed alone decides; 0 leaves them as they are. */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const all = [...items];
  if (seed === 0) return all;
  const draw = seededDraws(seed);
  for (let last = all.length - 1; last > 0; last--) {
    const other = draw(last + 1);
    const item = all[last]!;
    all[last] = all[other]!;
    all[other] = item;
  }
  return all;
}
