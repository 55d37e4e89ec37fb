/**
 * Launch batches: launches that ask for the same and come together are one request.
 *
 * Reads items under a key. Runs all of a key at once when none has come for a moment, when the first has waited long enough, or when they
 * are many (windows of karpenter-provider-aws pkg/batcher): EC2 takes two CreateFleet a second, and a burst of Pods makes hundreds of claims.
 */
import type { Clock } from "../api/ports.ts";

export interface LaunchBatches<Item, Answer> {
  /** Resolves with the item's own answer; rejects only where `run` throws. */
  add(key: string, item: Item): Promise<Answer>;
}

/** A batch is closed when nothing has come for this long. */
export const batchIdleMs = 35;
/** No item waits longer than this. */
export const batchMaxMs = 1_000;
/** Items of one batch: the first one keeps all of their names in an annotation. */
export const batchItemsMax = 100;

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

interface Batch<Item, Answer> {
  readonly waiting: Waiting<Item, Answer>[];
  readonly since: number;
  last: number;
}

/** Makes batches; `run` answers in the order of its items. */
export function launchBatches<Item, Answer>(of: {
  readonly clock: Clock;
  readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>;
}): LaunchBatches<Item, Answer> {
  const { clock, run } = of;
  const open = new Map<string, Batch<Item, Answer>>();
  const close = async (key: string, batch: Batch<Item, Answer>): Promise<void> => {
    while (open.get(key) === batch) {
      const leftMs = Math.min(batch.last + batchIdleMs, batch.since + batchMaxMs) - clock.now();
      if (leftMs <= 0) open.delete(key);
      else await clock.sleep(leftMs);
    }
    await runBatch(batch.waiting, run);
  };
  return {
    add: (key, item) =>
      new Promise((resolve, reject) => {
        const now = clock.now();
        const joined = open.get(key);
        const batch = joined ?? { waiting: [], since: now, last: now };
        batch.waiting.push({ item, resolve, reject });
        batch.last = now;
        if (joined === undefined) {
          open.set(key, batch);
          void close(key, batch);
        }
        if (batch.waiting.length >= batchItemsMax) open.delete(key);
      }),
  };
}

async function runBatch<Item, Answer>(
  waiting: readonly Waiting<Item, Answer>[],
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<void> {
  try {
    const answers = await run(waiting.map(({ item }) => item));
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const answer = answers[index];
      if (answer === undefined) reject(new Error("invariant broken: a batch answered fewer items than it had"));
      else resolve(answer);
    }
  } catch (thrown) {
    for (const { reject } of waiting) reject(thrown);
  }
}
