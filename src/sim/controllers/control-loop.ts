/**
 * The control loop of the embedded world's own controllers: keys in, one reconcile at a time.
 *
 * Reads the store's changes. Calls `reconcile` for every key that a change names, until it has nothing more to do for it. The
 * store is memory and never stale, so a reconcile reads it directly; writes go through the API like anybody's, so that
 * webhooks see the Pods that a ReplicaSet makes.
 *
 * One key at a time and in the order of their coming, so a world with a virtual clock takes the same course every time.
 */
import type { ApiServer } from "../api-server.ts";
import type { StoreEvent } from "../store.ts";

/** When to come back to a key: after a delay, after a failed write (with backoff), or not before the next change. */
export type Again = { readonly kind: "done" } | { readonly kind: "after"; readonly delayMs: number } | { readonly kind: "failed" };

export const done: Again = { kind: "done" };
export const failed: Again = { kind: "failed" };

/** One controller of the world. */
export interface WorldController {
  readonly name: string;
  /** Resources by storage name ("pods", "deployments.apps"), and the keys that a change of one concerns. */
  readonly watches: Readonly<Record<string, (event: StoreEvent) => readonly string[]>>;
  reconcile(key: string): Promise<Again>;
}

const retryFirstMs = 50;
const retryMaxMs = 5_000;

/** Runs a controller until the signal aborts. */
export async function runWorldController(server: ApiServer, controller: WorldController, signal: AbortSignal): Promise<void> {
  const waiting = new Set<string>();
  const failures = new Map<string, number>();
  const bell = createBell();
  const add = (key: string): void => {
    waiting.add(key);
    bell.ring();
  };
  const later = (key: string, delayMs: number): void => {
    void server.clock.sleep(delayMs, signal).then(() => {
      if (!signal.aborted) add(key);
    });
  };
  const stops = Object.entries(controller.watches).map(([resource, keysOf]) => {
    const stop = server.store.subscribe(resource, (event) => {
      keysOf(event).forEach(add);
    });
    for (const object of server.store.list(resource)) {
      keysOf({ revision: server.store.revision(), type: "ADDED", resource, object }).forEach(add);
    }
    return stop;
  });
  signal.addEventListener("abort", bell.ring, { once: true });

  while (!signal.aborted) {
    const [key] = waiting;
    if (key === undefined) {
      await bell.wait();
      continue;
    }
    waiting.delete(key);
    const again = await controller.reconcile(key);
    if (again.kind === "failed") {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      later(key, Math.min(retryMaxMs, retryFirstMs * 2 ** count));
      continue;
    }
    failures.delete(key);
    if (again.kind === "after") later(key, again.delayMs);
  }
  for (const stop of stops) stop();
}

interface Bell {
  readonly ring: () => void;
  wait(): Promise<void>;
}

/** A wait that a ring before it ends at once, so that no change is slept through. */
function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async () => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      rung = false;
      wake = undefined;
    },
  };
}
