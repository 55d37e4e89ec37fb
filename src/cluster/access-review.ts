/**
 * Access reviews: who a token is, and whether somebody may do something, as the API server's own authorizers say.
 *
 * Reads TokenReviews and SubjectAccessReviews through a transport. Answers are kept for a while, by the hash of the question, so that a
 * scrape or an admission does not cost a request each; how many are kept and how many are asked at once is bounded, since anybody can send a
 * token that nobody has seen.
 */
import { createHash } from "node:crypto";
import type { ApiTransport, Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";

export interface AccessUser {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is to be done: on a path that is no resource, or on a resource. */
export type AccessQuestion =
  | { readonly nonResourceAttributes: { readonly path: string; readonly verb: string } }
  | {
      readonly resourceAttributes: {
        readonly namespace?: string;
        readonly verb: string;
        readonly group: string;
        readonly resource: string;
        readonly subresource?: string;
        readonly name?: string;
      };
    };

export interface AccessReviews {
  /** Whom a bearer token belongs to; undefined: to nobody. The error says why nobody can tell. */
  userOf(token: string): Promise<Result<AccessUser | undefined, string>>;
  /** Whether the user may do it. */
  may(user: AccessUser, question: AccessQuestion): Promise<Result<boolean, string>>;
}

/** How much is kept, and for how long. */
export interface AnswerBounds {
  readonly answersMax: number;
  readonly askedAtOnceMax: number;
  /** A right that is taken away is felt after this time, one that is given after the other. */
  readonly keptYesMs: number;
  readonly keptNoMs: number;
}

/** For those who come again and again, such as a scrape. */
const usualBounds: AnswerBounds = { answersMax: 2_000, askedAtOnceMax: 8, keptYesMs: 60_000, keptNoMs: 10_000 };
const usualAnswerMaxMs = 5_000;

/** Opens the reviews of one process. */
export function accessReviews(given: {
  readonly transport: Pick<ApiTransport, "request">;
  readonly clock: Pick<Clock, "now">;
  readonly bounds?: AnswerBounds;
  readonly answerMaxMs?: number;
}): AccessReviews {
  const { transport, clock, bounds = usualBounds, answerMaxMs = usualAnswerMaxMs } = given;
  const ports = { transport, answerMaxMs };
  const answers = keptAnswers(clock, bounds);
  return {
    userOf: (token) =>
      answers.of(`token ${token}`, async () => {
        const status = await review(ports, { kind: "TokenReview", group: "authentication.k8s.io", spec: { token } });
        if (!status.ok) return status;
        const { authenticated = false, user } = status.value as { readonly authenticated?: boolean; readonly user?: AccessUser };
        return ok(authenticated ? user : undefined);
      }),
    may: (user, question) => {
      const { username, uid, groups = [], extra } = user;
      const subject = { user: username, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
      const spec = { ...subject, ...question };
      return answers.of(JSON.stringify(spec), async () => {
        const status = await review(ports, { kind: "SubjectAccessReview", group: "authorization.k8s.io", spec });
        return status.ok ? ok((status.value as { readonly allowed?: boolean }).allowed === true) : status;
      });
    },
  };
}

async function review(
  { transport, answerMaxMs }: { readonly transport: Pick<ApiTransport, "request">; readonly answerMaxMs: number },
  { kind, group, spec }: { readonly kind: string; readonly group: string; readonly spec: object },
): Promise<Result<unknown, string>> {
  const answer = await transport.request({
    method: "POST",
    path: `/apis/${group}/v1/${kind.toLowerCase()}s`,
    body: { apiVersion: `${group}/v1`, kind, spec },
    timeoutMs: answerMaxMs,
  });
  if (answer.ok) return ok((answer.body as { readonly status?: unknown }).status ?? {});
  return err(`${kind}: ${answer.error.message ?? `answered ${answer.status}`}`);
}

export interface KeptAnswers {
  /** Returns the kept answer, that of the same question under way, or asks; what failed is not kept. */
  of<T>(question: string, ask: () => Promise<Result<T, string>>): Promise<Result<T, string>>;
}

/** Opens a memory of answers; what is undefined or false is a no. */
export function keptAnswers(clock: Pick<Clock, "now">, bounds: AnswerBounds): KeptAnswers {
  const { answersMax, askedAtOnceMax, keptYesMs, keptNoMs } = bounds;
  const kept = new Map<string, { readonly value: unknown; readonly until: Instant }>();
  const asked = new Map<string, Promise<Result<unknown, string>>>();
  const askAnew = async (key: string, ask: () => Promise<Result<unknown, string>>): Promise<Result<unknown, string>> => {
    const answer = await ask();
    asked.delete(key);
    if (!answer.ok) return answer;
    const isYes = answer.value !== undefined && answer.value !== false;
    kept.set(key, { value: answer.value, until: clock.now() + (isYes ? keptYesMs : keptNoMs) });
    const [oldest] = kept.keys();
    if (kept.size > answersMax && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
  return {
    of: async <T>(question: string, ask: () => Promise<Result<T, string>>): Promise<Result<T, string>> => {
      // Whoever asks chose the question: a hash is short, and tells no token.
      const key = createHash("sha256").update(question).digest("hex");
      const known = kept.get(key);
      if (known !== undefined && known.until > clock.now()) return ok(known.value as T);
      kept.delete(key);
      const underWay = asked.get(key);
      if (underWay === undefined && asked.size >= askedAtOnceMax) return err(`more than ${askedAtOnceMax} access reviews at once`);
      const answer = underWay ?? askAnew(key, ask);
      asked.set(key, answer);
      return (await answer) as Result<T, string>;
    },
  };
}
