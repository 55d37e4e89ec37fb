/**
 * Campaign: many sequences, namespaces side by side; what broke is played again slowly, and made as short as it still breaks.
 */
import type { Ground } from "./ground.ts";
import { judge, type Fault } from "./judge.ts";
import { play, type Answer } from "./play.ts";
import type { Sequence } from "./sequence.ts";
import { madeKinds, pathOf, stepLines, type Step } from "./step.ts";
import { toldOf, type Told } from "./told.ts";

export interface Outcome {
  readonly sequence: Sequence;
  /** Every request was let in. */
  readonly isWhole: boolean;
  readonly answers: readonly Answer[];
  readonly faults: readonly Fault[];
  readonly told: Told;
}

const fastMs = 350;
const slowMs = 1_500;

export interface Campaign {
  /** Plays sequences, so many at a time. */
  run(sequences: readonly Sequence[], onOutcome?: (outcome: Outcome) => void): Promise<readonly Outcome[]>;
  /** The shortest steps that still break, found by dropping one at a time; undefined where all of them hold when played slowly. */
  shrink(steps: readonly Step[]): Promise<{ readonly steps: readonly Step[]; readonly outcome: Outcome } | undefined>;
}

export function campaignOn(ground: Ground, sideBySide: number): Campaign {
  const counter = { last: 0 };
  const one = async (sequence: Sequence, pauseMs: number): Promise<Outcome> => {
    const namespace = `t-${(counter.last += 1)}`;
    const answers = await play(ground, { namespace, steps: sequence.steps, pauseMs });
    const faults = await judge(ground, { namespace, answers });
    const told = await toldOf(ground, { namespace, answers, faults });
    await clear(ground, namespace);
    return { sequence, answers, faults, told, isWhole: answers.every(({ status }) => status >= 200 && status < 300) };
  };
  const breaks = async (steps: readonly Step[]): Promise<Outcome | undefined> => {
    const outcome = await one({ seed: 0, steps, isPressing: true }, slowMs);
    return outcome.faults.length > 0 && !outcome.told.isTold ? outcome : undefined;
  };
  return {
    run: async (sequences, onOutcome) => {
      const outcomes: Outcome[] = [];
      const waiting = [...sequences];
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const outcome = await one(next, fastMs);
          outcomes.push(outcome);
          onOutcome?.(outcome);
        }
      };
      await Promise.all(Array.from({ length: sideBySide }, lane));
      return outcomes;
    },
    shrink: async (steps) => {
      const whole = await breaks(steps);
      return whole && (await shrunk({ steps, outcome: whole }, breaks));
    },
  };
}

interface Broken {
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
}

const roundsMax = 12;

/** Drops each step in turn, all of them side by side, and goes on with the first that still breaks. */
async function shrunk(broken: Broken, breaks: (steps: readonly Step[]) => Promise<Outcome | undefined>): Promise<Broken> {
  let best = broken;
  for (let round = 0; round < roundsMax && best.steps.length > 1; round += 1) {
    const { steps } = best;
    const shorter = await Promise.all(
      steps.map(async (_, at): Promise<Broken | undefined> => {
        const less = steps.filter((__, index) => index !== at);
        const outcome = await breaks(less);
        return outcome && { steps: less, outcome };
      }),
    );
    const found = shorter.find((one) => one !== undefined);
    if (found === undefined) return best;
    best = found;
  }
  return best;
}

const unheld = { metadata: { finalizers: null } };

/** Ends what a sequence has made, and leaves the namespace: its end would cost more than its play. */
async function clear(ground: Ground, namespace: string): Promise<void> {
  const { client } = ground;
  for (const kind of madeKinds) {
    if (kind === "ConfigMap") continue;
    const path = pathOf(kind, namespace);
    if (kind !== "Service") await client.send({ method: "DELETE", path: `${path}?propagationPolicy=Background&gracePeriodSeconds=0` });
    const { body } = await client.send({ method: "GET", path });
    const held = ((body as { items?: { metadata: { name: string; finalizers?: string[] } }[] }).items ?? []).filter(
      ({ metadata }) => metadata.finalizers?.includes("example.com/hold") === true,
    );
    for (const { metadata } of held)
      await client.send({
        method: "PATCH",
        path: pathOf(kind, namespace, metadata.name),
        body: unheld,
        contentType: "application/merge-patch+json",
      });
  }
  ground.forget(namespace);
}

/** A broken sequence as a person would type it, and what came of it. */
export function outcomeText({ sequence, answers, faults }: Outcome): string {
  const lines = sequence.steps.flatMap((step, at) => {
    const told = answers
      .filter((answer) => answer.step === at)
      .map(({ status, message }) => `  # ${status}${message === "" ? "" : ` ${message.slice(0, 160)}`}`);
    return [`# ${step.move}`, ...stepLines(step), ...told];
  });
  return [...lines, ...faults.slice(0, 4).map(({ pod, what }) => `=> Pod ${pod} ${what}`)].join("\n");
}
