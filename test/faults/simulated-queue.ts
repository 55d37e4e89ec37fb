/**
 * The interruption queue in memory: what EventBridge tells of instances, delivered at least once, late, and in any order.
 *
 * Reads what became of instances. Answers as SQS does: a received message is hidden for a while and comes again until it is deleted by the
 * receipt of its last delivery.
 */
import type { Clock, Instant } from "../../src/api/ports.ts";
import { ok } from "../../src/api/result.ts";
import type { SqsCalls, SqsMessage } from "../../src/ec2/sqs-calls.ts";
import type { Random } from "../../src/sim/random.ts";
import type { SimulatedInstance } from "./simulated-ec2.ts";

export interface SimulatedQueue {
  readonly calls: SqsCalls;
  /** The cloud takes a Spot instance back in two minutes. */
  warn(instance: SimulatedInstance): void;
  /** To be told of each change of an instance. */
  readonly onState: (instance: SimulatedInstance) => void;
  /** Messages that nobody has deleted. */
  left(): number;
}

interface Queued {
  readonly message: Omit<SqsMessage, "receipt">;
  visibleAt: Instant;
  receipt: string;
}

interface Queue {
  readonly clock: Clock;
  readonly random: Random;
  readonly messages: Map<string, Queued>;
  /** Whoever waits for a message. */
  readonly waiting: Set<AbortController>;
  sent: number;
  deliveries: number;
}

const longPollMs = 20_000;
const hiddenMs = 20_000;
const receivedMax = 10;
const lateMsMax = 60_000;

/** Makes an empty queue. */
export function simulatedQueue({ clock, random }: Pick<Queue, "clock" | "random">): SimulatedQueue {
  const queue: Queue = { clock, random, messages: new Map(), waiting: new Set(), sent: 0, deliveries: 0 };
  return {
    calls: {
      receive: async (signal) => {
        const until = clock.now() + longPollMs;
        for (;;) {
          const received = receive(queue);
          if (received.length > 0 || clock.now() >= until || signal.aborted) return ok(received);
          await untilNext(queue, { until, signal });
        }
      },
      delete: (receipt) => {
        for (const [id, queued] of queue.messages) if (queued.receipt === receipt) queue.messages.delete(id);
        return Promise.resolve(ok(undefined));
      },
    },
    warn: (instance) => {
      send(queue, "EC2 Spot Instance Interruption Warning", { "instance-id": instance.id, "instance-action": "terminate" });
    },
    onState: ({ id, state }) => {
      send(queue, "EC2 Instance State-change Notification", { "instance-id": id, state });
    },
    left: () => queue.messages.size,
  };
}

/** Waits until a message can be received, or another one is sent. */
async function untilNext(
  { clock, messages, waiting }: Queue,
  of: { readonly until: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const next = Math.min(of.until, ...[...messages.values()].map(({ visibleAt }) => visibleAt));
  const sent = new AbortController();
  waiting.add(sent);
  await clock.sleep(next - clock.now(), AbortSignal.any([of.signal, sent.signal]));
  waiting.delete(sent);
}

function receive(queue: Queue): readonly SqsMessage[] {
  const now = queue.clock.now();
  return [...queue.messages.values()]
    .filter(({ visibleAt }) => visibleAt <= now)
    .slice(0, receivedMax)
    .map((queued) => {
      queue.deliveries += 1;
      queued.visibleAt = now + hiddenMs;
      queued.receipt = `receipt-${queue.deliveries}`;
      return { ...queued.message, receipt: queued.receipt };
    });
}

/** One of ten is told twice, one of ten comes late. */
function send(queue: Queue, detailType: string, detail: Readonly<Record<string, string>>): void {
  const { clock, random } = queue;
  const copies = random.next() < 0.1 ? 2 : 1;
  for (let copy = 0; copy < copies; copy++) {
    queue.sent += 1;
    const id = `message-${queue.sent}`;
    const body = JSON.stringify({
      version: "0",
      id: `event-${queue.sent}`,
      "detail-type": detailType,
      source: "aws.ec2",
      account: "123456789012",
      time: new Date(clock.now()).toISOString(),
      region: "ap-southeast-1",
      resources: [`arn:aws:ec2:ap-southeast-1:123456789012:instance/${detail["instance-id"] ?? ""}`],
      detail,
    });
    const visibleAt = clock.now() + (random.next() < 0.1 ? random.integer(lateMsMax) : random.integer(2_000));
    queue.messages.set(id, { message: { id, body, sentAt: clock.now() }, visibleAt, receipt: "" });
  }
  for (const waiter of queue.waiting) waiter.abort("a message was sent");
}
