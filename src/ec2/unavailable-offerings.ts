/**
 * Offerings that lacked capacity a moment ago: not asked for again for a while.
 *
 * Reads what fleets answered. A cache: a restart loses it, and the next launch tells again, as in karpenter-provider-aws
 * pkg/cache/unavailableofferings.go.
 */
import type { Clock, Instant } from "../api/ports.ts";

export interface UnavailableOfferings {
  mark(offering: OfferingName): void;
  has(offering: OfferingName): boolean;
  /** Grows whenever an answer of `has` has become another, by a mark or by time. */
  sequence(): number;
}

export interface OfferingName {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: string;
}

/** How long an offering stays unavailable (Karpenter's). */
export const unavailableMs = 3 * 60_000;
/** Types times zones times ways to buy of a large region; the oldest marks go first. */
const marksMax = 20_000;

/** Makes an empty cache. */
export function unavailableOfferings(clock: Pick<Clock, "now">): UnavailableOfferings {
  const until = new Map<string, Instant>();
  let sequence = 0;
  return {
    sequence: () => {
      for (const [name, over] of until) {
        if (over > clock.now()) continue;
        until.delete(name);
        sequence += 1;
      }
      return sequence;
    },
    mark: (offering) => {
      const name = nameOf(offering);
      sequence += 1;
      until.delete(name);
      until.set(name, clock.now() + unavailableMs);
      const [oldest] = until.keys();
      if (until.size > marksMax && oldest !== undefined) until.delete(oldest);
    },
    has: (offering) => (until.get(nameOf(offering)) ?? -Infinity) > clock.now(),
  };
}

function nameOf({ capacityType, instanceType, zone }: OfferingName): string {
  return `${capacityType}:${instanceType}:${zone}`;
}
