/**
 * The in-process door: what cluster/ asks of an API server, by direct calls.
 */
import { expect, test } from "vitest";
import type { WatchLine } from "../../src/api/ports.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld } from "../../src/sim/world.ts";

const podBody = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "web" } },
  spec: { containers: [{ name: "app", image: "app:1", resources: { requests: { cpu: "1000m" } } }] },
});

function world() {
  const clock = createVirtualClock();
  const started = startWorld({ clock, seed: 1 });
  return { clock, server: started.server, api: started.transport() };
}

test("a created Pod is read back, listed by label, bound once and deleted after its grace", async () => {
  const { api } = world();
  const pods = "/api/v1/namespaces/default/pods";
  const created = await api.request({ method: "POST", path: pods, body: podBody("a") });
  expect(created).toMatchObject({
    ok: true,
    status: 201,
    body: { status: { phase: "Pending" }, metadata: { name: "a", namespace: "default" } },
  });
  const listed = await api.request({
    method: "GET",
    path: "/api/v1/pods",
    query: { labelSelector: "app=web", fieldSelector: "spec.nodeName=" },
  });
  expect(listed).toMatchObject({ ok: true, body: { kind: "PodList", items: [{ metadata: { name: "a" } }] } });
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "a" }, target: { kind: "Node", name: "n1" } };
  expect(await api.request({ method: "POST", path: `${pods}/a/binding`, body: binding })).toMatchObject({ ok: true, status: 201 });
  expect(await api.request({ method: "POST", path: `${pods}/a/binding`, body: binding })).toMatchObject({ ok: false, status: 409 });
  const marked = await api.request({ method: "DELETE", path: `${pods}/a` });
  expect(marked).toMatchObject({ ok: true, body: { metadata: { deletionGracePeriodSeconds: 30 } } });
  const ended = await api.request({ method: "DELETE", path: `${pods}/a`, body: { gracePeriodSeconds: 0 } });
  expect(ended).toMatchObject({ ok: true, status: 200 });
  expect(await api.request({ method: "GET", path: `${pods}/a` })).toMatchObject({
    ok: false,
    status: 404,
    error: { message: 'pods "a" not found' },
  });
});

test("a watch tells what is there, then what happens, until its time is over", async () => {
  const { api, clock } = world();
  const pods = "/api/v1/namespaces/default/pods";
  await api.request({ method: "POST", path: pods, body: podBody("a") });
  const lines: WatchLine[] = [];
  const reading = (async () => {
    const query = { watch: "true", timeoutSeconds: "10" };
    for await (const line of api.watch({ path: pods, query, signal: new AbortController().signal })) lines.push(line);
  })();
  await clock.runFor(1000);
  await api.request({
    method: "PATCH",
    path: `${pods}/a`,
    contentType: "application/merge-patch+json",
    body: { metadata: { labels: { app: null } } },
  });
  await api.request({ method: "DELETE", path: `${pods}/a` });
  await clock.runFor(20_000);
  await reading;
  // A Pod is marked before it goes, even without a grace period.
  expect(lines.map((line) => line.type)).toEqual(["ADDED", "MODIFIED", "MODIFIED", "DELETED"]);
});
