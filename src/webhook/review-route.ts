/**
 * The review route: what a request's head says before its body is read.
 *
 * Reads method, path and lengths. Returns which phase and tier are asked, and the word that stands behind them (caller-word.ts), or what is
 * wrong with the body that is announced.
 */
import type { IncomingMessage } from "node:http";
import type { AdmissionPhase, FailureTier } from "./admission-call.ts";

export interface ReviewRoute {
  readonly phase: AdmissionPhase;
  readonly tier: FailureTier;
  /** What stands behind the tier. */
  readonly word?: string;
}

const reviewRoutes: ReadonlyMap<string, ReviewRoute> = new Map(
  (["mutate", "validate"] as const).flatMap((phase) =>
    (["closed", "open"] as const).map((tier) => [`/${phase}/${tier}`, { phase, tier }] as const),
  ),
);

/** Returns where a request leads; undefined where it asks for no review. */
export function reviewRoute(request: IncomingMessage): ReviewRoute | undefined {
  if (request.method !== "POST") return undefined;
  const path = pathOf(request);
  const plain = reviewRoutes.get(path);
  if (plain !== undefined) return plain;
  const end = path.lastIndexOf("/");
  const route = reviewRoutes.get(path.slice(0, end));
  return route === undefined ? undefined : { ...route, word: path.slice(end + 1) };
}

/** An object that a stranger sends is small: what is large is dear to judge. The API server shows who it is. */
export const strangerBodyBytesMax = 256 * 1024;

const otherPaths: ReadonlySet<string> = new Set(["/peers", "/healthz", "/readyz", "/metrics"]);

/**
 * A body that no API server sends and no handler reads: Node would parse it all the same, at its sender's speed. The API
 * server says how long a review is; without that, a piece is as small as its sender likes.
 */
export function strangeBody(
  request: IncomingMessage,
  { isReview, isStranger }: { readonly isReview: boolean; readonly isStranger: boolean },
): { readonly status: 404 | 411 | 413; readonly words: string } | undefined {
  const { headers } = request;
  const isChunked = headers["transfer-encoding"] !== undefined;
  const length = Number(headers["content-length"] ?? 0);
  if (isReview && isChunked) return { status: 411, words: "a review says its length: send Content-Length" };
  if (isReview && isStranger && length > strangerBodyBytesMax)
    return { status: 413, words: `the body is larger than ${strangerBodyBytesMax} bytes: call the path of the webhook configuration` };
  if (isReview) return undefined;
  const isEmpty = !isChunked && length === 0;
  if (isEmpty) return undefined;
  return otherPaths.has(pathOf(request)) ? { status: 413, words: "no body is read here" } : { status: 404, words: "no such path" };
}

/** The API server adds its deadline as a query: /validate/open/WORD?timeout=5s. */
function pathOf({ url = "" }: IncomingMessage): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}
