/**
 * An AWS client that is made at the first call, with failures as values.
 *
 * Reads how the SDK's module and its client are loaded. Returns one way to send calls through them. A process that never
 * asks a service never loads its SDK.
 */
import { err, ok, type Result } from "../api/result.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";

/** What an AWS call came to; every failure says its code and what it asks of us. */
export type AwsAnswer<T> = Promise<Result<T, Ec2Failure>>;

export type AwsSend<Opened> = <T>(call: (opened: Opened) => Promise<T>) => AwsAnswer<T>;

/** Standard retries, as Karpenter's. */
export const awsRetries = { retryMode: "standard", maxAttempts: 4 } as const;

/** More pages than this are a server that never ends its tokens. */
export const pagesMax = 1_000;

/** Makes the way to send; what was opened is kept, what failed to open is tried again at the next call. */
export function awsClient<Opened>(open: () => Promise<Opened>): AwsSend<Opened> {
  let opened: Promise<Opened> | undefined;
  return async (call) => {
    try {
      opened ??= open().catch((thrown: unknown) => {
        opened = undefined;
        throw thrown;
      });
      return ok(await call(await opened));
    } catch (thrown) {
      return err(ec2Failure(thrown));
    }
  };
}
