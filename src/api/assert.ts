/**
 * Assertions: a broken invariant of ours is a bug and throws; the runner and the webhook server each catch once.
 *
 * What a user or a peer can cause is never asserted; it is a Result.
 */

/** Throws when an invariant does not hold; the message says what must be true. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

/** Ends a switch over a discriminated union; the compiler refuses the call while a kind is not handled. */
export function assertNever(value: never): never {
  throw new Error(`invariant broken: unhandled kind ${JSON.stringify(value)}`);
}
