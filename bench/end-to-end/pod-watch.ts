/**
 * When Pods are made and when they run, as a watch tells it.
 *
 * Reads Pods of one namespace from the API server, by a watch of its own so that nobody's client is in between. Returns instants in
 * milliseconds; bounded by the number of Pods that are expected. A watch that the API server ends is opened again, and brings what is there.
 */
import { readFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import type { ControlPlane } from "../../test/support/control-plane.ts";

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
  const sight = podSight();
  const url = new URL(`/api/v1/namespaces/${namespace}/pods?watch=1&timeoutSeconds=${watchSeconds}`, plane.server);
  const options = { ca: readFileSync(plane.caFile), headers: { authorization: `Bearer ${plane.token}` }, agent: false as const };
  const state: { close: () => void; isClosed: boolean } = { close: () => undefined, isClosed: false };
  const open = async (): Promise<void> => {
    const onLine = (line: string): void => {
      sight.see(JSON.parse(line) as PodEvent, Date.now());
    };
    const onEnd = (): void => {
      if (!state.isClosed) void open();
    };
    state.close = await stream({ url, options }, { onLine, onEnd });
  };
  await open();
  return {
    ...sight,
    close: () => {
      state.isClosed = true;
      state.close();
    },
  };
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

/** Reads lines until the answer ends, however it does; resolves with the way to end it. */
function stream(
  { url, options }: { readonly url: URL; readonly options: RequestOptions },
  { onLine, onEnd }: { readonly onLine: (line: string) => void; readonly onEnd: () => void },
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`the watch of Pods was answered ${String(response.statusCode)}`));
        return;
      }
      let rest = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(onLine);
      });
      // An answer that breaks off ends, too: whoever ended it knows why, and another watch is opened otherwise.
      response.on("error", () => undefined);
      response.once("close", onEnd);
      resolve(() => call.destroy());
    });
    call.once("error", reject);
    call.end();
  });
}
