/**
 * Topology spread: counting Pods by domain, and what a skew allows.
 *
 * Reads counts by domain (zone or host name). Returns the numbers of kube-scheduler's PodTopologySpread. Only the arithmetic
 * lives here; which Pods and Nodes count is the caller's, and the simulator's scheduler keeps its own list on purpose.
 */

/** Matching Pods by domain; a domain without Pods is there with 0. */
export type DomainCounts = ReadonlyMap<string, number>;

/** Counts items by domain. Every known domain appears; an item of an unknown domain (or none) is not counted. */
export function domainCounts<T>(from: {
  readonly domains: Iterable<string>;
  readonly items: Iterable<T>;
  readonly domainOf: (item: T) => string | undefined;
}): DomainCounts {
  const counts = new Map<string, number>();
  for (const domain of from.domains) counts.set(domain, 0);
  for (const item of from.items) {
    const domain = from.domainOf(item);
    const count = domain === undefined ? undefined : counts.get(domain);
    if (domain !== undefined && count !== undefined) counts.set(domain, count + 1);
  }
  return counts;
}

/**
 * Returns the smallest count over all domains: the global minimum that skew is measured from. It is 0 where fewer domains
 * exist than minDomains asks for.
 */
export function globalMinimum(counts: DomainCounts, minDomains = 1): number {
  if (counts.size < minDomains || counts.size === 0) return 0;
  let least = Infinity;
  for (const count of counts.values()) least = Math.min(least, count);
  return least;
}

/**
 * Returns the skew after one more Pod in a domain: its count, plus one if the Pod matches its own constraint, less the
 * global minimum. The Pod may go there if this is at most maxSkew.
 */
export function skewAfter(where: { readonly count: number; readonly selfMatches: boolean; readonly minimum: number }): number {
  return where.count + (where.selfMatches ? 1 : 0) - where.minimum;
}
