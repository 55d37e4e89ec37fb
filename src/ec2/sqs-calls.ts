/**
 * The SQS calls behind interruption notices, over the AWS SDK: one queue, by its name.
 *
 * Returns messages, and failures as values. The SDK is loaded at the first call. The queue's address is asked for once, and again after the
 * queue was not there.
 */
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { clientSettings, type Ec2Endpoint } from "./aws-client.ts";
import { fence, fencePlace } from "./aws-fence.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";

export interface SqsMessage {
  /** The same each time that the message is delivered. */
  readonly id: string;
  /** Names this delivery; the newest one deletes. */
  readonly receipt: string;
  readonly body: string;
  readonly sentAt?: Instant;
}

export interface SqsCalls {
  /** Waits up to 20 seconds for messages; none after that. The signal ends the wait. */
  receive(signal: AbortSignal): Promise<Result<readonly SqsMessage[], Ec2Failure>>;
  delete(receipt: string): Promise<Result<void, Ec2Failure>>;
}

const messagesMax = 10;
const waitSeconds = 20;
/** A wait for messages is no late answer. */
const answerMs = (waitSeconds + 10) * 1_000;
/** A message that nobody has deleted after this comes again: short, since a Spot instance has two minutes. */
const hiddenSeconds = 20;

type Sdk = Awaited<ReturnType<typeof loadSdk>>;
interface Opened {
  readonly client: SQSClient;
  readonly sdk: Sdk;
  readonly queueUrl: string;
}

/** Makes the calls; credentials come from where the SDK looks for them. */
export function sqsCalls({ queueName, ...endpoint }: Ec2Endpoint & { readonly queueName: string }): SqsCalls {
  const kept: { opened?: Promise<Opened> } = {};
  const forget = (): void => {
    delete kept.opened;
  };
  const openOnce = (): Promise<Opened> => {
    kept.opened ??= open(endpoint, queueName).catch((thrown: unknown) => {
      forget();
      throw thrown;
    });
    return kept.opened;
  };
  const send = async <T>(call: (of: Opened) => Promise<T>): Promise<Result<T, Ec2Failure>> => {
    try {
      return ok(await call(await openOnce()));
    } catch (thrown) {
      const failure = ec2Failure(thrown);
      if (isLost(failure)) forget();
      return err(failure);
    }
  };
  return {
    receive: (signal) =>
      send(async ({ client, sdk, queueUrl }) => {
        const command = new sdk.ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: messagesMax,
          WaitTimeSeconds: waitSeconds,
          VisibilityTimeout: hiddenSeconds,
          MessageSystemAttributeNames: ["SentTimestamp"],
        });
        const { Messages = [] } = await client.send(command, { abortSignal: signal });
        return Messages.flatMap(toMessage);
      }),
    delete: (receipt) =>
      send(async ({ client, sdk, queueUrl }) => {
        await client.send(new sdk.DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt }));
      }),
  };
}

function loadSdk() {
  return import("@aws-sdk/client-sqs");
}

async function open(endpoint: Ec2Endpoint, queueName: string): Promise<Opened> {
  const sdk = await loadSdk();
  // The address of a queue names the host that was asked; another endpoint than AWS' stays the one that is talked to.
  const useQueueUrlAsEndpoint = endpoint.endpoint === undefined;
  const client = new sdk.SQSClient({ ...clientSettings(endpoint, { answerMs }), useQueueUrlAsEndpoint });
  client.middlewareStack.add(fence(endpoint.mayChange), fencePlace);
  const { QueueUrl } = await client.send(new sdk.GetQueueUrlCommand({ QueueName: queueName }));
  if (QueueUrl === undefined) throw new Error(`SQS names no address of queue "${queueName}"`);
  return { client, sdk, queueUrl: QueueUrl };
}

function isLost({ code }: Ec2Failure): boolean {
  return /QueueDoesNotExist|NonExistentQueue/.test(code);
}

function toMessage({ MessageId, ReceiptHandle, Body, Attributes }: Message): readonly SqsMessage[] {
  if (MessageId === undefined || ReceiptHandle === undefined) return [];
  const sentAt = Number(Attributes?.SentTimestamp);
  return [{ id: MessageId, receipt: ReceiptHandle, body: Body ?? "", ...(Number.isFinite(sentAt) ? { sentAt } : {}) }];
}
