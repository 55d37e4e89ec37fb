/**
 * When Pods are made and when they run, as a watch tells it.
 *
 * Reads Pods of one namespace from the API server, by a watch of its own so that nobody's client is in between. Returns instants in
 * milliseconds; bounded by the number of Pods that are expected.
 */
import type { ControlPlane } from "../../test/support/control-plane.ts";
import { watchStream } from "../../test/support/watch-stream.ts";

export interface PodWatch {
  /** Instants at which each Pod was first seen, in that order. */
  readonly made: readonly number[];
  /** Instants at which each Pod was first seen running, in that order. */
  readonly running: readonly number[];
  readonly close: () => void;
}

interface PodEvent {
  readonly type: string;
  readonly object: { readonly metadata: { readonly uid?: string }; readonly status?: { readonly phase?: string } };
}

const watchSeconds = 3_600;

/** Opens the watch of a namespace without Pods; resolves once the API server has answered. */
export async function watchPods(plane: Pick<ControlPlane, "server" | "caFile" | "token">, namespace: string): Promise<PodWatch> {
  const { see, ...sight } = podSight();
  const close = await watchStream(plane, `/api/v1/namespaces/${namespace}/pods?watch=1&timeoutSeconds=${watchSeconds}`, (event) => {
    see(event as PodEvent, Date.now());
  });
  return { ...sight, close };
}

/** What was seen so far: each Pod counts once, at the first event that tells of it. */
export function podSight(): Pick<PodWatch, "made" | "running"> & { readonly see: (event: PodEvent, now: number) => void } {
  const [made, running] = [new Map<string, number>(), new Map<string, number>()];
  const [madeAt, runningAt]: [number[], number[]] = [[], []];
  return {
    made: madeAt,
    running: runningAt,
    see: ({ object }, now) => {
      const { uid } = object.metadata;
      if (uid === undefined) return;
      if (!made.has(uid)) {
        made.set(uid, now);
        madeAt.push(now);
      }
      if (object.status?.phase === "Running" && !running.has(uid)) {
        running.set(uid, now);
        runningAt.push(now);
      }
    },
  };
}
