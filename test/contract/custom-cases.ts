// CRDs and their objects: defaults, pruning, unknown fields, bounds, subresources, and what becomes of them with the definition.
import { tellAll, type Case } from "./case.ts";
import { widget, widgetDefinition } from "./objects.ts";
import type { WorldUnderTest } from "./world-under-test.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const merge = "application/merge-patch+json";
const apply = "application/apply-patch+yaml";

/** Each case has a group of its own, since a definition is not namespaced. */
const groupOf = (namespace: string): string => `${namespace}.example.com`;
const widgets = (namespace: string): string => `/apis/${groupOf(namespace)}/v1/namespaces/${namespace}/widgets`;

async function defined(world: WorldUnderTest, namespace: string): Promise<void> {
  await world.request({ method: "POST", path: definitions, body: widgetDefinition(groupOf(namespace)) });
  const deadline = Date.now() + 10_000;
  while ((await world.request({ method: "GET", path: widgets(namespace) })).status !== 200) {
    if (Date.now() > deadline) throw new Error(`the definition was not served in time by ${world.name}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const customCases: readonly Case[] = [
  {
    name: "a CRD gets its names, is established, and its objects are served",
    run: async (world, ns) => {
      await defined(world, ns);
      const [definition] = await tellAll(world, [{ method: "GET", path: `${definitions}/widgets.${groupOf(ns)}` }]);
      const answers = await tellAll(world, [
        {
          method: "POST",
          path: widgets(ns),
          body: widget(groupOf(ns), "a", { size: 3, free: { known: "x", other: { deep: [1] } }, items: [{ key: "one" }] }),
        },
        { method: "GET", path: `${widgets(ns)}/a` },
        { method: "GET", path: widgets(ns) },
        { method: "POST", path: definitions, body: { ...widgetDefinition(groupOf(ns)), metadata: { name: "wrong.example.com" } } },
      ]);
      // The order in which the two conditions come is not promised.
      const { body } = definition as { body: { status: { conditions: { type: string }[] } } };
      body.status.conditions.sort((a, b) => (a.type < b.type ? -1 : 1));
      return [definition, ...answers];
    },
  },
  {
    name: "unknown fields of a custom resource are pruned, told or refused, as asked",
    run: async (world, ns) => {
      await defined(world, ns);
      const unknown = (name: string) => ({
        ...widget(groupOf(ns), name, { size: 3, sise: 4, items: [{ key: "one", more: 1 }] }),
        extra: true,
      });
      return tellAll(world, [
        { method: "POST", path: `${widgets(ns)}?fieldValidation=Strict`, body: unknown("strict") },
        { method: "POST", path: `${widgets(ns)}?fieldValidation=Warn`, body: unknown("warn") },
        { method: "POST", path: `${widgets(ns)}?fieldValidation=Ignore`, body: unknown("ignore") },
        { method: "PATCH", path: `${widgets(ns)}/warn?fieldValidation=Strict`, contentType: merge, body: { spec: { sise: 4 } } },
        {
          method: "PATCH",
          path: `${widgets(ns)}/warn?fieldManager=one`,
          contentType: apply,
          body: widget(groupOf(ns), "warn", { sise: 4 }),
        },
      ]);
    },
  },
  {
    name: "what a schema forbids is refused in the same words",
    run: async (world, ns) => {
      await defined(world, ns);
      const specs: readonly object[] = [
        { size: 30 },
        { size: 0 },
        { size: "three" },
        { size: 3, color: "green" },
        { size: 3, name: "ABC" },
        { size: 3, name: "abcdef" },
        { size: 3, port: true },
        { size: 3, items: [{ key: "a" }, { key: "a" }] },
        { size: 3, items: [{ key: "a" }, { key: "b" }, { key: "c" }, { key: "d" }] },
        { size: 3, items: [{ value: "a" }] },
        { color: "red" },
      ];
      return tellAll(world, [
        ...specs.map((spec, index) => ({ method: "POST" as const, path: widgets(ns), body: widget(groupOf(ns), `wrong-${index}`, spec) })),
        { method: "POST", path: widgets(ns), body: { apiVersion: `${groupOf(ns)}/v1`, kind: "Widget", metadata: { name: "bare" } } },
      ]);
    },
  },
  {
    name: "status and scale of a custom resource are subresources, and a PUT needs a resourceVersion",
    run: async (world, ns) => {
      await defined(world, ns);
      const path = `${widgets(ns)}/a`;
      return tellAll(world, [
        { method: "POST", path: widgets(ns), body: { ...widget(groupOf(ns), "a", { size: 3 }), status: { replicas: 9 } } },
        {
          method: "PATCH",
          path: `${path}/status`,
          contentType: merge,
          body: { metadata: { labels: { a: "b" } }, spec: { size: 9 }, status: { replicas: 2, selector: "app=x" } },
        },
        { method: "PATCH", path, contentType: merge, body: { spec: { size: 4 }, status: { replicas: 7 } } },
        { method: "GET", path: `${path}/scale` },
        { method: "PATCH", path: `${path}/scale`, contentType: merge, body: { spec: { replicas: 4 } } },
        { method: "PUT", path, body: widget(groupOf(ns), "a", { size: 5 }) },
        { method: "PATCH", path, contentType: "application/strategic-merge-patch+json", body: { spec: { size: 5 } } },
        {
          method: "PATCH",
          path: `${path}?fieldManager=one&force=true`,
          contentType: apply,
          body: widget(groupOf(ns), "a", { size: 6, items: [{ key: "x" }] }),
        },
        {
          method: "PATCH",
          path: `${path}?fieldManager=one`,
          contentType: apply,
          body: widget(groupOf(ns), "a", { size: 6, items: [{ key: "y" }] }),
        },
        { method: "DELETE", path },
      ]);
    },
  },
];
