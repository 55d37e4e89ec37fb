/**
 * ApiServer: what every part of the embedded API server works on, and one call to it.
 *
 * Shapes only, made by world.ts: the store, time, randomness, the registry and the ways to webhooks. A request comes from a door decoded; an
 * answer goes back as a value.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { Clock, WatchLine } from "../api/ports.ts";
import type { Result } from "../api/result.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Random } from "./random.ts";
import type { Registry } from "./registry.ts";
import type { ServedResource } from "./served-resource.ts";
import type { Store } from "./store.ts";
import type { WebhookCaller } from "./webhook-call.ts";

/** Who asks. */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
}

export interface ApiServer {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly registry: Registry;
  readonly callWebhook: WebhookCaller;
}

/** One decoded request. */
export interface RestRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
  readonly contentType: string;
  readonly accept: string;
  readonly user: UserInfo;
  readonly userAgent: string;
  /** Ends a watch. */
  readonly signal?: AbortSignal;
}

/** One answer: an object, a failure, or a watch's lines. Warnings go with the first two. */
export type RestAnswer =
  | { readonly kind: "object"; readonly status: number; readonly body: JsonObject; readonly warnings: readonly string[] }
  | { readonly kind: "failure"; readonly failure: ApiStatus; readonly warnings: readonly string[] }
  | { readonly kind: "watch"; readonly lines: AsyncIterable<WatchLine> };

/** One call to one resource, as the verbs see it. */
export interface Call {
  readonly server: ApiServer;
  readonly request: RestRequest;
  readonly served: ServedResource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly dryRun: boolean;
  /** True for a deletion behind an eviction: the eviction was admitted, the deletion is not asked again. */
  readonly admitted?: boolean;
  /** What kubectl prints as Warning lines; verbs and admission append. */
  readonly warnings: string[];
}

/** What a verb answers, below the door. */
export type Outcome<T = { readonly status: number; readonly body: JsonObject }> = Result<T, ApiStatus>;
