/**
 * The guard of /metrics: whoever may `get` the path /metrics on the API server may read it here, as kube-rbac-proxy has it.
 *
 * Reads a request's Authorization header. Returns whether it may pass, or the status and the words of the refusal. Without an
 * answer of the API server it refuses.
 */
import type { AccessReviews } from "../cluster/access-review.ts";
import type { MetricsRefusal } from "../webhook/server.ts";

const scrape = { nonResourceAttributes: { path: "/metrics", verb: "get" } } as const;
const fix = "bind the ClusterRole plimsoll-metrics-reader to the account that scrapes";

/** Returns why a request for the metrics is refused; undefined lets it pass. */
export async function metricsRefusal(reviews: AccessReviews, authorization: string | undefined): Promise<MetricsRefusal | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return { status: 401, words: `only accounts of this cluster may read metrics: send a bearer token, and ${fix}` };
  const user = await reviews.userOf(token);
  if (!user.ok) return { status: 503, words: `the API server did not check the token: ${user.error}` };
  if (user.value === undefined)
    return { status: 401, words: "the API server does not accept this token: it has expired, or belongs to another cluster" };
  const allowed = await reviews.may(user.value, scrape);
  if (!allowed.ok)
    return { status: 503, words: `the API server did not say whether ${user.value.username} may get /metrics: ${allowed.error}` };
  return allowed.value ? undefined : { status: 403, words: `${user.value.username} may not get /metrics: ${fix}` };
}
