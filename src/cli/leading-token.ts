/**
 * The leading token: how long another thread may write as the leader, in memory that both threads see at once.
 *
 * The thread that holds the Lease extends it every second and takes it back in one write, which works also while the other thread
 * is in the middle of a long plan and reads no messages. It runs out by itself where the first thread stalls, before the Lease could
 * be another's: a Lease stands five seconds longer than its holder trusts it. Time is the process's monotonic clock.
 */
import { clearInterval, setInterval } from "node:timers";

const extendEveryMs = 1_000;
/** Under the 5 s between the leader's own deadline and the end of its Lease. */
const goodForMs = 4_000;
const nanosPerMs = 1_000_000n;

/** The memory of a token, to be handed to the other thread. */
export function newToken(): SharedArrayBuffer {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
}

/** Says whether the holder of the token may write now. */
export function mayWrite(token: SharedArrayBuffer): boolean {
  return nowMs() < Atomics.load(new BigInt64Array(token), 0);
}

/** Gives the token for so long, whatever it was good for before; 0 takes it back. */
export function grant(token: SharedArrayBuffer, forMs: number): void {
  Atomics.store(new BigInt64Array(token), 0, forMs <= 0 ? 0n : nowMs() + BigInt(forMs));
}

/** Extends the token while `holds` says so; returns how to end that. */
export function keepGranting(token: SharedArrayBuffer, holds: () => boolean): () => void {
  const extend = (): void => {
    grant(token, holds() ? goodForMs : 0);
  };
  extend();
  const timer = setInterval(extend, extendEveryMs);
  return () => {
    clearInterval(timer);
  };
}

function nowMs(): bigint {
  return process.hrtime.bigint() / nanosPerMs;
}
