/**
 * What goes wrong between us and AWS: faults by the nth call of an action, and AWS' own rate limits.
 *
 * Reads a schedule, which is plain data, so that a run can be told and replayed by it. Returns what befalls each call. A call
 * that a rate limit turns away is not counted: the nth call is the nth that AWS takes up, retries of the SDK included.
 */
import type { Shortage } from "./ec2-fleets.ts";

export type FaultKind =
  /** These offerings (default: all) lack capacity, for this call alone. */
  | { readonly kind: "insufficient-capacity"; readonly offerings?: readonly Shortage[] }
  /** Turned away as by a rate limit; nothing was done. */
  | { readonly kind: "throttled" }
  /** An error instead of doing it; default 500 InternalError. */
  | { readonly kind: "error"; readonly status?: number; readonly code?: string; readonly message?: string }
  /** Done, and answered with an error all the same. */
  | { readonly kind: "error-after-success"; readonly status?: number; readonly code?: string }
  /** The connection breaks before AWS hears of it. */
  | { readonly kind: "lost-request" }
  /** Done; the connection breaks before the answer. */
  | { readonly kind: "lost-answer" }
  /** Done; the answer never comes, and the connection breaks after a while. */
  | { readonly kind: "timeout-after-success"; readonly afterMs: number }
  /** Done twice, as by a middlebox that sends again; the second answer counts. */
  | { readonly kind: "duplicated" }
  /** The connection breaks at once, and it is done later. */
  | { readonly kind: "late"; readonly afterMs: number }
  /** Done, and answered later. */
  | { readonly kind: "slow"; readonly afterMs: number };

/** A fault at the nth call (from 1) of an action, since the schedule was given. */
export type Fault = FaultKind & { readonly action: string; readonly nth: number };

export interface FaultSchedule {
  /** Counts a call and returns the fault that befalls it. */
  take(action: string): Fault | undefined;
  /** What befell calls so far, in order. */
  readonly fired: readonly Fault[];
}

/** Starts counting for a schedule. */
export function faultSchedule(faults: readonly Fault[]): FaultSchedule {
  const counts = new Map<string, number>();
  const fired: Fault[] = [];
  return {
    fired,
    take: (action) => {
      const nth = (counts.get(action) ?? 0) + 1;
      counts.set(action, nth);
      const fault = faults.find((one) => one.action === action && one.nth === nth);
      if (fault !== undefined) fired.push(fault);
      return fault;
    },
  };
}

/** A token bucket: so many at once, and so many again each second. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** EC2's own; the limits of other actions are far above what one cluster asks. */
export const ec2RateLimits: Readonly<Record<string, RateLimit>> = {
  CreateFleet: { perSecond: 2, burst: 5 },
  DescribeInstances: { perSecond: 20, burst: 100 },
  TerminateInstances: { perSecond: 5, burst: 100 },
};

/** Makes the buckets, full; the answer says whether a call of an action may pass now. */
export function rateLimits(limits: Readonly<Record<string, RateLimit>>, nowMs: () => number): (action: string) => boolean {
  const buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return (action) => {
    const limit = limits[action];
    if (limit === undefined) return true;
    const now = nowMs();
    const { tokens, atMs } = buckets.get(action) ?? { tokens: limit.burst, atMs: now };
    const filled = Math.min(limit.burst, tokens + ((now - atMs) / 1000) * limit.perSecond);
    const passes = filled >= 1;
    buckets.set(action, { tokens: passes ? filled - 1 : filled, atMs: now });
    return passes;
  };
}

/** The code and status with which each service turns a call away. */
export function throttledBy(service: string): { readonly status: number; readonly code: string; readonly message: string } {
  if (service === "ec2") return { status: 503, code: "RequestLimitExceeded", message: "Request limit exceeded." };
  return { status: 400, code: service === "iam" ? "Throttling" : "ThrottlingException", message: "Rate exceeded" };
}
