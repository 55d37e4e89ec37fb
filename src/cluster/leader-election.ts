/**
 * Leader election over a Lease: of many replicas, at most one leads at any moment.
 *
 *   follow --- lease free, released or expired: write it, resourceVersion as the lock ---> lead, renewing
 *     ^                                                                                     |
 *     +--- not renewed within renewDeadlineMs, or another holder seen: stop leading --------+
 *
 * Reads and writes one Lease. Safe without synchronised clocks, and against steps of the system time: no instant of
 * another process is compared with ours, but for the record. A follower calls a Lease expired only after it has itself watched it stand
 * unchanged for the holder's whole duration; a leader gives up earlier, counting from before its last renewal was sent.
 * Both are sleeps. What must hold: leaseDurationMs exceeds renewDeadlineMs by more than clock rates can differ.
 */
import { setMaxListeners } from "node:events";
import type { ApiClient } from "../api/api-client.ts";
import type { ApiStatus } from "../api/api-status.ts";
import type { Lease } from "../api/lease.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Clock, Instant } from "../api/ports.ts";
import type { Result } from "../api/result.ts";
import { leaseWithRecord } from "../kube/lease-record.ts";

/** A term of leadership, as the leading work sees it. */
export interface Leadership {
  /** Aborts when the term ends, for whatever reason: stop, and write nothing more. */
  readonly signal: AbortSignal;
  /** Asked right before a write that must not happen twice: false also when a stalled process has yet to notice that its term is over. */
  holds(): boolean;
}

/** What happened, for a log line and a gauge. "not-renewed" is one failed attempt; "lost" is the end of the term. */
export interface ElectionNote {
  readonly kind: "leading" | "not-renewed" | "lost" | "released" | "following";
  /** The other holder, or what the API server said. */
  readonly message: string;
}

export interface LeaderElectionOptions {
  readonly client: Pick<ApiClient, "get" | "create" | "replace">;
  readonly clock: Clock;
  readonly lease: ObjectKey;
  /** Unique to this process, not only to its Pod. */
  readonly identity: string;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Stands down, releases the Lease and ends the election. */
  readonly signal: AbortSignal;
  readonly onNote: (note: ElectionNote) => void;
  /** Where the Lease keeps the record of its API server (kube/lease-record.ts); absent: it keeps none. */
  readonly recordAnnotation?: string;
  /** Kubernetes' own defaults: 15 s, 10 s, 2 s. */
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

type Elector = Required<Omit<LeaderElectionOptions, "recordAnnotation">> & Pick<LeaderElectionOptions, "recordAnnotation">;

/**
 * Runs `lead` whenever this process leads, until the signal aborts or `lead` ends by itself.
 *
 * After a lost term it waits for `lead` to settle before it runs for the Lease again, and it renews the Lease while
 * `lead` winds down after the signal. Rejects only with what `lead` rejects with.
 */
export async function runWhenLeading(options: LeaderElectionOptions, lead: (leadership: Leadership) => Promise<void>): Promise<void> {
  const elector: Elector = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
  while (!elector.signal.aborted) {
    const won = await follow(elector);
    if (won === undefined) return;
    const end = await leadTerm(elector, { won, lead });
    if (end === "finished") return;
  }
}

/** A Lease that we hold, and the limit of its term, which began before the write was sent. */
interface Held {
  readonly lease: Lease;
  readonly limit: Limit;
}

/** Waits until the Lease is ours; undefined when the signal aborts first. */
async function follow(elector: Elector): Promise<Held | undefined> {
  const observer = leaseObserver(elector);
  let holder: string | undefined;
  while (!elector.signal.aborted) {
    const found = await elector.client.get<"Lease">("Lease", elector.lease);
    if (found.ok || found.error.code === 404) {
      const lease = found.ok ? found.value : undefined;
      const won = observer.isFree(lease) ? await seize(elector, lease) : undefined;
      if (won !== undefined) {
        observer.stop();
        return won;
      }
      if (lease?.spec?.holderIdentity !== holder) note(elector, "following", lease?.spec?.holderIdentity ?? "");
      holder = lease?.spec?.holderIdentity;
    }
    await elector.clock.sleep(jittered(elector), elector.signal);
  }
  observer.stop();
  return undefined;
}

/** Watches one Lease by repeated reads: it is free when nobody holds it, or when it has not changed for its own duration. */
function leaseObserver({ clock, identity, leaseDurationMs }: Elector): { isFree(lease: Lease | undefined): boolean; stop(): void } {
  let version: string | undefined;
  let limit: Limit | undefined;
  return {
    isFree: (lease) => {
      const holder = lease?.spec?.holderIdentity ?? "";
      if (lease === undefined || holder === "" || holder === identity) return true;
      if (limit === undefined || lease.metadata.resourceVersion !== version) {
        version = lease.metadata.resourceVersion;
        limit?.cancel();
        const seconds = lease.spec?.leaseDurationSeconds;
        limit = startLimit(clock, seconds === undefined ? leaseDurationMs : seconds * 1_000);
      }
      return limit.isOver();
    },
    stop: () => limit?.cancel(),
  };
}

/** Writes ourselves into the Lease; undefined when another write came first or no answer came. */
async function seize(elector: Elector, before: Lease | undefined): Promise<Held | undefined> {
  const limit = startLimit(elector.clock, elector.renewDeadlineMs);
  const now = elector.clock.now();
  const sameHolder = before?.spec?.holderIdentity === elector.identity;
  const transitions = (before?.spec?.leaseTransitions ?? 0) + (before === undefined || sameHolder ? 0 : 1);
  const spec = { ...renewedSpec(elector, now), acquireTime: microTime(now), leaseTransitions: transitions };
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...elector.lease } };
  const next = { ...recorded(elector, before ?? lease), spec };
  const { client } = elector;
  const written = await (before === undefined ? client.create<"Lease">("Lease", next) : client.replace<"Lease">("Lease", next));
  if (written.ok && !limit.isOver()) return { lease: written.value, limit };
  limit.cancel();
  return undefined;
}

async function leadTerm(
  elector: Elector,
  { won, lead }: { readonly won: Held; readonly lead: (leadership: Leadership) => Promise<void> },
): Promise<"finished" | "lost"> {
  const term: Term = { held: won, lost: false, standDown: new AbortController(), over: new AbortController() };
  // Everything that leads listens to it, which is no leak.
  setMaxListeners(0, term.standDown.signal);
  const standDown = (): void => {
    term.standDown.abort();
  };
  elector.signal.addEventListener("abort", standDown, { once: true });
  if (elector.signal.aborted) standDown();
  note(elector, "leading", elector.identity);
  const { signal } = term.standDown;
  const renewing = renewUntilOver(elector, term);
  try {
    await lead({ signal, holds: () => !signal.aborted && !term.held.limit.mayBeOver() });
  } finally {
    elector.signal.removeEventListener("abort", standDown);
    term.over.abort();
    await renewing;
    term.held.limit.cancel();
    if (!term.lost) await release(elector, term.held.lease);
  }
  return term.lost && !elector.signal.aborted ? "lost" : "finished";
}

interface Term {
  held: Held;
  lost: boolean;
  /** Aborted when `lead` must stop: the Lease is lost, or the election's signal aborted. */
  readonly standDown: AbortController;
  /** Aborted when there is nothing left to renew: the Lease is lost, or `lead` has ended. */
  readonly over: AbortController;
}

/** Renews until the work has ended or the Lease is lost, and ends the term at its limit to the moment. */
async function renewUntilOver(elector: Elector, term: Term): Promise<void> {
  const stop = term.over.signal;
  const pauseEnded = async (): Promise<boolean> => {
    await elector.clock.sleep(jittered(elector), stop);
    return !stop.aborted;
  };
  watchLimit(elector, term);
  while (await pauseEnded()) await renewOnce(elector, term);
}

async function renewOnce(elector: Elector, term: Term): Promise<void> {
  const limit = startLimit(elector.clock, elector.renewDeadlineMs);
  const renewed = await unlessAborted(renew(elector, term.held.lease), term.over.signal);
  if (renewed?.ok === true) {
    term.held.limit.cancel();
    term.held = { lease: renewed.value, limit };
    watchLimit(elector, term);
    return;
  }
  limit.cancel();
  if (renewed === undefined) return;
  note(elector, "not-renewed", renewed.error.message ?? renewed.error.reason ?? "");
  if (renewed.error.code === 409 || renewed.error.code === 404) await lookAgain(elector, term);
}

/** After a conflict: either another holds the Lease now, or something else wrote to it and the next renewal needs its version. */
async function lookAgain(elector: Elector, term: Term): Promise<void> {
  const found = await unlessAborted(elector.client.get<"Lease">("Lease", elector.lease), term.over.signal);
  if (found === undefined) return;
  if (found.ok && found.value.spec?.holderIdentity === elector.identity) {
    const { lease } = term.held;
    // Nothing but a restore from a backup takes our own renewals back; of one writer their texts sort as their times do.
    const wentBack = (found.value.spec.renewTime ?? "") < (lease.spec?.renewTime ?? "");
    term.held = { ...term.held, lease: wentBack ? { ...lease, metadata: recorded(elector, found.value, true).metadata } : found.value };
    return;
  }
  if (found.ok || found.error.code === 404) endTerm(elector, term, "another holder, or none, stands in the Lease");
}

function watchLimit(elector: Elector, term: Term): void {
  const { limit } = term.held;
  void limit.over.then(() => {
    if (limit.isOver() && term.held.limit === limit) endTerm(elector, term, "the Lease was not renewed in time");
  });
}

function endTerm(elector: Elector, term: Term, message: string): void {
  if (term.over.signal.aborted) return;
  term.lost = true;
  term.standDown.abort();
  term.over.abort();
  note(elector, "lost", message);
}

/** The kind is spelled out in these calls: inferring it makes the compiler try every kind's whole shape. */
function renew(elector: Elector, lease: Lease): Promise<Result<Lease, ApiStatus>> {
  return elector.client.replace<"Lease">("Lease", { ...lease, spec: { ...lease.spec, ...renewedSpec(elector, elector.clock.now()) } });
}

function recorded({ recordAnnotation, clock }: Elector, lease: Lease, wentBack = false): Lease {
  return recordAnnotation === undefined ? lease : leaseWithRecord(lease, { annotation: recordAnnotation, now: clock.now(), wentBack });
}

/** Gives the Lease up, so that another need not wait for it to expire; a failure only costs that wait. */
async function release(elector: Elector, lease: Lease): Promise<void> {
  const released = await elector.client.replace<"Lease">("Lease", {
    ...lease,
    spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 },
  });
  if (released.ok) note(elector, "released", elector.identity);
}

function renewedSpec(elector: Elector, now: Instant): NonNullable<Lease["spec"]> {
  return { holderIdentity: elector.identity, leaseDurationSeconds: Math.ceil(elector.leaseDurationMs / 1_000), renewTime: microTime(now) };
}

/** A length of time from now on, that sleeping measures. */
interface Limit {
  readonly over: Promise<void>;
  isOver(): boolean;
  /** Also true when the system time says so, as after a stall in which no timer could fire; wrong only on the safe side. */
  mayBeOver(): boolean;
  cancel(): void;
}

function startLimit(clock: Clock, durationMs: number): Limit {
  const cancelled = new AbortController();
  const startedAt = clock.now();
  let over = false;
  return {
    over: clock.sleep(durationMs, cancelled.signal).then(() => {
      if (!cancelled.signal.aborted) over = true;
    }),
    isOver: () => over,
    mayBeOver: () => over || clock.now() - startedAt >= durationMs,
    cancel: () => {
      cancelled.abort();
    },
  };
}

function jittered({ retryPeriodMs, random }: Elector): number {
  return retryPeriodMs * (0.8 + random() * 0.4);
}

/** Returns the promise's value, or undefined as soon as the signal aborts: an answer after that no longer counts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      resolve(undefined);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", giveUp);
    });
  });
}

/** metav1.MicroTime: six digits of a second. */
function microTime(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 23)}000Z`;
}

function note({ onNote }: Elector, kind: ElectionNote["kind"], message: string): void {
  onNote({ kind, message });
}
