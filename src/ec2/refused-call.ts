/**
 * RefusedCall: a call to AWS that the credentials may not make.
 *
 * Reads what the SDK tells its logger of each call: an error, or the errors in a fleet's answer, which is itself a success. Returns the
 * call with the action that is missing, so that it can be counted and told whoever sent it and whatever became of it.
 */
import { ec2Failure, failureKindOf, failureText, type Ec2Failure } from "./errors.ts";
import { calledBy, contentLogger, listOf, recordOf, type CallLogger } from "./recorded-call.ts";
import { missingAction } from "./refusal.ts";

export interface RefusedCall {
  /** The service's prefix in policies: ec2, iam, servicequotas. */
  readonly service: string;
  /** Such as "CreateFleet". */
  readonly call: string;
  /** What is missing, such as "iam:PassRole"; the call itself where AWS does not say. */
  readonly action: string;
  /** AWS' words, and the fix. */
  readonly text: string;
}

/** Returns a logger for SDK clients that tells each call that was refused. */
export function refusedCallLogger(onRefused: (call: RefusedCall) => void): CallLogger {
  return contentLogger((content) => {
    const called = calledBy(content);
    if (called === undefined) return;
    const { service, action: call } = called;
    const told = new Set<string>();
    for (const failure of failuresIn(content)) {
      const action = missingAction(failure) ?? `${service}:${call}`;
      if (failure.kind !== "unauthorized" || told.has(action)) continue;
      told.add(action);
      onRefused({ service, call, action, text: failureText(failure) });
    }
  });
}

function failuresIn(content: unknown): readonly Ec2Failure[] {
  const { error, output } = recordOf(content);
  if (error !== undefined) return [ec2Failure(error)];
  return listOf(recordOf(output)["Errors"]).map(({ ErrorCode, ErrorMessage }) => {
    const code = textOf(ErrorCode);
    return { kind: failureKindOf(code), code, message: textOf(ErrorMessage) };
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
