/**
 * Large bodies: the line in which the largest reviews of the API server stand before they are read.
 *
 * Reads how long a known caller says that its review is. Says when it may be read: so many bytes at a time, in the order in which they came.
 * Nothing is read meanwhile of who waits, so its bytes stay with the API server, and a burst of the largest objects is judged one after the
 * other, with small reviews between them. Whose turn would not come in time, by what the last ones took, is told so at once. Who is not known
 * is not asked for what it announces (transit.ts).
 */
import type { IncomingMessage } from "node:http";

/** A body of so many bytes stands in line. */
export const largeBodyBytesMin = 1024 * 1024;

export interface LargeLimits {
  /** Of those that are read, or are whole and wait for their turn, together; a larger one comes alone. Within what transit and gate hold. */
  readonly largeBytesMax: number;
  /** Of each that waits, its head and what sockets buffer is here. */
  readonly largeWaitingMax: number;
}

export const largeLimits: LargeLimits = { largeBytesMax: 24 * 1024 * 1024, largeWaitingMax: 64 };

/** A large body, and how long it may wait. */
export interface LargeBody {
  readonly bytes: number;
  readonly withinMs: number;
}

export interface LargeLine {
  /** Calls `go` when the turn has come, at once where there is room. Returns how to leave, before or after; undefined where it would wait too long. */
  stand(body: LargeBody, go: () => void): (() => void) | undefined;
}

interface Place {
  readonly bytes: number;
  readonly go: () => void;
  beganMs: number;
}

/** What one of the largest takes where none has come yet: reading, parsing and judging on a core of 2024. */
const firstMsPerByte = 150 / (16 * 1024 * 1024);
/** How much the last one counts in what the next ones are expected to take. */
const lastShare = 0.5;

/** Opens the line; `now` in milliseconds. */
export function largeLine({ largeBytesMax, largeWaitingMax }: LargeLimits, now: () => number = () => performance.now()): LargeLine {
  const waiting: Place[] = [];
  const inside = new Set<Place>();
  const state = { insideBytes: 0, waitingBytes: 0, msPerByte: firstMsPerByte };
  const letIn = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (inside.size > 0 && state.insideBytes + next.bytes > largeBytesMax) return;
      waiting.shift();
      state.waitingBytes -= next.bytes;
      inside.add(next);
      state.insideBytes += next.bytes;
      next.beganMs = now();
      next.go();
    }
  };
  const leave = (place: Place): void => {
    const at = waiting.indexOf(place);
    if (inside.delete(place)) {
      state.insideBytes -= place.bytes;
      state.msPerByte += lastShare * ((now() - place.beganMs) / place.bytes - state.msPerByte);
    } else if (at >= 0) {
      waiting.splice(at, 1);
      state.waitingBytes -= place.bytes;
    }
    letIn();
  };
  return {
    stand: ({ bytes, withinMs }, go) => {
      const aheadMs = (state.insideBytes + state.waitingBytes) * state.msPerByte;
      if (aheadMs > withinMs || waiting.length >= largeWaitingMax) return undefined;
      const place = { bytes, go, beganMs: 0 };
      waiting.push(place);
      state.waitingBytes += bytes;
      letIn();
      return () => {
        leave(place);
      };
    },
  };
}

/** One large review's place, from its head until it is judged or refused. */
export interface LargePlace {
  /** Stands in line; `stop` is called where the turn, or the rest of the body, does not come in time. */
  readonly turn: (go: () => void, stop: () => void) => void;
  readonly leave: () => void;
}

/**
 * Returns the place of a review of so many bytes, whose caller waits for so long: half of it is for what the API server itself does. Undefined
 * where the review is not large.
 */
export function largePlace(
  line: LargeLine,
  { bytes, timeoutMs }: { readonly bytes: number; readonly timeoutMs: number },
): LargePlace | undefined {
  if (bytes < largeBodyBytesMin) return undefined;
  const held: { leave?: (() => void) | undefined; timer?: NodeJS.Timeout } = {};
  const withinMs = timeoutMs / 2;
  return {
    leave: () => {
      clearTimeout(held.timer);
      held.leave?.();
      held.leave = undefined;
    },
    turn: (go, stop) => {
      held.leave = line.stand({ bytes, withinMs }, go);
      if (held.leave === undefined) stop();
      else held.timer = setTimeout(stop, withinMs);
    },
  };
}

/** Returns how long a review says that it is; one that does not say so is not let in. */
export function lengthOf({ headers }: IncomingMessage): number {
  return Number(headers["content-length"] ?? 0);
}

/** Reviews that are answered before all of them was read, at once: each holds what its socket buffers. */
export const unreadMax = 64;

/**
 * Leaves the rest of an answered review with the API server, which closes the connection when it has read the answer: to read and throw it
 * away would cost as much as to take it in.
 */
export function leaveUnread(request: IncomingMessage, of: { readonly forMs: number; readonly waiting: { unread: number } }): void {
  const { forMs, waiting } = of;
  waiting.unread += 1;
  setTimeout(() => {
    waiting.unread -= 1;
    request.destroy();
  }, forMs).unref();
}
