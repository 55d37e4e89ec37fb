/**
 * Conversations between the watch and an API server: what is asked, what goes wrong, and that the copy is right afterwards.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { KindName } from "../../src/api/kinds.ts";
import { defaultDomain } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { ReflectorTrouble } from "../../src/cluster/reflector.ts";
import { watchCluster } from "../../src/cluster/watch-cluster.ts";
import type { ClusterWatch } from "../../src/cluster/watch-cluster.ts";
import { pod } from "../support/objects.ts";
import { apiTwin } from "./api-twin.ts";
import type { ApiTwin } from "./api-twin.ts";
import { seededRandom, settled, virtualTime } from "./virtual-clock.ts";
import type { VirtualTime } from "./virtual-clock.ts";

interface World {
  readonly api: ApiTwin;
  readonly time: VirtualTime;
  readonly cluster: ClusterWatch;
  readonly troubles: ReflectorTrouble[];
  readonly handlerErrors: unknown[];
  readonly heard: string[];
}

const open: ClusterWatch[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((cluster) => cluster.close()));
});

function world(options: { readonly api?: ApiTwin; readonly kinds?: readonly KindName[] } = {}): World {
  const api = options.api ?? apiTwin();
  const time = virtualTime();
  const troubles: ReflectorTrouble[] = [];
  const handlerErrors: unknown[] = [];
  const heard: string[] = [];
  const cluster = watchCluster({
    transport: api,
    clock: time.clock(),
    domain: defaultDomain,
    kinds: options.kinds ?? ["Pod"],
    random: seededRandom(1),
    onTrouble: (trouble) => troubles.push(trouble),
    onHandlerError: (error) => handlerErrors.push(error),
  });
  open.push(cluster);
  cluster.onChange("Pod", (change) => heard.push(`${change.kind} ${change.object.metadata.name ?? ""}`));
  return { api, time, cluster, troubles, handlerErrors, heard };
}

const pathOf = (name: string): string => `/api/v1/namespaces/shop/pods/${name}`;
const putPod = (api: ApiTwin, name: string, labels: Record<string, string> = {}): unknown => api.put(pathOf(name), pod({ name, labels }));
const names = (cluster: ClusterWatch): string =>
  cluster
    .snapshot()
    .list("Pod")
    .map((one) => one.metadata.name)
    .join(" ");

describe("a collection is listed in pages and then watched", () => {
  test("pages follow the continue token, the watch starts at the list's version, and objects get the kind that lists leave out", async () => {
    const api = apiTwin({ pageMax: 2 });
    for (const name of ["a", "b", "c", "d", "e"]) putPod(api, name);
    const { cluster, time } = world({ api });
    expect(cluster.hasSynced()).toBe(false);
    expect(cluster.snapshot().knows("Pod")).toBe(false);
    await time.until(() => cluster.hasSynced());
    await cluster.synced();
    expect(api.calls).toEqual([
      "GET /api/v1/pods?limit=16",
      "GET /api/v1/pods?limit=64&continue=6:2",
      "GET /api/v1/pods?limit=256&continue=6:4",
      "WATCH /api/v1/pods?resourceVersion=6",
    ]);
    expect(
      cluster
        .snapshot()
        .list("Pod")
        .map((one) => `${one.apiVersion} ${one.kind} ${one.metadata.name ?? ""}`),
    ).toEqual(["a", "b", "c", "d", "e"].map((name) => `v1 Pod ${name}`));
  });

  test("a list that expires between two pages starts again, and after three such lists is asked for whole", async () => {
    const api = apiTwin({ pageMax: 1 });
    putPod(api, "a");
    putPod(api, "b");
    api.onCall((call) => {
      if (call.includes("limit=16") && !call.includes("continue"))
        queueMicrotask(() => {
          queueMicrotask(() => {
            queueMicrotask(() => {
              api.compact();
            });
          });
        });
    });
    const { cluster, time, troubles } = world({ api });
    await time.until(() => cluster.hasSynced());
    expect(names(cluster)).toBe("a b");
    expect(api.calls.filter((call) => call === "GET /api/v1/pods?limit=16")).toHaveLength(3);
    expect(api.calls.filter((call) => call === "GET /api/v1/pods")).toHaveLength(1);
    expect(troubles).toEqual([]);
  });

  test("metadata.managedFields never reaches the store, and the sender's object is left as it was", async () => {
    const { api, cluster, time } = world();
    await time.until(() => api.openWatches() === 1);
    const sent = pod({ name: "a" });
    Object.assign(sent.metadata, { managedFields: [{ manager: "kubectl" }] });
    api.put(pathOf("a"), sent);
    await settled();
    expect(cluster.snapshot().get("Pod", { namespace: "shop", name: "a" })?.metadata).not.toHaveProperty("managedFields");
    expect(api.get(pathOf("a"))?.metadata).toHaveProperty("managedFields");
  });

  test("handlers hear of each change once, after the store has it", async () => {
    const { api, cluster, time, heard } = world();
    await time.until(() => api.openWatches() === 1);
    const sizes: number[] = [];
    cluster.onChange("Pod", () => sizes.push(cluster.snapshot().list("Pod").length));
    putPod(api, "a");
    putPod(api, "b");
    putPod(api, "a", { tier: "gold" });
    api.remove(pathOf("b"));
    await settled();
    expect(heard).toEqual(["added a", "added b", "updated a", "deleted b"]);
    expect(sizes).toEqual([1, 2, 2, 1]);
  });

  test("a handler that comes late hears of what is there, and of nothing more once it is ended", async () => {
    const { api, cluster, time } = world();
    putPod(api, "a");
    await time.until(() => cluster.hasSynced());
    const late: string[] = [];
    const end = cluster.onChange("Pod", (change) => late.push(`${change.kind} ${change.object.metadata.name ?? ""}`));
    putPod(api, "b");
    await settled();
    end();
    putPod(api, "c");
    await settled();
    expect(late).toEqual(["added a", "added b"]);
  });
});

describe("whatever breaks, the copy catches up", () => {
  test("a reset connection is watched again from the last version after a backoff, without a list", async () => {
    const { api, cluster, time, troubles } = world();
    await time.until(() => api.openWatches() === 1);
    putPod(api, "a");
    await settled();
    api.breakWatches("reset");
    await settled();
    putPod(api, "b");
    expect(api.openWatches()).toBe(0);
    await time.until(() => api.openWatches() === 1);
    await settled();
    expect(names(cluster)).toBe("a b");
    expect(api.calls.slice(1)).toEqual(["WATCH /api/v1/pods?resourceVersion=1", "WATCH /api/v1/pods?resourceVersion=2"]);
    expect(troubles.map(({ kind }) => kind)).toEqual(["watch-broken"]);
    expect(time.elapsedMs()).toBeGreaterThan(200);
  });

  test("after 410 on a watch the list that follows brings the deletes and updates that were missed, and only those", async () => {
    const { api, cluster, time, heard, troubles } = world();
    await time.until(() => api.openWatches() === 1);
    for (const name of ["a", "b", "c"]) putPod(api, name);
    await settled();
    heard.length = 0;
    api.breakWatches("reset");
    await settled();
    api.remove(pathOf("b"));
    putPod(api, "c", { tier: "gold" });
    putPod(api, "d");
    api.compact();
    await time.until(() => api.openWatches() === 1);
    await settled();
    expect(heard).toEqual(["deleted b", "updated c", "added d"]);
    expect(names(cluster)).toBe("a c d");
    expect(troubles.map(({ kind }) => kind)).toEqual(["watch-broken", "watch-expired"]);
  });

  test("a 410 that comes as an ERROR line of a running watch leads to a list as well", async () => {
    const { api, cluster, time } = world();
    await time.until(() => api.openWatches() === 1);
    api.fail((call) => (call.startsWith("WATCH") ? { code: 410, reason: "Expired" } : "off"));
    api.breakWatches("end");
    putPod(api, "a");
    await time.until(() => names(cluster) === "a");
    expect(api.calls.filter((call) => call.startsWith("GET"))).toHaveLength(2);
  });

  test("a bookmark moves a quiet watch on, so that a compaction behind it costs no list", async () => {
    const { api, time } = world({ kinds: ["Pod", "Node"] });
    await time.until(() => api.openWatches() === 2);
    for (let count = 0; count < 5; count++) putPod(api, `p${count}`);
    api.bookmark();
    await settled();
    api.compact();
    api.bookmark();
    await settled();
    api.breakWatches("end");
    await time.until(() => api.openWatches() === 2);
    expect(api.calls.filter((call) => call.startsWith("GET"))).toHaveLength(2);
    expect(api.calls.filter((call) => call.startsWith("WATCH /api/v1/nodes"))).toEqual([
      "WATCH /api/v1/nodes?resourceVersion=1",
      `WATCH /api/v1/nodes?resourceVersion=${api.version()}`,
    ]);
  });

  test("a watch without a line for 90 s is given up and begun again from its version", async () => {
    const { api, time, troubles } = world();
    await time.until(() => api.openWatches() === 1);
    await time.advance(60_000);
    api.bookmark();
    await time.advance(89_000);
    expect(api.calls.filter((call) => call.startsWith("WATCH"))).toHaveLength(1);
    await time.advance(2_000);
    expect(api.calls.filter((call) => call.startsWith("WATCH"))).toHaveLength(2);
    expect(api.calls.filter((call) => call.startsWith("GET"))).toHaveLength(1);
    expect(troubles.map(({ kind }) => kind)).toEqual(["watch-quiet"]);
  });

  test("a server that closes every watch at once is asked ever more rarely, up to each 30 s", async () => {
    const { api, time } = world();
    api.onCall((call) => {
      if (call.startsWith("WATCH"))
        queueMicrotask(() => {
          queueMicrotask(() => {
            api.breakWatches("end");
          });
        });
    });
    await time.advance(600_000);
    const watches = api.calls.filter((call) => call.startsWith("WATCH")).length;
    expect(watches).toBeGreaterThan(15);
    expect(watches).toBeLessThan(60);
  });

  test("a list that is refused is tried again with backoff, no sooner than the server asks, and the rest goes on meanwhile", async () => {
    const api = apiTwin();
    let lists = 0;
    api.fail((call) => {
      if (!call.startsWith("GET /api/v1/nodes")) return undefined;
      lists++;
      return lists > 3 ? "off" : { code: 429, message: "busy", details: { retryAfterSeconds: 20 } };
    });
    putPod(api, "a");
    const { cluster, time, troubles } = world({ api, kinds: ["Pod", "Node"] });
    await time.until(() => cluster.hasSynced(["Pod"]));
    expect(cluster.hasSynced()).toBe(false);
    await time.until(() => cluster.hasSynced());
    expect(time.elapsedMs()).toBeGreaterThanOrEqual(60_000);
    expect(troubles.map(({ kind, resource }) => `${kind} ${resource}`)).toEqual(Array(3).fill("list-failed nodes"));
  });

  test("a handler that throws is counted and reported; the store and the other handlers go on", async () => {
    const { api, cluster, time, heard, handlerErrors } = world();
    await time.until(() => api.openWatches() === 1);
    cluster.onChange("Pod", () => {
      throw new Error("a bug");
    });
    const after: string[] = [];
    cluster.onChange("Pod", (change) => after.push(change.kind));
    putPod(api, "a");
    api.remove(pathOf("a"));
    await settled();
    expect(heard).toEqual(["added a", "deleted a"]);
    expect(after).toEqual(["added", "deleted"]);
    expect(handlerErrors).toHaveLength(2);
  });

  test("a line that is no object brings a fresh list, since the copy may be wrong", async () => {
    const { api, time, troubles } = world();
    await time.until(() => api.openWatches() === 1);
    api.put(pathOf("broken"), { apiVersion: "v1", kind: "Pod", metadata: {} });
    await settled();
    api.remove(pathOf("broken"));
    await time.until(() => api.calls.filter((call) => call.startsWith("GET")).length === 2);
    expect(troubles.map(({ kind }) => kind)).toEqual(["fault"]);
  });

  test("closing ends every watch and sends nothing more", async () => {
    const { api, cluster, time } = world({ kinds: ["Pod", "Node", "Lease"] });
    await time.until(() => api.openWatches() === 3);
    await cluster.close();
    const calls = api.calls.length;
    await time.advance(3_600_000);
    expect(api.openWatches()).toBe(0);
    expect(api.calls).toHaveLength(calls);
  });
});

describe("through any sequence of writes and faults", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("the copy equals the server, and replaying the changes equals the copy (seed %i)", async (seed) => {
    const random = seededRandom(seed);
    const api = apiTwin({ pageMax: 3 });
    const { cluster, time } = world({ api });
    const replayed = new Map<string, string>();
    cluster.onChange("Pod", (change) => {
      const name = change.object.metadata.name ?? "";
      if (change.kind === "deleted") replayed.delete(name);
      else replayed.set(name, change.object.metadata.resourceVersion ?? "");
    });
    const deeds = [
      () => putPod(api, `p${Math.floor(random() * 8)}`, { n: String(random()) }),
      () => putPod(api, `p${Math.floor(random() * 8)}`),
      () => {
        api.remove(pathOf(`p${Math.floor(random() * 8)}`));
      },
      () => {
        api.breakWatches(random() < 0.5 ? "reset" : "end");
      },
      () => {
        api.bookmark();
      },
      () => {
        api.compact();
      },
      () => settled(),
      () => time.advance(Math.floor(random() * 5_000)),
    ];
    for (let count = 0; count < 150; count++) await deeds[Math.floor(random() * deeds.length)]?.();
    await time.advance(120_000);
    const versions = (pods: readonly KubeObject[]): Record<string, string> =>
      Object.fromEntries(pods.map(({ metadata }): [string, string] => [metadata.name ?? "", metadata.resourceVersion ?? ""]));
    const held = versions(cluster.snapshot().list("Pod"));
    const served = Array.from({ length: 8 }, (_, index) => api.get(pathOf(`p${index}`))).filter((one) => one !== undefined);
    expect(held).toEqual(versions(served));
    expect(Object.fromEntries(replayed)).toEqual(held);
  });
});
