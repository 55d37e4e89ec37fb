/**
 * ApiClient: typed reads and writes of the Kubernetes API, by kind name.
 *
 * Shapes only; cluster/api-client.ts makes one over any ApiTransport. Every failure is a value (ApiStatus; code 0 means
 * that no answer came), so a controller's `act` turns it into a Requeue and never needs a catch.
 */
import type { ApiStatus } from "./api-status.ts";
import type { KindName, KindObjects } from "./kinds.ts";
import type { ObjectKey, ObjectMeta } from "./object.ts";
import type { ApiAnswer, ApiRequest } from "./ports.ts";
import type { Result } from "./result.ts";

/** A value with every field optional at every depth; lists stay whole, as in a server-side apply of an atomic list. */
export type PartialDeep<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [P in keyof T]?: PartialDeep<T[P]> | undefined }
    : T;

/** The fields that one field manager wants on an object; apiVersion and kind are filled in from the kind. */
export type Applied<K extends KindName> = {
  readonly [P in Exclude<keyof KindObjects[K], "metadata" | "apiVersion" | "kind">]?: PartialDeep<KindObjects[K][P]> | undefined;
} & { readonly metadata: ObjectMeta & { readonly name: string } };

/** A patch body and its type: RFC 6902 operations, or RFC 7386 merge. */
export type PatchBody =
  { readonly kind: "json"; readonly operations: readonly unknown[] } | { readonly kind: "merge"; readonly patch: object };

/**
 * What became of an eviction: done; blocked by a budget (429, ask again); refused for good (such as two budgets, 500);
 * already gone (the Pod, or the uid under that name); or unanswered, when nobody knows whether it happened.
 */
export type EvictionOutcome =
  | { readonly kind: "evicted" }
  | { readonly kind: "blocked"; readonly retryAfterMs: number; readonly status: ApiStatus }
  | { readonly kind: "refused"; readonly status: ApiStatus }
  | { readonly kind: "unanswered"; readonly status: ApiStatus }
  | { readonly kind: "gone" };

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

export interface DeleteOptions {
  /** Delete only this very object; when another has taken its name the answer is "gone". */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

export interface ApiClient {
  get<K extends KindName>(kind: K, key: ObjectKey): Promise<Result<KindObjects[K], ApiStatus>>;
  /** Lists all pages, straight from the API server; controllers read the snapshot instead. */
  list<K extends KindName>(kind: K, options?: ListOptions): Promise<Result<readonly KindObjects[K][], ApiStatus>>;
  create<K extends KindName>(kind: K, object: KindObjects[K], options?: WriteOptions): Promise<Result<KindObjects[K], ApiStatus>>;
  /** Replaces the whole object; its resourceVersion is the optimistic lock (409 when another write came first). */
  replace<K extends KindName>(kind: K, object: KindObjects[K], options?: WriteOptions): Promise<Result<KindObjects[K], ApiStatus>>;
  /** Server-side apply, with force: what the field manager applies, it owns. */
  apply<K extends KindName>(
    kind: K,
    object: Applied<K>,
    options: WriteOptions & { readonly fieldManager: string },
  ): Promise<Result<KindObjects[K], ApiStatus>>;
  /** The same on the status subresource. */
  applyStatus<K extends KindName>(
    kind: K,
    object: Applied<K>,
    options: WriteOptions & { readonly fieldManager: string },
  ): Promise<Result<KindObjects[K], ApiStatus>>;
  patch<K extends KindName>(
    kind: K,
    key: ObjectKey,
    options: WriteOptions & { readonly body: PatchBody; readonly subresource?: string },
  ): Promise<Result<KindObjects[K], ApiStatus>>;
  /** "deleted" also when finalizers or a grace period still hold the object; "gone" when it did not exist (404). */
  delete(kind: KindName, key: ObjectKey, options?: DeleteOptions): Promise<Result<"deleted" | "gone", ApiStatus>>;
  /** Evicts one Pod through its eviction subresource, only while its uid is still this one. */
  evict(
    pod: ObjectKey & { readonly uid: string; readonly gracePeriodSeconds?: number; readonly dryRun?: boolean },
  ): Promise<EvictionOutcome>;
  /** For paths outside the table of kinds: Secrets, webhook configurations, version. */
  request(request: ApiRequest): Promise<ApiAnswer>;
}
