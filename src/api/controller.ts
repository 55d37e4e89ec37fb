/**
 * Controller: the one shape of every loop that keeps the cluster as it should be, observe -> decide -> act.
 *
 * Shapes only. Features write controllers against this file; cluster/runner.ts runs them (queue by key, backoff, metrics,
 * Events, decision log). Logic lives in `decide` alone, so `plimsoll why`, the dashboard and the simulator can call it too.
 */
import type { EventNote } from "./event-note.ts";
import type { KindName, KindObjects } from "./kinds.ts";
import type { ObjectKey } from "./object.ts";
import type { Instant } from "./ports.ts";

/** Why something was not chosen: a named constant in CamelCase, and one sentence for people. */
export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** What was chosen, if anything, and everything that was rejected on the way. */
export interface Decision<T> {
  readonly chosen?: T;
  readonly rejected: readonly { readonly subject: string; readonly reason: Reason }[];
}

/** What the runner needs of every step, whatever its kind: what to say on objects, and what to record. */
export interface ControllerStep {
  readonly kind: string;
  /** Said on the objects once `act` has succeeded. */
  readonly events?: readonly EventNote[];
  /** Recorded once, before `act`; leave it out of steps that decide nothing (wait, done). `chosen` is plain data. */
  readonly decision?: Decision<unknown>;
}

/**
 * When to look at the key again. "done": at the next change of something it watches. "after": not later than the delay.
 * "retry": the act failed in an expected way (a conflict, a refusal); the runner backs off, a fresh observe comes first.
 */
export type Requeue =
  | { readonly kind: "done"; readonly events?: readonly EventNote[] }
  | { readonly kind: "after"; readonly delayMs: number; readonly events?: readonly EventNote[] }
  | { readonly kind: "retry"; readonly reason: string; readonly events?: readonly EventNote[] };

/** A change of an object in the informers' store. */
export type Change<T> =
  | { readonly kind: "added"; readonly object: T }
  | { readonly kind: "updated"; readonly object: T; readonly before: T }
  | { readonly kind: "deleted"; readonly object: T };

/** Names the keys of a controller that a change of one kind concerns; it must not throw, and needs no de-duplication. */
export interface Trigger<K extends KindName = KindName> {
  readonly watches: K;
  keysOf(change: Change<KindObjects[K]>): readonly ObjectKey[];
}

/** A trigger of any kind, as a list of them holds it; the union keeps each kind beside its own shape. */
export type AnyTrigger = { readonly [K in KindName]: Trigger<K> }[KindName];

export interface Controller<Observed, Step extends ControllerStep> {
  /** Kebab-case; names the metrics, the decision log and the reporting controller of Events. */
  readonly name: string;
  /** Reads once, from the snapshot; undefined when there is nothing to decide for the key (any more). */
  observe(key: ObjectKey): Promise<Observed | undefined>;
  /** Pure: the only place with logic. */
  decide(observed: Observed, now: Instant): Step;
  /** One idempotent write. */
  act(step: Step): Promise<Requeue>;
}
