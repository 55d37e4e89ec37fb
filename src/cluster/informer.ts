/**
 * Informer: the sink of one kind's reflector, between it and the store and the handlers.
 *
 * Reads what the reflector brings. Writes the store first, then tells every handler what changed, in order. A handler
 * that throws is our bug, yet must not stop the copy of the cluster: it is caught, counted and reported, and the others
 * still hear of the change.
 */
import type { Change } from "../api/controller.ts";
import type { KindName, KindObjects } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import type { ReflectorSink } from "./reflector.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

export type ChangeHandler<K extends KindName> = (change: Change<KindObjects[K]>) => void;

export interface Informer<K extends KindName> {
  readonly sink: ReflectorSink;
  /** True from the first complete list on. */
  hasSynced(): boolean;
  /** Resolves at the first complete list, after its handlers ran; never rejects. */
  readonly synced: Promise<void>;
  /** Calls the handler for what the store holds now (as "added"), then at each change; returns how to end that. */
  onChange(handler: ChangeHandler<K>): () => void;
  /** How often a handler threw. */
  handlerFailures(): number;
}

/** Makes the informer of one kind over a store that several kinds may share. */
export function informer<K extends KindName>({
  kind,
  store,
  onHandlerError,
}: {
  readonly kind: K;
  readonly store: SnapshotStore;
  readonly onHandlerError: (error: unknown, kind: KindName) => void;
}): Informer<K> {
  const sync = latch();
  const handlers = handlerSet<K>((error) => {
    onHandlerError(error, kind);
  });
  return {
    sink: {
      replace: (objects) => {
        const ofKind = objects.filter((object) => isOfKind(kind, object));
        for (const change of store.replace(kind, ofKind)) handlers.tell(change);
        sync.open();
      },
      put: (object) => {
        if (isOfKind(kind, object)) handlers.tell(store.put(kind, object));
      },
      remove: (object) => {
        if (isOfKind(kind, object)) handlers.tell(store.remove(kind, object));
      },
    },
    hasSynced: () => sync.isOpen(),
    synced: sync.opened,
    onChange: (handler) => {
      const stop = handlers.add(handler);
      for (const object of store.snapshot().list(kind)) handlers.call(handler, { kind: "added", object });
      return stop;
    },
    handlerFailures: () => handlers.failures(),
  };
}

interface HandlerSet<K extends KindName> {
  add(handler: ChangeHandler<K>): () => void;
  call(handler: ChangeHandler<K>, change: Change<KindObjects[K]>): void;
  /** Calls every handler; undefined is no change. */
  tell(change: Change<KindObjects[K]> | undefined): void;
  failures(): number;
}

function handlerSet<K extends KindName>(onError: (error: unknown) => void): HandlerSet<K> {
  const handlers = new Set<ChangeHandler<K>>();
  let failures = 0;
  const call = (handler: ChangeHandler<K>, change: Change<KindObjects[K]>): void => {
    try {
      handler(change);
    } catch (error) {
      failures++;
      onError(error);
    }
  };
  return {
    add: (handler) => {
      handlers.add(handler);
      return () => {
        handlers.delete(handler);
      };
    },
    call,
    tell: (change) => {
      if (change !== undefined) for (const handler of handlers) call(handler, change);
    },
    failures: () => failures,
  };
}

/** The reflector lists one collection, so an object of another kind cannot come; this narrows what the compiler can't know. */
function isOfKind<K extends KindName>(kind: K, object: KubeObject): object is KindObjects[K] {
  return object.kind === kind;
}

function latch(): { readonly opened: Promise<void>; open(): void; isOpen(): boolean } {
  let isOpen = false;
  let resolveOpened = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return {
    opened,
    open: () => {
      isOpen = true;
      resolveOpened();
    },
    isOpen: () => isOpen,
  };
}
