/**
 * The watch of a process, whose troubles go to its log.
 */
import type { KindName } from "../api/kinds.ts";
import { type ClusterWatch, watchCluster, type WatchClusterOptions } from "../cluster/watch-cluster.ts";
import type { Log } from "./log.ts";

export type ProcessWatchOptions = Pick<WatchClusterOptions, "transport" | "clock" | "random" | "domain"> & { readonly log: Log };

/** Starts to watch the kinds; the watch is closed by whoever opened it. */
export function openProcessWatch({ log, transport, clock, random, domain }: ProcessWatchOptions, kinds: readonly KindName[]): ClusterWatch {
  return watchCluster({
    ...{ transport, clock, random, domain, kinds },
    onTrouble: (trouble) => {
      // An API server brings no bookmarks of kinds that nobody touches: their watches are quiet, and opened again as they stood.
      if (trouble.kind === "watch-quiet") log.debug({ trouble }, "a quiet watch is opened again");
      else log.warn({ trouble }, "a watch is in trouble and goes on trying");
    },
    onHandlerError: (error, kind) => {
      log.error({ err: error, kind }, "a change handler failed");
    },
  });
}
