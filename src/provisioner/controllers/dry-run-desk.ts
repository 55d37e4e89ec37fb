/**
 * The dry-run desk: asks the API server what it would make of Pods to come, where nobody has seen one yet.
 *
 * Reads the snapshot. Writes nothing: each question is a dry run. Answers are remembered by their key, which changes with the template and
 * with whoever has a say in it; refusals for a short while only, since what refuses can change without our seeing it. It needs the right
 * to create Pods, which deploy/base does not give (docs/adr/0011): without it nothing is asked for a while.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { Clock, Instant } from "../../api/ports.ts";
import type { ContractWorld } from "../../policies/profile/workload-contract.ts";
import { missingPods, type MissingPods } from "../missing-pods.ts";
import { sentPod } from "../prediction/coming-pod.ts";
import { dryRunAnswer, dryRunKey, dryRunPod, isWithoutRight, type DryRunAnswer, type DryRuns } from "../prediction/dry-run.ts";

/** Questions of one look; the others are asked at the next. */
const questionsMax = 10;
const answersMax = 2_000;
const refusalKeptMs = 10_000;
/** After a question that nobody answered with a Pod or a refusal, such as one without the right to ask. */
const silenceMs = 30_000;

/** Returns what the API server would make of the Pods that are to come and that have no live sibling. */
export type DryRunDesk = (world: ContractWorld) => Promise<DryRuns>;

interface Kept {
  readonly answer: DryRunAnswer | undefined;
  readonly until: Instant;
}

/** Opens a desk; it forgets everything with the process. */
export function dryRunDesk({ client, clock }: { readonly client: ApiClient; readonly clock: Clock }): DryRunDesk {
  const kept = new Map<string, Kept>();
  const state = { notBefore: 0 };
  return async (world) => {
    const now = clock.now();
    for (const [key, { until }] of kept) if (until <= now || kept.size > answersMax) kept.delete(key);
    const wanted = missingPods(world.snapshot)
      .filter(({ siblings }) => siblings.length === 0)
      .map((one) => ({ one, key: dryRunKey({ ...world, workload: one.workload }) }));
    if (now >= state.notBefore) {
      const open = wanted.filter(({ key }) => !kept.has(key)).slice(0, questionsMax);
      await Promise.all(
        open.map(async ({ one, key }) => {
          const asked = await ask(client, one);
          if (asked.isWithoutRight) state.notBefore = clock.now() + silenceMs;
          else kept.set(key, keptFor(asked.answer, clock.now()));
        }),
      );
    }
    return new Map(
      wanted.flatMap(({ key }) => {
        const answer = kept.get(key)?.answer;
        return answer === undefined ? [] : [[key, answer] as const];
      }),
    );
  };
}

async function ask(
  client: ApiClient,
  { workload, addedLabels }: MissingPods,
): Promise<{ readonly answer: DryRunAnswer | undefined; readonly isWithoutRight: boolean }> {
  const answer = await client.create("Pod", dryRunPod(sentPod({ workload, addedLabels }), workload), { dryRun: true });
  return { answer: dryRunAnswer(answer), isWithoutRight: !answer.ok && isWithoutRight(answer.error) };
}

function keptFor(answer: DryRunAnswer | undefined, now: Instant): Kept {
  if (answer?.kind === "pod") return { answer, until: Infinity };
  return { answer, until: now + (answer === undefined ? silenceMs : refusalKeptMs) };
}
