/**
 * Offerings that can't be had just now, and for how long each is left alone.
 *
 * Reads what fleets answered and what the cloud announced. A mark that comes again right after the last one ended holds twice as long, up
 * to a bound; a launch that comes off forgets it, and so does time. So a short gap costs seconds and a lasting one few calls, where
 * Karpenter's fixed three minutes (pkg/cache/unavailableofferings.go) are too long for the one and too short for the other. A cache: a
 * restart loses it, and the next launch tells again.
 */
import { assertNever } from "../api/assert.ts";
import type { Clock, Instant } from "../api/ports.ts";

/** Why an offering can't be had. */
export type UnavailableReason =
  /** EC2 had none. */
  | "capacity"
  /** The account may not run more of it. */
  | "quota"
  /** EC2 is about to take back what it sold. */
  | "interrupted"
  /** The reservation has no slot left; its count is asked for again soon. */
  | "reservation-full"
  /** EC2 does not sell the type so, there. */
  | "unsupported";

export interface OfferingName {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: string;
  /** On hardware of one's own; on shared hardware the same may be had. */
  readonly tenancy?: "dedicated";
  /** The capacity reservation of a reserved offering; others of the type and zone are not concerned. */
  readonly reservation?: string;
}

/** In place of a type and of a zone: all of them, bought in one way. */
export const everywhere = "*";

export interface UnavailableOfferings {
  /** Default: EC2 had none. Marks of one moment are one. */
  mark(offering: OfferingName, why?: UnavailableReason): void;
  /** A launch there came off: whatever was held against the offering is forgotten. */
  clear(offering: OfferingName): void;
  has(offering: OfferingName): boolean;
  /** Why it can't be had, and until when; undefined where it may be asked for. */
  get(offering: OfferingName): { readonly why: UnavailableReason; readonly until: Instant } | undefined;
  /** Every offering that can't be had now, with why; the latest marks first. */
  standing(): readonly { readonly offering: OfferingName; readonly why: UnavailableReason }[];
  /** When the next mark of such an offering ends; undefined where none stands. */
  nextEnd(concerns: (offering: OfferingName) => boolean): Instant | undefined;
  /** Grows whenever an offering goes or comes back: what was derived of the marks is true until then. */
  sequence(): number;
}

interface Mark {
  readonly offering: OfferingName;
  readonly why: UnavailableReason;
  readonly holdMs: number;
  readonly until: Instant;
}

/** The first time that an offering lacked capacity, it is left alone for this long. */
export const capacityHoldMs = 15_000;
/** However often it lacked capacity, it is asked for again after this long. */
export const holdMaxMs = 15 * 60_000;
const interruptedHoldMs = 3 * 60_000;
/** Reservations are counted anew each minute. */
const reservationHoldMs = 60_000;
/** Types times zones times ways to buy of a large region; the oldest marks go first. */
const marksMax = 20_000;

/** Makes an empty cache. */
export function unavailableOfferings(clock: Pick<Clock, "now">): UnavailableOfferings {
  const marks = new Map<string, Mark>();
  let changes = 0;
  let nextEnd = Infinity;
  /** Counts the marks that have ended since the last look, and drops those that time has forgotten. */
  const sweep = (now: Instant): void => {
    if (now < nextEnd) return;
    changes += 1;
    for (const [name, mark] of marks) if (isForgotten(mark, now)) marks.delete(name);
    nextEnd = Math.min(...[...marks.values()].map(({ until }) => until).filter((until) => until > now));
  };
  const markOf = (offering: OfferingName, now: Instant): Mark | undefined => {
    const mark = marks.get(nameOf(offering));
    return mark !== undefined && mark.until > now ? mark : undefined;
  };
  const standing = (offering: OfferingName, now: Instant): Mark | undefined => markOf(offering, now) ?? markOf(wayOf(offering), now);
  return {
    mark: (offering, why = "capacity") => {
      const now = clock.now();
      sweep(now);
      const stands = standing(offering, now);
      if (stands?.why === why) return;
      const name = nameOf(offering);
      const mark = markAfter(marks.get(name), { offering, why, now });
      // One word that holds longer than another is not cut short by it.
      if (stands !== undefined && stands.until >= mark.until) return;
      marks.delete(name);
      marks.set(name, mark);
      dropOldest(marks);
      changes += 1;
      nextEnd = Math.min(nextEnd, mark.until);
    },
    clear: (offering) => {
      for (const one of [offering, wayOf(offering)]) if (marks.delete(nameOf(one))) changes += 1;
    },
    has: (offering) => standing(offering, clock.now()) !== undefined,
    get: (offering) => standing(offering, clock.now()),
    standing: () => standingOf(marks, clock.now()),
    nextEnd: (concerns) => nextEndOf(marks, { concerns, now: clock.now() }),
    sequence: () => {
      sweep(clock.now());
      return changes;
    },
  };
}

function standingOf(marks: ReadonlyMap<string, Mark>, now: Instant): readonly Mark[] {
  return [...marks.values()].filter(({ until }) => until > now).reverse();
}

function markAfter(before: Mark | undefined, { offering, why, now }: Pick<Mark, "offering" | "why"> & { readonly now: Instant }): Mark {
  const holdMs = holdOf(why, before !== undefined && !isForgotten(before, now) ? before : undefined);
  return { offering, why, holdMs, until: now + holdMs };
}

function dropOldest(marks: Map<string, Mark>): void {
  const [oldest] = marks.keys();
  if (marks.size > marksMax && oldest !== undefined) marks.delete(oldest);
}

function nextEndOf(
  marks: ReadonlyMap<string, Mark>,
  { concerns, now }: { readonly concerns: (offering: OfferingName) => boolean; readonly now: Instant },
): Instant | undefined {
  const ends = [...marks.values()].flatMap(({ offering, until }) => (until > now && concerns(offering) ? [until] : []));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** A mark that ended as long ago as twice its own time no longer says anything about the next one. */
function isForgotten({ until, holdMs }: Mark, now: Instant): boolean {
  return now >= until + 2 * holdMs;
}

function holdOf(why: UnavailableReason, before: Mark | undefined): number {
  switch (why) {
    case "capacity":
    case "quota":
      return before?.why === why ? Math.min(holdMaxMs, before.holdMs * 2) : capacityHoldMs;
    case "interrupted":
      return interruptedHoldMs;
    case "reservation-full":
      return reservationHoldMs;
    case "unsupported":
      return holdMaxMs;
    default:
      return assertNever(why);
  }
}

function nameOf({ capacityType, instanceType, zone, tenancy, reservation = "" }: OfferingName): string {
  return `${capacityType}:${instanceType}:${zone}:${tenancy ?? ""}:${reservation}`;
}

/** The whole way to buy that an offering is one of. */
function wayOf({ capacityType }: OfferingName): OfferingName {
  return { capacityType, instanceType: everywhere, zone: everywhere };
}
