/**
 * Doors that fail: the two ways out of our process, the Kubernetes API and the cloud, with the faults of a schedule in them.
 *
 * Reads the doors as they are, a fault counter and the clock. Returns doors of one life of the process: each act is done, refused, lost,
 * late, slow, or the last one. A life that has ended sends nothing more, and nothing comes back to it; what it had sent arrives all the same.
 */
import type { ApiAnswer, ApiRequest, ApiTransport, Clock, WatchLine } from "../../src/api/ports.ts";
import { err } from "../../src/api/result.ts";
import { ec2Failure } from "../../src/ec2/errors.ts";
import type { Random } from "../../src/sim/random.ts";
import type { FaultCounter } from "./fault-schedule.ts";

/** One life of the process. */
export interface Life {
  readonly signal: AbortSignal;
  /** Ends it; `downMs` is how long nobody runs then. */
  die(downMs: number): void;
}

/** How often something goes wrong with one line of a watch. */
export interface WatchOdds {
  readonly late: number;
  readonly twice: number;
  readonly broken: number;
  readonly expired: number;
  readonly lateMsMax: number;
}

export interface FaultyDoors {
  readonly clock: Clock;
  readonly counter: FaultCounter;
  readonly life: Life;
  readonly random: Random;
  readonly watchOdds: WatchOdds;
  /** How long an act takes by itself. */
  readonly actMs: () => number;
  /** A caller waits this long for an answer that does not come. */
  readonly answerWaitMs: number;
  /** One line an act. */
  readonly trace: (line: string) => void;
  /** What our process has done, after it was done. */
  readonly onDone: (act: DoneAct) => void;
}

/** An act that was done: a request of the API server with its answer, or a call of the cloud with its arguments. */
export type DoneAct =
  | { readonly door: "api"; readonly request: ApiRequest; readonly answer: ApiAnswer }
  | {
      readonly door: "cloud";
      readonly call: string;
      readonly inputs: readonly unknown[];
      readonly answer: unknown;
      /** It arrived when its caller had long stopped to wait. */
      readonly isLate: boolean;
    };

interface Act<T> {
  readonly text: string;
  readonly send: (of?: { readonly isLate: boolean }) => Promise<T>;
  readonly refusal: (act: number) => T;
  readonly throttled: T;
  readonly silence: T;
}

/** Plays one act with its fault. */
async function play<T>(doors: FaultyDoors, of: Act<T>): Promise<T> {
  const { clock, counter, life, trace, answerWaitMs } = doors;
  if (life.signal.aborted) return of.silence;
  const { act, fault } = counter.next();
  trace(`${act} ${of.text}${fault === undefined ? "" : ` ${fault.kind}`}`);
  const heard = (answer: T): T => (life.signal.aborted ? of.silence : answer);
  const wait = async (): Promise<T> => {
    await clock.sleep(answerWaitMs, life.signal);
    return of.silence;
  };
  await clock.sleep(doors.actMs());
  switch (fault?.kind) {
    case undefined:
      return heard(await of.send());
    case "refuse":
      return heard(of.refusal(act));
    case "throttle":
      return heard(of.throttled);
    case "lose-request":
      return wait();
    case "lose-answer":
      await of.send();
      return wait();
    case "late":
      void clock.sleep(answerWaitMs + fault.ms).then(() => of.send({ isLate: true }));
      return wait();
    case "slow":
      await clock.sleep(fault.ms);
      return heard(await of.send());
    case "die-before":
      life.die(fault.ms);
      return of.silence;
    case "die-after":
      await of.send();
      life.die(fault.ms);
      return of.silence;
  }
}

/** Returns the API server's door with faults in it. */
export function faultyTransport(transport: ApiTransport, doors: FaultyDoors): ApiTransport {
  const { life } = doors;
  const silence: ApiAnswer = { ok: false, status: 0, error: { code: 0, reason: "Timeout", message: "no answer came" } };
  return {
    watch: ({ signal, ...request }) =>
      troubledWatch(transport.watch({ ...request, signal: AbortSignal.any([signal, life.signal]) }), doors),
    request: (request) => {
      if (!isAct(request)) return life.signal.aborted ? Promise.resolve(silence) : transport.request(request);
      return play<ApiAnswer>(doors, {
        text: `${request.method} ${request.path} ${digestOf(request.body)}`,
        send: async () => {
          const answer = await transport.request(request);
          doors.onDone({ door: "api", request, answer });
          return answer;
        },
        refusal: (act) => refusalOf(request, act),
        throttled: failedAnswer(429, "TooManyRequests", "the server has received too many requests"),
        silence,
      });
    },
  };
}

/** Lists, Events and other people's Leases are no acts: nothing stands on them, and they would use the schedule up. */
function isAct({ method, path, query }: ApiRequest): boolean {
  if (path.includes("/events") || path.includes("/leases/")) return false;
  return method !== "GET" || query?.["limit"] === undefined || query["fieldSelector"] !== undefined;
}

/** A conflict only where the API server could find one: of a patch, which it is merged into what stands there. */
function refusalOf({ method }: ApiRequest, act: number): ApiAnswer {
  if (method === "PATCH" && act % 2 === 0)
    return failedAnswer(409, "Conflict", "the object has been modified; please apply your changes again");
  return act % 3 === 0
    ? failedAnswer(500, "InternalError", "etcdserver: leader changed")
    : failedAnswer(503, "ServiceUnavailable", "not now");
}

function failedAnswer(code: number, reason: string, message: string): ApiAnswer {
  return { ok: false, status: code, error: { code, reason, message } };
}

/**
 * Returns the calls of a cloud service with faults in them, whatever calls they are: each takes inputs and answers with a Result. Those in
 * `free` are no acts: they only wait for something.
 */
export function faultyCalls<Calls extends object>(
  calls: Calls,
  { free = [], ...doors }: FaultyDoors & { readonly service: string; readonly free?: readonly string[] },
): Calls {
  const failure = (name: string, message: string) => err(ec2Failure({ name, message }));
  return new Proxy(calls, {
    get: (target, name) => {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== "function") return call;
      if (free.includes(String(name))) return call.bind(target) as unknown;
      return (...inputs: readonly unknown[]): Promise<unknown> =>
        play<unknown>(doors, {
          text: `${doors.service} ${String(name)} ${digestOf(inputs)}`,
          send: async ({ isLate } = { isLate: false }) => {
            const answer: unknown = await Reflect.apply(call, target, inputs);
            doors.onDone({ door: "cloud", call: String(name), inputs, answer, isLate });
            return answer;
          },
          refusal: () => failure("InternalError", "An internal error has occurred"),
          throttled: failure("RequestLimitExceeded", "Request limit exceeded."),
          silence: failure("TimeoutError", "no answer came"),
        });
    },
  });
}

/** Lines in their order, but late, told twice, or not at all, because the watch broke or its version is too old to go on from. */
async function* troubledWatch(lines: AsyncIterable<WatchLine>, { clock, random, watchOdds, life }: FaultyDoors): AsyncGenerator<WatchLine> {
  const { late, twice, broken, expired, lateMsMax } = watchOdds;
  for await (const line of lines) {
    const draw = random.next();
    if (draw < expired) {
      yield { type: "ERROR", error: { code: 410, reason: "Expired", message: "too old resource version" } };
      return;
    }
    if (draw < expired + broken) return;
    if (draw < expired + broken + late) await clock.sleep(random.integer(lateMsMax), life.signal);
    yield line;
    if (draw > 1 - twice) yield line;
  }
}

/** Tells one body from another in a trace (FNV-1a); a run is replayed by its seed, and each of its bodies is written in one order. */
function digestOf(value: unknown): string {
  if (value === undefined) return "-";
  const text = JSON.stringify(value);
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
