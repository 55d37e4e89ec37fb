/**
 * AWS as a process of its own meets it: a door in front of the EC2 stand-in, with the faults of a schedule in it.
 *
 * Reads requests of every AWS protocol that the stand-in speaks. Returns its answers, errors in the service's own protocol, or a connection
 * that breaks. To wait for messages of a queue is no act.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ok, type Result } from "../../src/api/result.ts";
import type { Ec2Failure } from "../../src/ec2/errors.ts";
import { throttledBy } from "../support/ec2-faults.ts";
import { decodeRequest, errorAnswer, type Answer, type AwsRequest } from "../support/ec2-wire.ts";
import { bodyOf, openDoor, type Door } from "./fault-door.ts";
import { faultyCalls, type FaultyDoors } from "./faulty-doors.ts";

export interface AwsDoorOptions {
  /** The stand-in's URL. */
  readonly target: string;
  readonly doors: FaultyDoors;
  /** Looks at a request just before it is done, though it may be late. */
  readonly before: (request: AwsRequest) => Promise<void>;
}

/** What an act of this door is told to have asked. */
export interface AwsInput {
  readonly action: string;
  readonly body: string;
}

/** Headers that belong to one connection. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "keep-alive",
]);
const waits = ["ReceiveMessage"];
const pollPattern = /"WaitTimeSeconds":\s*\d+/;

/** Opens the door. */
export function openAwsDoor(options: AwsDoorOptions): Promise<Door> {
  return openDoor((incoming, response) => answer(options, incoming, response));
}

async function answer(options: AwsDoorOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET", url = "/", headers } = incoming;
  const request = decodeRequest({ method, url, headers, body: shortPoll(await bodyOf(incoming)) });
  const answered = answerOf(request, await call(options, request));
  if (answered === undefined) return void response.destroy();
  const { status, contentType, errorType, body } = answered;
  response.writeHead(status, { "content-type": contentType, ...(errorType === undefined ? {} : { "x-amzn-errortype": errorType }) });
  response.end(body);
}

function call({ target, doors, before }: AwsDoorOptions, request: AwsRequest): Promise<Result<Answer, Ec2Failure>> {
  const { action, service } = request;
  const send = async (): Promise<Result<Answer, Ec2Failure>> => {
    await before(request);
    return ok(await forward(target, request));
  };
  const calls: Readonly<Record<string, (input: AwsInput) => Promise<Result<Answer, Ec2Failure>>>> = { [action]: send };
  return faultyCalls(calls, { ...doors, service, free: waits })[action]?.({ action, body: request.body }) ?? send();
}

/** What a result looks like on the wire; nothing where no answer came. */
function answerOf(request: AwsRequest, result: Result<Answer, Ec2Failure>): Answer | undefined {
  if (result.ok) return result.value;
  const { code, message } = result.error;
  if (code === "TimeoutError") return undefined;
  return errorAnswer(request, code === "RequestLimitExceeded" ? throttledBy(request.service) : { status: 500, code, message });
}

/** SQS ends the poll of a process that dies; moto goes on with it, and a message would be hidden for 20 s by nobody. So polls are short. */
function shortPoll(body: string): string {
  return body.replace(pollPattern, `"WaitTimeSeconds":1`);
}

async function forward(target: string, { method, path, headers, body }: AwsRequest): Promise<Answer> {
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && !connectionHeaders.has(name) ? [[name, value]] : [],
  );
  const answered = await fetch(`${target}${path}`, { method, headers: kept, ...(method === "GET" || method === "HEAD" ? {} : { body }) });
  const errorType = answered.headers.get("x-amzn-errortype");
  return {
    status: answered.status,
    contentType: answered.headers.get("content-type") ?? "text/xml",
    body: await answered.text(),
    ...(errorType === null ? {} : { errorType }),
  };
}
