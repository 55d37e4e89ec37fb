/** The embedded world's own control plane, in conversations: what a person applies, how long they wait, what they then see. */
import { afterEach, describe, expect, it } from "vitest";
import type { Node } from "../../src/api/node.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { CronJob, Deployment, Job, ReplicaSet } from "../../src/api/workload.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { runWorldControllers } from "../../src/sim/controllers/all-controllers.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld } from "../../src/sim/world.ts";

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

describe("the world's controllers", () => {
  it("run a Deployment's replicas, spread over zones, and remove them with it", async () => {
    const world = await newWorld(3);
    await world.apply("/apis/apps/v1", "deployments", web({ replicas: 6 }, { topologySpreadConstraints: [zoneSpread] }));
    await world.clock.runFor(3_000);
    expect(zonesOf(world.pods(), world.nodes())).toEqual({ a: 2, b: 2, c: 2 });
    expect((world.get("deployments.apps", "web") as Deployment).status).toMatchObject({ readyReplicas: 6, observedGeneration: 1 });
    await world.transport.request({
      method: "DELETE",
      path: "/apis/apps/v1/namespaces/default/deployments/web",
      body: { propagationPolicy: "Background" },
    });
    await world.clock.runFor(3_000);
    expect(world.pods()).toEqual([]);
  });

  it("count a Deployment's revisions, a rollback as a new one, and tell when one is out", async () => {
    const world = await newWorld(3);
    const path = "/apis/apps/v1/namespaces/default/deployments/web";
    const told = () => {
      const { metadata, status } = world.get("deployments.apps", "web") as Deployment;
      const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
      const { reason, lastUpdateTime, lastTransitionTime } = { lastUpdateTime: "", ...progressing };
      return [metadata.annotations?.["deployment.kubernetes.io/revision"], metadata.generation, reason, lastUpdateTime, lastTransitionTime];
    };
    const template = (v: string | null) => ({ spec: { template: { metadata: { annotations: { v } } } } });
    await world.apply("/apis/apps/v1", "deployments", web({ replicas: 2 }));
    await world.clock.runFor(100);
    expect(told()).toEqual(["1", 1, "ReplicaSetUpdated", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]);
    await world.clock.runFor(59_900);
    expect(told().slice(0, 3)).toEqual(["1", 1, "NewReplicaSetAvailable"]);
    await world.patch(path, template("2"));
    await world.clock.runFor(30_000);
    expect(told()).toEqual(["2", 2, "NewReplicaSetAvailable", expect.stringMatching("2026-01-01T00:01:0"), "2026-01-01T00:00:00Z"]);
    await world.patch(path, template(null));
    await world.clock.runFor(30_000);
    expect(told().slice(0, 3)).toEqual(["3", 3, "NewReplicaSetAvailable"]);
    expect(world.list("replicasets.apps")).toHaveLength(2);
  });

  it("run a ReplicationController's replicas, count them, and remove them with it", async () => {
    const world = await newWorld(3);
    const path = "/api/v1/namespaces/default/replicationcontrollers/web";
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "app", image: "app:1" }] } };
    await world.apply("/api/v1", "replicationcontrollers", {
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "web" },
      spec: { replicas: 3, template },
    });
    await world.clock.runFor(3_000);
    expect(world.get("replicationcontrollers", "web")).toMatchObject({ status: { replicas: 3, readyReplicas: 3, observedGeneration: 1 } });
    await world.patch(path, { spec: { replicas: 1 } });
    await world.clock.runFor(3_000);
    expect(world.pods()).toHaveLength(1);
    await world.transport.request({ method: "DELETE", path, body: { propagationPolicy: "Background" } });
    await world.clock.runFor(3_000);
    expect(world.pods()).toEqual([]);
  });

  it("give each Node and each Pod an address of its own, and a Pod its Node's", async () => {
    const world = await newWorld(3);
    await world.apply("/apis/apps/v1", "deployments", web({ replicas: 6 }));
    await world.clock.runFor(3_000);
    const hosts = new Map(world.nodes().map(({ metadata, status }) => [metadata.name, status?.addresses?.[0]?.address]));
    expect([...hosts.values()].sort()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    const pods = world.pods();
    expect(new Set(pods.map((pod) => addressesOf(pod).podIP)).size).toBe(6);
    for (const pod of pods) {
      const { podIP } = addressesOf(pod);
      const hostIP = hosts.get(pod.spec.nodeName ?? "");
      expect(podIP).toMatch(/^10\.1\.0\.[1-6]$/);
      expect(pod.status).toMatchObject({ podIPs: [{ ip: podIP }], hostIP, hostIPs: [{ ip: hostIP }] });
    }
  });

  it("roll a new template out without ever missing more than maxUnavailable", async () => {
    const world = await newWorld(3);
    await world.apply("/apis/apps/v1", "deployments", web({ replicas: 4 }));
    await world.clock.runFor(3_000);
    await world.patch("/apis/apps/v1/namespaces/default/deployments/web", {
      spec: { template: { metadata: { annotations: { v: "2" } } } },
    });
    let least = Infinity;
    for (let step = 0; step < 60; step++) {
      await world.clock.runFor(100);
      least = Math.min(least, world.pods().filter(isReadyPod).length);
    }
    expect(least).toBe(3);
    const owners = (world.list("replicasets.apps") as readonly ReplicaSet[]).map((replicaSet) => replicaSet.spec.replicas);
    expect(owners.sort()).toEqual([0, 4]);
  });

  it("end a deleted namespace with everything in it, custom resources included, and nothing beside it", async () => {
    const world = await newWorld(1);
    await world.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgets);
    await world.post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "zz" } });
    const roots = { services: "Service", configmaps: "ConfigMap", secrets: "Secret", serviceaccounts: "ServiceAccount", events: "Event" };
    for (const namespace of ["zz", "default"]) {
      for (const [resource, kind] of Object.entries(roots)) {
        const body = { apiVersion: "v1", kind, metadata: { name: "one" }, ...extraOf(kind, namespace) };
        await world.post(`/api/v1/namespaces/${namespace}/${resource}`, body);
      }
      const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "one" } };
      await world.post(`/apis/example.com/v1/namespaces/${namespace}/widgets`, widget);
      await world.post(`/apis/apps/v1/namespaces/${namespace}/deployments`, web({ replicas: 2 }));
    }
    await world.clock.runFor(3_000);
    expect(world.pods()).toHaveLength(4);
    await world.transport.request({ method: "DELETE", path: "/api/v1/namespaces/zz" });
    await world.clock.runFor(5_000);
    expect(await world.transport.request({ method: "GET", path: "/api/v1/namespaces/zz" })).toMatchObject({ ok: false, status: 404 });
    for (const resource of [...Object.keys(roots), "widgets.example.com", "deployments.apps", "replicasets.apps", "pods"]) {
      const namespaces = new Set((world.list(resource) as readonly KubeObject[]).map(({ metadata }) => metadata.namespace));
      expect([resource, ...namespaces]).toEqual([resource, "default"]);
    }
  });

  it("keep a namespace's finalizers from every write but finalize", async () => {
    const world = await newWorld(0);
    const path = "/api/v1/namespaces/default";
    await world.patch(path, { spec: { finalizers: [] } });
    const kept = await world.transport.request({ method: "GET", path });
    expect(kept).toMatchObject({ body: { spec: { finalizers: ["kubernetes"] } } });
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default", labels: { a: "b" } }, spec: { finalizers: [] } };
    const finalized = await world.transport.request({ method: "PUT", path: `${path}/finalize`, body });
    expect(finalized).toMatchObject({ ok: true, body: { metadata: { labels: { "kubernetes.io/metadata.name": "default" } } } });
    expect(JSON.stringify(finalized)).not.toContain('"finalizers":["kubernetes"]');
  });

  it("leave a Pod that fits nowhere pending, with the scheduler's reasons, and bind it when a node comes", async () => {
    const world = await newWorld(1);
    await world.apply("/apis/apps/v1", "deployments", web({ replicas: 1 }, {}, "16"));
    await world.clock.runFor(1_000);
    const [pending] = world.pods();
    expect(pending?.status?.conditions).toMatchObject([
      { type: "PodScheduled", status: "False", message: "0/1 nodes are available: 1 Insufficient cpu." },
    ]);
    await world.node("big", "b", "32");
    await world.clock.runFor(2_000);
    expect(world.pods()[0]?.spec.nodeName).toBe("big");
  });

  it("finish a Job when its completions have succeeded", async () => {
    const world = await newWorld(1);
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "work", image: "x" }] } };
    await world.apply("/apis/batch/v1", "jobs", {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "sum" },
      spec: { parallelism: 2, completions: 4, template },
    });
    await world.clock.runFor(20_000);
    expect((world.get("jobs.batch", "sum") as Job).status).toMatchObject({
      succeeded: 4,
      conditions: [{ type: "Complete", status: "True" }],
    });
  });

  it("fire a CronJob once at each due time", async () => {
    const world = await newWorld(1);
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "work", image: "x" }] } };
    const spec = { schedule: "*/10 * * * *", jobTemplate: { spec: { template } } };
    await world.apply("/apis/batch/v1", "cronjobs", { apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "tick" }, spec });
    await world.clock.runFor(31 * 60_000);
    expect(world.list("jobs.batch") as readonly Job[]).toHaveLength(3);
    expect((world.get("cronjobs.batch", "tick") as CronJob).status?.lastScheduleTime).toBe("2026-01-01T00:30:00Z");
  });

  it("count a budget, and let evictions through one at a time", async () => {
    const world = await newWorld(3);
    await world.apply("/apis/apps/v1", "deployments", web({ replicas: 3 }));
    const spec = { minAvailable: 2, selector: { matchLabels: { app: "web" } } };
    await world.apply("/apis/policy/v1", "poddisruptionbudgets", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web" },
      spec,
    });
    await world.clock.runFor(3_000);
    expect((world.get("poddisruptionbudgets.policy", "web") as PodDisruptionBudget).status).toMatchObject({
      disruptionsAllowed: 1,
      currentHealthy: 3,
      expectedPods: 3,
    });
    const statuses = await Promise.all(world.pods().map((pod) => world.evict(pod)));
    expect(statuses).toEqual([201, 429, 429]);
    await world.clock.runFor(3_000);
    expect((world.get("poddisruptionbudgets.policy", "web") as PodDisruptionBudget).status).toMatchObject({
      disruptionsAllowed: 1,
      currentHealthy: 3,
    });
  });
});

const widgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    names: { plural: "widgets", kind: "Widget" },
    scope: "Namespaced",
    versions: ["v1", "v2"].map((name) => ({
      name,
      served: true,
      storage: name === "v1",
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    })),
  },
};

function extraOf(kind: string, namespace: string): object {
  if (kind === "Service") return { spec: { ports: [{ port: 80 }] } };
  return kind === "Event" ? { involvedObject: { kind: "Pod", namespace, name: "one" } } : {};
}

const zoneSpread = {
  maxSkew: 1,
  topologyKey: "topology.kubernetes.io/zone",
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: { app: "web" } },
};

function web(spec: object, pod: object = {}, cpu = "500m"): KubeObject & { readonly spec: object } {
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "x", resources: { requests: { cpu } } }], ...pod },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { selector: { matchLabels: { app: "web" } }, template, ...spec },
  };
}

async function newWorld(nodes: number) {
  const clock = createVirtualClock();
  const world = startWorld({ clock, seed: 7 });
  const stop = new AbortController();
  stops.push(stop);
  void runWorldControllers(world.server, stop.signal);
  const transport = world.transport();
  const post = async (path: string, body: unknown) => {
    const answer = await transport.request({ method: "POST", path, body });
    if (!answer.ok) throw new Error(answer.error.message);
  };
  const list = (resource: string): unknown => world.server.store.list(resource);
  const driver = {
    clock,
    transport,
    post,
    list,
    get: (resource: string, name: string): unknown => world.server.store.get({ resource, namespace: "default", name }),
    pods: () => list("pods") as readonly Pod[],
    nodes: () => list("nodes") as readonly Node[],
    apply: (root: string, resource: string, body: unknown) => post(`${root}/namespaces/default/${resource}`, body),
    patch: async (path: string, body: unknown) => {
      const answer = await transport.request({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
      if (!answer.ok) throw new Error(answer.error.message);
    },
    evict: async (pod: Pod) => {
      const { name = "", namespace = "" } = pod.metadata;
      const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
      return (await transport.request({ method: "POST", path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body })).status;
    },
    node: (name: string, zone: string, cpu = "4") => {
      const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone };
      const resources = { cpu, memory: "16Gi", pods: "110" };
      const metadata = { name, labels, annotations: { "kwok.x-k8s.io/node": "fake" } };
      return post("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata, status: { capacity: resources, allocatable: resources } });
    },
  };
  for (const zone of ["a", "b", "c"].slice(0, nodes)) await driver.node(`node-${zone}`, zone);
  return driver;
}

function addressesOf({ status }: Pod): { readonly podIP?: string } {
  return status ?? {};
}

function isReadyPod(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined &&
    (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True")
  );
}

function zonesOf(pods: readonly Pod[], nodes: readonly Node[]): Record<string, number> {
  const zones = new Map(nodes.map((node) => [node.metadata.name, node.metadata.labels?.["topology.kubernetes.io/zone"] ?? ""]));
  const counts: Record<string, number> = {};
  for (const pod of pods) {
    const zone = zones.get(pod.spec.nodeName ?? "") ?? "unbound";
    counts[zone] = (counts[zone] ?? 0) + 1;
  }
  return counts;
}
