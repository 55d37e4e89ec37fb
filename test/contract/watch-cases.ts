// What a reflector asks: paged lists, watches from a revision, bookmarks, revisions that are too old, selectors.
import { metadataOf, tellAll, told, type Case } from "./case.ts";
import { normalised } from "./normalise.ts";
import { deployment, pod } from "./objects.ts";

const pods = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;
const merge = "application/merge-patch+json";

export const watchCases: readonly Case[] = [
  {
    name: "a list comes in pages of one revision, though objects come and go between them",
    run: async (world, ns) => {
      for (const name of ["a", "b", "c", "d", "e"]) await world.request({ method: "POST", path: pods(ns), body: pod(name) });
      const first = await world.request({ method: "GET", path: `${pods(ns)}?limit=2` });
      await world.request({ method: "DELETE", path: `${pods(ns)}/c` });
      await world.request({ method: "POST", path: pods(ns), body: pod("bb") });
      const next = encodeURIComponent(metadataOf(first.body, "continue"));
      const second = await world.request({ method: "GET", path: `${pods(ns)}?limit=2&continue=${next}` });
      const last = encodeURIComponent(metadataOf(second.body, "continue"));
      const third = await world.request({ method: "GET", path: `${pods(ns)}?limit=2&continue=${last}` });
      const same = metadataOf(first.body, "resourceVersion") === metadataOf(second.body, "resourceVersion");
      const broken = await world.request({ method: "GET", path: `${pods(ns)}?limit=2&continue=broken` });
      const { message } = broken.body as { message: string };
      return [told(first), told(second), told(third), same, broken.status, message.split(":").slice(0, 2)];
    },
  },
  {
    name: "lists take label and field selectors, and refuse fields that they do not know",
    run: async (world, ns) => {
      await world.request({ method: "POST", path: pods(ns), body: pod("a", { labels: { app: "web", tier: "x" } }) });
      await world.request({ method: "POST", path: pods(ns), body: pod("b", { labels: { app: "db" } }) });
      await world.request({
        method: "POST",
        path: `${pods(ns)}/b/binding`,
        body: { apiVersion: "v1", kind: "Binding", metadata: { name: "b" }, target: { kind: "Node", name: "n1" } },
      });
      const queries = [
        "labelSelector=app%3Dweb",
        "labelSelector=app+in+(web,db),tier",
        "labelSelector=app!%3Dweb",
        "labelSelector=!tier",
        "fieldSelector=spec.nodeName%3Dn1",
        "fieldSelector=spec.nodeName%3D",
        "fieldSelector=status.phase%3DPending,metadata.name!%3Da",
        "fieldSelector=metadata.name%3Da&labelSelector=app%3Dweb",
      ];
      const answers = await tellAll(world, [
        ...queries.map((query) => ({ method: "GET" as const, path: `${pods(ns)}?${query}` })),
        { method: "GET", path: `/api/v1/namespaces/${ns}/events?fieldSelector=involvedObject.name%3Da,involvedObject.kind%3DPod` },
      ]);
      const refused = await world.request({
        method: "GET",
        path: `/apis/apps/v1/namespaces/${ns}/deployments?fieldSelector=spec.replicas%3D1`,
      });
      const wrong = await world.request({ method: "GET", path: `${pods(ns)}?labelSelector=%3D%3D` });
      return [...answers, refused.status, wrong.status];
    },
  },
  {
    name: "a watch from a revision tells what happened since, and an object that leaves the selection as deleted",
    run: async (world, ns) => {
      const before = await world.request({ method: "GET", path: pods(ns) });
      const revision = metadataOf(before.body, "resourceVersion");
      const path = `${pods(ns)}/a`;
      await world.request({ method: "POST", path: pods(ns), body: pod("a") });
      await world.request({ method: "PATCH", path, contentType: merge, body: { metadata: { annotations: { x: "y" } } } });
      await world.request({ method: "PATCH", path, contentType: merge, body: { metadata: { labels: { app: "db" } } } });
      await world.request({ method: "DELETE", path });
      const watch = `${pods(ns)}?watch=true&resourceVersion=${revision}&timeoutSeconds=3`;
      const all = await world.watch(watch, 4);
      const selected = await world.watch(`${watch}&labelSelector=app%3Dweb`, 3);
      const named = await world.watch(`${watch}&fieldSelector=metadata.name%3Dnone`, 1);
      return [normalised(all), normalised(selected), normalised(named)];
    },
  },
  {
    name: "a watch without a revision begins with what is there, then goes on",
    run: async (world, ns) => {
      await world.request({ method: "POST", path: pods(ns), body: pod("a") });
      const lines = await world.watch(`${pods(ns)}?watch=true&timeoutSeconds=4`, 3, async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await world.request({ method: "POST", path: pods(ns), body: pod("b") });
        await world.request({ method: "DELETE", path: `${pods(ns)}/a?gracePeriodSeconds=0` });
      });
      return normalised(lines);
    },
  },
  {
    name: "a watch that asks for initial events gets them and a bookmark that ends them",
    run: async (world, ns) => {
      await world.request({ method: "POST", path: pods(ns), body: pod("a") });
      const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=4";
      const [added, bookmark] = await world.watch(`${pods(ns)}?${query}`, 2);
      // The real bookmark is a whole Pod with empty members; nobody reads more than its metadata.
      const { kind, metadata } = bookmark?.object as { kind: string; metadata: object };
      return [normalised(added), bookmark?.type, kind, normalised(metadata)];
    },
  },
  {
    name: "a watch from a revision before the history is told 410 in its first line",
    run: async (world, ns) => {
      await world.request({ method: "POST", path: pods(ns), body: pod("a") });
      const [line] = await world.watch(`${pods(ns)}?watch=true&resourceVersion=1&timeoutSeconds=3`, 1);
      const object = line?.object as { code?: number; reason?: string; message?: string } | undefined;
      return { type: line?.type, code: object?.code, reason: object?.reason, message: object?.message?.replaceAll(/\d+/g, "<rv>") };
    },
  },
  {
    name: "a watch that names one object is a plain read, and a revision that is no number is refused",
    run: async (world, ns) => {
      const path = `/apis/apps/v1/namespaces/${ns}/deployments`;
      await world.request({ method: "POST", path, body: deployment("web") });
      const lines = await world.request({ method: "GET", path: `${path}/web?watch=true&timeoutSeconds=3` });
      const wrong = await world.request({ method: "GET", path: `${path}?watch=true&resourceVersion=abc` });
      return [told(lines), told(wrong)];
    },
  },
];
