/**
 * The guard of /metrics: whoever may `get` the path /metrics on the API server may read it here, as kube-rbac-proxy has it.
 *
 * Reads a request's Authorization header. Returns whether it may pass, or the status and the words of the refusal. What nobody can tell is
 * refused.
 */
import type { AccessReviews } from "../cluster/access-review.ts";
import type { MetricsRefusal } from "../webhook/server.ts";

const scrape = { nonResourceAttributes: { path: "/metrics", verb: "get" } } as const;
const fix = "bind the ClusterRole plimsoll-metrics-reader to the account that scrapes";

/** Returns why a request for the metrics is refused; undefined lets it pass. */
export async function metricsRefusal(reviews: AccessReviews, authorization: string | undefined): Promise<MetricsRefusal | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return { status: 401, words: `metrics are for accounts of the cluster: send a bearer token, and ${fix}` };
  const user = await reviews.userOf(token);
  if (!user.ok) return { status: 503, words: `who asks can't be told now: ${user.error}` };
  if (user.value === undefined)
    return { status: 401, words: "the API server knows nobody by this token: it has ended, or is another cluster's" };
  const allowed = await reviews.may(user.value, scrape);
  if (!allowed.ok) return { status: 503, words: `what ${user.value.username} may do can't be told now: ${allowed.error}` };
  return allowed.value ? undefined : { status: 403, words: `${user.value.username} may not get /metrics: ${fix}` };
}
