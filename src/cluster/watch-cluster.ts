/**
 * The watch of a cluster: one reflector and one informer for each kind, all writing one snapshot store.
 *
 * Reads ApiTransport and Clock. Returns the live snapshot and the changes. What the webhook answers from, what the
 * provisioner solves over and what wakes the controllers is this one copy. A resource opened and closed.
 */
import { setMaxListeners } from "node:events";
import type { Change } from "../api/controller.ts";
import { kindTable } from "../api/kinds.ts";
import type { KindName, KindObjects } from "../api/kinds.ts";
import type { ApiTransport, Clock, Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { informer } from "./informer.ts";
import type { Informer } from "./informer.ts";
import { runReflector } from "./reflector.ts";
import type { ReflectorTrouble } from "./reflector.ts";
import { snapshotStore } from "./snapshot-store.ts";

export interface WatchClusterOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** The API group of our own kinds. */
  readonly domain: string;
  readonly kinds: readonly KindName[];
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly onTrouble: (trouble: ReflectorTrouble) => void;
  readonly onHandlerError: (error: unknown, kind: KindName) => void;
}

/** A live copy of the watched kinds. */
export interface ClusterWatch {
  /** Everything known now, in O(1). */
  snapshot(): ClusterSnapshot;
  /**
   * Calls the handler for every object known now (as "added") and at each change, after the store has it; returns how to
   * end that. The kind must be one of the watched ones. What the handler throws is caught, counted and reported.
   */
  onChange<K extends KindName>(kind: K, handler: (change: Change<KindObjects[K]>) => void): () => void;
  /** True once each of the kinds (all watched ones by default) has been listed whole. */
  hasSynced(kinds?: readonly KindName[]): boolean;
  /** Resolves when they all have; a kind whose CRD is missing never has, so name the kinds that you need. */
  synced(kinds?: readonly KindName[]): Promise<void>;
  /** When the copy of a kind was last known to be of now; undefined before its first list, and of a kind that is not watched. */
  seenAt(kind: KindName): Instant | undefined;
  /** Stops every watch and resolves when the last one has ended; the snapshot stays readable. */
  close(): Promise<void>;
}

/** Starts watching; the reflectors run until `close`. */
export function watchCluster(options: WatchClusterOptions): ClusterWatch {
  const table = kindTable(options.domain);
  const store = snapshotStore();
  const stop = new AbortController();
  // One listener a kind is no leak.
  setMaxListeners(0, stop.signal);
  const informers: Informers = {};
  const kinds = [...new Set(options.kinds)];
  for (const kind of kinds) addInformer(informers, kind, { store, onHandlerError: options.onHandlerError });

  const informerOf = <K extends KindName>(kind: K): Informer<K> => {
    const known = informers[kind];
    if (known === undefined) throw new Error(`invariant broken: kind ${kind} is not watched`);
    return known;
  };
  const { transport, clock, random, onTrouble } = options;
  const seenAt = new Map<KindName, Instant>();
  const running = kinds.map((kind) => {
    const onAlive = (): void => {
      seenAt.set(kind, clock.now());
    };
    const { sink } = informerOf(kind);
    return runReflector({ transport, clock, random, onTrouble, onAlive, info: table[kind], sink, signal: stop.signal });
  });

  return {
    snapshot: () => store.snapshot(),
    onChange: (kind, handler) => informerOf(kind).onChange(handler),
    hasSynced: (wanted = kinds) => wanted.every((kind) => informerOf(kind).hasSynced()),
    synced: async (wanted = kinds) => {
      await Promise.all(wanted.map((kind) => informerOf(kind).synced));
    },
    seenAt: (kind) => seenAt.get(kind),
    close: async () => {
      stop.abort();
      await Promise.all(running);
    },
  };
}

type Informers = { [K in KindName]?: Informer<K> };

function addInformer<K extends KindName>(
  informers: { [P in K]?: Informer<P> },
  kind: K,
  options: Omit<Parameters<typeof informer>[0], "kind">,
): void {
  informers[kind] = informer({ kind, ...options });
}
