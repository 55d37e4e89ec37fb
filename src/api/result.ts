/**
 * Result: an expected failure as a value.
 *
 * Reads nothing. Returns the two constructors that every parser and decider uses. A thrown error is kept for broken
 * invariants (assert.ts); what a user, a file or a peer can get wrong is a Result, so that no caller can forget it.
 */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a reason as a failure. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
