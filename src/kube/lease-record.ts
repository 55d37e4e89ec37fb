/**
 * The record that a Lease keeps of its API server: the spans of time that its memory is known to cover.
 *
 * Reads the Lease that whoever leads renews every few seconds, with an annotation of ours on it: "FROM/UNTIL,FROM/UNTIL,FROM". The last
 * span is open and ends with the last renewal. Returns the Lease with its record carried on, and whether an instant lies in it. What was
 * written at a recorded instant is there, or was deleted; of any other the API server may know nothing: it was restored from an older
 * backup, the cluster (or only the Lease) is a new one, or nobody led then. A restore to less than `breakMinMs` ago that no living leader
 * has noticed looks like a change of leaders, and is taken for one.
 */
import type { Lease } from "../api/lease.ts";
import type { Instant } from "../api/ports.ts";
import { timeText } from "./time-text.ts";

/** A Lease that stood longer without a renewal has a break in its record; well above what a change of leaders takes. */
export const breakMinMs = 120_000;
/** Clocks differ by less than this. */
export const skewMaxMs = 5_000;
/** Spans that are kept; what lies in an older one counts as unrecorded. */
export const spansMax = 50;

/** "not-yet": the record has still to reach the instant. */
export type Recorded = "recorded" | "unrecorded" | "not-yet";

interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

interface LeaseRecord {
  readonly closed: readonly Span[];
  /** Undefined where there is no record, or none that can be read. */
  readonly openFrom: Instant | undefined;
}

/** Returns the Lease as its next writer is to write it: the record goes on, or begins a new span where it broke. */
export function leaseWithRecord(
  lease: Lease,
  of: {
    readonly annotation: string;
    readonly now: Instant;
    /** The Lease says less than we have written to it: its API server was restored under us. */
    readonly wentBack?: boolean;
  },
): Lease {
  const { annotation, now, wentBack = false } = of;
  const { closed, openFrom } = recordIn(lease, annotation);
  const renewedAt = renewalOf(lease);
  const isUnbroken = renewedAt !== undefined && Math.abs(now - renewedAt) <= breakMinMs;
  if (openFrom !== undefined && isUnbroken && !wentBack) return lease;
  const ended = openFrom === undefined || renewedAt === undefined || renewedAt <= openFrom ? [] : [{ from: openFrom, until: renewedAt }];
  const spans = [...closed, ...ended].slice(1 - spansMax).map(({ from, until }) => `${timeText(from)}/${timeText(until)}`);
  // Rounded up, as the ends of spans are rounded down: what is not sure is not recorded.
  const text = [...spans, timeText(Math.ceil(now / 1_000) * 1_000)].join(",");
  return { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotation]: text } } };
}

/** Says whether an instant of another clock lies in the record; a Lease remembers nothing from before it was made. */
export function recordedIn(
  lease: Lease | undefined,
  { annotation, at }: { readonly annotation: string; readonly at: Instant | undefined },
): Recorded {
  const madeAt = instantOf(lease?.metadata.creationTimestamp);
  if (lease === undefined || madeAt === undefined || at === undefined) return "unrecorded";
  const { closed, openFrom } = recordIn(lease, annotation);
  const renewedAt = renewalOf(lease);
  const open = openFrom === undefined || renewedAt === undefined ? [] : [{ from: openFrom, until: renewedAt }];
  const begun = [...closed, ...open].filter(({ from }) => at >= Math.max(from, madeAt));
  if (begun.some(({ until }) => at + skewMaxMs <= until)) return "recorded";
  return open.some((span) => begun.includes(span) && at <= span.until + breakMinMs) ? "not-yet" : "unrecorded";
}

function recordIn({ metadata }: Lease, annotation: string): LeaseRecord {
  const parts = metadata.annotations?.[annotation]?.split(",") ?? [];
  const closed = parts.slice(0, -1).flatMap((part): readonly Span[] => {
    const [from, until] = part.split("/").map(instantOf);
    return from === undefined || until === undefined ? [] : [{ from, until }];
  });
  const openFrom = instantOf(parts.at(-1));
  // One span that somebody has spoiled makes all of them doubtful.
  return openFrom !== undefined && closed.length === parts.length - 1 ? { closed, openFrom } : { closed: [], openFrom: undefined };
}

function renewalOf({ spec }: Lease): Instant | undefined {
  return instantOf(spec?.renewTime);
}

function instantOf(text: string | undefined): Instant | undefined {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? undefined : time;
}
