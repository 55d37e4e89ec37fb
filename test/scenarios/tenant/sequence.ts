/**
 * Sequences: what two people of one team ask for, one after the other or at once, written from a seed.
 *
 * Somewhat more than half are a team's week alone; the others press on the guard between lawful moves.
 */
import { randomOf } from "../../webhook/seeded-random.ts";
import { foundWorkload, lawfulMoves } from "./lawful-moves.ts";
import { diceOf, type Dice, type Model, type Move } from "./model.ts";
import { pressingMoves } from "./pressing-moves.ts";
import type { Step } from "./step.ts";

export interface Sequence {
  readonly seed: number;
  readonly steps: readonly Step[];
  /** Whether some of its moves press on the guard. */
  readonly isPressing: boolean;
}

/** So many sequences from a seed on. */
export function sequencesFrom(firstSeed: number, count: number): readonly Sequence[] {
  return Array.from({ length: count }, (_unused, index) => sequenceOf(firstSeed + index));
}

const lawfulShare = 0.62;

export function sequenceOf(seed: number): Sequence {
  const dice = diceOf(randomOf(Math.imul(seed, 2_654_435_761)));
  const model: Model = { workloads: [], names: 0 };
  const isPressing = !dice.chance(lawfulShare);
  const steps: Step[] = [...foundWorkload(dice, model)];
  if (dice.chance(0.5)) steps.push(...foundWorkload(dice, model));
  const moves = dice.number(isPressing ? 1 : 2, isPressing ? 4 : 5);
  const pressedAt = dice.number(0, moves - 1);
  for (let at = 0; at < moves; at += 1) {
    const isPressed = isPressing && (at === pressedAt || dice.chance(0.4));
    steps.push(...drawn(isPressed ? pressingMoves : lawfulMoves, dice, model));
  }
  return { seed, steps, isPressing };
}

const triesMax = 20;

/** The steps of one move that there is something to do to; of none where the dice find none. */
function drawn(moves: readonly Move[], dice: Dice, model: Model): readonly Step[] {
  const total = moves.reduce((sum, { weight }) => sum + weight, 0);
  for (let tries = 0; tries < triesMax; tries += 1) {
    let left = dice.number(0, total - 1);
    const picked = moves.find(({ weight }) => (left -= weight) < 0);
    const steps = picked?.make(dice, model);
    if (picked !== undefined && steps !== undefined) return steps.map((step) => ({ move: picked.name, ...step }));
  }
  return [];
}
