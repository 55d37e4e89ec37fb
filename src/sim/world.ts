/**
 * The embedded world: one Kubernetes API in memory.
 *
 * Reads a clock, a seed and settings. Returns the server with its in-process door; the HTTPS door (https-door.ts) opens onto the same server.
 * A world holds nothing outside of itself: two worlds in one process do not meet.
 */
import { assert } from "../api/assert.ts";
import type { ApiTransport, Clock } from "../api/ports.ts";
import type { ApiServer, UserInfo } from "./api-server.ts";
import { createBuiltInSchemas } from "./built-in-schemas.ts";
import { adminUser, inProcessTransport } from "./in-process-door.ts";
import { definitionStorage } from "./built-in-resources.ts";
import { celRulePaths } from "./crd-schema.ts";
import { arrayAt, objectAt, stringAt, type JsonObject } from "./json.ts";
import { createRandom } from "./random.ts";
import { createRegistry } from "./registry.ts";
import { createStore } from "./store.ts";
import { preparedForCreate } from "./strategy.ts";
import { callWebhookOverHttps, type WebhookCaller } from "./webhook-call.ts";

/** What a world is made of. */
export interface WorldSettings {
  readonly clock: Clock;
  readonly seed: string | number;
  /** How many changes of each resource a watch may lag behind; at least this many are kept. */
  readonly historyMax?: number;
  /** How webhooks are called; node:https where it is left out. */
  readonly callWebhook?: WebhookCaller;
}

export interface World {
  readonly server: ApiServer;
  /** The in-process door, as a user with a user agent (the administrator where left out). */
  transport(caller?: { readonly user?: UserInfo; readonly userAgent?: string }): ApiTransport;
  /** The CEL rules of the stored CRDs, which the world does not enforce: "NAME VERSION PATH" each. */
  unenforcedRules(): readonly string[];
}

/** What every cluster starts with. */
const firstObjects: readonly JsonObject[] = [
  ...["default", "kube-node-lease", "kube-public", "kube-system"].map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  })),
  ...Object.entries({ "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000 }).map(([name, value]) => ({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    preemptionPolicy: "PreemptLowerPriority",
  })),
];

/** Starts a world with what every cluster starts with. */
export function startWorld(settings: WorldSettings): World {
  const store = createStore(settings.historyMax === undefined ? {} : { historyMax: settings.historyMax });
  const registry = createRegistry(store, createBuiltInSchemas());
  const random = createRandom(settings.seed);
  const server: ApiServer = { store, clock: settings.clock, random, registry, callWebhook: settings.callWebhook ?? callWebhookOverHttps };
  for (const object of firstObjects) createFirst(server, object);
  return {
    server,
    transport: (caller = {}) => inProcessTransport(server, { user: caller.user ?? adminUser, userAgent: caller.userAgent ?? "plimsoll" }),
    unenforcedRules: () => store.list(definitionStorage).flatMap(unenforcedOf),
  };
}

function unenforcedOf(definition: JsonObject): readonly string[] {
  return arrayAt(definition, "spec", "versions").flatMap((version) =>
    celRulePaths(objectAt(version, "schema", "openAPIV3Schema")).map(
      (path) => `${stringAt(definition, "metadata", "name") ?? ""} ${stringAt(version, "name") ?? ""} ${path}`,
    ),
  );
}

function createFirst({ store, registry, clock, random }: ApiServer, object: JsonObject): void {
  const [version = "", group = ""] = (stringAt(object, "apiVersion") ?? "").split("/").reverse();
  const served = registry.findKind({ group, version, kind: stringAt(object, "kind") ?? "" });
  assert(served !== undefined, "a first object is of a served kind");
  const key = { resource: served.storage, namespace: "", name: stringAt(object, "metadata", "name") ?? "" };
  store.create(key, preparedForCreate(object, served, { now: clock.now(), random }));
}
