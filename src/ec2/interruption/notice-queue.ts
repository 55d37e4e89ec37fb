/**
 * The interruption queue: notices of an SQS queue, one reader at a time.
 *
 * Reads the queue by long polls while somebody listens. Returns CloudNotices. A message stays in the queue until its notice is done, so a
 * process that dies, or stops to lead, loses none: it comes again after 20 seconds, to whoever reads then. What is delivered again
 * meanwhile is the same notice. What is kept here is only what was read and is not done.
 */
import type { CloudNotice, CloudNotices, UnreadableNotice } from "../../api/cloud-notices.ts";
import type { Clock } from "../../api/ports.ts";
import { err, ok } from "../../api/result.ts";
import { failureText } from "../errors.ts";
import type { SqsCalls, SqsMessage } from "../sqs-calls.ts";
import { parseNotice } from "./notice-message.ts";

export interface NoticeQueueOptions {
  readonly sqs: SqsCalls;
  readonly clock: Clock;
  /** Told of each notice when it is first read, before anybody acts on it. */
  readonly remember?: (notice: CloudNotice) => void;
}

/** Notices that wait to be done; while there are more, no others are read. */
const waitingMax = 1_000;
/** A queue that answers at once with nothing is not asked again at once. */
const pauseMs = 100;
const retryBaseMs = 1_000;
const retryMaxMs = 30_000;

interface Waiting {
  readonly notice: CloudNotice | UnreadableNotice;
  receipt: string;
}

type Listener = Parameters<CloudNotices["listen"]>[0];

interface Reading extends NoticeQueueOptions {
  readonly waiting: Map<string, Waiting>;
  trouble: string | undefined;
}

/** Makes the queue; it is first read when somebody listens. */
export function noticeQueue(options: NoticeQueueOptions): CloudNotices {
  const reading: Reading = { ...options, waiting: new Map(), trouble: undefined };
  const { waiting, sqs } = reading;
  return {
    listen: (listener) => {
      const stop = new AbortController();
      void read(reading, { listener, signal: stop.signal });
      return () => {
        stop.abort();
        waiting.clear();
        reading.trouble = undefined;
      };
    },
    get: (id) => waiting.get(id)?.notice,
    trouble: () => reading.trouble,
    done: async (id) => {
      const one = waiting.get(id);
      if (one === undefined) return ok(undefined);
      const deleted = await sqs.delete(one.receipt);
      if (!deleted.ok) return err(`a message could not be deleted from the interruption queue: ${failureText(deleted.error)}`);
      waiting.delete(id);
      return ok(undefined);
    },
  };
}

async function read(reading: Reading, { listener, signal }: { readonly listener: Listener; readonly signal: AbortSignal }): Promise<void> {
  const { sqs, clock, waiting } = reading;
  for (let failures = 0; !signal.aborted;) {
    if (waiting.size >= waitingMax) {
      await clock.sleep(pauseMs, signal);
      continue;
    }
    const received = await sqs.receive(signal);
    // What came too late comes again, to the next reader.
    if (isOver(signal)) return;
    if (!received.ok) {
      reading.trouble = `the interruption queue can't be read: ${failureText(received.error)}`;
      if (failures === 0) listener.failed();
      await clock.sleep(Math.min(retryMaxMs, retryBaseMs * 2 ** failures), signal);
      failures = Math.min(failures + 1, 10);
      continue;
    }
    failures = 0;
    reading.trouble = undefined;
    await Promise.all(received.value.map((message) => take(reading, { message, listener })));
    if (received.value.length === 0) await clock.sleep(pauseMs, signal);
  }
}

async function take(reading: Reading, { message, listener }: { readonly message: SqsMessage; readonly listener: Listener }): Promise<void> {
  const { waiting, sqs, remember } = reading;
  const known = waiting.get(message.id);
  if (known !== undefined) {
    known.receipt = message.receipt;
    return;
  }
  const parsed = parseNotice(message);
  const notice = parsed.ok ? parsed.value : ({ id: message.id, kind: "unreadable", message: parsed.error } as const);
  if (notice === undefined) {
    // What can't be deleted now is delivered again, and says as little then.
    await sqs.delete(message.receipt);
    return;
  }
  if (notice.kind !== "unreadable") remember?.(notice);
  waiting.set(message.id, { notice, receipt: message.receipt });
  listener.heard(message.id);
}

/** Asked anew after each wait; the compiler would else take the answer of before. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
