/**
 * The watch of budgets: how many Pods of each application are healthy, at every moment that the API server tells of.
 *
 * Reads the watch of Pods. Notes each moment at which fewer are healthy than were to stay. What counts is what Pods are, not who was asked
 * before they went: an eviction that was let through, a deletion past it, a node that was pulled from under them.
 */
import { kindTable } from "../../src/api/kinds.ts";
import { defaultDomain } from "../../src/api/labels.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { ApiTransport, WatchLine } from "../../src/api/ports.ts";
import { kindPath } from "../../src/cluster/api-client.ts";
import { isReady, isTerminating } from "../../src/kube/pod-state.ts";

export interface BudgetWatch {
  /** From now on so many Pods of each application, by its label, are to stay healthy; an empty map lets all of them go. */
  hold(floors: ReadonlyMap<string, number>): void;
  close(): Promise<void>;
}

interface Floor {
  readonly pods: number;
  /** The watch runs behind: a floor counts from when it was first seen reached. */
  isReached: boolean;
}

const path = kindPath(kindTable(defaultDomain).Pod, {});
const againMs = 200;

/** Starts to watch. */
export function watchBudgets({
  transport,
  note,
}: {
  readonly transport: ApiTransport;
  readonly note: (problem: string) => void;
}): BudgetWatch {
  const stop = new AbortController();
  const pods = new Map<string, Pod>();
  const floors = new Map<string, Floor>();
  const look = (): void => {
    for (const [app, floor] of floors) {
      const healthy = [...pods.values()].filter(
        (pod) => pod.metadata.labels?.["app"] === app && isReady(pod) && !isTerminating(pod),
      ).length;
      if (healthy >= floor.pods) floor.isReached = true;
      else if (floor.isReached) note(`application ${app} has ${healthy} healthy Pods, and its budget wants ${floor.pods}`);
    }
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for await (const line of podLines(transport, stop.signal)) {
        take(pods, line);
        look();
      }
      await new Promise((wait) => setTimeout(wait, againMs));
    }
  })();
  return {
    hold: (wanted) => {
      floors.clear();
      for (const [app, count] of wanted) floors.set(app, { pods: count, isReached: false });
      look();
    },
    close: async () => {
      stop.abort();
      await watching;
    },
  };
}

/** A list, as one line, and what comes after it until the watch ends. */
async function* podLines(
  transport: ApiTransport,
  signal: AbortSignal,
): AsyncGenerator<WatchLine | { readonly type: "LIST"; pods: readonly Pod[] }> {
  const answer = await transport.request({ method: "GET", path });
  if (!answer.ok) return;
  const { items, metadata } = answer.body as { readonly items: readonly Pod[]; readonly metadata: { readonly resourceVersion: string } };
  yield { type: "LIST", pods: items };
  yield* transport.watch({ path, query: { watch: "true", resourceVersion: metadata.resourceVersion }, signal });
}

function take(pods: Map<string, Pod>, line: WatchLine | { readonly type: "LIST"; pods: readonly Pod[] }): void {
  if (line.type === "LIST") {
    pods.clear();
    for (const pod of line.pods) pods.set(pod.metadata.uid ?? "", pod);
    return;
  }
  if (line.type === "ERROR" || line.type === "BOOKMARK") return;
  const pod = line.object as Pod;
  if (line.type === "DELETED") pods.delete(pod.metadata.uid ?? "");
  else pods.set(pod.metadata.uid ?? "", pod);
}
