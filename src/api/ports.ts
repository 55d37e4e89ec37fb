/**
 * Ports: the only ways in which our code meets the world.
 *
 * cluster/ is one code over ApiTransport and Clock; provisioner/ is one code over CloudProvider. main.ts fills them:
 * node:https for a real API server, direct calls for the embedded one; kwok or EC2 for capacity.
 */
import type { ApiStatus } from "./api-status.ts";
import type { InstanceType } from "./instance-type.ts";
import type { NodeClaim } from "./node-claim.ts";
import type { Resources } from "./object.ts";
import type { Result } from "./result.ts";

/** Milliseconds since the Unix epoch. */
export type Instant = number;

/** Time as an argument: the wall clock in production, a virtual one in the simulator. */
export interface Clock {
  now(): Instant;
  /** Resolves after the time has passed, or at once when the signal aborts (never rejects). */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path without a query, such as /api/v1/pods. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Defaults to application/json. */
  readonly contentType?: string;
  /** The whole answer must have come within this time, and of a list with `itemOf` the next byte; transports have a default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /**
   * Of a list: what becomes of each item, of so many bytes, as it comes. A transport of bytes then holds no page whole, and answers with
   * what the items became; one that is handed objects may leave it out. A list that breaks off is an answer of status 0, and not tried again.
   */
  readonly itemOf?: (item: unknown, bytes: number) => unknown;
  /**
   * Of a list with `itemOf`, and of a watch: reads what is longer than the transport parses at once. What it becomes stands for the item,
   * or for the object of the line. Default: whatever its length, it is parsed.
   */
  readonly readLarge?: () => ByteReader;
}

/** Reads one JSON value as its bytes come. */
export interface ByteReader {
  /** Throws where it is none. */
  take(chunk: Uint8Array): void;
  /** Returns what the value becomes; throws where it has not ended. */
  end(): unknown;
}

/** A decoded answer: an object below 400, a Status from 400 on; status 0 means no answer came (network, time-out). */
export type ApiAnswer =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly error: ApiStatus };

/** One line of a watch. A failed start, and a broken connection, come as ERROR and end the iteration. */
export type WatchLine =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: unknown }
  | { readonly type: "ERROR"; readonly error: ApiStatus };

/** A Kubernetes API, by sockets or by direct calls. */
export interface ApiTransport {
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** Streams a watch (the query must say watch=true) until the signal aborts, the server ends it or it breaks. */
  watch(
    request: Omit<ApiRequest, "method" | "body"> & {
      readonly signal: AbortSignal;
      /** Called once the server has taken the watch up, before any line. */
      readonly onOpen?: () => void;
    },
  ): AsyncIterable<WatchLine>;
}

/** A running instance, as the cloud tells it. */
export interface CloudInstance {
  readonly providerID: string;
  /** Name of the NodeClaim in the instance's tag; absent on an instance that is not ours. */
  readonly nodeClaim?: string;
  /** Name of the NodePool in the instance's tag. */
  readonly nodePool?: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: "spot" | "on-demand" | "reserved";
  readonly state: "pending" | "running" | "shutting-down" | "terminated";
  /** Which part of its placement group it stands in, as labels have it; absent where the group has no parts, or there is none. */
  readonly partition?: string;
  /** Without the tag of this cluster: it is never ended, whatever names it. */
  readonly isForeign?: boolean;
  /** When the cloud made it; absent where the cloud does not say. */
  readonly launchedAt?: Instant;
}

/** The NodeClass that a NodePool or a NodeClaim names. */
export interface NodeClassReference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** What a launched instance is found by: its NodeClaim's tag, and its providerID once a launch was answered. */
export interface InstanceReference {
  readonly nodeClaim?: string;
  readonly providerID?: string;
}

/** What a launch came to. Every failure is a value with a sentence for the operator. */
export type LaunchOutcome =
  | {
      readonly kind: "launched";
      readonly providerID: string;
      readonly imageID: string;
      /** Labels that only the launch decided: instance type, zone, capacity type, and what follows from them. */
      readonly labels: Readonly<Record<string, string>>;
      readonly capacity: Resources;
      readonly allocatable: Resources;
    }
  /** Nothing to be had now: the same claim is tried again, after the delay where the cloud knows one. */
  | { readonly kind: "insufficient-capacity"; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: "node-class-not-ready"; readonly message: string }
  /** The cloud's last word: the same request would be answered alike. */
  | { readonly kind: "refused"; readonly message: string }
  /** No answer, or one that may pass. */
  | { readonly kind: "failed"; readonly message: string };

/** Why an instance never becomes a Node. */
export type JoinFailureCause =
  | "node-role-permissions"
  | "access-entry"
  | "private-endpoints"
  | "security-group"
  | "bootstrap"
  | "image-or-user-data"
  | "dns"
  | "no-addresses"
  | "unknown";

/** A cause, with what shows it and what to do about it, for people. */
export interface JoinFailure {
  readonly cause: JoinFailureCause;
  readonly message: string;
}

/** What the provisioner asks of a cloud; kwok/ and ec2/ fill it (Karpenter's CloudProvider, reduced to what the keel uses). */
export interface CloudProvider {
  readonly name: string;
  /** True where the provider serves a NodePool's nodeClassRef group and kind. */
  serves(nodeClassRef: NodeClassReference): boolean;
  /** The types that a NodeClass allows now, with offerings; the error says what is not ready. */
  instanceTypes(nodeClassRef: NodeClassReference): Promise<Result<readonly InstanceType[], string>>;
  /**
   * Makes exactly one instance for a NodeClaim, however often it is called for the same one. Where it lacks capacity it tries what else
   * the claim allows before it says so.
   * `candidates` are the claim's possible types, cheapest first.
   */
  create(nodeClaim: NodeClaim, candidates: readonly InstanceType[]): Promise<LaunchOutcome>;
  /** The instance of a NodeClaim; undefined while the cloud does not have it, or no longer. */
  get(instance: InstanceReference): Promise<Result<CloudInstance | undefined, string>>;
  /** Every instance of this cluster. */
  list(): Promise<Result<readonly CloudInstance[], string>>;
  /** Asks the cloud to end the instance; "gone" when it no longer exists. Safe to repeat. */
  delete(instance: InstanceReference): Promise<Result<"terminating" | "gone", string>>;
  /** Why a launched instance has not become a Node, as far as the cloud shows it; absent where it shows nothing. */
  whyNotJoined?(instance: InstanceReference): Promise<Result<JoinFailure, string>>;
}
