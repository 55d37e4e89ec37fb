/**
 * The age of the view: whether this replica still sees the cluster that it judges.
 *
 * Reads when the API server last answered this replica, when a peer last said that it answers there, and when each kind's watch last proved
 * alive. Returns whether this replica alone is cut off (docs/adr/0016), and the words that verdicts by an old view carry.
 */
import type { Instant } from "../api/ports.ts";
import { timeText } from "../kube/time-text.ts";

/** Without an answer of the API server for longer, a verdict says by how old a view it was made. */
export const viewAgeMaxMs = 20_000;
/** A kind whose watch brought nothing for longer, though the API server answers; quiet watches are opened anew after 90 s. */
export const watchAgeMaxMs = 240_000;
/** A peer that has seen the API server so much later than this replica did shows that it is there: all lose it within one probe's time. */
export const aloneAfterMs = 10_000;
/** A peer's word holds so long: it is said every few seconds. */
export const peerWordMaxMs = 15_000;
/** One lost answer is an everyday thing. */
const failuresMin = 2;

export interface Sightings {
  readonly now: Instant;
  /** When the API server last answered this replica. */
  readonly seenAt: Instant;
  /** How many probes in a row it has not answered. */
  readonly failures: number;
  /** When a peer last said that the API server answers it. */
  readonly peerSawAt?: Instant | undefined;
}

/** Says why this replica should get no reviews: the API server is there, and not for it. Undefined where it is away for all, or seen. */
export function cutOffAlone({ now, seenAt, failures, peerSawAt }: Sightings): string | undefined {
  if (failures < failuresMin || peerSawAt === undefined) return undefined;
  if (now - peerSawAt > peerWordMaxMs || peerSawAt - seenAt <= aloneAfterMs) return undefined;
  return `this replica alone is cut off from the API server: no answer for ${seconds(now - seenAt)}, and a peer has had one since`;
}

/** Returns what a verdict by an old view says of it; undefined while the view is young. */
export function oldViewWords(
  { now, seenAt }: Pick<Sightings, "now" | "seenAt">,
  watches: Iterable<readonly [kind: string, seenAt: Instant]>,
): string | undefined {
  const last = (at: Instant): string => `since ${timeText(at)}`;
  if (now - seenAt > viewAgeMaxMs) {
    return `judged by a view of the cluster that is ${seconds(now - seenAt)} old: the API server has not answered Plimsoll ${last(seenAt)}`;
  }
  for (const [kind, at] of watches) {
    if (now - at > watchAgeMaxMs) {
      return `judged by a view of the cluster whose ${kind} are ${seconds(now - at)} old: their watch has brought nothing ${last(at)}`;
    }
  }
  return undefined;
}

function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 1_000)} s`;
}
