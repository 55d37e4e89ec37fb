/**
 * An AWS client that is made at the first call, with failures as values and with an end to every wait.
 *
 * Reads how the SDK's module and its client are loaded. Returns one way to send calls through them. A process that never
 * asks a service never loads its SDK.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { MayChange } from "./aws-fence.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";
import type { CallLogger } from "./recorded-call.ts";

/** Where AWS' services are, and what all their clients have in common. */
export interface Ec2Endpoint {
  readonly region: string;
  /** Another endpoint than AWS' own for the region. */
  readonly endpoint?: string;
  /** Hears of every call; the SDK's own setting, so that every client that is made of an endpoint has it. */
  readonly logger?: CallLogger;
  /** Asked before each call that changes something; default: it may. */
  readonly mayChange?: MayChange;
}

/** What an AWS call came to; every failure says its code and what it asks of us. */
export type AwsAnswer<T> = Promise<Result<T, Ec2Failure>>;

export type AwsSend<Opened> = <T>(call: (opened: Opened) => Promise<T>) => AwsAnswer<T>;

/** How long one sending may wait for its connection, and for its answer, in milliseconds; the SDK itself would wait without end. */
export interface AwsPatience {
  readonly connectMs?: number;
  readonly answerMs?: number;
}

const connectMsDefault = 3_000;
/** The slowest call, CreateFleet with 60 types, takes some seconds. */
const answerMsDefault = 20_000;
/** More pages than this are a server that never ends its tokens. */
const pagesMax = 1_000;

/** Returns an SDK client's settings: standard retries, as Karpenter's, and an end to every wait. */
export function clientSettings(endpoint: Ec2Endpoint, patience: AwsPatience = {}) {
  const { connectMs = connectMsDefault, answerMs = answerMsDefault } = patience;
  // Without the last word the SDK only warns of a late answer.
  const requestHandler = { connectionTimeout: connectMs, requestTimeout: answerMs, throwOnRequestTimeout: true };
  return { ...endpoint, retryMode: "standard", maxAttempts: 4, requestHandler } as const;
}

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

/** The token of a page; none asks for the first. */
export type Page = { readonly NextToken?: string };

/** Asks for one page after the other, each with the token that the one before gave; returns the items of all of them. */
export async function everyPage<T>(
  ask: (page: Page) => Promise<{ readonly items: readonly T[]; readonly NextToken: string | undefined }>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let page: Page = {};
  for (let count = 0; count < pagesMax; count++) {
    const { items, NextToken = "" } = await ask(page);
    for (const item of items) found.push(item);
    if (NextToken === "") break;
    page = { NextToken };
  }
  return found;
}
