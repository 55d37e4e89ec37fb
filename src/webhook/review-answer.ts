/**
 * The answer to one review: from its head to its last byte.
 *
 * Reads a request through the gate; answers 200 with an AdmissionReview, 400, 413 or 415 for what is none, 500 where the handler
 * failed, 503 where it was turned away and 504 where the API server has given up. All but 200 are failed calls to the API
 * server, so the failurePolicy of the tier applies: open reviews pass, closed ones don't.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseGoDuration } from "../kube/schedule.ts";
import { answerWayMs } from "./admission-gate.ts";
import {
  allowed,
  decodeAdmissionReview,
  denied,
  encodeAdmissionReview,
  type AdmissionAnswer,
  type ReviewError,
} from "./admission-review.ts";
import { bodyBytesMax, readBody } from "./body-reader.ts";
import type { Door } from "./door.ts";
import type { GateEntry, ShedReason } from "./gate-queue.ts";
import { largePlace, type LargePlace, leaveUnread, lengthOf, unreadMax } from "./large-bodies.ts";
import type { WebhookMetrics } from "./metrics.ts";
import { reviewTimeoutSeconds } from "./registration.ts";
import { largeReviewBytesMin, uidOfWrite } from "./review-head.ts";
import type { AdmissionAdvisor, AdmissionHandler, AdmissionPhase, FailureTier, OwnerInquirer } from "./admission-call.ts";

export interface ReviewCall {
  readonly phase: AdmissionPhase;
  readonly tier: FailureTier;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly handler: AdmissionHandler;
  readonly advisor?: AdmissionAdvisor | undefined;
  readonly inquirer?: OwnerInquirer | undefined;
  readonly metrics: WebhookMetrics;
  readonly onError: (error: unknown) => void;
  readonly door: Door;
}

/** The longest that anybody is answered after: what we are registered with. A caller that asks for longer is not waited for. */
export const answerMaxMs = reviewTimeoutSeconds * 1_000;
/** The longest that a body may take to come; the API server sends it in one go. */
export const bodyMaxMs = 2_000;

/** Answers one review; it rejects only for what nobody foresaw. */
export async function answerReview(call: ReviewCall): Promise<void> {
  const { request, door } = call;
  const caller = door.connections.callerOf(request);
  const isStranger = door.known.isStranger(caller);
  if (isStranger) call.metrics.strangers.inc();
  const contentType = request.headers["content-type"] ?? "";
  if (!contentType.startsWith("application/json")) {
    closeAfter(call);
    refuse(call, { httpStatus: 415, message: `content type ${JSON.stringify(contentType.slice(0, 100))} is not application/json` });
    return;
  }
  const timeoutMs = timeoutOf(request);
  const deadlineMs = performance.now() - door.lag.currentMs() + timeoutMs;
  const isKnown = door.known.isKnown(caller);
  const place = isKnown ? largePlace(door.large, { bytes: lengthOf(request), timeoutMs }) : undefined;
  const body = await readBody(request, {
    withinMs: Math.min(timeoutMs, bodyMaxMs),
    open: (stop) => (isKnown ? door.transit.known : door.transit.others).open(caller, stop),
    turn: place?.turn,
  });
  if (body.kind !== "read") place?.leave();
  switch (body.kind) {
    case "broken":
      return;
    case "late":
      closeAfter(call);
      shed(call, "deadline", { caller, deadlineMs });
      return;
    case "yielded":
      if (yields(call, body.head, caller)) return;
      if (!isKnown) request.resume();
      closeAfter(call);
      shed(call, "transit", { caller, deadlineMs });
      return;
    case "too-large":
      // The unread rest of the body would be taken for the next request.
      closeAfter(call);
      refuse(call, { httpStatus: 413, message: `the body is larger than ${bodyBytesMax} bytes` });
      return;
    case "read":
      door.connections.whole(request);
      await inTurn(call, { kind: "review", tier: call.tier, caller, bytes: body.bytes.length, deadlineMs }, { ...body, place });
  }
}

/** What is unread of the request goes with its connection. */
function closeAfter({ request, response }: ReviewCall): void {
  response.setHeader("Connection", "close");
  response.once("finish", () => request.destroy());
}

/** The API server sends its deadline as a query: /validate/open/WORD?timeout=5s. */
function timeoutOf({ url = "" }: IncomingMessage): number {
  const text = /[?&]timeout=([^&]*)/.exec(url)?.[1];
  const timeout = text === undefined ? undefined : parseGoDuration(text);
  return timeout?.ok === true && timeout.value > 0 ? Math.min(timeout.value, answerMaxMs) : answerMaxMs;
}

/** Refuses a large review of the API server's in words, where it can't be taken in; false where that is not what it is. */
function yields({ request, response, metrics, phase, door }: ReviewCall, head: Buffer, caller: GateEntry["caller"]): boolean {
  const uid = lengthOf(request) < largeReviewBytesMin || door.known.isStranger(caller) ? undefined : uidOfWrite(head);
  if (uid === undefined) return false;
  const message =
    "[SYS-003] too many large objects are sent at once to read this one\n  fix: send it again in a few seconds, or make it smaller";
  const text = encodeAdmissionReview(uid, denied({ code: 429, reason: "TooManyRequests", message }));
  metrics.requests.inc({ phase, outcome: "denied", dry_run: "false" });
  const answer = (): void => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
  };
  if (request.readableEnded) answer();
  else if (door.known.isKnown(caller) && door.waiting.unread < unreadMax) {
    answer();
    leaveUnread(request, { forMs: answerMaxMs, waiting: door.waiting });
  } else {
    // Who still writes hears no answer where its connection goes.
    request.resume();
    request.once("end", answer);
  }
  return true;
}

/** A large review's place is the next one's as soon as this one's bytes are read: what is asked or told later holds none of them. */
function inTurn(
  call: ReviewCall,
  entry: GateEntry,
  { bytes, place }: { readonly bytes: Buffer; readonly place: LargePlace | undefined },
): Promise<void> {
  return new Promise((done, failed) => {
    call.door.gate.inTurn(entry, (reason) => {
      try {
        if (reason !== undefined && (reason === "deadline" || !yields(call, bytes, entry.caller))) shed(call, reason, entry);
        const later = reason === undefined ? judge(call, entry, bytes) : undefined;
        if (later === undefined) done();
        else later.then(done, failed);
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)));
      } finally {
        place?.leave();
      }
    });
  });
}

interface Review {
  readonly asked: Parameters<AdmissionHandler>[0];
  readonly startedAt: number;
  readonly deadlineMs: number;
}

/** Judges and answers; a promise where the answer is still to leave, since something is asked or told that takes a moment. */
function judge(call: ReviewCall, { deadlineMs, caller }: GateEntry, bytes: Buffer): Promise<void> | undefined {
  const { phase, tier } = call;
  const startedAt = performance.now();
  const review = decodeAdmissionReview(bytes);
  if (!review.ok) {
    refuse(call, review.error);
    return undefined;
  }
  const asked = { phase, tier, request: review.value, isStranger: call.door.known.isStranger(caller) };
  const inquiry = inquiryOf(call, asked, { deadlineMs, caller, bytes: bytes.length });
  if (inquiry === undefined) return judged(call, { asked, startedAt, deadlineMs });
  return inquiry.then((speaksForOwner) => judged(call, { asked: { ...asked, speaksForOwner }, startedAt, deadlineMs }));
}

/** What an inquiry counts as for its caller: it costs the API server up to four requests. */
const inquiryChargeMs = 10;

/** Strangers' reviews that wait for an inquiry at once, while known callers are here; beyond, no owner counts. */
const strangerInquiriesMax = 2;

/** What can't be read is the handler's to tell. */
function inquiryOf(
  { inquirer, door: { standings, known, waiting } }: ReviewCall,
  asked: Review["asked"],
  { deadlineMs, caller, bytes }: Pick<GateEntry, "deadlineMs" | "caller" | "bytes">,
): Promise<boolean> | undefined {
  const { isStranger = false } = asked;
  if (asked.phase !== "validate" || (isStranger && waiting.strangerInquiries >= strangerInquiriesMax)) return undefined;
  try {
    const withinMs = deadlineMs - performance.now() - answerWayMs;
    const inquiry = inquirer?.(asked, { withinMs, bytes, isHeavy: isStranger || (!known.isHere() && standings.isHeavy(caller)) });
    if (inquiry === undefined) return undefined;
    if (!known.isKnown(caller)) standings.charge(caller, inquiryChargeMs);
    if (!isStranger) return inquiry;
    waiting.strangerInquiries += 1;
    return inquiry.finally(() => {
      waiting.strangerInquiries -= 1;
    });
  } catch {
    return undefined;
  }
}

function judged(call: ReviewCall, { asked, startedAt, deadlineMs }: Review): Promise<void> | undefined {
  const { phase, response, metrics } = call;
  const { uid, dryRun } = asked.request;
  const send = (answer: AdmissionAnswer): void => {
    const text = encodeAdmissionReview(uid, answer);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    response.end(text);
    metrics.requests.inc({ phase, outcome: answer.kind, dry_run: String(dryRun) });
    metrics.duration.observe({ phase }, (performance.now() - startedAt) / 1000);
  };
  try {
    const answer = call.handler(asked);
    const withinMs = deadlineMs - performance.now() - answerWayMs;
    const isAdvised = phase === "validate" && answer.kind === "allowed" && asked.isStranger !== true;
    const advice = isAdvised ? advised(call, asked, withinMs) : undefined;
    if (advice !== undefined)
      return advice.then((texts) => {
        call.door.waiting.advised -= 1;
        send(allowed([...answer.warnings, ...texts]));
      });
    send(answer);
  } catch (error) {
    call.onError(error);
    response.writeHead(500, { "Content-Type": "text/plain" });
    response.end("the review could not be judged; the error is in Plimsoll's log\n");
    metrics.requests.inc({ phase, outcome: "error", dry_run: String(dryRun) });
  }
  return undefined;
}

/** Reviews that wait for advice at once; beyond, what is allowed is answered without. */
const advisedMax = 256;

function advised(
  { advisor, door: { waiting } }: ReviewCall,
  asked: Parameters<AdmissionHandler>[0],
  withinMs: number,
): Promise<readonly string[]> | undefined {
  const advice = waiting.advised < advisedMax ? advisor?.(asked, { withinMs }) : undefined;
  if (advice !== undefined) waiting.advised += 1;
  return advice;
}

const retryAfterMs = 1_000;

/** A stranger that is turned away hears so late: until then its connection brings nothing more. */
const strangerRefusedAfterMs = 1_000;

/** Turns a review away. A closed one is asked to come again where the API server still has time to. */
function shed(
  { phase, tier, response, metrics, door }: ReviewCall,
  reason: ShedReason,
  { caller, deadlineMs }: Pick<GateEntry, "caller" | "deadlineMs">,
): void {
  metrics.shed.inc({ tier, reason, standing: standingOf(door, caller) });
  metrics.requests.inc({ phase, outcome: "shed", dry_run: "false" });
  const hasTime = tier === "closed" && performance.now() + 2 * retryAfterMs < deadlineMs;
  const answer = (): void => {
    response.writeHead(reason === "deadline" ? 504 : 503, {
      "Content-Type": "text/plain",
      ...(hasTime ? { "Retry-After": String(retryAfterMs / 1000) } : {}),
    });
    response.end(reason === "deadline" ? "too late: the caller has given up\n" : `too busy (${reason})\n`);
  };
  if (door.known.isStranger(caller)) setTimeout(answer, strangerRefusedAfterMs).unref();
  else answer();
}

function standingOf({ known, standings }: Door, caller: GateEntry["caller"]): "known" | "stranger" | "heavy" | "light" {
  if (known.isHere()) return known.isKnown(caller) ? "known" : "stranger";
  return standings.isHeavy(caller) ? "heavy" : "light";
}

function refuse(call: ReviewCall, error: ReviewError): void {
  call.metrics.requests.inc({ phase: call.phase, outcome: "bad-request", dry_run: "false" });
  call.response.writeHead(error.httpStatus, { "Content-Type": "text/plain; charset=utf-8" });
  call.response.end(`${error.message}\n`);
}
