// How objects end: grace, finalizers, preconditions, propagation, collections, namespaces; evictions and budgets; scale and binding.
import { metadataOf, tellAll, told, type Case } from "./case.ts";
import { budget, deployment, pod } from "./objects.ts";

const merge = "application/merge-patch+json";
const pods = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;
const deployments = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;
const budgets = (namespace: string): string => `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
const binding = (name: string) => ({
  apiVersion: "v1",
  kind: "Binding",
  metadata: { name },
  target: { apiVersion: "v1", kind: "Node", name: "n1" },
});
const eviction = (name: string, more: object = {}) => ({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, ...more });

function running(namespace: string, name: string, labels: Record<string, string> = { app: "web" }) {
  const conditions = [{ type: "Ready", status: "True" }];
  return [
    { method: "POST" as const, path: pods(namespace), body: pod(name, { labels }) },
    { method: "POST" as const, path: `${pods(namespace)}/${name}/binding`, body: binding(name) },
    {
      method: "PATCH" as const,
      path: `${pods(namespace)}/${name}/status`,
      contentType: merge,
      body: { status: { phase: "Running", conditions } },
    },
  ];
}

function counted(namespace: string, name: string, status: object) {
  return { method: "PATCH" as const, path: `${budgets(namespace)}/${name}/status`, contentType: merge, body: { status } };
}

const healthy = { observedGeneration: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, disruptionsAllowed: 1 };

export const removalCases: readonly Case[] = [
  {
    name: "a bound Pod gets its grace, a shorter one shortens it, and none ends it; a Pending one goes at once",
    run: (world, ns) =>
      tellAll(world, [
        ...running(ns, "a"),
        { method: "POST", path: `${pods(ns)}/a/binding`, body: binding("a") },
        { method: "DELETE", path: `${pods(ns)}/a` },
        { method: "DELETE", path: `${pods(ns)}/a`, body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 5 } },
        { method: "DELETE", path: `${pods(ns)}/a?gracePeriodSeconds=0` },
        { method: "GET", path: `${pods(ns)}/a` },
        { method: "POST", path: pods(ns), body: pod("b") },
        { method: "DELETE", path: `${pods(ns)}/b` },
        { method: "DELETE", path: `${pods(ns)}/b` },
      ]),
  },
  {
    name: "finalizers hold a deletion until the last is gone",
    run: (world, ns) => {
      const path = `${deployments(ns)}/web`;
      return tellAll(world, [
        {
          method: "POST",
          path: deployments(ns),
          body: deployment("web", { metadata: { finalizers: ["example.com/a", "example.com/b"] } }),
        },
        { method: "DELETE", path },
        { method: "DELETE", path },
        { method: "PATCH", path, contentType: merge, body: { metadata: { finalizers: ["example.com/a", "example.com/new"] } } },
        { method: "PATCH", path, contentType: merge, body: { metadata: { finalizers: ["example.com/a"] } } },
        { method: "PATCH", path, contentType: merge, body: { metadata: { finalizers: null } } },
        { method: "GET", path },
      ]);
    },
  },
  {
    name: "preconditions must hold, and propagation leaves its finalizer",
    run: async (world, ns) => {
      const path = `${deployments(ns)}/web`;
      const created = await world.request({ method: "POST", path: deployments(ns), body: deployment("web") });
      const uid = metadataOf(created.body, "uid");
      const options = (more: object) => ({ method: "DELETE" as const, path, body: { apiVersion: "v1", kind: "DeleteOptions", ...more } });
      const answers = await tellAll(world, [
        options({ preconditions: { uid: "00000000-0000-4000-8000-000000000000" } }),
        options({ preconditions: { resourceVersion: "1" } }),
        options({ dryRun: ["All"] }),
        options({ propagationPolicy: "Foreground", preconditions: { uid } }),
        { method: "PATCH", path, contentType: merge, body: { metadata: { finalizers: null } } },
        { method: "POST", path: deployments(ns), body: deployment("web") },
        options({ propagationPolicy: "Orphan" }),
        { method: "PATCH", path, contentType: merge, body: { metadata: { finalizers: null } } },
        { method: "POST", path: deployments(ns), body: deployment("web") },
        options({ propagationPolicy: "Background" }),
      ]);
      return JSON.parse(
        JSON.stringify(answers).replaceAll(/ResourceVersion in record \(\d+\)/g, "ResourceVersion in record (<rv>)"),
      ) as unknown;
    },
  },
  {
    name: "a collection is deleted by selector",
    run: (world, ns) =>
      tellAll(world, [
        { method: "POST", path: pods(ns), body: pod("a") },
        { method: "POST", path: pods(ns), body: pod("b", { labels: { app: "db" } }) },
        { method: "DELETE", path: `${pods(ns)}?labelSelector=app%3Dweb` },
        { method: "GET", path: pods(ns) },
      ]),
  },
  {
    name: "an eviction is paid by its budget, refused where it allows none, and recorded",
    run: async (world, ns) => {
      const path = (name: string): string => `${pods(ns)}/${name}/eviction`;
      const answers = await tellAll(world, [
        ...running(ns, "a"),
        ...running(ns, "b"),
        { method: "POST", path: budgets(ns), body: budget("b", { minAvailable: 1 }) },
        { method: "POST", path: path("a"), body: eviction("a") },
        counted(ns, "b", healthy),
        { method: "POST", path: `${path("a")}?dryRun=All`, body: eviction("a") },
        { method: "POST", path: path("a"), body: eviction("a", { deleteOptions: { gracePeriodSeconds: 7 } }) },
        { method: "GET", path: `${pods(ns)}/a` },
        { method: "POST", path: path("b"), body: eviction("b") },
        { method: "POST", path: path("none"), body: eviction("none") },
        { method: "POST", path: path("b"), body: eviction("other") },
      ]);
      const { body } = await world.request({ method: "GET", path: `${budgets(ns)}/b` });
      const { status } = body as { status: { disruptionsAllowed: number; disruptedPods: object } };
      return [...answers, status.disruptionsAllowed, Object.keys(status.disruptedPods)];
    },
  },
  {
    name: "two budgets over one Pod refuse its eviction, and an unhealthy Pod goes where AlwaysAllow says so",
    run: (world, ns) =>
      tellAll(world, [
        ...running(ns, "a"),
        { method: "POST", path: budgets(ns), body: budget("one", { minAvailable: 1 }) },
        { method: "POST", path: budgets(ns), body: budget("two", { minAvailable: 1 }) },
        counted(ns, "one", healthy),
        counted(ns, "two", healthy),
        { method: "POST", path: `${pods(ns)}/a/eviction`, body: eviction("a") },
        ...running(ns, "sick", { app: "sick" }),
        {
          method: "PATCH",
          path: `${pods(ns)}/sick/status`,
          contentType: merge,
          body: { status: { conditions: [{ type: "Ready", status: "False" }] } },
        },
        {
          method: "POST",
          path: budgets(ns),
          body: budget("sick", {
            maxUnavailable: 0,
            selector: { matchLabels: { app: "sick" } },
            unhealthyPodEvictionPolicy: "AlwaysAllow",
          }),
        },
        { method: "POST", path: `${pods(ns)}/sick/eviction`, body: eviction("sick") },
        { method: "POST", path: pods(ns), body: pod("pending") },
        { method: "POST", path: `${pods(ns)}/pending/eviction`, body: eviction("pending") },
        { method: "GET", path: `${pods(ns)}/pending` },
      ]),
  },
  {
    name: "scale reads and writes replicas and nothing else",
    run: (world, ns) => {
      const path = `${deployments(ns)}/web/scale`;
      const scale = (replicas: number, metadata: object = {}) => ({
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name: "web", namespace: ns, ...metadata },
        spec: { replicas },
      });
      return tellAll(world, [
        { method: "POST", path: deployments(ns), body: deployment("web") },
        { method: "GET", path },
        { method: "PUT", path, body: scale(5) },
        { method: "PATCH", path, contentType: merge, body: { spec: { replicas: 6 } } },
        { method: "PUT", path, body: scale(7, { resourceVersion: "1" }) },
        { method: "PUT", path, body: scale(-1) },
        { method: "GET", path: `${deployments(ns)}/web` },
        { method: "GET", path: `${deployments(ns)}/none/scale` },
        { method: "GET", path: `/apis/apps/v1/namespaces/${ns}/daemonsets/x/scale` },
      ]);
    },
  },
  {
    name: "a namespace that is deleted takes no new objects and waits for its finalizer",
    run: async (world, ns) => {
      const name = `${ns}-ended`;
      const path = `/api/v1/namespaces/${name}`;
      const answers = await tellAll(world, [
        {
          method: "POST",
          path: "/api/v1/namespaces",
          body: { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { team: "a" } } },
        },
        { method: "DELETE", path },
        { method: "POST", path: pods(name), body: pod("late") },
        { method: "GET", path },
      ]);
      const kept = await world.request({ method: "DELETE", path: "/api/v1/namespaces/default" });
      return [...answers, told(kept)];
    },
  },
];
